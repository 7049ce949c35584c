//! Calls about the account behind a key, and the service's own health.

use super::Client;
use crate::api::{account, partner};
use crate::error::Result;
use crate::http::request::Request;
use crate::model::account::{Credits, Health};
use crate::model::lenient::is_valid;
use crate::util::encodings::redactable;

impl Client {
    /// Reads how many credits the account has. It costs none.
    ///
    /// ```no_run
    /// let credits = identifai::Client::from_env()?.credits()?;
    /// println!("{} left", credits.available());
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn credits(&self) -> Result<Credits> {
        self.ask(&account::credits(), Credits::read)
    }

    /// Reads how the service is. **No key is sent**, and it counts for no rate.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn health(&self) -> Result<Health> {
        self.ask(&account::health(), Health::read)
    }

    /// `POST /api/user`, which the API's overview names, and no page describes: `fields` go out as a form, and the JSON
    /// comes back as it is. [`save_partner_user`](Self::save_partner_user) is what the pages describe.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call; see
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent).
    pub fn create_user<N: AsRef<str>, V: AsRef<str>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<String> {
        let fields: Vec<(N, V)> = fields.into_iter().collect();
        let fields = pairs(&fields);
        let redact = redactable(fields.iter().map(|(_, value)| *value));
        self.ask(&Request { redact, ..partner::create_user(&fields) }, any_json)
    }

    /// `DELETE /api/user`, which the API's overview names, and no page describes: `fields` go out in the query, and the
    /// JSON comes back as it is. That is our reading: a request that deletes has no content (RFC 9110, section 9.3.5).
    /// A query is a part of what servers, proxies and the HTTP library at trace level log.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn delete_user<N: AsRef<str>, V: AsRef<str>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<String> {
        let fields: Vec<(N, V)> = fields.into_iter().collect();
        let fields = pairs(&fields);
        fields.iter().try_for_each(|(_, value)| self.check_public("query", value))?;
        let redact = redactable(fields.iter().map(|(_, value)| *value));
        self.ask(&Request { redact, ..partner::delete_user(&fields) }, any_json)
    }
}

fn pairs<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect()
}

/// Reads JSON of any form, or an empty body.
fn any_json(json: &str) -> Result<String, &'static str> {
    if json.is_empty() || is_valid(json) { Ok(json.to_owned()) } else { Err("it is not JSON") }
}
