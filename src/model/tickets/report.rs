//! Responses about tickets: the identifiers of submitted tickets, and the reports on them.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::model::identifier::Identifier;
use crate::model::lenient::{Object, Part, field};
use crate::model::open_enum::open_enum;
use crate::model::report::c2pa::C2pa;
use crate::model::report::display::fmt_verdict;
use crate::model::report::parse::identifier;
use crate::model::report::verdict::ModelResult;
use crate::model::serialize::RawJson;
use crate::util::text::one_line;

/// The response to a submit of tickets: the identifiers of the batch and of each ticket in it.
///
/// Keep the identifier of the batch until you have the results: the service charges for the submission, and the results
/// are requested by this identifier.
///
/// It serializes as the JSON from which it was parsed, with the identifier of the batch as the field `identifier`.
#[derive(Clone, PartialEq, Eq)]
pub struct SubmittedTickets {
    batch: Identifier,
    total: Option<u64>,
    tickets: Vec<SubmittedTicket>,
    raw: RawJson,
}

/// A submitted ticket. A PDF may result in several tickets, which then have the same reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SubmittedTicket {
    /// The identifier of the ticket, by which its report can be found.
    pub identifier: Identifier,
    /// The reference that was set for the ticket.
    pub ref_id: Option<String>,
}

impl SubmittedTickets {
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        let batch = text_identifier(&object, "batch_id").ok_or("`batch_id` is missing or has unsafe characters")?;
        Ok(Self {
            batch,
            total: object.field("total_tickets"),
            tickets: object.elements("submissions", SubmittedTicket::read),
            raw: json.into(),
        })
    }

    /// Returns `batch_id` of the response: the identifier by which the results are requested.
    pub fn batch(&self) -> &Identifier {
        &self.batch
    }

    /// Returns `total_tickets` of the response: the number of tickets that the service counted.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Returns the tickets.
    pub fn tickets(&self) -> &[SubmittedTicket] {
        &self.tickets
    }

    /// Returns the JSON of the response, with the API key redacted.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

impl fmt::Debug for SubmittedTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, total, tickets, raw: _ } = self;
        let tickets: Vec<_> = tickets.iter().map(|ticket| &ticket.identifier).collect();
        f.debug_struct("SubmittedTickets")
            .field("batch", batch)
            .field("total", total)
            .field("tickets", &tickets)
            .finish_non_exhaustive()
    }
}

/// Serializes the JSON from which it was parsed, in the same way as a [`Report`](crate::Report). The field `identifier`
/// is the identifier of the batch.
impl Serialize for SubmittedTickets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.with_identifier(Some(&self.batch), serializer)
    }
}

impl SubmittedTicket {
    fn read(json: &str) -> Option<Self> {
        let object = Object::parse(json).ok()?;
        Some(Self { identifier: text_identifier(&object, "identifier")?, ref_id: object.field("ref_id") })
    }
}

fn text_identifier(object: &Object<'_>, name: &str) -> Option<Identifier> {
    Identifier::try_from(object.field::<String>(name)?).ok()
}

/// The report on a batch of tickets. It is parsed as leniently as a [`Report`](crate::Report), and serialized
/// in the same way.
///
/// `Display` writes a summary of one line, with control characters escaped. The same applies to each of the
/// [`results`](Self::results):
///
/// ```no_run
/// # let (client, batch) = (identifai::Client::from_env()?, "65f0c0ffee65f0c0ffee65f0".parse()?);
/// let report = client.wait_for_tickets(&batch)?;
/// println!("{report}"); // 2 tickets: 1 tampered, 1 authentic
/// for ticket in report.results() {
///     println!("{}: {ticket}", ticket.name.as_deref().unwrap_or("-")); // receipt.pdf: tampered, confidence 0.94
/// }
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TicketsReport {
    batch: Identifier,
    is_done: bool,
    total: Option<u64>,
    results: Vec<TicketReport>,
    raw: RawJson,
}

