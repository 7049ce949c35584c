//! The account behind a key, the users of a partner, and the service's own health.

use std::borrow::Cow;
use std::fmt;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::report::{Credits, Health, PartnerUser, Pricings, UsersPage};
use crate::secret::is_long_enough;
use crate::wire::answer;
use crate::wire::multipart::Form;
use crate::wire::request::{self, Request};

/// How many users the service is asked for at a time.
const PER_PAGE: u32 = 100;

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
        self.ask(&request::credits(), Credits::read)
    }

    /// Reads how the service is. **No key is sent**, and it counts for no rate.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn health(&self) -> Result<Health> {
        self.ask(&request::health(), Health::read)
    }

    /// Creates a user of a partner, or changes the one whose [`id`](PartnerUserForm::id) is given.
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
    /// Any [`ErrorKind`](crate::ErrorKind) of a call; see [`Error::may_have_been_sent`] before you create one again.
    pub fn save_partner_user(&self, form: &PartnerUserForm) -> Result<PartnerUser> {
        let request = request::save_partner_user(&form.fields(), form.id.is_some());
        self.ask(&Request { secrets: form.secrets(), ..request }, PartnerUser::read)
    }

    /// The users of a partner, page by page as they are asked for: 100 by each request.
    ///
    /// Pages are counted. Where the service says that the next one is, is not followed: the key would go there.
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
    /// A page that cannot be read is the last item: any [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn partner_users(&self, query: PartnerUserQuery) -> PartnerUsers {
        PartnerUsers { client: self.clone(), query, page: Some(1), users: Vec::new().into_iter() }
    }

    /// Has the service send a user of a partner the mail that tells of the account.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call. A mail that may have been sent is not sent again by itself.
    pub fn send_creation_email(&self, id: u64) -> Result<PartnerUser> {
        self.ask(&request::send_creation_email(id), PartnerUser::read)
    }

    /// Reads the plans that the users of a partner can have.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call.
    pub fn partner_pricings(&self) -> Result<Pricings> {
        self.ask(&request::partner_pricings(), Pricings::read)
    }

    /// `POST /api/user`, which the API's overview names, and no page describes: `fields` go out as a form, and the JSON
    /// comes back as it is. [`save_partner_user`](Self::save_partner_user) is what the pages describe.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a call; see [`Error::may_have_been_sent`].
    pub fn create_user<N: AsRef<str>, V: AsRef<str>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<String> {
        let fields: Vec<(N, V)> = fields.into_iter().collect();
        let fields = pairs(&fields);
        let secrets = secret(fields.iter().map(|(_, value)| *value));
        self.ask(&Request { secrets, ..request::create_user(&fields) }, any_json)
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
        self.check_query(&fields)?;
        let secrets = secret(fields.iter().map(|(_, value)| *value));
        self.ask(&Request { secrets, ..request::delete_user(&fields) }, any_json)
    }

    fn users_page(&self, query: &PartnerUserQuery, number: u64) -> Result<UsersPage> {
        let parameters = query.parameters(number);
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        self.check_query(&parameters)?;
        let request = Request { secrets: query.secrets(), ..request::partner_users(&parameters) };
        self.ask(&request, |json| UsersPage::read(json, number))
    }

    /// The key has no place in a query, which proxies and servers log.
    fn check_query(&self, parameters: &[(&str, &str)]) -> Result<()> {
        match parameters.iter().any(|(_, value)| self.holds_key(value)) {
            true => Err(Error::invalid_input("query", "holds the API key")),
            false => Ok(()),
        }
    }

    pub(crate) fn ask<T>(
        &self,
        request: &Request<'_>,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T> {
        let answer = self.answer_of(request, None);
        let outcome = answer.and_then(|answer| answer::typed(answer, read));
        outcome.map_err(|error| self.sealed(error, &request.secrets))
    }
}

fn pairs<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect()
}

fn secret<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    values.filter(|value| is_long_enough(value)).collect()
}

/// Whatever is JSON.
fn any_json(json: &str) -> Result<String, &'static str> {
    match json.is_empty() || crate::report::is_valid(json) {
        true => Ok(json.to_owned()),
        false => Err("it is no JSON"),
    }
}

/// What a user of a partner is created or changed with; see [`Client::save_partner_user`].
///
/// `Debug` shows which fields are set, not what they hold.
#[derive(Clone)]
#[must_use = "it does nothing until it is saved"]
pub struct PartnerUserForm {
    id: Option<u64>,
    name: String,
    email: String,
    heuristic: String,
    pricing_id: u64,
    password: Option<String>,
    readonly: Option<bool>,
    newsletter: Option<bool>,
    save_files: Option<bool>,
}

