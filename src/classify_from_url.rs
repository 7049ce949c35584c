//! The plain function: one image by URL, everything that can be said about it in one value.

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

/// Submits the image at a URL for classification and returns its identifier; the verdict comes later, by that
/// identifier.
///
/// It spends credits of the account. It blocks until the service has answered or the deadline (120 seconds by default)
/// has passed, may be called from anywhere, and starts no thread on a warm call. Calls share a small cache of
/// connections; for many calls, or calls that are to be cancelled, there is [`Client`].
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
/// Every [`ErrorKind`](crate::ErrorKind) but those of results.
/// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) tells whether the service may have accepted the
/// image although the call failed.
pub fn classify_from_url(opts: &UrlOptions) -> Result<Identifier> {
    client_for(&opts.settings)?.submit(&opts.image).map(Into::into)
}

/// One image URL with its options, and how to reach the service. Nothing is checked before the call.
#[derive(Clone, Debug)]
#[must_use = "options do nothing until classify_from_url is called"]
pub struct UrlOptions {
    settings: Settings,
    image: Submission<Image>,
}

impl UrlOptions {
    /// Options with their defaults, for the image at `file_url`.
    pub fn new(api_key: impl Into<ApiKey>, file_url: impl Into<String>) -> Self {
        Self { settings: Settings::new(api_key.into()), image: Image::from_url(file_url) }
    }

    /// The same, with the key from `IDENTIFAI_API_KEY` and, if it is set, the base URL from `IDENTIFAI_BASE_URL`. Blank
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if there is no key. What else is wrong, the call reports.
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

/// How many connection settings are remembered.
const CACHED: usize = 8;

/// The callers of the plain function by their connection settings, the last used first.
type Cache = Vec<(Connection, Arc<Caller>)>;

static CACHE: LazyLock<PerProcess<Mutex<Cache>>> = LazyLock::new(|| PerProcess::new(Mutex::default()));

/// A client over the connections that earlier calls with the same connection settings left behind. The key is no part
/// of that: it goes with each request.
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
    fn calls_share_connections_by_settings_and_eight_are_kept() {
        let first = caller(1);
        for port in 2..=8 {
            caller(port);
        }
        assert!(Arc::ptr_eq(&first, &caller(1)), "the key is no part of it, and eight fit");
        caller(9);
        assert!(Arc::ptr_eq(&first, &caller(1)), "the least recently used goes first");
        for port in 2..=9 {
            caller(port);
        }
        assert!(!Arc::ptr_eq(&first, &caller(1)));
    }
}
