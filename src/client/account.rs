//! Calls about the account of the key, and about the health of the service.

use super::Client;
use crate::api::{account, partner};
use crate::error::Result;
use crate::http::request::Request;
use crate::model::account::{Credits, Health};
use crate::model::lenient::is_valid;
use crate::util::encodings::redactable;

impl Client {
    /// Returns the number of credits that the account has left and has spent. The call spends no credits.
    ///
    /// ```no_run
    /// let credits = identifai::Client::from_env()?.credits()?;
    /// println!("{} left", credits.available());
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call).
    pub fn credits(&self) -> Result<Credits> {
        self.call_json(&account::credits(), Credits::read)
    }

    /// Returns the health of the service. The request is sent **without the key**, and it does not count for the rate
    /// limit.
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call).
    pub fn health(&self) -> Result<Health> {
        self.call_json(&account::health(), Health::read)
    }

    /// Sends `POST /api/user` with `fields` as a form, and returns the JSON of the response unchanged.
    ///
    /// The overview of the API mentions this endpoint, but no page describes it. The documented way to create users is
    /// [`save_partner_user`](Self::save_partner_user).
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call). Check
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you create the user again.
    pub fn create_user<N: AsRef<str>, V: AsRef<str>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<String> {
        let fields: Vec<(N, V)> = fields.into_iter().collect();
        let fields = pairs(&fields);
        let redact = redactable(fields.iter().map(|(_, value)| *value));
        self.call_json(&Request { redact, ..partner::create_user(&fields) }, any_json)
    }

    /// Sends `DELETE /api/user` with `fields` in the query, and returns the JSON of the response unchanged.
    ///
    /// The overview of the API mentions this endpoint, but no page describes it. The fields are sent in the query
    /// because a `DELETE` request should not have content (RFC 9110, section 9.3.5). This is our interpretation.
    /// Do not pass secrets: servers and proxies log queries, and so does the HTTP library at trace level. The request
    /// is retried like a read, so [`NotFound`](crate::ErrorKind::NotFound) can mean that the first attempt succeeded.
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call). The request is retried, so a lost response can
    /// turn into [`NotFound`](crate::ErrorKind::NotFound) although the user was deleted.
    pub fn delete_user<N: AsRef<str>, V: AsRef<str>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<String> {
        let fields: Vec<(N, V)> = fields.into_iter().collect();
        let fields = pairs(&fields);
        fields.iter().try_for_each(|(_, value)| self.check_public("query", value))?;
        let redact = redactable(fields.iter().map(|(_, value)| *value));
        self.call_json(&Request { redact, ..partner::delete_user(&fields) }, any_json)
    }
}

fn pairs<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect()
}

/// Accepts any valid JSON, or an empty body, and returns it.
fn any_json(json: &str) -> Result<String, &'static str> {
    if json.is_empty() || is_valid(json) { Ok(json.to_owned()) } else { Err("not JSON") }
}
