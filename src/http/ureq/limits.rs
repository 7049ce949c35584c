//! The size limits and timeouts of the transport.

use std::time::Duration;

/// The size of the input buffer, in bytes. It limits the size of the head of a response.
pub(super) const INPUT: usize = 16 * 1024;
/// The size of the output buffer, in bytes. With 64 KiB, a large file is sent twice as fast as with 16 KiB.
pub(super) const OUTPUT: usize = 64 * 1024;
/// Maximum length of content that is sent together with the head, in bytes. Both fit into the output buffer.
pub(super) const JOINED_MAX: u64 = 32 * 1024;
/// Maximum idle time of a connection that is reused. A submit has a [shorter one](Timeouts::submit_max_idle).
pub(super) const MAX_IDLE: Duration = Duration::from_secs(15);

/// Timeouts that only tests change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// Maximum idle time of a connection that a submit uses. The peer may be about to close a connection that has been
    /// idle for longer. If it does so while the submit is sent, the service may or may not have accepted the submit.
    pub(super) submit_max_idle: Duration,
    /// Maximum time to wait for `100 Continue`.
    pub(super) await_continue: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { submit_max_idle: Duration::from_secs(3), await_continue: Duration::from_secs(1) }
    }
}
