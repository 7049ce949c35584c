//! What comes back: the verdict piece by piece, and all of it as JSON.

use std::ffi::{CString, c_char};

use identifai::{AnyReport, Classification, ImageReport, State, Verdict};

use crate::failure::Failure;
use crate::memory::{c_text, free_object, lent, read};

/// Not known: there is no verdict yet.
pub const IDENTIFAI_UNCLASSIFIED: i32 = 0;
/// Made by a human.
pub const IDENTIFAI_HUMAN: i32 = 1;
/// Made by a machine.
pub const IDENTIFAI_ARTIFICIAL: i32 = 2;
/// Anything else that the service says.
pub const IDENTIFAI_OTHER_CLASSIFICATION: i32 = 3;

/// The analysis is not finished.
pub const IDENTIFAI_STATE_PENDING: i32 = 1;
/// The analysis is finished.
pub const IDENTIFAI_STATE_DONE: i32 = 2;
/// The analysis failed; `identifai_report_errors` says why.
pub const IDENTIFAI_STATE_ERRORED: i32 = 3;
/// A state that is not documented; `identifai_report_json` has it.
pub const IDENTIFAI_STATE_OTHER: i32 = 4;

/// The main verdict, where the number of a verdict is asked for.
pub const IDENTIFAI_MAIN_VERDICT: i32 = -1;

/// What came of a submission. It is yours once a call has written it, to be freed with `identifai_report_free`; what
/// its functions return is lent until then. Any number of threads may read it.
///
/// Its texts are as the service sent them: escape them before you show them to a terminal or a browser. Only
/// `identifai_report_summary` may be printed as it is.
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
    verdict: Option<Opinion>,
    verdicts: Vec<Opinion>,
}

/// A verdict.
struct Opinion {
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
            verdict: report.verdict().map(Opinion::of),
            verdicts: report.verdicts().iter().map(Opinion::of).collect(),
        }
    }

    fn opinion(&self, number: i32) -> Option<&Opinion> {
        match number {
            IDENTIFAI_MAIN_VERDICT => self.verdict.as_ref(),
            _ => self.verdicts.get(usize::try_from(number).ok()?),
        }
    }
}

impl Opinion {
    fn of(verdict: &Verdict) -> Self {
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

/// What a verdict can be overridden with.
pub(crate) fn classification(number: i32) -> Result<Classification, Failure> {
    match number {
        IDENTIFAI_HUMAN => Ok(Classification::Human),
        IDENTIFAI_ARTIFICIAL => Ok(Classification::Artificial),
        _ => Err(Failure::invalid("classification", "must be IDENTIFAI_HUMAN or IDENTIFAI_ARTIFICIAL")),
    }
}

/// 1, 0, or -1 for what is not known.
fn flag(flag: Option<bool>) -> i32 {
    flag.map_or(-1, i32::from)
}

/// Frees a report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_free(report: *mut Report) {
    unsafe { free_object(report) }
}

/// The submission that this is about. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_identifier(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| report.identifier.as_ptr()) }
}

/// How far the analysis has come: one of `IDENTIFAI_STATE_...`. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_state(report: *const Report) -> i32 {
    unsafe { read(report, 0, |report| report.state) }
}

/// 1 if nothing more is to come, as the analysis is done or failed, else 0. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_finished(report: *const Report) -> i32 {
    unsafe { read(report, 0, |report| report.is_finished.into()) }
}

/// What it was classified as, which is what the service's dashboard shows: by the account's user if that was
/// overridden, else by the main verdict, once the analysis is finished. One of `IDENTIFAI_UNCLASSIFIED`, `..._HUMAN`,
/// `..._ARTIFICIAL` and `..._OTHER_CLASSIFICATION`. `IDENTIFAI_UNCLASSIFIED` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_classification(report: *const Report) -> i32 {
    unsafe { read(report, IDENTIFAI_UNCLASSIFIED, |report| report.classification) }
}

/// How many verdicts there are beside the main one: one for each heuristic. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_count(report: *const Report) -> i32 {
    unsafe { read(report, 0, |report| report.verdicts.len().try_into().unwrap_or(i32::MAX)) }
}

/// What a verdict says: as `identifai_report_classification`, but without overrides. `number` is that of a verdict,
/// from 0, or `IDENTIFAI_MAIN_VERDICT`. `IDENTIFAI_UNCLASSIFIED` if there is no such verdict, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_classification(report: *const Report, number: i32) -> i32 {
    let of = |report: &Report| report.opinion(number).map(|opinion| opinion.classification);
    unsafe { read(report, IDENTIFAI_UNCLASSIFIED, |report| of(report).unwrap_or(IDENTIFAI_UNCLASSIFIED)) }
}

/// How sure a verdict is of its classification, from 0 to 1; it is not the probability of artificial. -1 if that is not
/// known or there is no such verdict, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_confidence(report: *const Report, number: i32) -> f64 {
    let of = |report: &Report| report.opinion(number).and_then(|opinion| opinion.confidence);
    unsafe { read(report, -1.0, |report| of(report).unwrap_or(-1.0)) }
}

/// The heuristic of a verdict, such as `AverageExcludeObsolete`. NULL if it has none or there is no such verdict, and
/// for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_verdict_heuristic(report: *const Report, number: i32) -> *const c_char {
    let of = |report: &Report| lent(report.opinion(number).and_then(|opinion| opinion.heuristic.as_ref()));
    unsafe { read(report, lent(None), of) }
}

/// The verdict in one line for people, control characters escaped: it may be printed as it is. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_summary(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| report.summary.as_ptr()) }
}

/// All of it as JSON, by the service's names: the results of each model, of each frame, and what this version does not
/// know. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_json(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| report.json.as_ptr()) }
}

/// The SHA-256 of the file in hexadecimal digits, which overrides go by. NULL if there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_hash(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| lent(report.hash.as_ref())) }
}

/// The name of the file. NULL if there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_name(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| lent(report.name.as_ref())) }
}

/// The reference that was given with the submission. NULL if there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_ref_id(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| lent(report.ref_id.as_ref())) }
}

/// The page of this result on the service's dashboard. NULL if there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_result_url(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| lent(report.result_url.as_ref())) }
}

/// Why the analysis failed, if it did. NULL if it did not, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_errors(report: *const Report) -> *const c_char {
    unsafe { read(report, lent(None), |report| lent(report.errors.as_ref())) }
}

/// 1 if it is not safe for work, 0 if it is safe, -1 if that was not asked for, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_nsfw(report: *const Report) -> i32 {
    unsafe { read(report, -1, |report| flag(report.is_nsfw)) }
}

/// 1 if `identifai_heatmap` will find a heatmap, 0 if not, -1 if that is not known, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identifai_report_has_heatmap(report: *const Report) -> i32 {
    unsafe { read(report, -1, |report| flag(report.has_heatmap)) }
}
