//! The function [`classify_from_url()`] and its options.

use std::sync::{Arc, LazyLock, Mutex};

use crate::api_key::ApiKey;
use crate::call::Caller;
use crate::client::Client;
use crate::config::{Connection, Settings, settings_setters};
use crate::error::Result;
use crate::http::fork_safe::PerProcess;
use crate::model::identifier::Identifier;
use crate::model::medium::Image;
use crate::model::submission::Submission;
use crate::model::submission::any::AnySubmission;
use crate::model::submission::setters::setters;
use crate::util::environment;
use crate::util::sync::lock;

/// Submits the image at a URL and returns its identifier, without waiting for the verdict. This spends credits of the
/// account.
///
/// The verdict is available later. To request it, create a [`Submitted`](crate::Submitted) from the identifier and
/// call [`Client::wait`]. [`Client::classify`] submits and waits in one call.
///
/// The function blocks until the service has responded or the deadline has passed, which is 120 seconds by default. It
/// can be called from any thread. It starts a thread only to look up a host name for a new connection. Calls share a
/// small cache of connections. To make many calls, or to cancel calls, use a [`Client`].
///
/// ```no_run
/// use identifai::{UrlOptions, classify_from_url};
///
/// let opts = UrlOptions::from_env("https://example.com/cat.jpg")?.ref_id("order-17").with_heatmap(true);
/// let id = classify_from_url(&opts)?;
/// println!("{id}");
/// # Ok::<(), identifai::Error>(())
/// ```
///
/// # Errors
///
/// Any [error of a call](crate::ErrorKind#errors-of-any-call). If
/// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) returns `true`, the service may have accepted the
/// image although the call failed. See [indeterminate](crate::concepts#indeterminate).
pub fn classify_from_url(opts: &UrlOptions) -> Result<Identifier> {
    client_for(&opts.settings)?.submit(&opts.image).map(Into::into)
}

/// The URL of an image with the options of its analysis and of the connection.
///
/// [`classify_from_url()`] checks them.
#[derive(Clone, Debug)]
#[must_use = "options do nothing until classify_from_url is called"]
pub struct UrlOptions {
    settings: Settings,
    image: Submission<Image>,
}

impl UrlOptions {
    /// Creates the default options for the image at `file_url`.
    pub fn new(api_key: impl Into<ApiKey>, file_url: impl Into<String>) -> Self {
        Self { settings: Settings::new(api_key.into()), image: Image::from_url(file_url) }
    }

    /// Creates the default options for the image at `file_url`, with the key from the environment variable
    /// `IDENTIFAI_API_KEY` and, if it is set, the base URL from `IDENTIFAI_BASE_URL`. A blank variable counts as
    /// unset.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if there is no key. Other invalid options are errors of the call.
    pub fn from_env(file_url: impl Into<String>) -> Result<Self> {
        Ok(Self { settings: Settings::from_env(environment::process_value)?, image: Image::from_url(file_url) })
    }

    settings_setters!();

    setters!(
        ref_id,
        webhook_url,
        no_cache,
        with_morphing,
        with_tampering,
        with_heatmap,
        with_nsfw,
        prevent_c2pa_forces
    );

    fn change(mut self, change: impl FnOnce(&mut AnySubmission)) -> Self {
        self.image = self.image.change(change);
        self
    }
}

/// Maximum number of cached callers.
const CACHED: usize = 8;

/// The cached callers by their connection options. The most recently used caller is first.
type Cache = Vec<(Connection, Arc<Caller>)>;

static CACHE: LazyLock<PerProcess<Mutex<Cache>>> = LazyLock::new(|| PerProcess::new(Mutex::default()));

/// Returns a client that shares the connections of earlier calls with the same connection options. The key is not one
/// of these options, since it is sent with each request.
fn client_for(settings: &Settings) -> Result<Client> {
    let mut cache = lock(CACHE.get(Mutex::default));
    let (connection, caller) = match cache.iter().position(|(connection, _)| *connection == settings.connection) {
        Some(at) => cache.remove(at),
        None => (settings.connection.clone(), settings.connection.caller()?),
    };
    cache.insert(0, (connection, Arc::clone(&caller)));
    cache.truncate(CACHED);
    Client::over(caller, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(port: u16) -> Arc<Caller> {
        let mut settings = Settings::new(ApiKey::new(format!("key-{port}")));
        settings.connection.base_url = format!("http://127.0.0.1:{port}");
        client_for(&settings).unwrap().caller
    }

    #[test]
    fn caller_cache_keeps_eight_least_recent_evicted() {
        let first = caller(1);
        for port in 2..=8 {
            caller(port);
        }
        assert!(Arc::ptr_eq(&first, &caller(1)), "the key does not count, and eight fit");
        caller(9);
        assert!(Arc::ptr_eq(&first, &caller(1)), "the least recently used is evicted first");
        for port in 2..=9 {
            caller(port);
        }
        assert!(!Arc::ptr_eq(&first, &caller(1)), "eight others were used since");
    }
}
