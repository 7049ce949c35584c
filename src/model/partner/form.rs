//! The form that creates or changes a partner's user, and the query that lists users.

use std::borrow::Cow;

use crate::model::fields::Fields;
use crate::util::encodings::redactable;
use crate::util::hidden::Hidden;

/// The number of users that the service is asked for at a time.
const PER_PAGE: u32 = 100;

/// What a user of a partner is created or changed with; see
/// [`Client::save_partner_user`](crate::Client::save_partner_user).
///
/// `Debug` shows which fields are set, not what they hold.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is saved"]
pub struct PartnerUserForm {
    id: Option<u64>,
    name: Hidden,
    email: Hidden,
    heuristic: Hidden,
    pricing_id: u64,
    password: Option<Hidden>,
    readonly: Option<bool>,
    newsletter: Option<bool>,
    save_files: Option<bool>,
}

impl PartnerUserForm {
    /// A new user, with the fields that the service requires: the name, the mail address, the heuristic of the main
    /// verdict, and the [plan](crate::Client::partner_pricings).
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        heuristic: impl Into<String>,
        pricing_id: u64,
    ) -> Self {
        Self {
            id: None,
            name: Hidden(name.into()),
            email: Hidden(email.into()),
            heuristic: Hidden(heuristic.into()),
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
        self.password = Some(Hidden(password.into()));
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

    /// Returns `true` if it changes a user who is there already.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    pub(crate) fn fields(&self) -> Fields<'_> {
        let mut fields = Fields::default();
        if let Some(id) = self.id {
            fields.text("id", id.to_string());
        }
        fields.text("name", &*self.name);
        fields.text("email", &*self.email);
        fields.text("heuristic", &*self.heuristic);
        fields.text("pricing_id", self.pricing_id.to_string());
        fields.opt("password", self.password.as_deref());
        fields.opt_bool("readonly", self.readonly);
        fields.opt_bool("newsletter", self.newsletter);
        fields.opt_bool("save_files", self.save_files);
        fields
    }

    /// What a refusal may quote.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        redactable([&self.email].into_iter().chain(&self.password).map(|text| &**text))
    }
}

/// Which users to list, and how; see [`Client::partner_users`](crate::Client::partner_users).
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing until users are listed"]
pub struct PartnerUserQuery {
    pricing_id: Option<u64>,
    order: Option<String>,
    descending: Option<bool>,
    per_page: Option<u32>,
    /// By name. A value may be a person's name.
    others: Vec<(String, Hidden)>,
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
        self.others.push((name.into(), Hidden(value.into())));
        self
    }

    pub(crate) fn parameters(&self, page: u64) -> Vec<(&str, Cow<'_, str>)> {
        let mut all = vec![("page", page.to_string().into())];
        all.push(("per_page", self.per_page.unwrap_or(PER_PAGE).to_string().into()));
        all.extend(self.pricing_id.map(|id| ("pricing_id", id.to_string().into())));
        all.extend(self.order.as_deref().map(|field| ("order", field.into())));
        all.extend(self.descending.map(|on| ("direction", if on { "desc" } else { "asc" }.into())));
        all.extend(self.others.iter().map(|(name, value)| (name.as_str(), (&**value).into())));
        all
    }

    /// What a refusal may quote.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        redactable(self.others.iter().map(|(_, value)| &**value))
    }
}
