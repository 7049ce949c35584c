//! What an observer sees of a call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::retry::Next;
use crate::error::ErrorKind;
use crate::http::transport::Outcome;

/// One try of a call, as the function given to `on_attempt` sees it once the try has ended.
///
/// It holds numbers and kinds alone, nothing that was sent or received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Which try of the call this was, from 1.
    pub number: u32,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why there was no whole answer, if there was none.
    pub failure: Option<ErrorKind>,
    /// How long the try took.
    pub took: Duration,
    /// How long the call pauses before it tries again; `None` if this was the last try.
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

/// The function that sees each [`Attempt`].
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(&Attempt) + Send + Sync>);

impl Observer {
    pub(crate) fn new(see: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    pub(super) fn see(&self, attempt: &Attempt) {
        (self.0)(attempt);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
