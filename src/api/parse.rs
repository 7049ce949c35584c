//! Reads what good answers hold: reports, a heatmap, a confirmation.

#[cfg(test)]
mod tests;

use serde::Deserialize;

use super::status::{describe, success, unexpected};
use crate::call::CallResponse;
use crate::error::{Error, ErrorKind, Result};
use crate::http::response::Response;
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;
use crate::model::medium::Medium;
use crate::model::report::Report;
use crate::model::report::heatmap::Heatmap;
use crate::model::report::verdict::Classification;
use crate::model::tickets::report::TicketsReport;

/// What `read` makes of a good answer in JSON. The error knows whether the request may have been accepted all the same.
pub(crate) fn typed<T>(answer: CallResponse, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Result<T> {
    let outcome = success(answer.response).and_then(|response| {
        let json = json_text(&response.body);
        read(&json).map_err(|reason| unexpected(reason, &response))
    });
    outcome.map_err(|error| error.mark_maybe_sent(answer.may_have_been_sent))
}

/// The report on a batch of tickets; see [`report`].
pub(crate) fn tickets(response: Response, asked: &Identifier) -> Result<TicketsReport> {
    let response = success(response)?;
    let json = json_text(&response.body);
    if is_pending(&response, &json) {
        return Ok(TicketsReport::pending(asked));
    }
    TicketsReport::read(&json, asked).map_err(|reason| unexpected(reason, &response))
}

/// The report on the submission `asked`. What was not analysed yet, or has nothing to tell yet, is pending.
pub(crate) fn report<M: Medium>(response: Response, asked: &Identifier) -> Result<Report<M>> {
    let response = success(response)?;
    let json = json_text(&response.body);
    if is_pending(&response, &json) {
        return Ok(Report::pending(&json, asked));
    }
    Report::read(&json, Some(asked)).map_err(|reason| unexpected(reason, &response))
}

/// The reports in the answer to a question for many, in no certain order, but for those that were not asked for.
///
/// What cannot be told whose it is counts as left out, so that one odd report does not hide the others; unless all
/// are odd.
pub(crate) fn reports<M: Medium>(response: Response, asked: impl Fn(&Identifier) -> bool) -> Result<Vec<Report<M>>> {
    let response = success(response)?;
    let json = json_text(&response.body);
    if is_pending(&response, &json) {
        return Ok(Vec::new());
    }
    let mut reports = Vec::new();
    let (mut odd, mut any) = (None, false);
    let is_list = Report::read_each(&json, asked, |read| match read {
        Ok(report) => (any = true, reports.extend(report)).1,
        Err(reason) => odd = odd.or(Some(reason)),
    });
    if !is_list {
        return Err(unexpected("it is not a whole list in JSON", &response));
    }
    match odd {
        Some(reason) if !any => Err(unexpected(reason, &response)),
        _ => Ok(reports),
    }
}

/// Our reading, as no page shows what comes before a result: 202, or nothing. PHP writes an empty object as `[]`.
fn is_pending(response: &Response, json: &str) -> bool {
    response.status == 202 || matches!(json, "" | "null" | "[]")
}

/// The heatmap, or a plain word that there is none. How the service says so is not documented.
pub(crate) fn heatmap(response: Response) -> Result<Heatmap> {
    let is_empty = matches!(response.status, 200..=299) && response.truncated.is_none() && response.body.is_empty();
    if response.status == 404 || is_empty {
        let status = response.status;
        let summary = format!(
            "there is no heatmap: the image was submitted without with_heatmap, is not analysed yet, or is not known \
             (HTTP {status})"
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
    let response = success(response)?;
    let body = json_text(&response.body);
    // A list would do for serde.
    let said: Option<OverrideAnswer> = if body.starts_with('{') { serde_json::from_str(&body).ok() } else { None };
    let is_said = said.is_some_and(|said| {
        said.classification.as_ref() == Some(classification)
            && said.hash.is_none_or(|said| said.eq_ignore_ascii_case(hash))
    });
    if is_said { Ok(()) } else { Err(unexpected("it does not confirm the override", &response)) }
}
