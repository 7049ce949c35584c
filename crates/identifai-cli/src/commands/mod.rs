//! The commands: one file for each, or for a group of them.

pub(crate) mod account;
pub(crate) mod batch;
pub(crate) mod classify;
pub(crate) mod man;
pub(crate) mod partner;
pub(crate) mod results;
pub(crate) mod sandbox;
pub(crate) mod tickets;
