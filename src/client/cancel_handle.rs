//! What ends the calls of a client.

use std::fmt;
use std::sync::Arc;

use super::Client;
use crate::call::Caller;
#[cfg(doc)]
use crate::error::ErrorKind;

/// Ends the calls of a client and of all its clones; see [`Client::cancel_handle`].
#[derive(Clone)]
pub struct CancelHandle {
    pub(super) caller: Arc<Caller>,
}

impl CancelHandle {
    /// Ends the calls under way and all later ones with [`ErrorKind::Cancelled`].
    ///
    /// Pauses and connections that stand end at once. A call that is still looking up a name or connecting ends with
    /// its connect timeout. An answer that was already there is still returned.
    pub fn cancel(&self) {
        self.caller.cancel();
    }

    /// Ends pauses and all later calls with [`ErrorKind::Cancelled`], and lets requests that are under way finish.
    ///
    /// A submit that is under way then still returns its identifier, which may have been paid for. It keeps its
    /// deadline. [`cancel`](Self::cancel) may follow.
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
    /// A switch that ends the calls of this client and of all its clones, from any thread and for good.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle { caller: Arc::clone(&self.caller) }
    }
}
