//! The outcomes and the progress of a batch.

use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::model::identifier::Identifier;
use crate::model::report::any::AnyReport;

/// The outcome of one job of a [`Batch`](crate::Batch).
///
/// It serializes with a field `report` or `error`. Their values are the serialized [`AnyReport`] or
/// [`Error`](crate::Error).
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The position of the job among those that the iterator yielded, counted from 0.
    pub index: u64,
    /// The [`tag`](crate::Submission::tag) of the submission: the caller's own label, which is never sent.
    pub tag: Option<String>,
    /// The [`ref_id`](crate::Submission::ref_id) of the submission, which the service also stores.
    pub ref_id: Option<String>,
    /// The service's identifier of the submission, if it is known. An outcome with an error may also have an
    /// identifier.
    pub identifier: Option<Identifier>,
    /// The report, or the error with which the job ended. A failed analysis is an error.
    #[serde(flatten, serialize_with = "report_or_error")]
    pub result: Result<AnyReport>,
    /// If `true`, an earlier run got the result, and it was read from the journal.
    pub is_replayed: bool,
}

fn report_or_error<S: Serializer>(result: &Result<AnyReport>, serializer: S) -> Result<S::Ok, S::Error> {
    match result {
        Ok(report) => serializer.collect_map([("report", report)]),
        Err(error) => serializer.collect_map([("error", error)]),
    }
}

/// The progress of a [`Batch`](crate::Batch).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BatchProgress {
    /// The number of jobs that the service accepted in this run.
    pub submitted: u64,
    /// The number of submissions that have no report yet.
    pub pending: u64,
    /// The number of outcomes with a report.
    pub done: u64,
    /// The number of outcomes with an error.
    pub failed: u64,
    /// The number of jobs whose file was overwritten after an earlier run submitted it: the path is in the journal, but
    /// with another length or modification time. These jobs are submitted and paid for as new ones.
    pub changed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    #[test]
    fn outcome_serializes_report_or_error() {
        let report = AnyReport::from_json(r#"{"identifier":"abc","status":"done","has_heatmap":false}"#);
        let outcome = |result| Outcome {
            index: 7,
            tag: Some("row 7".to_owned()),
            ref_id: None,
            identifier: Some("abc".parse().unwrap()),
            result,
            is_replayed: false,
        };
        let expected = r#"{"index":7,"tag":"row 7","ref_id":null,"identifier":"abc","#.to_owned();
        let json = serde_json::to_string(&outcome(report)).unwrap();
        let report = r#""report":{"has_heatmap":false,"identifier":"abc","status":"done"},"is_replayed":false}"#;
        assert_eq!(json, expected.clone() + report);
        let json = serde_json::to_string(&outcome(Err(Error::new(ErrorKind::Server, "failed")))).unwrap();
        let error = r#""error":{"kind":"server","status":null,"message":"failed","may_have_been_sent":false},"#;
        assert_eq!(json, expected + error + r#""is_replayed":false}"#);
    }
}
