//! Parses successful responses: reports, heatmaps, and confirmations of an override.

#[cfg(test)]
mod tests;

use serde::Deserialize;

use super::status::{describe, success, unexpected};
use crate::error::{Error, ErrorKind, Result};
use crate::http::response::Response;
use crate::model::identifier::Identifier;
use crate::model::lenient::{each, json_text};
use crate::model::media_type::MediaType;
use crate::model::report::any::AnyReport;
use crate::model::report::heatmap::Heatmap;
use crate::model::report::verdict::Classification;
use crate::model::tickets::report::TicketsReport;

/// Parses the JSON of a 2xx response with `read`.
pub(crate) fn typed<T>(response: Response, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Result<T> {
    let response = success(response)?;
    let json = json_text(&response.body);
    read(&json).map_err(|reason| unexpected(reason, &response))
}

/// Parses the JSON of a 2xx response as [`typed`] does, or calls `pending` with it if there is no result yet.
///
/// The documentation does not show the response before there is a result. This function assumes that it has the status
/// code 202 or an empty value: no body, `null`, or `[]`, which is how PHP encodes an empty object.
fn unless_pending<T>(
    response: Response,
    pending: impl FnOnce(&str) -> T,
    read: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<T> {
    let is_accepted = response.status == 202;
    typed(response, |json| {
        let is_pending = is_accepted || matches!(json, "" | "null" | "[]");
        if is_pending { Ok(pending(json)) } else { read(json) }
    })
}

/// Parses the report on a batch of tickets. A response without a report means that the batch is pending.
pub(crate) fn tickets(response: Response, requested: &Identifier) -> Result<TicketsReport> {
    unless_pending(response, |_| TicketsReport::pending(requested), |json| TicketsReport::read(json, requested))
}

/// Parses the report on the submission `requested`. A response without a report means that the submission is pending.
pub(crate) fn report(response: Response, medium: MediaType, requested: &Identifier) -> Result<AnyReport> {
    let pending = |json: &str| AnyReport::pending(medium, json, requested);
    unless_pending(response, pending, |json| AnyReport::read(medium, json, Some(requested)))
}

/// Parses the list of reports in the response to a request for several. Their order is that of the response, and
/// reports that were not requested are left out.
///
/// An element that is not a report is skipped, and the others are returned. If no element is a report, the response is
/// an error.
pub(crate) fn reports(
    response: Response,
    medium: MediaType,
    requested: impl Fn(&Identifier) -> bool,
) -> Result<Vec<AnyReport>> {
    let read = |json: &str| {
        let (mut reports, mut unreadable) = (Vec::new(), None);
        let is_list = each(json, |element| match AnyReport::read(medium, element, None) {
            _ if element == "null" => {}
            Ok(report) => reports.push(report),
            Err(reason) => drop(unreadable.get_or_insert(reason)),
        });
        match unreadable {
            _ if !is_list => Err("invalid or truncated JSON list"),
            Some(reason) if reports.is_empty() => Err(reason),
            _ => {
                reports.retain(|report| requested(report.identifier()));
                Ok(reports)
            }
        }
    };
    unless_pending(response, |_| Vec::new(), read)
}

/// Parses a heatmap. If the image has none, the error is [`ErrorKind::NotFound`] with the possible reasons.
///
/// The documentation does not show the response for an image without a heatmap. This function assumes that it is a 404
/// or has an empty body.
pub(crate) fn heatmap(response: Response) -> Result<Heatmap> {
    let is_empty = response.is_success() && response.truncated.is_none() && response.body.is_empty();
    if response.status == 404 || is_empty {
        let status = response.status;
        let summary = format!(
            "heatmap not found: it was not requested with the image, the analysis is not finished, or the submission \
             is not known (HTTP {status})"
        );
        return Err(describe(Error::new(ErrorKind::NotFound, summary), &response));
    }
    let mut response = success(response)?;
    Heatmap::read(std::mem::take(&mut response.body)).map_err(|(reason, body)| {
        response.body = body;
        unexpected(reason, &response)
    })
}

#[derive(Deserialize)]
struct OverrideResponse {
    hash: Option<String>,
    classification: Option<Classification>,
}

/// Checks that the response confirms the override of the verdict on the file with `hash`. A confirmation repeats the
/// classification, and may repeat the hash.
pub(crate) fn overridden(response: Response, hash: &str, classification: &Classification) -> Result<()> {
    if response.status == 404 {
        let summary = "no submitted file has this hash, or the base URL does not point at the API (HTTP 404)";
        return Err(describe(Error::new(ErrorKind::NotFound, summary), &response));
    }
    typed(response, |json| {
        // serde would also accept a JSON array for the struct.
        let parsed: Option<OverrideResponse> =
            if json.starts_with('{') { serde_json::from_str(json).ok() } else { None };
        let is_confirmed = parsed.is_some_and(|confirmation| {
            confirmation.classification.as_ref() == Some(classification)
                && confirmation.hash.is_none_or(|confirmed| confirmed.eq_ignore_ascii_case(hash))
        });
        if is_confirmed { Ok(()) } else { Err("the override is not confirmed") }
    })
}
