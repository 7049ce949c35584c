//! Reads what good answers hold: reports, a heatmap, a confirmation.

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

/// Reads the JSON of a success.
pub(crate) fn typed<T>(response: Response, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Result<T> {
    let response = success(response)?;
    let json = json_text(&response.body);
    read(&json).map_err(|reason| unexpected(reason, &response))
}

/// Reads the JSON of a success as [`typed`] does, or returns `pending` of it if it means that there is no result yet.
///
/// The rule is our reading, as no page shows what comes before a result: 202, or nothing. PHP writes an empty object as
/// `[]`.
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

/// Reads the report on a batch of tickets; see [`report`].
pub(crate) fn tickets(response: Response, asked: &Identifier) -> Result<TicketsReport> {
    unless_pending(response, |_| TicketsReport::pending(asked), |json| TicketsReport::read(json, asked))
}

/// Reads the report on the submission `asked`. A response without a report means that it is pending.
pub(crate) fn report(response: Response, medium: MediaType, asked: &Identifier) -> Result<AnyReport> {
    let pending = |json: &str| AnyReport::pending(medium, json, asked);
    unless_pending(response, pending, |json| AnyReport::read(medium, json, Some(asked)))
}

/// Reads the list of reports in the response to a request for several, in any order, without those that were not
/// requested.
///
/// An element that is not a report counts as left out, so that it does not hide the others. If no element is a report,
/// the response is an error.
pub(crate) fn reports(
    response: Response,
    medium: MediaType,
    asked: impl Fn(&Identifier) -> bool,
) -> Result<Vec<AnyReport>> {
    let read = |json: &str| {
        let (mut reports, mut unreadable) = (Vec::new(), None);
        let is_list = each(json, |element| match AnyReport::read(medium, element, None) {
            _ if element == "null" => {}
            Ok(report) => reports.push(report),
            Err(reason) => drop(unreadable.get_or_insert(reason)),
        });
        match unreadable {
            _ if !is_list => Err("it is not a whole list in JSON"),
            Some(reason) if reports.is_empty() => Err(reason),
            _ => {
                reports.retain(|report| asked(report.identifier()));
                Ok(reports)
            }
        }
    };
    unless_pending(response, |_| Vec::new(), read)
}

/// The heatmap, or a plain word that there is none. How the service says so is not documented.
pub(crate) fn heatmap(response: Response) -> Result<Heatmap> {
    let is_empty = response.is_success() && response.truncated.is_none() && response.body.is_empty();
    if response.status == 404 || is_empty {
        let status = response.status;
        let summary = format!(
            "there is no heatmap: the image was submitted without asking for one, is not analysed yet, or is not \
             known (HTTP {status})"
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
struct OverrideAnswer {
    hash: Option<String>,
    classification: Option<Classification>,
}

/// That the verdict on the file with `hash` is overridden, as the answer repeats it.
pub(crate) fn overridden(response: Response, hash: &str, classification: &Classification) -> Result<()> {
    if response.status == 404 {
        let summary = "no file with this hash was submitted, or the base URL is not that of the API (HTTP 404)";
        return Err(describe(Error::new(ErrorKind::NotFound, summary), &response));
    }
    typed(response, |json| {
        // A list would do for serde.
        let said: Option<OverrideAnswer> = if json.starts_with('{') { serde_json::from_str(json).ok() } else { None };
        let is_said = said.is_some_and(|said| {
            said.classification.as_ref() == Some(classification)
                && said.hash.is_none_or(|said| said.eq_ignore_ascii_case(hash))
        });
        if is_said { Ok(()) } else { Err("it does not confirm the override") }
    })
}
