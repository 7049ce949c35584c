//! The sizes and durations that the transport goes by.

use std::time::Duration;

/// Maximum size of the head of a response.
pub(super) const INPUT: usize = 16 * 1024;
/// A large file is sent twice as fast as in pieces of 16 KiB.
pub(super) const OUTPUT: usize = 64 * 1024;
/// Maximum length of content that is sent together with the head. The output has room for both.
pub(super) const JOINED_MAX: u64 = 32 * 1024;
pub(super) const MAX_IDLE: Duration = Duration::from_secs(15);

/// Durations that only tests change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// Maximum idle time of a connection that a submit uses. The peer may be about to close one that has been idle for
    /// longer, and a submit that meets the close may have been accepted.
    pub(super) submit_max_idle: Duration,
    /// Maximum time to wait for `100 Continue`.
    pub(super) await_continue: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { submit_max_idle: Duration::from_secs(3), await_continue: Duration::from_secs(1) }
    }
}
