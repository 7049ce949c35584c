//! Calls with which a partner manages its users.

use super::Client;
use crate::api::partner;
use crate::error::Result;
use crate::http::request::Request;
use crate::model::partner::form::{PartnerUserForm, PartnerUserQuery};
use crate::model::partner::{PartnerUser, Pricings, UsersPage};

impl Client {
    /// Creates a user of a partner, or updates the user if the form has an [`id`](PartnerUserForm::id).
    ///
    /// ```no_run
    /// use identifai::{Client, PartnerUserForm};
    ///
    /// let form = PartnerUserForm::new("Ann", "ann@example.com", "AverageExcludeObsolete", 2);
    /// let user = Client::from_env()?.save_partner_user(&form)?;
    /// println!("{:?}", user.id);
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call). Check
    /// [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) before you create the user again.
    pub fn save_partner_user(&self, form: &PartnerUserForm) -> Result<PartnerUser> {
        let request = partner::save_partner_user(&form.fields(), form.has_id());
        self.call_json(&Request { redact: form.secrets(), ..request }, PartnerUser::read)
    }

    /// Returns an iterator over the users of a partner. It requests the next page when it needs it, with 100 users by
    /// default.
    ///
    /// The iterator requests the pages by their numbers. It does not follow the URL of the next page in the response,
    /// since the key would be sent to that URL.
    ///
    /// ```no_run
    /// use identifai::{Client, PartnerUserQuery};
    ///
    /// for user in Client::from_env()?.partner_users(PartnerUserQuery::default()) {
    ///     println!("{:?}", user?.name);
    /// }
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a page cannot be requested or parsed, the iterator yields the error and ends. The error can be any
    /// [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn partner_users(&self, query: PartnerUserQuery) -> PartnerUsers {
        PartnerUsers { client: self.clone(), query, page: Some(1), users: Vec::new().into_iter() }
    }

    /// Sends the email about the new account to a user of a partner, through the service. Returns the user as parsed
    /// from the response.
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call). The request is not repeated if the email may have
    /// been sent.
    pub fn send_creation_email(&self, id: u64) -> Result<PartnerUser> {
        self.call_json(&partner::send_creation_email(id), PartnerUser::read)
    }

    /// Returns the pricing plans that the users of a partner can have.
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call).
    pub fn partner_pricings(&self) -> Result<Pricings> {
        self.call_json(&partner::partner_pricings(), Pricings::read)
    }

    fn users_page(&self, query: &PartnerUserQuery, number: u64) -> Result<UsersPage> {
        let parameters = query.parameters(number);
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        parameters.iter().try_for_each(|(_, value)| self.check_public("query", value))?;
        let request = Request { redact: query.secrets(), ..partner::partner_users(&parameters) };
        self.call_json(&request, |json| UsersPage::read(json, number))
    }
}

/// An iterator over the users of a partner. See [`Client::partner_users`].
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct PartnerUsers {
    client: Client,
    query: PartnerUserQuery,
    /// The number of the next page, if there is one.
    page: Option<u64>,
    users: std::vec::IntoIter<PartnerUser>,
}

impl Iterator for PartnerUsers {
    type Item = Result<PartnerUser>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(user) = self.users.next() {
                return Some(Ok(user));
            }
            let number = self.page.take()?;
            match self.client.users_page(&self.query, number) {
                Ok(page) => {
                    self.page = number.checked_add(1).filter(|_| page.has_next);
                    self.users = page.users.into_iter();
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl std::iter::FusedIterator for PartnerUsers {}
