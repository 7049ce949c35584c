//! The users of a partner, and the plans that they can have.

pub(crate) mod form;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::lenient::{FromJson, Object, Part, elements, field, is_valid, unless_blank};
use super::serialize::RawJson;

/// A user of a partner. A field is `None` if it is missing or has another type than documented.
///
/// It serializes as the JSON from which it was parsed. `Debug` shows only `id`, `readonly` and `pricing`, because names
/// and addresses are private.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct PartnerUser {
    /// The ID of the user.
    pub id: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// The time at which the email address was confirmed, in the date format of the service.
    pub email_verified_at: Option<String>,
    /// The street and the house number.
    pub address: Option<String>,
    /// The postal code.
    pub zip: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The contact person.
    pub contact: Option<String>,
    /// The VAT number.
    pub vat: Option<String>,
    /// The time at which the user was created, in the date format of the service.
    pub created_at: Option<String>,
    /// The time of the last change of the user, in the date format of the service.
    pub updated_at: Option<String>,
    /// The number of credits that are left. The documentation does not explain the field.
    pub balance: Option<f64>,
    /// The heuristic of the main verdict.
    pub heuristic: Option<String>,
    /// `true` if the user has read access only.
    pub readonly: Option<bool>,
    /// The plan.
    pub pricing: Option<Pricing>,
    /// The partner. Its own `partner` is always `None`.
    pub partner: Option<Box<PartnerUser>>,
    raw: RawJson,
}

impl PartnerUser {
    /// Reads a user, or an object that contains a user in its field `data`.
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let data = Object::parse(json)?.json("data").and_then(Self::with_partner);
        data.or_else(|| Self::with_partner(json)).filter(|user| user.id.is_some()).ok_or("not a user")
    }

    /// Reads a user with the partner.
    fn with_partner(json: &str) -> Option<Self> {
        let user = Self::from_json(json)?;
        let partner = Object::parse(json).ok()?.field("partner").map(Box::new);
        Some(Self { partner, ..user })
    }

    /// Reads a user with the partner. Returns `None` if it does not set any field.
    fn unless_blank(json: &str) -> Option<Self> {
        let blank = || Self { raw: json.into(), ..Self::default() };
        Self::with_partner(json).filter(|user| *user != blank())
    }

    /// Returns the JSON of the user, with the API key redacted.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

/// Reads a user without the partner. Otherwise partners could be nested to any depth.
impl FromJson for PartnerUser {
    fn from_json(json: &str) -> Option<Self> {
        let object = Object::parse(json).ok()?;
        Some(Self {
            id: object.field("id"),
            name: object.field("name"),
            email: object.field("email"),
            email_verified_at: object.field("email_verified_at"),
            address: object.field("address"),
            zip: object.field("zip"),
            city: object.field("city"),
            country: object.field("country"),
            phone: object.field("phone"),
            contact: object.field("contact"),
            vat: object.field("vat"),
            created_at: object.field("created_at"),
            updated_at: object.field("updated_at"),
            balance: object.field("balance"),
            heuristic: object.field("heuristic"),
            readonly: object.field("readonly"),
            pricing: object.field("pricing"),
            partner: None,
            raw: json.into(),
        })
    }
}

impl Serialize for PartnerUser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
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
    /// Reads a page, which must be the page `number`.
    pub(crate) fn read(json: &str, number: u64) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        if object.field::<u64>("current_page").is_some_and(|current| current != number) {
            return Err("a different page than requested");
        }
        let data = object.json("data").unwrap_or_default();
        let users = elements(data, PartnerUser::unless_blank).ok_or("`data` is not a list of users")?;
        // The URL of the next page is not requested, because that would send the API key to it.
        let has_next = match object.field::<u64>("last_page") {
            Some(last) => number < last,
            None => object.json("next_page_url").is_some(),
        };
        Ok(Self { has_next: has_next && !users.is_empty(), users })
    }
}

/// A plan that a user of a partner can have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Pricing {
    /// The ID of the plan.
    #[serde(deserialize_with = "field")]
    pub id: Option<u64>,
    /// The name.
    #[serde(deserialize_with = "field")]
    pub name: Option<String>,
    /// The stock keeping unit.
    #[serde(deserialize_with = "field")]
    pub sku: Option<String>,
}

