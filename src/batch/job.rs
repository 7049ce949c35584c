//! The items that the iterator of a batch yields.

use crate::error::Result;
use crate::model::medium::Medium;
use crate::model::submission::Submission;
use crate::model::submission::any::AnySubmission;

/// An item of the iterator that is passed to [`batch`](crate::Client::batch): a submission of any medium, or a
/// [placeholder](Self::pending) if the iterator has no submission yet.
///
/// ```
/// use identifai::{Audio, Image, Job};
///
/// let jobs: [Job; 2] = [Image::from_url("https://example.com/cat.jpg").into(), Audio::from_path("call.wav").into()];
/// ```
#[derive(Clone, Debug)]
pub struct Job(pub(super) Option<AnySubmission>);

impl Job {
    /// Creates a placeholder for an iterator that has no job yet and would otherwise block the batch.
    ///
    /// The batch asks the iterator again 50 milliseconds later. A placeholder has no index and no outcome.
    pub const fn pending() -> Self {
        Self(None)
    }

    /// Makes the checks that a submit makes before it sends anything. See [`Submission::check`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput). The error contains the name of the field.
    pub fn check(&self) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), AnySubmission::check)
    }
}

impl From<AnySubmission> for Job {
    fn from(submission: AnySubmission) -> Self {
        Self(Some(submission))
    }
}

impl<M: Medium> From<Submission<M>> for Job {
    fn from(submission: Submission<M>) -> Self {
        Self(Some(submission.into()))
    }
}
