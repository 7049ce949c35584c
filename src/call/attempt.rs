//! The attempts of a call, as an observer sees them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::retry::Next;
use crate::error::ErrorKind;
use crate::http::transport::Outcome;

/// A finished attempt of a call, as it is passed to the function set with `on_attempt`.
///
/// It contains only numbers and kinds, no data that was sent or received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The number of the attempt within its call, counted from 1.
    pub number: u32,
    /// The HTTP status code of the response, if one was received.
    pub status: Option<u16>,
    /// The reason why no complete response was received. `None` if the response is complete.
    pub failure: Option<ErrorKind>,
    /// The duration of the attempt.
    pub took: Duration,
    /// The pause before the next attempt. `None` if this was the last attempt.
    pub pause: Option<Duration>,
}

impl Attempt {
    pub(super) fn new(number: u32, outcome: &Outcome, took: Duration, next: Next) -> Self {
        let pause = match next {
            Next::Retry(pause) => Some(pause),
            Next::TooLate(_) | Next::Stop => None,
        };
        let (status, failure) = match outcome {
            Ok(response) => (Some(response.status), response.truncated.as_ref().map(|failure| failure.kind)),
            Err(failure) => (None, Some(failure.kind)),
        };
        Self { number, status, failure, took, pause }
    }
}

/// A function that is called with each [`Attempt`].
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(&Attempt) + Send + Sync>);

impl Observer {
    pub(crate) fn new(see: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    pub(super) fn notify(&self, attempt: &Attempt) {
        (self.0)(attempt);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
