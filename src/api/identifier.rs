//! Finds the identifier in the response to a submit, whatever surrounds it, as it was paid for.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::status::{success, unexpected};
use crate::error::{Error, Result};
use crate::http::response::Response;
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;

/// JSON's white space (RFC 8259, section 2).
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
/// Maximum number of identifiers that are told beside the first one.
const MOST_OTHERS: usize = 4;
const PAGE_END: &str = "</html>";
const UNSAFE: &str = "its identifier is empty, too long or unsafe";

/// The reason why a response gives no certain identifier.
type Reason = Cow<'static, str>;

/// The JSON field that names a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Identifier,
    /// The name of a batch of tickets.
    BatchId,
}

/// Returns the identifier that a 2xx holds. Any other outcome is an error, which [carries one](add_to) that the
/// response has nevertheless.
///
/// A closed `"identifier":"..."` counts wherever it stands in a 2xx, and whatever breaks off or goes wrong behind it:
/// the service took the submit, and the identifier must not be lost with the rest of the response.
pub(crate) fn identifier(response: Response) -> Result<Identifier> {
    let found = if response.is_success() { of_success(&response) } else { Err(Cow::default()) };
    found.map_err(|reason| {
        let error = match success(response) {
            Ok(response) => unexpected(&reason, &response),
            Err(error) => error,
        };
        add_to(error, Field::Identifier)
    })
}

/// Returns `true` if what came in response to a submit names the submission, so that it was accepted. A 2xx needs no
/// such proof.
pub(crate) fn is_accepted(received: &[u8], field: Field) -> bool {
    nearest(None, &json_text(received), field).is_some()
}

/// Returns `false` if the identifier that an error carries may be another's: a page named it, or the response named
/// several.
pub(crate) fn is_certain(error: &Error) -> bool {
    let body = json_text(error.body().unwrap_or_default().as_bytes());
    let search = search(&body, Field::Identifier);
    match search.first {
        Some((before, _)) => search.others.is_empty() && !is_in_page(before),
        None => !has_page(&body),
    }
}

/// Adds the identifier to the error of a submit, if what came in response has one.
pub(crate) fn add_to(error: Error, field: Field) -> Error {
    let known = error.body().and_then(|body| nearest(error.status(), &json_text(body.as_bytes()), field));
    let is_known = known.is_some();
    error.with_identifier(known).mark_maybe_sent(is_known)
}

/// Finds an identifier in a response that does not mean to give one. A bare word in it may be any word, so only the
/// length of the documented SHA-256 counts.
///
/// A page around a name makes it uncertain: challenge pages and error pages carry scripts with identifiers of their
/// own. With a 2xx it is told all the same. A refusal by page comes from something in front of the service, which did
/// not take the submit.
fn nearest(status: Option<u16>, body: &str, field: Field) -> Option<Identifier> {
    let named = |text| search(text, field).first.map(|(before, identifier)| (is_in_page(before), identifier));
    let is_outside = |(is_in_page, _): &(bool, Identifier)| !is_in_page;
    let behind_page = || body.rsplit_once(PAGE_END).and_then(|(_, behind)| named(behind));
    let whole = named(body);
    let outside = whole.clone().filter(is_outside).or_else(|| behind_page().filter(is_outside));
    let is_success = status.is_some_and(|status| (200..=299).contains(&status));
    if outside.is_some() || (!is_success && has_page(body)) {
        return outside.map(|(_, identifier)| identifier);
    }
    let bare = || hash_line(body).filter(|_| field == Field::Identifier && !body.starts_with('{'));
    whole.map(|(_, identifier)| identifier).or_else(bare)
}

fn of_success(response: &Response) -> Result<Identifier, Reason> {
    // A byte that is not UTF-8 in another field becomes a replacement character.
    let body = json_text(&response.body);
    if body.is_empty() {
        return Err("it is empty".into());
    }
    if let Some(found) = first_object(&body) {
        return found.map_err(Reason::from);
    }
    let is_object = body.starts_with('{');
    match search(&body, Field::Identifier) {
        Search { first: Some((_, first)), others, .. } if !others.is_empty() => Err(several(&first, &others).into()),
        Search { first: Some((before, identifier)), .. } if is_object || !is_in_page(before) => Ok(identifier),
        Search { first: None, is_unsafe: true, .. } => Err(UNSAFE.into()),
        _ if is_object => Err("it is JSON without a closed identifier".into()),
        _ if has_page(&body) => Err("it is an HTML page".into()),
        _ => hash_line(&body).map_or_else(|| bare(response, &body).map_err(Reason::from), Ok),
    }
}

/// Names all, as the error carries only the first.
fn several(first: &Identifier, others: &[Identifier]) -> String {
    let others: Vec<_> = others.iter().map(Identifier::as_str).collect();
    format!("it has several identifiers, which differ: {first}, {}", others.join(", "))
}

