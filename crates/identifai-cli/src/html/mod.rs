//! `identifai batch --html`: the results as one HTML page, which needs no other files and escapes all text.

mod pictures;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use identifai::{AnyReport, Classification, Client, Error, Identifier};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use self::pictures::{Picture, Pictures};
use crate::atomic_file::create_temporary;
use crate::{error_text, names, output};

/// The permissions of a page on Unix: only its owner may read it.
const PRIVATE: u32 = 0o600;
const TEMPLATE: &str = include_str!("report.html");
/// The maximum number of rows of a page. Browsers get slow with more rows.
const MAX_ROWS: usize = 50_000;
/// The maximum length of a text in the page, in characters. A line of a list may have a MiB.
const MAX_TEXT_LEN: usize = 2_000;

/// An item and its outcome.
pub(crate) struct Row {
    /// The number of the line, counted from 1.
    pub(crate) line: u64,
    pub(crate) input: String,
    /// The path, if the item is a file. `input` is text for display and may differ from the path.
    pub(crate) file: Option<PathBuf>,
    pub(crate) identifier: Option<Identifier>,
    pub(crate) reference: Option<String>,
    pub(crate) outcome: RowOutcome,
}

/// A verdict, or the reason why it is missing.
pub(crate) enum RowOutcome {
    Report { classification: Option<Classification>, confidence: Option<f64>, has_heatmap: bool },
    Failure(String),
}

impl RowOutcome {
    pub(crate) fn of(result: &Result<AnyReport, Error>) -> Self {
        match result {
            Ok(report) => Self::Report {
                classification: report.classification().cloned(),
                confidence: report.verdict().and_then(|verdict| verdict.confidence),
                has_heatmap: matches!(report, AnyReport::Image(image) if image.has_heatmap() == Some(true)),
            },
            Err(error) => Self::Failure(error_text::to_cli_text(error)),
        }
    }

    /// Returns the word that the page filters by, and the displayed text of the verdict.
    fn verdict(&self) -> (&'static str, &str) {
        match self {
            Self::Failure(_) => ("failed", "failed"),
            Self::Report { classification: Some(Classification::Human), .. } => ("human", "human"),
            Self::Report { classification: Some(Classification::Artificial), .. } => ("artificial", "artificial"),
            Self::Report { classification, .. } => ("other", classification.as_ref().map_or("none", |it| it.as_str())),
        }
    }
}

/// A page that is being collected.
pub(crate) struct Page {
    path: PathBuf,
    rows: Vec<Row>,
    counts: [Count; 4],
}

