//! Finds the identifier in the response to a submit, even if the rest of the response is unusable.
//!
//! The submit has been paid for, and without the identifier its result cannot be read. So the search also covers
//! responses that are truncated, malformed or of an unexpected form.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::status::{success, unexpected};
use crate::error::{Error, Result};
use crate::http::response::Response;
use crate::model::identifier::Identifier;
use crate::model::lenient::json_text;

/// The white space of JSON (RFC 8259, section 2).
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
/// Maximum number of identifiers that an error names besides the first one.
const MAX_OTHERS: usize = 4;
const PAGE_END: &str = "</html>";
const UNSAFE: &str = "`identifier` is empty, too long or has unsafe characters";

/// The reason why a response has no certain identifier.
type Reason = Cow<'static, str>;

/// The JSON field that names a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Identifier,
    /// The name of a batch of tickets.
    BatchId,
}

/// Returns the identifier in a 2xx response. Any other outcome is an error. If the response has an identifier
/// nevertheless, the error [carries it](add_to).
///
/// In a 2xx, `"identifier":"..."` with its closing quote counts wherever it occurs, even if the text after it is
/// malformed or missing. The service has accepted the submit, so its identifier must not be lost with the rest of the
/// response.
pub(crate) fn identifier(response: Response) -> Result<Identifier> {
    let found = if response.is_success() { from_success(&response) } else { Err(Cow::default()) };
    found.map_err(|reason| {
        let error = match success(response) {
            Ok(response) => unexpected(&reason, &response),
            Err(error) => error,
        };
        add_to(error, Field::Identifier)
    })
}

/// Returns `true` if the bytes received in response to a submit name the submission. This proves that the service
/// accepted it, even if the status code is that of an error. A 2xx needs no proof.
pub(crate) fn is_accepted(received: &[u8], field: Field) -> bool {
    nearest(None, &json_text(received), field).is_some()
}

/// Returns `false` if the identifier that an error carries may belong to something else: it was found in an HTML page,
/// or the response named several.
pub(crate) fn is_certain(error: &Error) -> bool {
    let body = json_text(error.body().unwrap_or_default().as_bytes());
    let search = search(&body, Field::Identifier);
    match search.first {
        Some((before, _)) => search.others.is_empty() && !is_in_page(before),
        None => !has_page(&body),
    }
}

/// Adds the identifier to the error of a submit, if the body of its response has one.
pub(crate) fn add_to(error: Error, field: Field) -> Error {
    let known = error.body().and_then(|body| nearest(error.status(), &json_text(body.as_bytes()), field));
    let is_known = known.is_some();
    error.with_identifier(known).mark_maybe_sent(is_known)
}

/// Finds an identifier in a response that is not the documented response to a submit, such as an error.
///
/// A text without a field name may be any word, so it counts only if it has the length of a SHA-256, the documented
/// form of an identifier.
///
/// A field inside an HTML page is uncertain, since challenge pages and error pages have scripts with identifiers of
/// their own. With a 2xx it is returned nevertheless. An error status with a page comes from a proxy or a firewall in
/// front of the service, which then did not accept the submit, so a field inside the page does not count.
fn nearest(status: Option<u16>, body: &str, field: Field) -> Option<Identifier> {
    let named = |text| search(text, field).first.map(|(before, identifier)| (is_in_page(before), identifier));
    let is_outside = |(is_in_page, _): &(bool, Identifier)| !is_in_page;
    let after_page = || body.rsplit_once(PAGE_END).and_then(|(_, after)| named(after));
    let whole = named(body);
    let outside = whole.clone().filter(is_outside).or_else(|| after_page().filter(is_outside));
    let is_success = status.is_some_and(|status| (200..=299).contains(&status));
    if outside.is_some() || (!is_success && has_page(body)) {
        return outside.map(|(_, identifier)| identifier);
    }
    let bare = || hash_line(body).filter(|_| field == Field::Identifier && !body.starts_with('{'));
    whole.map(|(_, identifier)| identifier).or_else(bare)
}

fn from_success(response: &Response) -> Result<Identifier, Reason> {
    // The conversion is lossy: bytes that are not UTF-8 in another field must not hide the identifier.
    let body = json_text(&response.body);
    if body.is_empty() {
        return Err("the body is empty".into());
    }
    if let Some(found) = first_object(&body) {
        return found.map_err(Reason::from);
    }
    let is_object = body.starts_with('{');
    match search(&body, Field::Identifier) {
        Search { first: Some((_, first)), others, .. } if !others.is_empty() => {
            Err(several_identifiers(&first, &others).into())
        }
        Search { first: Some((before, identifier)), .. } if is_object || !is_in_page(before) => Ok(identifier),
        Search { first: None, is_unsafe: true, .. } => Err(UNSAFE.into()),
        _ if is_object => Err("JSON without a complete `identifier`".into()),
        _ if has_page(&body) => Err("an HTML page".into()),
        _ => hash_line(&body).map_or_else(|| bare_identifier(response, &body).map_err(Reason::from), Ok),
    }
}

