//! Reports: accessors of the verdict and the other fields, and the whole report as JSON.

use std::ffi::{CString, c_char};

use identifai::{AnyReport, Classification, ImageReport, State, Verdict};

use crate::failure::Failure;
use crate::memory::{c_text, free_object, ptr_or_null, read};

/// Unknown: there is no verdict yet.
pub const IDENTIFAI_UNCLASSIFIED: i32 = 0;
/// Made by a human.
pub const IDENTIFAI_HUMAN: i32 = 1;
/// Made by a machine.
pub const IDENTIFAI_ARTIFICIAL: i32 = 2;
/// Any other classification that the service returns.
pub const IDENTIFAI_OTHER_CLASSIFICATION: i32 = 3;

/// The analysis has not finished.
pub const IDENTIFAI_STATE_PENDING: i32 = 1;
/// The analysis has finished.
pub const IDENTIFAI_STATE_DONE: i32 = 2;
/// The analysis failed. `identifai_report_errors` returns the reason.
pub const IDENTIFAI_STATE_ERRORED: i32 = 3;
/// A state that is not documented. `identifai_report_json` contains it.
pub const IDENTIFAI_STATE_OTHER: i32 = 4;

/// The number of the main verdict, for functions that take the number of a verdict.
pub const IDENTIFAI_MAIN_VERDICT: i32 = -1;

/// The report of a submission: the state of its analysis and, once it is done, its verdicts.
///
/// `identifai_result` and `identifai_wait` create it and pass it to you. Free it with `identifai_report_free`. The
/// strings that its functions return are owned by the report, and are valid until it is freed. Any number of threads
/// may read it at the same time.
///
/// The strings are returned as the service sent them: escape them before you display them in a terminal or a browser.
/// Only `identifai_report_summary` can be printed without escaping.
pub struct Report {
    identifier: CString,
    summary: CString,
    json: CString,
    state: i32,
    is_finished: bool,
    classification: i32,
    is_nsfw: Option<bool>,
    has_heatmap: Option<bool>,
    hash: Option<CString>,
    name: Option<CString>,
    ref_id: Option<CString>,
    result_url: Option<CString>,
    errors: Option<CString>,
    verdict: Option<VerdictFields>,
    verdicts: Vec<VerdictFields>,
}

/// A verdict, in the form that the accessors return.
struct VerdictFields {
    heuristic: Option<CString>,
    classification: i32,
    confidence: Option<f64>,
}

impl Report {
    pub(crate) fn from_any(report: &AnyReport) -> Self {
        let text = |text: Option<&str>| text.map(c_text);
        Self {
            identifier: c_text(report.identifier().as_str()),
            summary: c_text(&report.to_string()),
            json: c_text(&serde_json::to_string(report).unwrap_or_else(|_| report.raw_json().to_owned())),
            state: match report.state() {
                State::Pending => IDENTIFAI_STATE_PENDING,
                State::Done => IDENTIFAI_STATE_DONE,
                State::Errored => IDENTIFAI_STATE_ERRORED,
                _ => IDENTIFAI_STATE_OTHER,
            },
            is_finished: report.is_finished(),
            classification: number(report.classification()),
            is_nsfw: report.is_nsfw(),
            has_heatmap: report.as_image().and_then(ImageReport::has_heatmap),
            hash: text(report.hash()),
            name: text(report.name()),
            ref_id: text(report.ref_id()),
            result_url: text(report.result_url()),
            errors: text(report.errors()),
            verdict: report.verdict().map(VerdictFields::from_verdict),
            verdicts: report.verdicts().iter().map(VerdictFields::from_verdict).collect(),
        }
    }

    fn verdict(&self, number: i32) -> Option<&VerdictFields> {
        match number {
            IDENTIFAI_MAIN_VERDICT => self.verdict.as_ref(),
            _ => self.verdicts.get(usize::try_from(number).ok()?),
        }
    }
}

impl VerdictFields {
    fn from_verdict(verdict: &Verdict) -> Self {
        Self {
            heuristic: verdict.heuristic.as_deref().map(c_text),
            classification: number(verdict.classification.as_ref()),
            confidence: verdict.confidence,
        }
    }
}

fn number(classification: Option<&Classification>) -> i32 {
    match classification {
        None => IDENTIFAI_UNCLASSIFIED,
        Some(Classification::Human) => IDENTIFAI_HUMAN,
        Some(Classification::Artificial) => IDENTIFAI_ARTIFICIAL,
        Some(_) => IDENTIFAI_OTHER_CLASSIFICATION,
    }
}

/// Returns the classification for the number that the caller passed to override a verdict.
pub(crate) fn classification(number: i32) -> Result<Classification, Failure> {
    match number {
        IDENTIFAI_HUMAN => Ok(Classification::Human),
        IDENTIFAI_ARTIFICIAL => Ok(Classification::Artificial),
        _ => Err(Failure::invalid("classification", "must be IDENTIFAI_HUMAN or IDENTIFAI_ARTIFICIAL")),
    }
}

