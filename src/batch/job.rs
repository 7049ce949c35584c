//! The items that the iterator of a batch yields.

use crate::error::Result;
use crate::model::medium::Medium;
use crate::model::submission::Submission;
use crate::model::submission::any::AnySubmission;

/// An item for a [`batch`](crate::Client::batch): a submission of any medium, or [nothing yet](Self::pending).
///
/// ```
/// use identifai::{Audio, Image, Job};
///
/// let jobs: [Job; 2] = [Image::from_url("https://example.com/cat.jpg").into(), Audio::from_path("call.wav").into()];
/// ```
#[derive(Clone, Debug)]
pub struct Job(pub(super) Option<AnySubmission>);

impl Job {
    /// Stands for a job that may come later, from an iterator that would otherwise block and hold up the batch.
    ///
    /// The batch asks the iterator again 50 milliseconds later. It does not count as an item.
    pub const fn pending() -> Self {
        Self(None)
    }

    /// Checks everything that a submit checks before it sends a byte; see [`Submission::check`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field.
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
