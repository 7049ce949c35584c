//! `identifai batch --html`: the results as one page, which needs nothing else and trusts nothing that is in it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use identifai::{AnyReport, Classification, Client, Error, ErrorKind, Format, Identifier, Submitted};
use sha2::{Digest as _, Sha256};

use crate::whole_file::create_beside;
use crate::{error_text, names, output};

/// Permissions on Unix: a page is its owner's.
const PRIVATE: u32 = 0o600;
const TEMPLATE: &str = include_str!("report.html");
/// How many rows a page has: browsers get slow with more.
const MOST_ROWS: usize = 50_000;
/// How large a file is shown as a picture, a heatmap, and all of them together, in bytes.
const LARGEST_FILE: u64 = 256 << 10;
const LARGEST_HEATMAP: usize = 1 << 20;
const ALL_PICTURES: usize = 32 << 20;
/// How much of a text is shown, in characters: a line may have a MiB.
const LONGEST_TEXT: usize = 2_000;

/// What became of an item.
pub(crate) struct Row {
    /// Its number among all lines, from 1.
    pub(crate) line: u64,
    pub(crate) input: String,
    /// Its path, if it is a file: what is shown need not be a name.
    pub(crate) file: Option<PathBuf>,
    pub(crate) identifier: Option<Identifier>,
    pub(crate) reference: Option<String>,
    pub(crate) found: Found,
}

/// A verdict, or why there is none.
pub(crate) enum Found {
    Report { classification: Option<Classification>, confidence: Option<f64>, has_heatmap: bool },
    Failure(String),
}

impl Found {
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

    /// The word that the page filters by, and how the verdict reads.
    fn verdict(&self) -> (&'static str, &str) {
        match self {
            Self::Failure(_) => ("failed", "failed"),
            Self::Report { classification: Some(Classification::Human), .. } => ("human", "human"),
            Self::Report { classification: Some(Classification::Artificial), .. } => ("artificial", "artificial"),
            Self::Report { classification, .. } => ("other", classification.as_ref().map_or("none", |it| it.as_str())),
        }
    }
}

/// The page while its rows come in.
pub(crate) struct Page {
    path: PathBuf,
    rows: Vec<Row>,
    /// How many are human, artificial, something else and failed.
    counts: [(&'static str, u64); 4],
}

impl Page {
    /// Finds out whether the page can be written, before anything is paid for.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        // A link, too: it would be replaced, not followed.
        if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(io::Error::other("is not a regular file"));
        }
        create_beside(path, PRIVATE)?;
        let counts = ["human", "artificial", "other", "failed"].map(|word| (word, 0));
        Ok(Self { path: path.to_owned(), rows: Vec::new(), counts })
    }

    pub(crate) fn add(&mut self, row: Row) {
        let (word, _) = row.found.verdict();
        self.counts.iter_mut().filter(|(counted, _)| *counted == word).for_each(|(_, count)| *count += 1);
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        }
    }

    /// Fetches heatmaps, for as long as that is wanted, and writes the page, whole or not at all.
    pub(crate) fn write(mut self, client: &Client, is_wanted: impl Fn() -> bool) -> io::Result<()> {
        self.rows.sort_by_key(|row| row.line);
        let heatmaps = self.rows.iter().filter(|row| row.wants_heatmap()).count();
        if heatmaps > 0 && is_wanted() {
            output::note(&format!("heatmaps to fetch for the page: {heatmaps}"));
        }
        let mut pictures = Pictures { client, is_wanted: &is_wanted, left: ALL_PICTURES, gave_up: None };
        let mut rows = String::new();
        for row in &self.rows {
            row.write(&mut pictures, &mut rows);
        }
        let page = TEMPLATE.replace("<!--policy-->", &policy()).replace("<!--summary-->", &self.summary(is_wanted()));
        let (head, tail) = page.split_once("<!--rows-->").unwrap_or((&page, ""));
        let mut file = create_beside(&self.path, PRIVATE)?;
        for part in [head, &rows, tail] {
            file.write_all(part.as_bytes())?;
        }
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn summary(&self, is_whole: bool) -> String {
        let mut text = format!(
            "<p>identifai {}, <time>{}</time>\n<ul>\n",
            env!("CARGO_PKG_VERSION"),
            httpdate::fmt_http_date(SystemTime::now())
        );
        for (word, count) in self.counts {
            let _ = writeln!(text, "<li class=\"{word}\"><b>{count}</b> {word}");
        }
        text.push_str("</ul>\n");
        if !is_whole {
            text.push_str("<p>The run was interrupted: this is what was known by then.\n");
        }
        let all: u64 = self.counts.iter().map(|(_, count)| count).sum();
        if all > MOST_ROWS as u64 {
            let _ = writeln!(text, "<p>The table has only the {MOST_ROWS} that came first.");
        }
        text
    }
}

/// Only the style and the script of the template are allowed, and pictures that are in the page.
fn policy() -> String {
    let hash = |tag: &str| {
        let text = TEMPLATE.split_once(&format!("<{tag}>")).map_or("", |(_, rest)| rest);
        let text = text.split_once(&format!("</{tag}>")).map_or("", |(text, _)| text);
        BASE64.encode(Sha256::digest(text))
    };
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash("style"),
        hash("script")
    )
}

