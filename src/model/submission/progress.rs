//! The progress of an upload, and the function that sees it.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How an upload comes along, as the function given to [`on_progress`](super::Submission::on_progress) sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// How many bytes of the file were handed to the network. It begins anew if the upload is tried again.
    pub sent: u64,
    /// How many there are.
    pub total: u64,
}

/// The function that sees each [`UploadProgress`].
#[derive(Clone)]
pub(crate) struct Watcher(Arc<dyn Fn(UploadProgress) -> ControlFlow<()> + Send + Sync>);

impl Watcher {
    pub(crate) fn new(see: impl Fn(UploadProgress) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    /// Whether to go on.
    pub(crate) fn see(&self, sent: u64, total: u64) -> bool {
        (self.0)(UploadProgress { sent, total }).is_continue()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher(..)")
    }
}
