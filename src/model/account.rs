//! The credits of an account and the health of the service.

use serde::Serialize;

use super::lenient::Object;
use super::open_enum::open_enum;
use super::serialize::RawJson;

/// The credits of an account. It serializes as the JSON from which it was parsed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Credits {
    #[serde(skip)]
    available: f64,
    #[serde(skip)]
    spent: Option<f64>,
    raw: RawJson,
}

impl Credits {
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        let available = object.field("available_credits").ok_or("`available_credits` is missing")?;
        Ok(Self { available, spent: object.field("total_spent"), raw: json.into() })
    }

    /// Returns the number of credits that are left.
    pub fn available(&self) -> f64 {
        self.available
    }

    /// Returns the number of credits that were spent so far, if the service reports it.
    pub fn spent(&self) -> Option<f64> {
        self.spent
    }

    /// Returns the JSON of the response, with the API key redacted.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

/// The health of the service. It serializes as the JSON from which it was parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Health {
    #[serde(skip)]
    status: HealthStatus,
    raw: RawJson,
}

open_enum! {
    /// The health status of the service.
    HealthStatus {
        /// `ok`: the service works.
        Ok = "ok",
        /// `degraded`: the service can be reached, but parts of it do not work well.
        Degraded = "degraded";
        /// Any other status, as the service wrote it.
        Other
    }
}

impl Health {
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let status = Object::parse(json)?.field("status").ok_or("`status` is missing")?;
        Ok(Self { status, raw: json.into() })
    }

    /// Returns the health status.
    pub fn status(&self) -> &HealthStatus {
        &self.status
    }

    /// Returns the JSON of the response. The documentation shows only the status, but the response may have more
    /// fields.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_credits_and_health_are_parsed() {
        let credits = Credits::read(r#"{"available_credits": 159, "total_spent": 41}"#).unwrap();
        assert_eq!((credits.available(), credits.spent()), (159.0, Some(41.0)));
        assert_eq!(credits.raw_json(), r#"{"available_credits": 159, "total_spent": 41}"#);
        assert_eq!(serde_json::to_string(&credits).unwrap(), r#"{"available_credits":159,"total_spent":41}"#);
        let health = |json: &str| Health::read(json).map(|health| health.status().clone());
        assert_eq!(health(r#"{"status": "ok", "database": "up"}"#), Ok(HealthStatus::Ok));
        assert_eq!(health(r#"{"status": "degraded"}"#), Ok(HealthStatus::Degraded));
        assert_eq!(health(r#"{"status": "down"}"#).unwrap().as_str(), "down");
        let health = Health::read(r#"{"status":"OK","database":"up"}"#).unwrap();
        let json = (serde_json::to_value(&health).unwrap(), serde_json::to_value(health.status()).unwrap());
        assert_eq!(json, (serde_json::json!({"status": "OK", "database": "up"}), "ok".into()));
    }

    #[test]
    fn response_without_credits_or_status_is_rejected() {
        for json in ["", "[]", "{}", "null", r#"{"error": "no"}"#, r#"{"available_credits": null}"#, r#"{"data": {}}"#]
        {
            assert!(Credits::read(json).is_err() && Health::read(json).is_err(), "{json}");
        }
    }
}
