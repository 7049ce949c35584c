//! Batches of tickets. The sandbox does not analyse tickets: **every verdict is made up** from a hash.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use identifai::Format;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::analysis::{MODEL, classify, result};
use super::form::{File, Form};
use super::response::{Response, unknown};

/// The length of the identifiers of batches and tickets. They are shorter than those of media.
const ID_LEN: usize = 24;
/// The models that a batch may request. `Ellen` is the documented one.
const MODELS: [&str; 2] = ["Ellen", MODEL];

#[derive(Debug, Default)]
pub(super) struct Batches(HashMap<String, Batch>);

/// Tickets that were submitted together.
#[derive(Debug)]
pub(super) struct Batch {
    tickets: Vec<Ticket>,
    /// `true` if at least one model analyses the tickets.
    is_classified: bool,
    at: Instant,
}

#[derive(Debug)]
struct Ticket {
    name: String,
    hash: String,
    ref_id: Option<String>,
}

impl Batch {
    pub(super) fn from_form(form: &Form) -> Result<Self, String> {
        check(form)?;
        let references = list(form, "ref_ids").unwrap_or_default();
        let reference = |at: usize| references.get(at).filter(|reference| !reference.is_empty()).cloned();
        let ticket = |(at, file): (usize, &File)| Ticket {
            name: file.name.clone(),
            hash: file.hash.clone(),
            ref_id: reference(at),
        };
        let tickets = form.files.iter().enumerate().map(ticket).collect();
        let is_classified = list(form, "models").is_none_or(|models| !models.is_empty());
        Ok(Self { tickets, is_classified, at: Instant::now() })
    }

    pub(super) fn tickets(&self) -> u64 {
        self.tickets.len() as u64
    }

    fn submissions(&self, batch: &str) -> impl Iterator<Item = (String, &Ticket)> {
        self.tickets.iter().enumerate().map(move |(at, ticket)| (id(&format!("{batch} {at} {}", ticket.hash)), ticket))
    }
}

impl Batches {
    pub(super) fn add(&mut self, batch: Batch) -> Response {
        let batch_id = id(&format!("batch {}", self.0.len()));
        let submissions: Vec<_> = batch
            .submissions(&batch_id)
            .map(|(identifier, ticket)| json!({ "identifier": identifier, "ref_id": ticket.ref_id }))
            .collect();
        let response =
            json!({ "batch_id": batch_id, "total_tickets": batch.tickets.len(), "submissions": submissions });
        self.0.insert(batch_id, batch);
        Response::json(200, &response)
    }

    pub(super) fn report(&self, batch_id: &str, analysis_time: Duration) -> Response {
        let Some(batch) = self.0.get(batch_id) else { return unknown() };
        let is_done = batch.at.elapsed() >= analysis_time;
        let results: Vec<_> = batch
            .submissions(batch_id)
            .map(|(identifier, ticket)| {
                if is_done {
                    done(&identifier, ticket, batch.is_classified)
                } else {
                    json!({ "identifier": identifier, "ref_id": ticket.ref_id, "status": "inprogress" })
                }
            })
            .collect();
        let (total, report) = (results.len(), results);
        Response::json(
            200,
            &json!({ "identifier": batch_id, "done": is_done, "total_results": total, "results": report }),
        )
    }
}

fn done(identifier: &str, ticket: &Ticket, is_classified: bool) -> Value {
    let score_byte = ticket.hash.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or_default();
    let tampered = f64::from(score_byte) / 255.0;
    let (classification, confidence) = classify(tampered, "tampered", "authentic");
    let verdict = json!({ "confidence": confidence, "classification": classification });
    let heuristic =
        json!({ "heuristic": "Majority", "description": "Made up by the sandbox.", "classification": classification });
    json!({
        "identifier": identifier,
        "ref_id": ticket.ref_id,
        "status": "done",
        "hash": ticket.hash,
        "name": ticket.name,
        "verdict": is_classified.then_some(verdict),
        "verdicts": if is_classified { vec![heuristic] } else { Vec::new() },
        "results": if is_classified { vec![result(tampered, "tampered", "authentic")] } else { Vec::new() },
        "c2pa": null,
    })
}

fn id(text: &str) -> String {
    let mut id = format!("{:x}", Sha256::digest(text));
    id.truncate(ID_LEN);
    id
}

/// Returns a list field in either of its two documented spellings, or `None` if it is missing.
fn list(form: &Form, name: &str) -> Option<Vec<String>> {
    let item = format!("{name}[]");
    let (mut list, mut items) = (None, Vec::new());
    for (key, value) in &form.fields {
        if *key == item {
            list.get_or_insert(Vec::new());
            items.push(value.clone());
        } else if key == name {
            list = Some(value.split(',').map(str::to_owned).collect());
        }
    }
    let list = if items.is_empty() { list? } else { items };
    // A list whose values are all empty counts as empty.
    Some(if list.iter().all(String::is_empty) { Vec::new() } else { list })
}

fn check(form: &Form) -> Result<(), String> {
    let known = ["ref_ids", "ref_ids[]", "models", "models[]"];
    if let Some((name, _)) = form.fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(format!("The {name} field is not known here."));
    }
    if form.files.is_empty() || form.files.iter().any(|file| file.len == 0) {
        return Err("The tickets field is required.".to_owned());
    }
    for file in &form.files {
        if file.field != "tickets[]" {
            return Err("Files are only allowed in tickets[].".to_owned());
        }
        let format = Format::detect(&file.head, &file.name)
            .or_else(|| Format::from_extension(&file.name))
            .filter(Format::is_documented);
        if format.is_none_or(|format| !matches!(format.medium(), "image" | "document")) {
            return Err("The uploaded file format is not supported.".to_owned());
        }
    }
    let models = list(form, "models").unwrap_or_default();
    match models.iter().find(|model| !MODELS.contains(&model.as_str())) {
        Some(_) => Err("The selected models are invalid.".to_owned()),
        None => Ok(()),
    }
}
