//! The users of a partner, and the plans they can have.

pub(crate) mod form;

use std::fmt;

use super::lenient::object::Object;
use super::lenient::value::{Value, is_valid};

/// A user of a partner. What the service leaves out, or what is of another type than documented, is `None`.
///
/// `Debug` shows who it is by number only: names, addresses and the like are the user's business.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct PartnerUser {
    /// The number that the user goes by.
    pub id: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// When the mail address was confirmed, as the service writes dates.
    pub email_verified_at: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whom to ask for.
    pub contact: Option<String>,
    /// VAT number.
    pub vat: Option<String>,
    /// When the user was created, as the service writes dates.
    pub created_at: Option<String>,
    /// When the user was last changed, as the service writes dates.
    pub updated_at: Option<String>,
    /// How many credits are left; the documentation does not say so in words.
    pub balance: Option<f64>,
    /// The heuristic of the main verdict.
    pub heuristic: Option<String>,
    /// Whether the user may only read.
    pub readonly: Option<bool>,
    /// The plan.
    pub pricing: Option<Pricing>,
    /// The partner, without a partner of its own.
    pub partner: Option<Box<PartnerUser>>,
    raw: String,
}

impl PartnerUser {
    /// Reads a user, or what has one as its `data`.
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        let user = object.read("data", |data| Self::next(data, true));
        user.or_else(|| Self::next(&mut Value::new(json, 0), true))
            .filter(|user| user.id.is_some())
            .ok_or("it is no user")
    }

    fn next(value: &mut Value<'_>, with_partner: bool) -> Option<Self> {
        let (object, json) = Object::next(value)?;
        Some(Self {
            id: object.read("id", Value::count),
            name: object.text("name"),
            email: object.text("email"),
            email_verified_at: object.text("email_verified_at"),
            address: object.text("address"),
            zip: object.text("zip"),
            city: object.text("city"),
            country: object.text("country"),
            phone: object.text("phone"),
            contact: object.text("contact"),
            vat: object.text("vat"),
            created_at: object.text("created_at"),
            updated_at: object.text("updated_at"),
            balance: object.read("balance", Value::number),
            heuristic: object.text("heuristic"),
            readonly: object.flag("readonly"),
            pricing: object.read("pricing", Pricing::next),
            partner: object
                .read("partner", |value| if with_partner { Self::next(value, false).map(Box::new) } else { None }),
            raw: json.to_owned(),
        })
    }

    /// The JSON as it came, but for the API key.
    pub fn raw_json(&self) -> &str {
        &self.raw
    }
}

impl fmt::Debug for PartnerUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, readonly, pricing, .. } = self;
        f.debug_struct("PartnerUser")
            .field("id", id)
            .field("readonly", readonly)
            .field("pricing", pricing)
            .finish_non_exhaustive()
    }
}

/// A page of users.
#[derive(Debug)]
pub(crate) struct UsersPage {
    pub(crate) users: Vec<PartnerUser>,
    pub(crate) has_next: bool,
}

impl UsersPage {
    /// Reads the page `number`.
    pub(crate) fn read(json: &str, number: u64) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        if object.read("current_page", Value::count).is_some_and(|current| current != number) {
            return Err("it is another page than was asked for");
        }
        if object.json("data").is_none_or(|data| !data.starts_with('[')) {
            return Err("it has no list of users as its data");
        }
        let users = object.objects("data", |user| PartnerUser::next(user, true));
        if object.left.get() == 0 {
            return Err("it has more users than its length can tell of");
        }
        // Where the next page is said to be is nothing to follow: the key would go there.
        let has_next = match object.read("last_page", Value::count) {
            Some(last) => number < last,
            None => object.json("next_page_url").is_some(),
        };
        Ok(Self { has_next: has_next && !users.is_empty(), users })
    }
}

/// A plan that users have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pricing {
    /// The number that it goes by.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its stock keeping unit.
    pub sku: Option<String>,
}

impl Pricing {
    fn next(value: &mut Value<'_>) -> Option<Self> {
        value.object(|pricing: &mut Self, name, value| match name {
            "id" => pricing.id = value.count(),
            "name" => pricing.name = value.text(),
            "sku" => pricing.sku = value.text(),
            _ => {}
        })
    }
}

/// The plans that a partner's users can have.
#[derive(Clone, PartialEq, Eq)]
pub struct Pricings {
    pricings: Vec<Pricing>,
    raw: String,
}

