//! Tickets to be submitted, and the reports on them.

pub(crate) mod report;
pub(crate) mod submission;