impl Page {
    /// Creates an empty page, and checks that it can be written at the end. The check is made before any item is paid
    /// for.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        // A symbolic link is also refused, because it would be replaced and not followed.
        if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(io::Error::other("not a regular file"));
        }
        create_temporary(path, PRIVATE)?;
        let counts = ["human", "artificial", "other", "failed"].map(|category| Count { category, number: 0 });
        Ok(Self { path: path.to_owned(), rows: Vec::new(), counts })
    }

    pub(crate) fn add(&mut self, row: Row) {
        let (category, _) = row.outcome.verdict();
        self.counts.iter_mut().filter(|count| count.category == category).for_each(|count| count.number += 1);
        if self.rows.len() < MAX_ROWS {
            self.rows.push(row);
        }
    }

    /// Fetches heatmaps while `should_continue` returns `true`, and writes the page completely or not at all.
    pub(crate) fn write(mut self, client: &Client, should_continue: impl Fn() -> bool) -> io::Result<()> {
        self.rows.sort_by_key(|row| row.line);
        let heatmaps = self.rows.iter().filter(|row| row.wants_heatmap()).count();
        if heatmaps > 0 && should_continue() {
            output::note(&format!("fetching heatmaps for the page: {heatmaps}"));
        }
        let mut pictures = Pictures::new(client, &should_continue);
        let rows = self.rows.iter().map(|row| row.cells(&mut pictures)).collect();
        let page = render(&Values {
            style: hash("style"),
            script: hash("script"),
            version: env!("CARGO_PKG_VERSION"),
            time: httpdate::fmt_http_date(SystemTime::now()),
            counts: self.counts,
            is_complete: should_continue(),
            truncated_to: (self.count() > MAX_ROWS).then_some(MAX_ROWS),
            rows,
        })?;
        let mut file = create_temporary(&self.path, PRIVATE)?;
        file.write_all(page.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn count(&self) -> usize {
        self.counts.iter().map(|count| count.number).sum()
    }
}

/// Returns the hash of the template's style or script. Both contain no template values, so the hash is constant.
fn hash(tag: &str) -> String {
    let text = TEMPLATE.split_once(&format!("<{tag}>")).map_or("", |(_, rest)| rest);
    let text = text.split_once(&format!("</{tag}>")).map_or("", |(text, _)| text);
    BASE64.encode(Sha256::digest(text))
}

fn render(values: &Values) -> io::Result<String> {
    let mut engine = Environment::empty();
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.render_str(TEMPLATE, Serde(values)).map_err(io::Error::other)
}

impl Row {
    fn wants_heatmap(&self) -> bool {
        matches!(self.outcome, RowOutcome::Report { has_heatmap: true, .. })
    }

    fn cells(&self, pictures: &mut Pictures<'_>) -> Cells {
        let (category, verdict) = self.outcome.verdict();
        let (confidence, error) = match &self.outcome {
            RowOutcome::Report { confidence, .. } => (*confidence, ""),
            RowOutcome::Failure(reason) => (None, reason.as_str()),
        };
        let file = self.file.as_deref().and_then(|path| pictures.file(path));
        let heatmap = self.identifier.as_ref().filter(|_| self.wants_heatmap()).map(|it| pictures.heatmap(it));
        let (heatmap, no_heatmap) = match heatmap.transpose() {
            Ok(heatmap) => (heatmap, None),
            Err(reason) => (None, Some(text(&reason))),
        };
        Cells {
            category,
            line: self.line,
            pictures: file.into_iter().chain(heatmap).collect(),
            // A page may be passed on to others, so passwords and signatures in URLs are left out.
            name: text(&names::without_secrets(&self.input)),
            no_heatmap,
            verdict: text(verdict),
            confidence: confidence.map(Confidence::new),
            identifier: self.identifier.as_ref().map_or("", Identifier::as_str).to_owned(),
            reference: text(self.reference.as_deref().unwrap_or_default()),
            error: text(error),
        }
    }
}

/// The values of the template. The template engine escapes each of them.
#[derive(Serialize)]
struct Values {
    /// The hash of the style. The content security policy of the page allows only this style and script.
    style: String,
    /// The hash of the script.
    script: String,
    version: &'static str,
    time: String,
    counts: [Count; 4],
    is_complete: bool,
    /// The number of rows in the page, if some were left out.
    truncated_to: Option<usize>,
    rows: Vec<Cells>,
}

/// The number of items with an outcome, and the word that the page filters by.
#[derive(Clone, Copy, Serialize)]
struct Count {
    category: &'static str,
    number: usize,
}

/// A row of the table.
#[derive(Serialize)]
struct Cells {
    category: &'static str,
    line: u64,
    pictures: Vec<Picture>,
    name: String,
    no_heatmap: Option<String>,
    verdict: String,
    confidence: Option<Confidence>,
    identifier: String,
    reference: String,
    error: String,
}

/// A confidence from 0 to 1, formatted as the sort key, the displayed percentage and the value of the meter.
#[derive(Serialize)]
struct Confidence {
    sort: String,
    percent: String,
    meter: String,
}

impl Confidence {
    fn new(confidence: f64) -> Self {
        let percent = confidence * 100.0;
        Self { sort: format!("{confidence:.6}"), percent: format!("{percent:.1}"), meter: format!("{confidence:.4}") }
    }
}

/// Truncates and escapes an untrusted text for display. Characters that are invisible, or that change the direction of
/// the surrounding text, are shown as escapes with their numbers.
fn text(untrusted: &str) -> String {
    match untrusted.char_indices().nth(MAX_TEXT_LEN).and_then(|(end, _)| untrusted.get(..end)) {
        Some(start) => output::escape(start) + "\u{2026}",
        None => output::escape(untrusted),
    }
}
