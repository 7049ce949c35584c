//! Tickets: submissions and reports.

pub(crate) mod report;
pub(crate) mod submission;