impl PartnerUserForm {
    /// A new user, with the fields that the service requires: the name, the mail address, the heuristic of the main
    /// verdict, and the [plan](Client::partner_pricings).
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        heuristic: impl Into<String>,
        pricing_id: u64,
    ) -> Self {
        Self {
            id: None,
            name: name.into(),
            email: email.into(),
            heuristic: heuristic.into(),
            pricing_id,
            password: None,
            readonly: None,
            newsletter: None,
            save_files: None,
        }
    }

    /// The user that is to be changed. Default: none, a new one is created.
    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// The password. Default: not sent.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Whether the user may only read. Default: not sent.
    pub fn readonly(mut self, on: bool) -> Self {
        self.readonly = Some(on);
        self
    }

    /// Whether the user gets the newsletter. Default: not sent.
    pub fn newsletter(mut self, on: bool) -> Self {
        self.newsletter = Some(on);
        self
    }

    /// Whether the service keeps the user's files. Default: not sent.
    pub fn save_files(mut self, on: bool) -> Self {
        self.save_files = Some(on);
        self
    }

    fn fields(&self) -> Form<'_> {
        let mut form = Form::default();
        if let Some(id) = self.id {
            form.text("id", id.to_string());
        }
        form.text("name", &*self.name);
        form.text("email", &*self.email);
        form.text("heuristic", &*self.heuristic);
        form.text("pricing_id", self.pricing_id.to_string());
        form.text_if("password", self.password.as_deref());
        form.switch_if("readonly", self.readonly);
        form.switch_if("newsletter", self.newsletter);
        form.switch_if("save_files", self.save_files);
        form
    }

    /// What a refusal may quote.
    fn secrets(&self) -> Vec<&str> {
        secret([&self.email].into_iter().chain(&self.password).map(String::as_str))
    }
}

impl fmt::Debug for PartnerUserForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, pricing_id, password, readonly, newsletter, save_files, name: _, email: _, heuristic: _ } = self;
        f.debug_struct("PartnerUserForm")
            .field("id", id)
            .field("pricing_id", pricing_id)
            .field("password", &password.as_ref().map(|_| ".."))
            .field("readonly", readonly)
            .field("newsletter", newsletter)
            .field("save_files", save_files)
            .finish_non_exhaustive()
    }
}

/// Which users to list, and how; see [`Client::partner_users`].
#[derive(Clone, Default)]
#[must_use = "it does nothing until users are listed"]
pub struct PartnerUserQuery {
    pricing_id: Option<u64>,
    order: Option<String>,
    descending: Option<bool>,
    per_page: Option<u32>,
    /// By name.
    others: Vec<(String, String)>,
}

impl PartnerUserQuery {
    /// Only those with a plan. Default: all.
    pub fn pricing_id(mut self, id: u64) -> Self {
        self.pricing_id = Some(id);
        self
    }

    /// What to sort by. Default: left to the service, which documents `id`.
    pub fn order(mut self, field: impl Into<String>) -> Self {
        self.order = Some(field.into());
        self
    }

    /// Whether to sort downwards. Default: left to the service, which documents none.
    pub fn descending(mut self, on: bool) -> Self {
        self.descending = Some(on);
        self
    }

    /// How many users each request asks for. Default: 100.
    pub fn per_page(mut self, count: u32) -> Self {
        self.per_page = Some(count);
        self
    }

    /// A further parameter of the query. There is one that filters by names and mail addresses; the documentation does
    /// not show what it is called. A query is a part of what servers, proxies and the HTTP library at trace level log.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.others.push((name.into(), value.into()));
        self
    }

    fn parameters(&self, page: u64) -> Vec<(&str, Cow<'_, str>)> {
        let mut all = vec![("page", page.to_string().into())];
        all.push(("per_page", self.per_page.unwrap_or(PER_PAGE).to_string().into()));
        all.extend(self.pricing_id.map(|id| ("pricing_id", id.to_string().into())));
        all.extend(self.order.as_deref().map(|field| ("order", field.into())));
        all.extend(self.descending.map(|on| ("direction", if on { "desc" } else { "asc" }.into())));
        all.extend(self.others.iter().map(|(name, value)| (name.as_str(), value.as_str().into())));
        all
    }

    /// What a refusal may quote.
    fn secrets(&self) -> Vec<&str> {
        secret(self.others.iter().map(|(_, value)| value.as_str()))
    }
}

/// Without what is looked for, which may be a name.
impl fmt::Debug for PartnerUserQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pricing_id, order, descending, per_page, others } = self;
        f.debug_struct("PartnerUserQuery")
            .field("pricing_id", pricing_id)
            .field("order", order)
            .field("descending", descending)
            .field("per_page", per_page)
            .field("others", &others.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}

/// The users of a partner; see [`Client::partner_users`].
#[derive(Debug)]
#[must_use = "it asks for nothing until it is gone through"]
pub struct PartnerUsers {
    client: Client,
    query: PartnerUserQuery,
    /// The next one, if there is one.
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
