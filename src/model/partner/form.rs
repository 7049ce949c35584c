//! The form that creates or changes a user of a partner, and the query that lists users.

use std::borrow::Cow;

use crate::model::fields::Fields;
use crate::util::encodings::redactable;
use crate::util::hidden::Hidden;

/// The default number of users per request.
const PER_PAGE: u32 = 100;

/// The form that creates or changes a user of a partner, for
/// [`Client::save_partner_user`](crate::Client::save_partner_user).
///
/// `Debug` shows the fields that are set. It does not show names, addresses and passwords.
#[derive(Clone, Debug)]
#[must_use = "a form does nothing until a client saves it"]
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
    /// Creates a form with the fields that the service requires: the name, the email address, the heuristic of the
    /// main verdict, and the ID of the [plan](crate::Client::partner_pricings).
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

    /// Sets the ID of an existing user, which is then changed. Defaults to no ID, and a new user is created.
    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the password. By default, it is not sent.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Hidden(password.into()));
        self
    }

    /// If `true`, the user has read access only. By default, the option is not sent.
    pub fn readonly(mut self, on: bool) -> Self {
        self.readonly = Some(on);
        self
    }

    /// If `true`, the user receives the newsletter. By default, the option is not sent.
    pub fn newsletter(mut self, on: bool) -> Self {
        self.newsletter = Some(on);
        self
    }

    /// If `true`, the service keeps the files of the user. By default, the option is not sent.
    pub fn save_files(mut self, on: bool) -> Self {
        self.save_files = Some(on);
        self
    }

    /// Returns `true` if the form changes an existing user.
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

    /// Returns the values that errors must redact, because an error response may quote them.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        redactable([&self.email].into_iter().chain(&self.password).map(|text| &**text))
    }
}

/// A query that selects and sorts the users of a partner, for
/// [`Client::partner_users`](crate::Client::partner_users).
#[derive(Clone, Debug, Default)]
#[must_use = "a query does nothing until a client lists users"]
pub struct PartnerUserQuery {
    pricing_id: Option<u64>,
    order: Option<String>,
    descending: Option<bool>,
    per_page: Option<u32>,
    /// Further parameters, by name. The values are hidden, because one may be the name of a person.
    others: Vec<(String, Hidden)>,
}

impl PartnerUserQuery {
    /// Selects the users with the plan of this ID. Defaults to the users of all plans.
    pub fn pricing_id(mut self, id: u64) -> Self {
        self.pricing_id = Some(id);
        self
    }

    /// Sets the field by which the users are sorted. Defaults to the service's choice, documented as `id`.
    pub fn order(mut self, field: impl Into<String>) -> Self {
        self.order = Some(field.into());
        self
    }

    /// If `true`, sorts in descending order. If `false`, sorts in ascending order. Defaults to the service's choice,
    /// which is not documented.
    pub fn descending(mut self, on: bool) -> Self {
        self.descending = Some(on);
        self
    }

    /// Sets the number of users per request. Defaults to 100.
    pub fn per_page(mut self, count: u32) -> Self {
        self.per_page = Some(count);
        self
    }

    /// Adds another query parameter. By default, none is added.
    ///
    /// The service has a parameter that filters by name and email address, but the documentation does not state its
    /// name. Queries may be logged by servers, by proxies, and by the HTTP library at trace level.
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

    /// Returns the values that errors must redact, because an error response may quote them.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        redactable(self.others.iter().map(|(_, value)| &**value))
    }
}
