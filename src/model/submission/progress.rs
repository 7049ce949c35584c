//! The progress of an upload, and the callback that receives it.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::util::hidden::Hidden;

/// The progress of an upload, passed to the function that [`on_progress`](crate::Submission::on_progress) sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress<'a> {
    /// The number of bytes of the file that were read for sending. The first call has 0. A retry starts again
    /// from zero.
    pub sent: u64,
    /// The total number of bytes of the file.
    pub total: u64,
    /// The [`tag`](crate::Submission::tag) of the submission. Tickets do not have a tag.
    pub tag: Option<&'a str>,
}

type Callback = dyn Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync;

/// The caller's progress callback, as stored in a submission.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<Callback>);

impl Watcher {
    pub(crate) fn new(callback: impl Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }
}

/// The caller's progress callback with the tag of the submission that is being sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaggedWatcher<'a> {
    pub(crate) watcher: &'a Watcher,
    pub(crate) tag: Option<&'a Hidden>,
}

impl TaggedWatcher<'_> {
    /// Reports progress to the caller. Returns `false` if the caller wants to end the upload.
    pub(crate) fn notify(&self, sent: u64, total: u64) -> bool {
        (self.watcher.0)(UploadProgress { sent, total, tag: self.tag.map(|tag| &**tag) }).is_continue()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher(..)")
    }
}