impl TicketsReport {
    /// Reads the report on the batch `requested`. A report with another identifier is an error.
    pub(crate) fn read(json: &str, requested: &Identifier) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        let batch = identifier(&object)?;
        if batch.as_ref().is_some_and(|batch| batch != requested) {
            return Err("the `identifier` of another batch");
        }
        if batch.is_none() && !object.has("done") && !object.has("results") {
            return Err("not a report on tickets");
        }
        let is_done = object.field("done").unwrap_or(false);
        let results = object.elements("results", |json| TicketReport::read(json, is_done));
        let total = object.field("total_results");
        Ok(Self { batch: requested.clone(), is_done, total, results, raw: json.into() })
    }

    /// Creates the report on a batch about which the service has no results yet.
    pub(crate) fn pending(requested: &Identifier) -> Self {
        Self { batch: requested.clone(), is_done: false, total: None, results: Vec::new(), raw: "null".into() }
    }

    /// Returns the identifier of the batch.
    pub fn batch(&self) -> &Identifier {
        &self.batch
    }

    /// Returns `true` if the service has finished the whole batch (`done` of the response).
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns `total_results` of the response.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Returns a report for each ticket, including the tickets that are not done.
    pub fn results(&self) -> &[TicketReport] {
        &self.results
    }

    /// Returns the JSON of the response with the API key redacted, including fields that this version does not know. If
    /// the response did not contain JSON, it is `null`.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

/// Writes a summary such as `2 tickets: 1 tampered, 1 authentic`, or `pending, 1 of 2 tickets finished`.
impl fmt::Display for TicketsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.results.len();
        let tickets = if all == 1 { "ticket" } else { "tickets" };
        match (self.is_done, all) {
            (true, 0) => return f.write_str("finished without a ticket"),
            (false, 0) => return f.write_str("pending"),
            (true, _) => write!(f, "{all} {tickets}: ")?,
            (false, _) => {
                let finished = self.results.iter().filter(|ticket| ticket.is_done()).count();
                return write!(f, "pending, {finished} of {all} {tickets} finished");
            }
        }
        let mut outcomes: Vec<(&str, usize)> = Vec::new();
        for outcome in self.results.iter().map(TicketReport::outcome) {
            match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => outcomes.push((outcome, 1)),
            }
        }
        let counts = outcomes.iter().map(|(outcome, count)| format!("{count} {}", one_line(outcome)));
        f.write_str(&counts.collect::<Vec<_>>().join(", "))
    }
}

/// Serializes the JSON from which it was parsed, in the same way as a [`Report`](crate::Report). The field `identifier`
/// is always the identifier of the batch.
impl Serialize for TicketsReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.with_identifier(Some(&self.batch), serializer)
    }
}

/// The report on a ticket.
///
/// `Display` writes a summary of one line such as `tampered, confidence 0.94`, with control characters escaped. It
/// serializes as the JSON from which it was parsed. `Debug` does not show names and references, because they are
/// private to the user.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TicketReport {
    /// The identifier of the ticket.
    pub identifier: Option<Identifier>,
    /// The reference that was set for the ticket.
    pub ref_id: Option<String>,
    /// The status of the analysis, as the service wrote it. The service documents `done` and `inprogress`.
    pub status: Option<String>,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub hash: Option<String>,
    /// The name of the file.
    pub name: Option<String>,
    /// The main verdict.
    pub verdict: Option<TicketVerdict>,
    /// A verdict for each heuristic.
    pub verdicts: Vec<TicketVerdict>,
    /// The result of each detection model.
    pub results: Vec<ModelResult>,
    /// The C2PA metadata of the file, if it has any.
    pub c2pa: Option<C2pa>,
    is_batch_done: bool,
    raw: RawJson,
}

