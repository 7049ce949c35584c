//! The client, for more than one call: check, put on the wire, exchange, read; nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::api_key::ApiKey;
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::{Answer, Exchange, Terms};
use crate::media::{Medium, Submission, Submitted};
use crate::settings::{Settings, check_timeout, settings_setters};
use crate::wire::{request, response};

/// A blocking client of the identifAI API.
///
/// Cheap to clone, and to be shared between threads: clones use the same connections. It has no runtime of its own
/// and starts a thread only to look up a name, so it works anywhere, inside an async program's blocking section too. After a fork the child opens
/// connections of its own.
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
    exchange: Arc<Exchange>,
    key: ApiKey,
    terms: Terms,
}

impl Client {
    /// Starts the settings of a client with `key`.
    pub fn builder(key: impl Into<ApiKey>) -> ClientBuilder {
        ClientBuilder { settings: Settings::new(key.into()) }
    }

    /// A client with the key from `IDENTIFAI_API_KEY` and, if it is set, the base URL from `IDENTIFAI_BASE_URL`. Blank
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if there is no key, or one of the two is unusable.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    fn new(settings: &Settings) -> Result<Self> {
        Self::over(Arc::new(Exchange::new(settings.connection.target(environment::of_process)?)?), settings)
    }

    /// A client that shares the connections of `exchange`.
    pub(crate) fn over(exchange: Arc<Exchange>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        Ok(Self { exchange, key: settings.key.clone(), terms: settings.terms.clone() })
    }

    #[cfg(test)]
    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Submits one medium for classification, which spends credits of the account, and returns what to ask for the
    /// result with.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) or [`Config`](ErrorKind::Config) before anything is sent, or any other
    /// [`ErrorKind`] but those of results. [`Error::may_have_been_sent`] tells whether it may have been paid for.
    pub fn submit<M: Medium>(&self, job: &Submission<M>) -> Result<Submitted<M>> {
        self.try_submit(job).map_err(|error| error.sealed(&self.key, &job.secrets()))
    }

    fn try_submit<M: Medium>(&self, job: &Submission<M>) -> Result<Submitted<M>> {
        check_timeout(self.terms.timeout)?;
        job.check()?;
        let Answer { response, may_have_been_sent } =
            self.exchange.call(&request::submit(job), &self.key, &self.terms)?;
        let identifier = response::identifier(response).map_err(|error| error.or_sent(may_have_been_sent))?;
        // An identifier is printed, logged and stored. A service that echoes the key must not get it there.
        if self.key.is_in(identifier.as_str()) {
            let error = Error::new(ErrorKind::UnexpectedResponse, "the answer's identifier holds the API key");
            return Err(error.or_sent(true));
        }
        Ok(Submitted::new(identifier))
    }

    /// The same client with another deadline for each call. It shares connections and canceller.
    ///
    /// With a deadline of zero, calls fail with [`Config`](ErrorKind::Config).
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let terms = Terms { timeout: Some(timeout), ..self.terms.clone() };
        Self { terms, ..self.clone() }
    }

    /// The same client, but one that repeats a submit of unknown fate too, or does not. **It may then be paid for
    /// twice.** It shares connections and canceller.
    #[must_use]
    pub fn with_resend_if_unknown(&self, resend: bool) -> Self {
        let terms = Terms { resend_if_unknown: resend, ..self.terms.clone() };
        Self { terms, ..self.clone() }
    }

    /// A switch that ends the calls of this client and of all its clones, from any thread and for good.
    pub fn canceller(&self) -> Canceller {
        Canceller { exchange: Arc::clone(&self.exchange) }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchange = format!("{:?}", self.exchange);
        f.debug_struct("Client")
            .field("exchange", &format_args!("{}", self.key.mask(&exchange)))
            .field("key", &self.key)
            .field("terms", &self.terms)
            .finish()
    }
}

/// Ends the calls of a client and of all its clones; see [`Client::canceller`].
#[derive(Clone)]
pub struct Canceller {
    exchange: Arc<Exchange>,
}

impl Canceller {
    /// Ends the calls under way and all later ones with [`ErrorKind::Cancelled`].
    ///
    /// Pauses and connections that stand end at once. A call that is still looking up a name or connecting ends with
    /// its connect timeout. An answer that was already there is still returned.
    pub fn cancel(&self) {
        self.exchange.cancel();
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canceller(..)")
    }
}

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
    settings: Settings,
}

impl ClientBuilder {
    /// Settings with the key from `IDENTIFAI_API_KEY` and, if it is set, the base URL from `IDENTIFAI_BASE_URL`. Blank
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if there is no key.
    pub fn from_env() -> Result<Self> {
        Ok(Self { settings: Settings::from_env(environment::of_process)? })
    }

    settings_setters!();

    /// Checks the settings and makes the client. Nothing is sent or connected yet.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config), naming the setting.
    pub fn build(self) -> Result<Client> {
        Client::new(&self.settings)
    }
}