/// Returns a reason that names all identifiers, since the error itself carries only the first.
fn several_identifiers(first: &Identifier, others: &[Identifier]) -> String {
    let others: Vec<_> = others.iter().map(Identifier::as_str).collect();
    format!("several different identifiers: {first}, {}", others.join(", "))
}

/// Reads the `identifier` field of a complete JSON object at the beginning of `body`. Text after the object is ignored.
///
/// Returns `None` if there is no complete object or it has no such field. The caller then searches the text.
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
        return Some(Err("`identifier` is not a string"));
    };
    Some(parse(text))
}

/// The result of a search.
#[derive(Default)]
struct Search<'a> {
    /// The first identifier, and the text before it.
    first: Option<(&'a str, Identifier)>,
    /// Further identifiers that differ from the first and from each other, up to [`MAX_OTHERS`].
    others: Vec<Identifier>,
    /// If `true`, the value of at least one field is not a valid identifier.
    is_unsafe: bool,
}

/// Searches `body` for each occurrence of `"field":"..."` whose closing quote is there. `body` may be malformed JSON.
///
/// Inside another JSON string, the quotes of a name are escaped (RFC 8259, section 7). So a name with unescaped quotes
/// after `{` or `,` is the name of a field.
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
        match (parse(text), &search.first) {
            (Err(_), _) => search.is_unsafe = true,
            (Ok(identifier), None) => search.first = Some((before, identifier)),
            (Ok(identifier), Some((_, first))) => {
                let is_new = identifier != *first && !search.others.contains(&identifier);
                if is_new && search.others.len() < MAX_OTHERS {
                    search.others.push(identifier);
                }
            }
        }
    }
    search
}

/// Parses the JSON string at the beginning of `text`, if its closing quote is there.
fn closed_string(text: &str) -> Option<String> {
    let mut is_escaped = false;
    let end = text.strip_prefix('"')?.find(|c| {
        let closes = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        closes
    })?;
    serde_json::from_str(text.get(..end.checked_add(2)?)?).ok()
}

/// Finds a line that consists of a SHA-256 in hexadecimal digits, the documented form of an identifier. Its length
/// proves that it is complete, so the media type of the response does not matter.
fn hash_line(body: &str) -> Option<Identifier> {
    body.lines().map(|line| line.trim().trim_matches('"')).find(|line| is_sha256(line))?.parse().ok()
}

/// Parses a body that consists of an identifier, as a JSON string or as plain text.
fn bare_identifier(response: &Response, body: &str) -> Result<Identifier, &'static str> {
    if let Some(text) = closed_string(body) {
        return parse(text);
    }
    if response.content_encoding.is_some() || !is_plain_text(response) {
        return Err("neither JSON nor plain text");
    }
    // If only the end of the connection ends the body, the last part of the identifier may have been lost.
    if !response.length_known || response.truncated.is_some() {
        return Err("a body of unknown length, which may be truncated");
    }
    parse(body.to_owned())
}

fn parse(text: String) -> Result<Identifier, &'static str> {
    Identifier::try_from(text).map_err(|_| UNSAFE)
}

/// Returns `true` if the media type is `text/plain`. It ends at a semicolon, and its case does not matter (RFC 9110,
/// section 8.3.1).
fn is_plain_text(response: &Response) -> bool {
    let content_type = response.content_type.as_deref().unwrap_or_default();
    content_type.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("text/plain"))
}

/// The beginnings and ends of HTML pages, and of elements that only pages contain.
///
/// PHP may print notices before the JSON of a response. Those use other HTML elements, or scripts that are closed
/// before the JSON begins.
const PAGE_PARTS: [(&str, &str); 6] = [
    ("<html", PAGE_END),
    ("<!doctype", PAGE_END),
    ("<head", PAGE_END),
    ("<body", PAGE_END),
    ("<script", "</script"),
    ("<!--", "-->"),
];

/// Returns `true` if the text contains an HTML page, in which a field named like an identifier may be anything.
fn has_page(text: &str) -> bool {
    page_parts(&text.to_ascii_lowercase()).next().is_some()
}

/// Returns `true` if the end of the text is inside an HTML page.
fn is_in_page(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    page_parts(&text).any(|(start, end)| text.rfind(end).is_none_or(|end| end < start))
}

/// Returns the positions at which parts of an HTML page begin, each with the text that ends it.
///
/// The search stops at the first brace, since after it the same text may be inside a JSON string.
fn page_parts(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let before_json = text.split('{').next().unwrap_or_default();
    PAGE_PARTS.iter().filter_map(move |(start, end)| Some((before_json.rfind(start)?, *end)))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