impl Row {
    fn wants_heatmap(&self) -> bool {
        matches!(self.found, Found::Report { has_heatmap: true, .. })
    }

    fn write(&self, pictures: &mut Pictures<'_>, page: &mut String) {
        let (word, verdict) = self.found.verdict();
        let (confidence, error) = match &self.found {
            Found::Report { confidence, .. } => (*confidence, ""),
            Found::Failure(reason) => (None, reason.as_str()),
        };
        let _ = write!(page, "<tr data-verdict=\"{word}\"><td>{}<td>", self.line);
        pictures.file(self.file.as_deref(), page);
        let mut said = None;
        if let (true, Some(identifier)) = (self.wants_heatmap(), &self.identifier) {
            said = pictures.heatmap(identifier, page).err();
        }
        let _ = write!(page, "<div>{}</div>", self.name());
        if let Some(reason) = said {
            let _ = write!(page, "<small>no heatmap: {}</small>", escaped(&reason));
        }
        let _ = write!(page, "<td class=\"{word}\">{}", escaped(verdict));
        match confidence {
            Some(sure) => {
                let percent = sure * 100.0;
                let _ = write!(page, "<td data-sort=\"{sure:.6}\">{percent:.1} %<meter value=\"{sure:.4}\"></meter>");
            }
            None => page.push_str("<td>"),
        }
        let identifier = self.identifier.as_ref().map_or("", Identifier::as_str);
        let reference = self.reference.as_deref().unwrap_or_default();
        let _ = writeln!(page, "<td>{}<td>{}<td>{}", escaped(identifier), escaped(reference), escaped(error));
    }

    /// What it is called there. A page is passed on, so passwords and signatures in URLs are left out.
    fn name(&self) -> String {
        escaped(&names::without_secrets(&self.input))
    }
}

/// What puts pictures into the page, as long as there is room for them.
struct Pictures<'a> {
    client: &'a Client,
    is_wanted: &'a dyn Fn() -> bool,
    /// How many bytes there is room for.
    left: usize,
    /// Why no more heatmaps are fetched.
    gave_up: Option<String>,
}

impl Pictures<'_> {
    /// Shows a file, if it is one that is small and that browsers show.
    fn file(&mut self, path: Option<&Path>, page: &mut String) {
        let Some((format, bytes)) = path.and_then(picture) else { return };
        if let Some(left) = self.left.checked_sub(bytes.len()) {
            self.left = left;
            embed(format, "", &bytes, page);
        }
    }

    /// Shows a heatmap; or why not.
    fn heatmap(&mut self, identifier: &Identifier, page: &mut String) -> Result<(), String> {
        if !(self.is_wanted)() {
            return Err("not fetched, as the run was interrupted".to_owned());
        }
        if let Some(reason) = &self.gave_up {
            return Err(reason.clone());
        }
        let heatmap = self.client.heatmap(&Submitted::new(identifier.clone())).map_err(|error| {
            // What is not about this one would be the same with the next, after a while.
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedResponse) {
                self.gave_up = Some("not fetched, as one before could not be".to_owned());
            }
            error_text::to_cli_text(&error)
        })?;
        let bytes = heatmap.as_bytes();
        if bytes.len() > LARGEST_HEATMAP {
            return Err(format!("it has more than {} MiB", LARGEST_HEATMAP >> 20));
        }
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            let full = format!("there is no room, as a page has at most {} MiB of pictures", ALL_PICTURES >> 20);
            return Err(self.gave_up.insert(full).clone());
        };
        self.left = left;
        embed("png", "heatmap", bytes, page);
        Ok(())
    }
}

/// A small file and how it begins: what its name says is not asked.
fn picture(path: &Path) -> Option<(&'static str, Vec<u8>)> {
    // Nothing else is opened: a pipe would wait.
    if !path.metadata().is_ok_and(|file| file.is_file() && file.len() <= LARGEST_FILE) {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST_FILE).read_to_end(&mut bytes).ok()?;
    let format = match Format::from_bytes(&bytes)?.extension() {
        "png" => "png",
        "jpg" | "jpeg" => "jpeg",
        "gif" => "gif",
        "webp" => "webp",
        _ => return None,
    };
    Some((format, bytes))
}

fn embed(format: &str, what: &str, bytes: &[u8], page: &mut String) {
    let _ = write!(page, "<img alt=\"{what}\" title=\"{what}\" loading=\"lazy\" src=\"data:image/{format};base64,");
    BASE64.encode_string(bytes, page);
    page.push_str("\">");
}

/// A foreign text, for the text of an element or for an attribute in quotes. What would turn around the text next to
/// it, or not be seen at all, is shown by its number.
fn escaped(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST_TEXT).map_or(text.len(), |(at, _)| at);
    let (text, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let mut html = String::new();
    for c in output::shown(text).chars().chain((!rest.is_empty()).then_some('…')) {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}