/// Reads the field of a first whole object, of which other objects and texts behind it are no part. `None` leaves it to
/// the search.
fn first_object(body: &str) -> Option<Result<Identifier, &'static str>> {
    #[derive(Deserialize)]
    struct SubmitResponse<'a> {
        #[serde(borrow)]
        identifier: Option<&'a RawValue>,
    }
    if !body.starts_with('{') {
        return None;
    }
    let SubmitResponse { identifier } = serde_json::Deserializer::from_str(body).into_iter().next()?.ok()?;
    let Ok(text) = serde_json::from_str(identifier?.get()) else {
        return Some(Err("its identifier is not a string"));
    };
    Some(checked(text))
}

/// The result of a search.
#[derive(Default)]
struct Search<'a> {
    /// The first identifier, and the text in front of it.
    first: Option<(&'a str, Identifier)>,
    /// Others, which differ. Of many, the first ones.
    others: Vec<Identifier>,
    /// `true` if a value is not an identifier.
    is_unsafe: bool,
}

/// Searches for each closed `"field":"..."`.
///
/// Inside another JSON string the quotes of a name are escaped (RFC 8259, section 7). So a name with plain quotes that
/// follows `{` or `,` is the name of a field.
fn search(body: &str, field: Field) -> Search<'_> {
    let name = match field {
        Field::Identifier => "\"identifier\"",
        Field::BatchId => "\"batch_id\"",
    };
    let mut search = Search::default();
    for (at, _) in body.match_indices(name) {
        let Some((before, rest)) = body.split_at_checked(at) else { continue };
        let value = rest.strip_prefix(name).and_then(|rest| rest.trim_start_matches(SPACE).strip_prefix(':'));
        let text = value.and_then(|value| closed_string(value.trim_start_matches(SPACE)));
        let Some(text) = text.filter(|_| before.trim_end_matches(SPACE).ends_with(['{', ','])) else { continue };
        match (checked(text), &search.first) {
            (Err(_), _) => search.is_unsafe = true,
            (Ok(identifier), None) => search.first = Some((before, identifier)),
            (Ok(identifier), Some((_, first))) => {
                let is_new = identifier != *first && !search.others.contains(&identifier);
                if is_new && search.others.len() < MOST_OTHERS {
                    search.others.push(identifier);
                }
            }
        }
    }
    search
}

/// Reads the JSON string at the beginning of `text`, if its closing quote is there.
fn closed_string(text: &str) -> Option<String> {
    let mut is_escaped = false;
    let end = text.strip_prefix('"')?.find(|c| {
        let closes = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        closes
    })?;
    serde_json::from_str(text.get(..end.checked_add(2)?)?).ok()
}

/// Finds a line that is as long as a SHA-256 in hexadecimal digits, which is what the documentation shows: its length
/// proves that none of it is missing, whichever media type it comes with.
fn hash_line(body: &str) -> Option<Identifier> {
    body.lines().map(|line| line.trim().trim_matches('"')).find(|line| is_sha256(line))?.parse().ok()
}

/// Reads a body that is an identifier as a JSON string, or as text.
fn bare(response: &Response, body: &str) -> Result<Identifier, &'static str> {
    if let Some(text) = closed_string(body) {
        return checked(text);
    }
    if response.content_encoding.is_some() || !is_plain_text(response) {
        return Err("it is neither JSON nor plain text");
    }
    // The end of a response that the end of the connection delimits may be missing.
    if !response.length_known || response.truncated.is_some() {
        return Err("it has no length, so its end may be missing");
    }
    checked(body.to_owned())
}

fn checked(text: String) -> Result<Identifier, &'static str> {
    Identifier::try_from(text).map_err(|_| UNSAFE)
}

/// RFC 9110, section 8.3.1: the media type stands before a semicolon, in any case of letters.
fn is_plain_text(response: &Response) -> bool {
    let content_type = response.content_type.as_deref().unwrap_or_default();
    content_type.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("text/plain"))
}

/// The beginnings and ends of pages, and of parts that only pages have. Notices that PHP prints in front of JSON have
/// other elements, or closed scripts.
const PAGE_PARTS: [(&str, &str); 6] = [
    ("<html", PAGE_END),
    ("<!doctype", PAGE_END),
    ("<head", PAGE_END),
    ("<body", PAGE_END),
    ("<script", "</script"),
    ("<!--", "-->"),
];

/// Returns `true` if the text has a page. What a page calls an identifier may be anything.
fn has_page(text: &str) -> bool {
    page_parts(&text.to_ascii_lowercase()).next().is_some()
}

/// Returns `true` if the end of the text is inside a page.
fn is_in_page(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    page_parts(&text).any(|(start, end)| text.rfind(end).is_none_or(|end| end < start))
}

/// Finds where parts of a page begin, and what ends each. Behind a brace they may be in a string of JSON.
fn page_parts(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let in_front = text.split('{').next().unwrap_or_default();
    PAGE_PARTS.iter().filter_map(move |(start, end)| Some((in_front.rfind(start)?, *end)))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
