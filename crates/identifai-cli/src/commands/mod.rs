//! The commands of the program, with one module for each command or group of commands.

pub(crate) mod account;
pub(crate) mod batch;
pub(crate) mod classify;
pub(crate) mod man;
pub(crate) mod partner;
pub(crate) mod results;
pub(crate) mod sandbox;
pub(crate) mod tickets;