/// Returns 1 or 0, or -1 for `None`.
fn flag(flag: Option<bool>) -> i32 {
    flag.map_or(-1, i32::from)
}

/// Frees a report. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_free(report: *mut Report) {
    unsafe { free_object(report) }
}

/// Returns the identifier of the submission. Returns NULL if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_identifier(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| report.identifier.as_ptr()) }
}

/// Returns the state of the analysis, one of `IDENTIFAI_STATE_...`. Returns 0 if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_state(report: *const Report) -> i32 {
    unsafe { read(report, 0, |report| report.state) }
}

/// Returns 1 if the analysis is done or has failed, otherwise 0. In a state that is not documented, it returns 1 once
/// there is a verdict with a classification. Returns 0 if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_finished(report: *const Report) -> i32 {
    unsafe { read(report, 0, |report| report.is_finished.into()) }
}

/// Returns the classification that the service's dashboard shows: the override of the account's user if there is one,
/// otherwise that of the main verdict once the analysis has finished. It is one of `IDENTIFAI_UNCLASSIFIED`,
/// `IDENTIFAI_HUMAN`, `IDENTIFAI_ARTIFICIAL` and `IDENTIFAI_OTHER_CLASSIFICATION`. Returns `IDENTIFAI_UNCLASSIFIED` if
/// `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_classification(report: *const Report) -> i32 {
    unsafe { read(report, IDENTIFAI_UNCLASSIFIED, |report| report.classification) }
}

/// Returns the number of verdicts in addition to the main verdict. There is one for each heuristic. Returns 0 if
/// `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_count(report: *const Report) -> i32 {
    unsafe { read(report, 0, |report| report.verdicts.len().try_into().unwrap_or(i32::MAX)) }
}

/// Returns the classification of a verdict, without overrides. `number` is the number of a verdict, starting at 0, or
/// `IDENTIFAI_MAIN_VERDICT`. Returns `IDENTIFAI_UNCLASSIFIED` if there is no verdict with that number, and if `report`
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_classification(report: *const Report, number: i32) -> i32 {
    let get = |report: &Report| report.verdict(number).map(|verdict| verdict.classification);
    unsafe { read(report, IDENTIFAI_UNCLASSIFIED, |report| get(report).unwrap_or(IDENTIFAI_UNCLASSIFIED)) }
}

/// Returns the confidence of a verdict in its own classification, from 0 to 1. It is not the probability that the file
/// is artificial. Returns -1 if the confidence is not known, if there is no verdict with that number, and if `report`
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_confidence(report: *const Report, number: i32) -> f64 {
    let get = |report: &Report| report.verdict(number).and_then(|verdict| verdict.confidence);
    unsafe { read(report, -1.0, |report| get(report).unwrap_or(-1.0)) }
}

/// Returns the name of a verdict's heuristic, such as `AverageExcludeObsolete`. Returns NULL if the verdict has none,
/// if there is no verdict with that number, and if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_heuristic(report: *const Report, number: i32) -> *const c_char {
    let get = |report: &Report| ptr_or_null(report.verdict(number).and_then(|verdict| verdict.heuristic.as_ref()));
    unsafe { read(report, ptr_or_null(None), get) }
}

/// Returns the verdict in one line for people. Control characters are escaped, so it can be printed. Returns NULL if
/// `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_summary(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| report.summary.as_ptr()) }
}

/// Returns the whole report as JSON with the service's field names. It includes the results of each model and frame,
/// and fields that this version of the library does not know. Returns NULL if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_json(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| report.json.as_ptr()) }
}

/// Returns the SHA-256 of the file in hexadecimal digits, as `identifai_override` takes it, or NULL if the report has
/// no hash. Returns NULL if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_hash(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| ptr_or_null(report.hash.as_ref())) }
}

/// Returns the name of the file, or NULL if the report has no name. Returns NULL if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_name(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| ptr_or_null(report.name.as_ref())) }
}

/// Returns the reference that the submit set with `identifai_options_set_ref_id`, or NULL if the report has no
/// reference. Returns NULL if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_ref_id(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| ptr_or_null(report.ref_id.as_ref())) }
}

/// Returns the URL of the result's page on the service's dashboard, or NULL if the report has no URL. Returns NULL if
/// `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_result_url(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| ptr_or_null(report.result_url.as_ref())) }
}

/// Returns the service's reason why the analysis failed, or NULL if the report has no reason. Returns NULL if `report`
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_errors(report: *const Report) -> *const c_char {
    unsafe { read(report, ptr_or_null(None), |report| ptr_or_null(report.errors.as_ref())) }
}

/// Returns 1 if the content is not safe for work, and 0 if it is safe. Returns -1 if the submit did not request this
/// detection, and if `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_nsfw(report: *const Report) -> i32 {
    unsafe { read(report, -1, |report| flag(report.is_nsfw)) }
}

/// Returns 1 if `identifai_heatmap` can fetch a heatmap, and 0 if it cannot. Returns -1 if it is not known, and if
/// `report` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_has_heatmap(report: *const Report) -> i32 {
    unsafe { read(report, -1, |report| flag(report.has_heatmap)) }
}
