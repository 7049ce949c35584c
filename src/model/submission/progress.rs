//! The progress of an upload, and the function that sees it.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::util::hidden::Hidden;

/// The progress of an upload, passed to the function that [`on_progress`](crate::Submission::on_progress) sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress<'a> {
    /// Number of bytes of the file that were handed to the network. It starts from zero again in a retry.
    pub sent: u64,
    /// Number of bytes of the file.
    pub total: u64,
    /// The [`tag`](crate::Submission::tag) of the submission. Tickets have none.
    pub tag: Option<&'a str>,
}

type See = dyn Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync;

/// The caller's function, as a submission keeps it.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<See>);

impl Watcher {
    pub(crate) fn new(see: impl Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }
}

/// The caller's function during one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaggedWatcher<'a> {
    pub(crate) watcher: &'a Watcher,
    pub(crate) tag: Option<&'a Hidden>,
}

impl TaggedWatcher<'_> {
    /// Reports progress, and returns `false` if the upload is to end.
    pub(crate) fn see(&self, sent: u64, total: u64) -> bool {
        (self.watcher.0)(UploadProgress { sent, total, tag: self.tag.map(|tag| &**tag) }).is_continue()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher(..)")
    }
}