impl Pricings {
    /// Reads a list of plans, or what has one as its `data`: the documentation shows no answer.
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let list = match Object::parse(json) {
            Ok(object) => object.json("data").unwrap_or_default(),
            Err(_) if is_valid(json) => json,
            Err(reason) => return Err(reason),
        };
        let mut pricings = Vec::new();
        if !Value::new(list, 0).each(|plan| pricings.extend(Pricing::next(plan))) {
            return Err("it has no list of plans");
        }
        Ok(Self { pricings, raw: json.to_owned() })
    }

    /// The plans. The documentation does not show them; this reads them as they are in a [`PartnerUser`].
    pub fn pricings(&self) -> &[Pricing] {
        &self.pricings
    }

    /// The JSON as it came, but for the API key.
    pub fn raw_json(&self) -> &str {
        &self.raw
    }
}

impl fmt::Debug for Pricings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pricings").field("pricings", &self.pricings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation's fields, with values made up.
    const USER: &str = r#"{"id": 7, "name": "Ann", "email": "ann@example.com", "email_verified_at": "2026-01-02T03:04:05Z",
        "address": null, "zip": "1", "city": "Rome", "country": "IT", "phone": null, "contact": null, "vat": null,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": null, "balance": 12.5, "heuristic": "Majority",
        "readonly": null, "pricing": {"id": 2, "name": "Pro", "sku": "PRO"}, "partner": {"id": 1, "partner": {"id": 0}}}"#;

    #[test]
    fn documented_user_is_read_bare_or_as_data() {
        for bare in [USER.to_owned(), format!(r#"{{"data": {USER}}}"#)] {
            let user = PartnerUser::read(&bare).unwrap();
            assert_eq!((user.id, user.name.as_deref(), user.balance), (Some(7), Some("Ann"), Some(12.5)));
            assert_eq!((user.readonly, user.raw_json()), (None, USER));
            assert_eq!(user.pricing.unwrap().sku.as_deref(), Some("PRO"));
            let partner = user.partner.unwrap();
            assert_eq!((partner.id, partner.partner), (Some(1), None));
        }
    }

    #[test]
    fn what_lacks_what_it_is_about_is_none() {
        for json in ["", "[]", "{}", "null", r#"{"error": "no"}"#, r#"{"available_credits": null}"#, r#"{"data": {}}"#]
        {
            assert!(PartnerUser::read(json).is_err() && UsersPage::read(json, 1).is_err(), "{json}");
        }
        assert!(Pricings::read("{}").is_err() && Pricings::read("").is_err());
    }

    #[test]
    fn pages_are_counted_and_never_followed() {
        let page = |json: &str, number| UsersPage::read(json, number).map(|page| (page.users.len(), page.has_next));
        let elsewhere = r#""next_page_url": "https://elsewhere.test/?page=9""#;
        assert_eq!(
            page(&format!(r#"{{"current_page": 1, "last_page": 2, "data": [{USER}], {elsewhere}}}"#), 1),
            Ok((1, true))
        );
        assert_eq!(
            page(&format!(r#"{{"current_page": 2, "last_page": 2, "data": [{USER}], {elsewhere}}}"#), 2),
            Ok((1, false))
        );
        assert_eq!(page(&format!(r#"{{"data": [{USER}, 7], {elsewhere}}}"#), 3), Ok((1, true)));
        assert_eq!(page(&format!(r#"{{"data": [{USER}], "next_page_url": null}}"#), 3), Ok((1, false)));
        assert_eq!(page(r#"{"last_page": 9, "data": []}"#, 1), Ok((0, false)), "no end of empty pages");
        assert!(page(&format!(r#"{{"current_page": 1, "last_page": 2, "data": [{USER}]}}"#), 2).is_err());
        let empty = vec![r#"{"id":1}"#; 1_000].join(",");
        assert!(page(&format!(r#"{{"data": [{empty}]}}"#), 1).is_err(), "none is left out in silence");
    }

    #[test]
    fn plans_come_bare_or_as_data() {
        for json in [r#"[{"id": 2, "name": "Pro"}]"#, r#"{"data": [{"id": 2, "name": "Pro"}]}"#] {
            let pricings = Pricings::read(json).unwrap();
            assert_eq!((pricings.pricings()[0].id, pricings.raw_json()), (Some(2), json));
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_user_but_the_number() {
        let shown = format!("{:?}", PartnerUser::read(USER).unwrap());
        assert!(shown.contains("id: Some(7)"));
        assert!(!shown.contains("Ann") && !shown.contains("ann@") && !shown.contains("Rome"), "{shown}");
    }
}
