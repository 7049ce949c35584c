//! The exit status of the program.

use std::process::ExitCode;

use identifai::{Error, ErrorKind};

use crate::signals;

/// An exit status. With several items, the program ends with the highest of their statuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum ExitStatus {
    #[default]
    Done = 0,
    /// Wrong arguments, settings or lines of a list.
    Usage = 2,
    /// The service refused the key, the request or the file, or the account has no credits left.
    Refused = 3,
    RateLimited = 4,
    /// The network, the service or the output failed.
    Failed = 5,
    AnalysisFailed = 6,
    Interrupted = 130,
}

impl ExitStatus {
    /// Raises the status to that of another item if that one is higher.
    pub(crate) fn raise(&mut self, other: impl Into<Self>) {
        *self = other.into().max(*self);
    }
}

impl From<&Error> for ExitStatus {
    fn from(error: &Error) -> Self {
        use ErrorKind::{
            AnalysisFailed, Cancelled, Config, Forbidden, InvalidInput, NotFound, OutOfCredits, RateLimited, Rejected,
            Unauthorized,
        };
        match error.kind() {
            InvalidInput | Config => Self::Usage,
            Unauthorized | Forbidden | NotFound | Rejected | OutOfCredits => Self::Refused,
            RateLimited => Self::RateLimited,
            AnalysisFailed => Self::AnalysisFailed,
            Cancelled => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Interrupted => signals::exit_status(),
            status => status as u8,
        }
        .into()
    }
}
