//! The users of a partner, as documented. Details that the documentation leaves open are made up.

use serde_json::{Value, json};

use super::form::Form;
use super::response::{Response, unknown};
use super::submit::{Fields, value};

/// The default page size of the backend's framework.
const PER_PAGE: u64 = 15;
const PER_PAGE_MAX: u64 = 100;
/// The documented fields that are required to create or change a user.
const REQUIRED: [&str; 4] = ["name", "email", "heuristic", "pricing_id"];
const SWITCHES: [&str; 3] = ["readonly", "newsletter", "save_files"];

/// The users. Their ids count from 1.
#[derive(Debug, Default)]
pub(super) struct Users(Vec<Value>);

impl Users {
    /// Creates a user, or changes the user with the `id` in the form.
    pub(super) fn save(&mut self, form: &Form) -> Result<Response, String> {
        let fields = &form.fields;
        if let Some(missing) =
            REQUIRED.iter().find(|name| value(fields, name).is_none_or(|value| value.trim().is_empty()))
        {
            return Err(format!("The {missing} field is required."));
        }
        for (name, value) in fields {
            match name.as_str() {
                "id" | "name" | "heuristic" | "password" => {}
                "email" if value.contains('@') => {}
                "email" => return Err("The email field must be a valid email address.".to_owned()),
                "pricing_id" if plans().iter().any(|plan| has_id(plan, value)) => {}
                "pricing_id" => return Err("The selected pricing_id is invalid.".to_owned()),
                switch if SWITCHES.contains(&switch) && ["true", "false"].contains(&value.as_str()) => {}
                switch if SWITCHES.contains(&switch) => return Err(format!("The {name} field must be true or false.")),
                _ => return Err(format!("The {name} field is not known here.")),
            }
        }
        let at = match value(fields, "id") {
            None => self.0.len(),
            Some(id) => match self.0.iter().position(|user| has_id(user, id)) {
                Some(at) => at,
                None => return Ok(unknown()),
            },
        };
        let user = user(at + 1, fields);
        match self.0.get_mut(at) {
            Some(known) => known.clone_from(&user),
            None => self.0.push(user.clone()),
        }
        Ok(Response::json(200, &json!({ "data": user })))
    }

    /// Responds like the endpoint that sends a creation email, but sends nothing.
    pub(super) fn mail(&self, form: &Form) -> Result<Response, String> {
        let id = value(&form.fields, "id").ok_or("The id field is required.")?;
        let user = self.0.iter().find(|user| has_id(user, id));
        Ok(user.map_or_else(unknown, |user| Response::json(200, &json!({ "data": user }))))
    }

    /// Returns a page of users in the format of the backend's framework.
    pub(super) fn list(&self, query: &str) -> Response {
        let query: Vec<_> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let parameter = |key: &str| query.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let number = |key: &str, otherwise| parameter(key).and_then(|value| value.parse().ok()).unwrap_or(otherwise);
        let plan = parameter("pricing_id");
        let mut users: Vec<_> = self
            .0
            .iter()
            .filter(|user| plan.is_none_or(|plan| user.get("pricing").is_some_and(|own| has_id(own, plan))))
            .collect();
        if let Some(field @ ("name" | "email")) = parameter("order") {
            users.sort_by_key(|user| user.get(field).map(Value::to_string));
        }
        if parameter("direction") == Some("desc") {
            users.reverse();
        }
        let (page, per_page) = (number("page", 1).max(1), number("per_page", PER_PAGE).clamp(1, PER_PAGE_MAX));
        let total = users.len() as u64;
        let last_page = total.div_ceil(per_page).max(1);
        let before = page.saturating_sub(1).saturating_mul(per_page);
        let data: Vec<_> = users
            .into_iter()
            .skip(usize::try_from(before).unwrap_or(usize::MAX))
            .take(usize::try_from(per_page).unwrap_or(usize::MAX))
            .collect();
        let shown = data.len() as u64;
        let next = (page < last_page).then(|| format!("https://sandbox.test/api/partner/users?page={}", page + 1));
        Response::json(
            200,
            &json!({
                "current_page": page,
                "from": (shown > 0).then_some(before + 1),
                "last_page": last_page,
                "next_page_url": next,
                "per_page": per_page,
                "to": (shown > 0).then_some(before + shown),
                "total": total,
                "data": data,
            }),
        )
    }
}

/// Returns `true` if an object has the id in `text`.
fn has_id(object: &Value, text: &str) -> bool {
    object.get("id").and_then(Value::as_u64).is_some_and(|id| text.parse() == Ok(id))
}

fn user(id: usize, fields: &Fields) -> Value {
    let plan = value(fields, "pricing_id").unwrap_or_default();
    json!({
        "id": id,
        "name": value(fields, "name"),
        "email": value(fields, "email"),
        "email_verified_at": null,
        "address": null,
        "zip": null,
        "city": null,
        "country": null,
        "phone": null,
        "contact": null,
        "vat": null,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
        "balance": null,
        "heuristic": value(fields, "heuristic"),
        "readonly": value(fields, "readonly").map(|on| on == "true"),
        "pricing": plans().into_iter().find(|known| has_id(known, plan)),
        "partner": null,
    })
}

fn plans() -> Vec<Value> {
    vec![json!({ "id": 1, "name": "Basic", "sku": "SANDBOX-1" }), json!({ "id": 2, "name": "Pro", "sku": "SANDBOX-2" })]
}

/// Returns the price plans. The form is that of the users' page, because the documentation shows no response.
pub(super) fn pricings() -> Response {
    Response::json(200, &json!({ "data": plans() }))
}
