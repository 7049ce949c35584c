//! Tickets to submit.

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

/// A ticket to submit, such as a receipt, as an image or a PDF. Each page of a PDF may be a ticket.
///
/// `Debug` does not show names and references, because they are the user's secrets.
#[derive(Clone, Debug)]
#[must_use = "a ticket does nothing until it is submitted"]
pub struct Ticket {
    source: Source,
    file_name: Option<Hidden>,
    any_format: bool,
    ref_id: Option<Hidden>,
}

impl Ticket {
    /// Creates a ticket from a file. The file is opened when it is submitted. It is read in small blocks while it is
    /// sent.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        Self::from(Source::Path(path.into()))
    }

    /// Creates a ticket from a file in memory.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::from(Source::Bytes(bytes.into().into()))
    }

    /// Creates a ticket of `len` bytes from a reader.
    ///
    /// A reader can be read only once. A submit of it is never retried automatically, and clones of the ticket share
    /// the reader.
    pub fn from_reader(reader: impl Read + Send + 'static, len: u64) -> Self {
        Self::from(Source::Reader(Reader::new(reader), len))
    }

    fn from(source: Source) -> Self {
        Self { source, file_name: None, any_format: false, ref_id: None }
    }

    /// Sets the file name that is sent with the upload, and that the report returns.
    ///
    /// Defaults to the name of the file on disk. For bytes and readers, it defaults to `ticket` and the usual extension
    /// of the format.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(Hidden(name.into()));
        self
    }

    /// If `true`, uploads a file of any format. See [`Submission::any_format`](crate::Submission::any_format).
    ///
    /// Defaults to `false`.
    pub fn any_format(mut self, on: bool) -> Self {
        self.any_format = on;
        self
    }

    /// Sets a reference of your own, which the service returns with the result. Defaults to no reference.
    pub fn ref_id(mut self, ref_id: impl Into<String>) -> Self {
        self.ref_id = Some(Hidden(ref_id.into()));
        self
    }

    /// Returns the source of the file.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the requirements that the file must meet.
    pub(crate) fn file_requirements(&self) -> FileRequirements<'_> {
        FileRequirements {
            name: "ticket",
            kind: TICKET,
            // The service does not document a maximum.
            max_size: u64::MAX,
            any_format: self.any_format,
            file_name: self.file_name.as_deref(),
        }
    }
}

/// The encoding of lists of references and models in the form.
///
/// Two pages of the documentation describe different encodings. It is not known which of them the service supports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TicketLists {
    /// A single field with the values separated by commas, such as `a,b,c`. The newer page describes it.
    #[default]
    Commas,
    /// A field `ref_ids[]` or `models[]` for each value. The older page describes it.
    Fields,
}

/// A batch of tickets, which [`Client::submit_tickets`](crate::Client::submit_tickets) submits together.
#[derive(Clone, Debug, Default)]
#[must_use = "tickets do nothing until a client submits them"]
pub struct Tickets {
    all: Vec<Ticket>,
    models: Option<Vec<String>>,
    lists: TicketLists,
    watcher: Option<Watcher>,
}

impl Tickets {
    /// Creates an empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a ticket.
    pub fn ticket(mut self, ticket: Ticket) -> Self {
        self.all.push(ticket);
        self
    }

    /// Sets the models that analyse the tickets, such as `Ellen`.
    ///
    /// According to the documentation, an empty list disables the classification. By default, the option is not sent,
    /// and the service documents that it uses all models of the account's tier.
    pub fn models<T: Into<String>>(mut self, models: impl IntoIterator<Item = T>) -> Self {
        self.models = Some(models.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the encoding of lists in the form. Defaults to [`TicketLists::Commas`].
    pub fn lists(mut self, lists: TicketLists) -> Self {
        self.lists = lists;
        self
    }

    /// Sets a function that is called with the progress of the upload of all files together, and that can end it.
    ///
    /// See [`Submission::on_progress`](crate::Submission::on_progress). Defaults to no function.
    pub fn on_progress(
        mut self,
        callback: impl Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.watcher = Some(Watcher::new(callback));
        self
    }

    /// Returns the tickets in the order in which they are sent.
    pub(crate) fn all(&self) -> &[Ticket] {
        &self.all
    }

    pub(crate) fn watcher(&self) -> Option<TaggedWatcher<'_>> {
        Some(TaggedWatcher { watcher: self.watcher.as_ref()?, tag: None })
    }

    /// Returns every form field that is set, except for the files.
    pub(crate) fn fields(&self) -> Result<Fields<'_>> {
        if self.all.is_empty() {
            return Err(Error::invalid_input("tickets", "must not be empty"));
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

    /// Adds a list to the form. The position of a reference assigns it to a ticket, so empty references are included.
    fn list(&self, fields: &mut Fields<'_>, [whole, each]: [&'static str; 2], values: &[&str]) -> Result<()> {
        match self.lists {
            TicketLists::Commas if values.iter().any(|value| value.contains(',')) => {
                return Err(Error::invalid_input(
                    whole,
                    "a value contains a comma, which separates values; set `lists` to fields",
                ));
            }
            TicketLists::Commas => fields.text(whole, values.join(",")),
            // Without any field, the service would use its default.
            TicketLists::Fields if values.is_empty() => fields.text(each, ""),
            TicketLists::Fields => values.iter().for_each(|value| fields.text(each, (*value).to_owned())),
        }
        Ok(())
    }

    /// Returns the values that errors must redact, because an error response may quote them.
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
