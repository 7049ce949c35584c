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
pub(crate) fn said(error: &Error) -> String {
    let text = format!("{error:#}");
    match error.kind() {
        ErrorKind::Journal if text.starts_with("journal: ") => format!("--{text}"),
        ErrorKind::InvalidInput | ErrorKind::Config | ErrorKind::NotFound => {
            WORDS.iter().fold(text, |text, (ours, theirs)| text.replace(ours, theirs))
        }
        // They may quote the service.
        _ => text,
    }
}
