//! The client. Its calls are in one file per group.

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

/// A blocking client of the identifAI API.
///
/// Cheap to clone, and to be shared between threads: clones use the same connections. It has no runtime of its
/// own and starts a thread only to look up a name, so it works anywhere, inside an async program's blocking section
/// too. After a fork the child opens connections of its own.
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
    /// A client that shares the connections of `caller`.
    pub(crate) fn over(caller: Arc<Caller>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        Ok(Self { caller, key: settings.key.clone(), options: settings.options.clone(), wait: WaitOptions::default() })
    }

    /// The same client with another deadline for each call. It shares connections and cancel handles.
    ///
    /// With a deadline of zero, calls fail with [`Config`](ErrorKind::Config).
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.with_options(|options| options.timeout = Some(timeout))
    }

    /// The same client with another patience. It shares connections and cancel handles.
    ///
    /// With one of no use, as a time-out of zero, waiting fails with [`Config`](ErrorKind::Config).
    #[must_use]
    pub fn with_wait(&self, wait: WaitOptions) -> Self {
        Self { wait, ..self.clone() }
    }

    /// The same client, but one that repeats a submit of unknown fate too, or does not. **It may then be paid for
    /// twice.** It shares connections and cancel handles.
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
