//! What the crate says is wrong, in the words of the command line: the crate has names of its own for what options set.

use identifai::{Error, ErrorKind};

const WORDS: [(&str, &str); 7] = [
    ("; any_format sends", "; --any-format sends"),
    ("or allow_http if", "or --allow-http if"),
    ("without with_heatmap", "without --with-heatmap"),
    ("see TicketLists::Fields", "see --lists fields"),
    ("ref_ids: have", "--ref-id: some have"),
    ("webhook_url: ", "--webhook-url: "),
    ("file_url: ", "URL: "),
];

/// What an error says, with its causes.
pub(crate) fn to_cli_text(error: &Error) -> String {
    let text = format!("{error:#}");
    match error.kind() {
        ErrorKind::Journal if text.starts_with("journal: ") => format!("--{text}"),
        ErrorKind::InvalidInput | ErrorKind::Config | ErrorKind::NotFound => {
            WORDS.iter().fold(text, |text, (ours, theirs)| text.replace(ours, theirs))
        }
        // The causes may quote the peer's certificate, so only the summary is changed, which comes first.
        ErrorKind::Tls => text.replacen("set root_certificates", "pass --ca-file", 1),
        // They may quote the service.
        _ => text,
    }
}

/// Returns the text of an error for people. If the service gave neither a reason nor an identifier, the beginning of
/// its response follows, as it may show what answered.
pub(crate) fn with_body(error: &Error) -> String {
    const LONGEST: usize = 200;
    let text = to_cli_text(error);
    let body = error.body().filter(|_| error.message().is_none() && error.identifier().is_none());
    let Some(body) = body.map(str::trim).filter(|body| !body.is_empty()) else { return text };
    let start: String = body.chars().take(LONGEST).collect();
    let more = if start.len() < body.len() { "\u{2026}" } else { "" };
    format!("{text}; the response begins: {start}{more}")
}
