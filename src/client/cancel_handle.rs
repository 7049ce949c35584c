//! The handle that cancels the calls of a client.

use std::fmt;
use std::sync::Arc;

use super::Client;
use crate::call::Caller;
#[cfg(doc)]
use crate::error::ErrorKind;

/// A handle that cancels the calls of a client and of all its clones. See [`Client::cancel_handle`].
///
/// It locks a mutex, so do not use it inside a POSIX signal handler.
#[derive(Clone)]
pub struct CancelHandle {
    pub(super) caller: Arc<Caller>,
}

impl CancelHandle {
    /// Cancels the running calls and all later ones. They fail with [`ErrorKind::Cancelled`].
    ///
    /// Pauses end and established connections close at once. A call that is looking up a name or connecting ends after
    /// its connect timeout at the latest. A response that has already arrived is still returned.
    pub fn cancel(&self) {
        self.caller.cancel();
    }

    /// Cancels pauses and all later calls, but lets running requests finish. The cancelled calls fail with
    /// [`ErrorKind::Cancelled`].
    ///
    /// A running submit still returns its identifier, so that a submission that you may have paid for is not lost. Its
    /// deadline does not change. You can call [`cancel`](Self::cancel) afterwards.
    pub fn drain(&self) {
        self.caller.drain();
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelHandle(..)")
    }
}

impl Client {
    /// Returns a handle that cancels the calls of this client and of all its clones. It can be used from any thread. A
    /// cancelled client cannot be used again.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle { caller: Arc::clone(&self.caller) }
    }
}