impl TicketReport {
    /// Reads the report on a ticket. Returns `None` if it does not set any field.
    fn read(json: &str, is_batch_done: bool) -> Option<Self> {
        let object = Object::parse(json).ok()?;
        let report = Self {
            identifier: text_identifier(&object, "identifier"),
            ref_id: object.field("ref_id"),
            status: object.field("status"),
            hash: object.field("hash"),
            name: object.field("name"),
            verdict: object.field("verdict"),
            verdicts: object.list("verdicts"),
            results: object.list("results"),
            c2pa: object.field("c2pa"),
            ..Self::default()
        };
        (report != Self::default()).then(|| Self { is_batch_done, raw: json.into(), ..report })
    }

    /// Returns `true` if the analysis is done: the status is `done`, or there is a verdict.
    pub fn is_done(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("done")) || self.verdict.is_some()
    }

    /// Returns `true` if the analysis failed. This is assumed if the batch is done, and the ticket has a status but is
    /// not done. The service does not document the status of a failed analysis.
    pub fn has_failed(&self) -> bool {
        self.is_batch_done && self.status.is_some() && !self.is_done()
    }

    /// Returns the outcome by which the summary of a batch counts the tickets.
    fn outcome(&self) -> &str {
        match &self.verdict {
            Some(verdict) => verdict.classification_text(),
            None if self.has_failed() => "failed",
            None => "without a main verdict",
        }
    }

    /// Returns `true` if the main verdict is `tampered`, and `false` if it is `authentic`. Returns `None` if there is
    /// no main verdict or another classification.
    pub fn is_tampered(&self) -> Option<bool> {
        match self.verdict.as_ref()?.classification.as_ref()? {
            Authenticity::Authentic => Some(false),
            Authenticity::Tampered => Some(true),
            Authenticity::Other(_) => None,
        }
    }

    /// Returns the JSON of the ticket with the API key redacted, including fields that this version does not know.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

impl fmt::Debug for TicketReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { identifier, status, verdict, .. } = self;
        f.debug_struct("TicketReport")
            .field("identifier", identifier)
            .field("status", status)
            .field("verdict", verdict)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TicketReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Some(verdict) => return verdict.fmt(f),
            None if self.has_failed() => f.write_str("the analysis failed")?,
            None if self.is_done() || self.is_batch_done => return f.write_str("finished without a main verdict"),
            None => f.write_str("pending")?,
        }
        self.status.as_deref().map_or(Ok(()), |status| write!(f, " ({})", one_line(status)))
    }
}

/// Serializes the JSON from which it was parsed, in the same way as a [`Report`](crate::Report).
impl Serialize for TicketReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.with_identifier(self.identifier.as_ref(), serializer)
    }
}

/// The verdict of a heuristic on a ticket.
///
/// `Display` writes one line such as `tampered, confidence 0.94 (Majority)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TicketVerdict {
    /// The name of the heuristic.
    #[serde(deserialize_with = "field")]
    pub heuristic: Option<String>,
    /// The service's description of the heuristic.
    #[serde(deserialize_with = "field")]
    pub description: Option<String>,
    /// The classification.
    #[serde(deserialize_with = "field")]
    pub classification: Option<Authenticity>,
    /// The confidence in this classification, from 0 to 1.
    #[serde(deserialize_with = "field")]
    pub confidence: Option<f64>,
}

impl Part for TicketVerdict {}

impl TicketVerdict {
    /// Returns the classification as text.
    fn classification_text(&self) -> &str {
        self.classification.as_ref().map_or("no classification", Authenticity::as_str)
    }
}

impl fmt::Display for TicketVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_verdict(f, Some(self.classification_text()), self.confidence, self.heuristic.as_deref().map(one_line))
    }
}

open_enum! {
    /// The classification of a ticket: authentic or tampered with.
    Authenticity {
        /// `authentic`: the ticket was not tampered with.
        Authentic = "authentic",
        /// `tampered`: the ticket was tampered with.
        Tampered = "tampered";
        /// Any other classification, as the service wrote it.
        Other
    }
}
