//! The texts of errors, with the names of the command line's options.

use identifai::Error;

use crate::cli_error::CliError;

/// Returns the text of an error with its causes. If the error is about a field, the text names the option that sets it.
pub(crate) fn to_cli_text(error: &Error) -> String {
    with_field(error, flag)
}

/// Returns the text of an error with its causes. If the error is about a field, `name` returns the name to print.
pub(crate) fn with_field(error: &Error, name: impl Fn(&str) -> &str) -> String {
    let text = format!("{error:#}");
    let reason = error.field().and_then(|field| Some((name(field), text.strip_prefix(field)?)));
    reason.map(|(name, reason)| format!("{name}{reason}")).unwrap_or(text)
}

/// Returns the name of the argument or option that sets `field`. If no option sets it, returns `field` itself.
pub(crate) fn flag(field: &str) -> &str {
    match field {
        "file_url" => "URL",
        "webhook_url" => "--webhook-url",
        "ref_ids" => "--ref-id",
        "models" => "--model",
        "journal" => "--journal",
        "base_url" => "--base-url",
        "api_key" => "--api-key-file",
        "root_certificates" => "--ca-file",
        "timeout" => "--timeout",
        "wait.timeout" => "--wait-timeout",
        "rate_limit" => "--rate-limit",
        "query" => "--parameter",
        field => field,
    }
}

/// Converts an error about an argument or a setting to a usage error.
pub(crate) fn usage(error: &Error) -> CliError {
    CliError::Usage(to_cli_text(error))
}

/// Returns the text of an error for people. If the response has neither a reason nor an identifier, its beginning is
/// added, because it may show which server sent it.
pub(crate) fn with_body(error: &Error) -> String {
    const MAX_CHARS: usize = 200;
    let text = to_cli_text(error);
    let body = error.body().filter(|_| error.message().is_none() && error.identifier().is_none());
    let Some(body) = body.map(str::trim).filter(|body| !body.is_empty()) else { return text };
    let start: String = body.chars().take(MAX_CHARS).collect();
    let more = if start.len() < body.len() { "\u{2026}" } else { "" };
    format!("{text}; the response begins with: {start}{more}")
}
