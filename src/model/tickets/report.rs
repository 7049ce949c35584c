//! What comes back of tickets: first what they go by, then whether somebody has tampered with them.

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

/// What a submit of tickets returns: what the batch and each ticket in it go by. Keep the batch's identifier; it is
/// what was paid for.
///
/// It serialises as the JSON that it was read from, with the batch as its `identifier`.
#[derive(Clone, PartialEq, Eq)]
pub struct SubmittedTickets {
    batch: Identifier,
    total: Option<u64>,
    tickets: Vec<SubmittedTicket>,
    raw: RawJson,
}

/// A ticket that was submitted. A PDF may come to several, with one reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SubmittedTicket {
    /// What its report goes by.
    pub identifier: Identifier,
    /// The reference that was given with it.
    pub ref_id: Option<String>,
}

impl SubmittedTickets {
    pub(crate) fn read(json: &str) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        let batch = text_identifier(&object, "batch_id").ok_or("it has no batch_id, or one that is unsafe")?;
        Ok(Self {
            batch,
            total: object.field("total_tickets"),
            tickets: object.elements("submissions", SubmittedTicket::read),
            raw: json.into(),
        })
    }

    /// `batch_id` in the answer: what the results are asked for with.
    pub fn batch(&self) -> &Identifier {
        &self.batch
    }

    /// `total_tickets` in the answer: how many tickets the service counts.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The tickets.
    pub fn tickets(&self) -> &[SubmittedTicket] {
        &self.tickets
    }

    /// The JSON as it came.
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

/// As the JSON that it was read from, like a [`Report`](crate::Report), with the batch as its `identifier`.
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

/// What came of a batch of tickets. It is read and serialised as leniently as a [`Report`](crate::Report).
///
/// `Display` is one line for people, with control characters escaped; so it is for each of the
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
    /// Reads the report on the batch `asked`.
    pub(crate) fn read(json: &str, asked: &Identifier) -> Result<Self, &'static str> {
        let object = Object::parse(json)?;
        let batch = identifier(&object)?;
        if batch.as_ref().is_some_and(|batch| batch != asked) {
            return Err("its `identifier` is that of another batch");
        }
        if batch.is_none() && !object.has("done") && !object.has("results") {
            return Err("it is no report on tickets");
        }
        let is_done = object.field("done").unwrap_or(false);
        let results = object.elements("results", |json| TicketReport::read(json, is_done));
        let total = object.field("total_results");
        Ok(Self { batch: asked.clone(), is_done, total, results, raw: json.into() })
    }

    /// That nothing is known yet.
    pub(crate) fn pending(asked: &Identifier) -> Self {
        Self { batch: asked.clone(), is_done: false, total: None, results: Vec::new(), raw: "null".into() }
    }

    /// The batch that this is about.
    pub fn batch(&self) -> &Identifier {
        &self.batch
    }

    /// `done` in the answer: whether nothing more is to come.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// `total_results` in the answer.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// A report for each ticket, those that are not done included.
    pub fn results(&self) -> &[TicketReport] {
        &self.results
    }

    /// The JSON as it came, for what this version does not know; `null` if none came.
    pub fn raw_json(&self) -> &str {
        self.raw.as_str()
    }
}

/// `2 tickets: 1 tampered, 1 authentic`, or `pending, 1 of 2 tickets finished`.
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

/// As the JSON that it was read from, like a [`Report`](crate::Report), always with the batch as its `identifier`.
impl Serialize for TicketsReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.with_identifier(Some(&self.batch), serializer)
    }
}

/// What came of a ticket.
///
/// `Display` is one line for people, with control characters escaped: `tampered, confidence 0.94`. It serialises as the
/// JSON that it was read from. `Debug` leaves out names and references, which are the user's business.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TicketReport {
    /// What it goes by.
    pub identifier: Option<Identifier>,
    /// The reference that was given with it.
    pub ref_id: Option<String>,
    /// `done` or `inprogress`, or another word of the service.
    pub status: Option<String>,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub hash: Option<String>,
    /// The name of the file.
    pub name: Option<String>,
    /// The main verdict.
    pub verdict: Option<TicketVerdict>,
    /// A verdict for each heuristic.
    pub verdicts: Vec<TicketVerdict>,
    /// What each model found.
    pub results: Vec<ModelResult>,
    /// The C2PA metadata of the file, if it has any.
    pub c2pa: Option<C2pa>,
    is_batch_done: bool,
    raw: RawJson,
}

impl TicketReport {
    /// Reads a ticket, unless it sets no field.
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

    /// Whether nothing more is to come: the service says so, or there is a verdict.
    pub fn is_done(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("done")) || self.verdict.is_some()
    }

    /// Whether it came to nothing: its batch is done, and it is not. How the service says that an analysis failed is
    /// not documented.
    pub fn has_failed(&self) -> bool {
        self.is_batch_done && self.status.is_some() && !self.is_done()
    }

    /// What there is to count.
    fn outcome(&self) -> &str {
        match &self.verdict {
            Some(verdict) => verdict.word(),
            None if self.has_failed() => "failed",
            None => "without a main verdict",
        }
    }

    /// Whether somebody has tampered with it, by the main verdict. `None` if that is not known.
    pub fn is_tampered(&self) -> Option<bool> {
        match self.verdict.as_ref()?.classification.as_ref()? {
            Authenticity::Authentic => Some(false),
            Authenticity::Tampered => Some(true),
            Authenticity::Other(_) => None,
        }
    }

    /// The JSON as it came, for what this version does not know.
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

/// As the JSON that it was read from, like a [`Report`](crate::Report).
impl Serialize for TicketReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.with_identifier(self.identifier.as_ref(), serializer)
    }
}

/// What a heuristic makes of a ticket.
///
/// `Display` is one line for people: `tampered, confidence 0.94 (Majority)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TicketVerdict {
    /// The heuristic.
    #[serde(deserialize_with = "field")]
    pub heuristic: Option<String>,
    /// The description of the heuristic, in the service's words.
    #[serde(deserialize_with = "field")]
    pub description: Option<String>,
    /// The class.
    #[serde(deserialize_with = "field")]
    pub classification: Option<Authenticity>,
    /// The confidence in this classification, from 0 to 1.
    #[serde(deserialize_with = "field")]
    pub confidence: Option<f64>,
}

impl Part for TicketVerdict {}

impl TicketVerdict {
    fn word(&self) -> &str {
        self.classification.as_ref().map_or("no classification", Authenticity::as_str)
    }
}

impl fmt::Display for TicketVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_verdict(f, Some(self.word()), self.confidence, self.heuristic.as_deref().map(one_line))
    }
}

open_enum! {
    /// Whether somebody has tampered with a ticket.
    Authenticity {
        /// `authentic`: nobody has.
        Authentic = "authentic",
        /// `tampered`: somebody has.
        Tampered = "tampered";
        /// Anything else, as the service wrote it.
        Other
    }
}
