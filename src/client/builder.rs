//! The builder of a client.

use super::Client;
use crate::api_key::ApiKey;
use crate::config::{Settings, settings_setters};
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;
use crate::util::environment;
use crate::wait::WaitOptions;

/// A builder that sets the options of a [`Client`]. [`build`](Self::build) checks them.
///
/// ```
/// use std::time::Duration;
///
/// let builder = identifai::Client::builder("api-key").timeout(Duration::from_secs(30));
/// let client = builder.base_url("http://localhost:8080").build()?;
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until build is called"]
pub struct ClientBuilder {
    pub(super) settings: Settings,
    pub(super) wait: WaitOptions,
}

impl ClientBuilder {
    /// Creates a builder with the key from the environment variable `IDENTIFAI_API_KEY` and, if it is set, the base
    /// URL from `IDENTIFAI_BASE_URL`. A blank variable counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if there is no key.
    pub fn from_env() -> Result<Self> {
        Ok(Self { settings: Settings::from_env(environment::process_value)?, wait: WaitOptions::default() })
    }

    settings_setters!();

    /// Sets the timeout of a wait and the intervals between its polls. Defaults to [`WaitOptions::default`], which
    /// waits for up to 5 minutes.
    pub fn wait(mut self, wait: WaitOptions) -> Self {
        self.wait = wait;
        self
    }

    /// Checks the options and creates the client. It does not connect yet.
    ///
    /// It reads the [proxy](Self::proxy) variables of the environment.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if an option is invalid. The error names it.
    pub fn build(self) -> Result<Client> {
        self.wait.check()?;
        Ok(Client { wait: self.wait, ..Client::over(self.settings.connection.caller()?, &self.settings)? })
    }
}

impl Client {
    /// Returns a builder for a client with this API key.
    pub fn builder(key: impl Into<ApiKey>) -> ClientBuilder {
        ClientBuilder { settings: Settings::new(key.into()), wait: WaitOptions::default() }
    }

    /// Creates a client with the key from the environment variable `IDENTIFAI_API_KEY` and, if it is set, the base URL
    /// from `IDENTIFAI_BASE_URL`. A blank variable counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if there is no key, or if the key or the base URL is invalid.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }
}
