//! Tickets to be submitted.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::model::fields::Fields;
use crate::model::format::TICKET;
use crate::model::submission::progress::{TaggedWatcher, UploadProgress, Watcher};
use crate::model::submission::source::{FileRequirements, Reader, Source};
use crate::util::encodings::redactable;
use crate::util::hidden::Hidden;

/// A ticket: a receipt or the like, as an image or a PDF, of which each page may be a ticket.
///
/// `Debug` shows no names and references, which are the user's secrets.
#[derive(Clone, Debug)]
#[must_use = "a ticket does nothing until it is submitted"]
pub struct Ticket {
    source: Source,
    file_name: Option<Hidden>,
    any_format: bool,
    ref_id: Option<Hidden>,
}

impl Ticket {
    /// A ticket in a file, which is looked at when it is submitted, and read in small blocks while it is sent.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        Self::from(Source::Path(path.into()))
    }

    /// A ticket in memory.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::from(Source::Bytes(bytes.into().into()))
    }

    /// A ticket of `len` bytes that a reader gives. It can be read once, so a submit of it is never tried again by
    /// itself, and clones share it.
    pub fn from_reader(reader: impl Read + Send + 'static, len: u64) -> Self {
        Self::from(Source::Reader(Reader::new(reader), len))
    }

    fn from(source: Source) -> Self {
        Self { source, file_name: None, any_format: false, ref_id: None }
    }

    /// The name that the file goes by, and comes back with. Default: the file's own; without one, `ticket` and the
    /// usual extension of its format.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(Hidden(name.into()));
        self
    }

    /// Whether to upload the file whatever its format seems to be; see
    /// [`Submission::any_format`](crate::Submission::any_format). Default: `false`.
    pub fn any_format(mut self, on: bool) -> Self {
        self.any_format = on;
        self
    }

    /// Your own reference, which comes back with the result. Default: none.
    pub fn ref_id(mut self, ref_id: impl Into<String>) -> Self {
        self.ref_id = Some(Hidden(ref_id.into()));
        self
    }

    /// Returns the place it comes from.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the requirements that its file must meet.
    pub(crate) fn file_requirements(&self) -> FileRequirements<'_> {
        FileRequirements {
            name: "ticket",
            kind: TICKET,
            // The API documents no maximum.
            max_size: u64::MAX,
            any_format: self.any_format,
            file_name: self.file_name.as_deref(),
        }
    }
}

/// How lists of references and models go into the form: pages of the documentation disagree, and which one the service
/// goes by is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TicketLists {
    /// The newer page: one field, `a,b,c`.
    #[default]
    Commas,
    /// The older page: a field for each, `ref_ids[]` and `models[]`.
    Fields,
}

/// Tickets that are submitted together; see [`Client::submit_tickets`](crate::Client::submit_tickets).
#[derive(Clone, Debug, Default)]
#[must_use = "tickets do nothing until a client submits them"]
pub struct Tickets {
    all: Vec<Ticket>,
    models: Option<Vec<String>>,
    lists: TicketLists,
    watcher: Option<Watcher>,
}

impl Tickets {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a ticket.
    pub fn ticket(mut self, ticket: Ticket) -> Self {
        self.all.push(ticket);
        self
    }

    /// The models that shall look at them: `Ellen`, for one. None is no classification at all, says the documentation.
    /// Default: not sent; the service documents all models of the account's tier.
    pub fn models<T: Into<String>>(mut self, models: impl IntoIterator<Item = T>) -> Self {
        self.models = Some(models.into_iter().map(Into::into).collect());
        self
    }

    /// How lists go into the form. Default: [`TicketLists::Commas`].
    pub fn lists(mut self, lists: TicketLists) -> Self {
        self.lists = lists;
        self
    }

    /// A function that sees how the upload of all files together comes along, and can end it; see
    /// [`Submission::on_progress`](crate::Submission::on_progress). Default: none.
    pub fn on_progress(mut self, see: impl Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        self.watcher = Some(Watcher::new(see));
        self
    }

    /// Returns the tickets in the order in which they are sent.
    pub(crate) fn all(&self) -> &[Ticket] {
        &self.all
    }

    pub(crate) fn watcher(&self) -> Option<TaggedWatcher<'_>> {
        Some(TaggedWatcher { watcher: self.watcher.as_ref()?, tag: None })
    }

    /// Returns every field that is set, without the files.
    pub(crate) fn fields(&self) -> Result<Fields<'_>> {
        if self.all.is_empty() {
            return Err(Error::invalid_input("tickets", "there is none"));
        }
        let mut fields = Fields::default();
        let references: Vec<_> = self.all.iter().map(|ticket| ticket.ref_id.as_deref().unwrap_or_default()).collect();
        if references.iter().any(|reference| !reference.is_empty()) {
            self.list(&mut fields, ["ref_ids", "ref_ids[]"], &references)?;
        }
        if let Some(models) = &self.models {
            self.list(&mut fields, ["models", "models[]"], &models.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        Ok(fields)
    }

    /// Puts a list into the form. Its place says which ticket a reference is of, so empty ones are there, too.
    fn list(&self, fields: &mut Fields<'_>, [whole, each]: [&'static str; 2], values: &[&str]) -> Result<()> {
        match self.lists {
            TicketLists::Commas if values.iter().any(|value| value.contains(',')) => {
                return Err(Error::invalid_input(
                    whole,
                    "some have a comma, which separates them; set lists to fields",
                ));
            }
            TicketLists::Commas => fields.text(whole, values.join(",")),
            // No field at all would be the default.
            TicketLists::Fields if values.is_empty() => fields.text(each, ""),
            TicketLists::Fields => values.iter().for_each(|value| fields.text(each, (*value).to_owned())),
        }
        Ok(())
    }

    /// What a refusal may quote.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        redactable(self.all.iter().filter_map(|ticket| ticket.ref_id.as_deref()))
    }
}

impl Extend<Ticket> for Tickets {
    fn extend<I: IntoIterator<Item = Ticket>>(&mut self, tickets: I) {
        self.all.extend(tickets);
    }
}

impl FromIterator<Ticket> for Tickets {
    fn from_iter<I: IntoIterator<Item = Ticket>>(tickets: I) -> Self {
        Self { all: tickets.into_iter().collect(), ..Self::default() }
    }
}
