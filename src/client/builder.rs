//! The settings of a client.

use super::Client;
use crate::api_key::ApiKey;
use crate::config::{Settings, settings_setters};
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::Result;
use crate::util::environment;
use crate::wait::WaitOptions;

/// The settings of a [`Client`]. Nothing is checked before [`build`](Self::build).
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
    /// Settings with the key from `IDENTIFAI_API_KEY` and, if it is set, the base URL from `IDENTIFAI_BASE_URL`. Blank
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if there is no key.
    pub fn from_env() -> Result<Self> {
        Ok(Self { settings: Settings::from_env(environment::process_value)?, wait: WaitOptions::default() })
    }

    settings_setters!();

    /// How patiently to wait for results. Default: 5 minutes, as [`WaitOptions`] says.
    pub fn wait(mut self, wait: WaitOptions) -> Self {
        self.wait = wait;
        self
    }

    /// Checks the settings and makes the client. Nothing is sent or connected yet.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config), naming the setting.
    pub fn build(self) -> Result<Client> {
        self.wait.check()?;
        Ok(Client { wait: self.wait, ..Client::over(self.settings.connection.caller()?, &self.settings)? })
    }
}

impl Client {
    /// Starts the settings of a client with `key`.
    pub fn builder(key: impl Into<ApiKey>) -> ClientBuilder {
        ClientBuilder { settings: Settings::new(key.into()), wait: WaitOptions::default() }
    }

    /// A client with the key from `IDENTIFAI_API_KEY` and, if it is set, the base URL from `IDENTIFAI_BASE_URL`. Blank
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if there is no key, or one of the two is unusable.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }
}
