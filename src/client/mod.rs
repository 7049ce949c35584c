//! The client. Each group of its calls has a file.

mod account;
mod builder;
mod cancel_handle;
mod classification;
mod internal;
mod partner;
mod tickets;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::builder::ClientBuilder;
pub use self::cancel_handle::CancelHandle;
pub use self::partner::PartnerUsers;
use crate::api_key::ApiKey;
use crate::call::Caller;
use crate::call::options::CallOptions;
use crate::config::Settings;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;
use crate::wait::WaitOptions;

/// A blocking client for the identifAI API.
///
/// Cloning is cheap, and clones use the same connections. A client and its clones can be shared between threads.
///
/// The client has no async runtime, and it starts a thread only to look up a host name. A batch starts threads if
/// [`workers`](crate::Batch::workers) is above 1. So the client can be used anywhere, including a blocking section of
/// an async program. After a fork, the child process opens its own connections.
///
/// [`Client::builder`] creates a client with options. [`Client::from_env`] creates a client with the key from the
/// environment.
///
/// ```no_run
/// use identifai::{Client, Image};
///
/// let client = Client::from_env()?;
/// for url in ["https://example.com/a.jpg", "https://example.com/b.jpg"] {
///     let sent = client.submit(&Image::from_url(url))?;
///     println!("{}", sent.identifier());
/// }
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) caller: Arc<Caller>,
    key: ApiKey,
    pub(crate) options: CallOptions,
    pub(crate) wait: WaitOptions,
}

impl Client {
    /// Creates a client that shares the connections of `caller`.
    pub(crate) fn over(caller: Arc<Caller>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        Ok(Self { caller, key: settings.key.clone(), options: settings.options.clone(), wait: WaitOptions::default() })
    }

    /// Returns a copy of the client with another deadline for each call. See [`ClientBuilder::timeout`].
    ///
    /// The copy shares connections and cancel handles with the original. If `timeout` is zero, its calls fail with
    /// [`Config`](ErrorKind::Config).
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.with_options(|options| options.timeout = Some(timeout))
    }

    /// Returns a copy of the client with other options for waiting.
    ///
    /// The copy shares connections and cancel handles with the original. If an option is invalid, such as a timeout of
    /// zero, waiting fails with [`Config`](ErrorKind::Config).
    #[must_use]
    pub fn with_wait(&self, wait: WaitOptions) -> Self {
        Self { wait, ..self.clone() }
    }

    /// Returns a copy of the client with another value of [`ClientBuilder::resend_if_unknown`].
    ///
    /// If `resend` is `true`, the copy repeats [indeterminate](crate::concepts#indeterminate) submits. **A submit may
    /// then be paid for twice.**
    ///
    /// The copy shares connections and cancel handles with the original.
    #[must_use]
    pub fn with_resend_if_unknown(&self, resend: bool) -> Self {
        self.with_options(|options| options.resend_if_unknown = resend)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let caller = format!("{:?}", self.caller);
        f.debug_struct("Client")
            .field("caller", &format_args!("{}", self.key.mask(&caller)))
            .field("key", &self.key)
            .field("options", &self.options)
            .field("wait", &self.wait)
            .finish()
    }
}