impl Part for Pricing {}

/// The plans that the users of a partner can have. It serializes as the JSON from which it was parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pricings {
    #[serde(skip)]
    pricings: Vec<Pricing>,
    raw: RawJson,
}

impl Pricings {
    /// Reads a list of plans, or an object that contains a list of plans in its field `data`. Both forms are accepted,
    /// because the documentation does not show the response.
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let list = match Object::parse(json) {
            Ok(object) => object.json("data").unwrap_or_default(),
            Err(_) if is_valid(json) => json,
            Err(reason) => return Err(reason),
        };
        let pricings = elements(list, unless_blank).ok_or("no list of plans")?;
        Ok(Self { pricings, raw: json.into() })
    }

    /// Returns the plans. The documentation does not show this response. The plans are read in the form that they have
    /// in a [`PartnerUser`].
    pub fn pricings(&self) -> &[Pricing] {
        &self.pricings
    }

    /// Returns the JSON of the response, with the API key redacted.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user with every documented field and made-up values.
    const USER: &str = r#"{"id": 7, "name": "Ann", "email": "ann@example.com", "email_verified_at": "2026-01-02T03:04:05Z",
        "address": null, "zip": "1", "city": "Rome", "country": "IT", "phone": null, "contact": null, "vat": null,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": null, "balance": 12.5, "heuristic": "Majority",
        "readonly": null, "pricing": {"id": 2, "name": "Pro", "sku": "PRO"}, "partner": {"id": 1, "partner": {"id": 0}}}"#;

    #[test]
    fn documented_user_is_parsed_bare_or_in_data() {
        for bare in [USER.to_owned(), format!(r#"{{"data": {USER}}}"#)] {
            let user = PartnerUser::read(&bare).unwrap();
            assert_eq!((user.id, user.name.as_deref(), user.balance), (Some(7), Some("Ann"), Some(12.5)));
            assert_eq!((user.readonly, user.raw_json()), (None, USER));
            let same: serde_json::Value = serde_json::from_str(USER).unwrap();
            assert_eq!(serde_json::to_value(&user).unwrap(), same);
            assert_eq!(user.pricing.unwrap().sku.as_deref(), Some("PRO"));
            let partner = user.partner.unwrap();
            assert_eq!((partner.id, partner.partner), (Some(1), None));
        }
    }

    #[test]
    fn response_without_users_or_plans_is_rejected() {
        for json in ["", "[]", "{}", "null", r#"{"error": "no"}"#, r#"{"available_credits": null}"#, r#"{"data": {}}"#]
        {
            assert!(PartnerUser::read(json).is_err() && UsersPage::read(json, 1).is_err(), "{json}");
        }
        assert!(Pricings::read("{}").is_err() && Pricings::read("").is_err());
    }

    #[test]
    fn next_page_is_found_without_following_its_url() {
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
        assert_eq!(page(r#"{"last_page": 9, "data": []}"#, 1), Ok((0, false)), "an empty page is the last one");
        assert!(page(&format!(r#"{{"current_page": 1, "last_page": 2, "data": [{USER}]}}"#), 2).is_err());
        let short = vec![r#"{"id":1}"#; 1_000].join(",");
        assert_eq!(
            page(&format!(r#"{{"data": [{short}, {{}}]}}"#), 1),
            Ok((1_000, false)),
            "only the user without any field is skipped"
        );
    }

    #[test]
    fn plans_are_parsed_bare_or_in_data() {
        for json in [r#"[{"id": 2, "name": "Pro"}]"#, r#"{"data": [{"id": 2, "name": "Pro"}]}"#] {
            let pricings = Pricings::read(json).unwrap();
            assert_eq!((pricings.pricings()[0].id, pricings.raw_json()), (Some(2), json));
            let same: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_value(&pricings).unwrap(), same);
        }
    }

    #[test]
    fn partner_user_debug_hides_personal_data() {
        let shown = format!("{:?}", PartnerUser::read(USER).unwrap());
        assert!(shown.contains("id: Some(7)"));
        assert!(!shown.contains("Ann") && !shown.contains("ann@") && !shown.contains("Rome"), "{shown}");
    }
}
