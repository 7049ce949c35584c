//! Tests of the decisions after each kind of outcome.

use super::*;

fn response(status: u16, retry_after: Option<u64>) -> Response {
    Response { status, retry_after: retry_after.map(Duration::from_secs), ..Response::default() }
}

fn failure(kind: ErrorKind, request_fully_sent: bool) -> Failure {
    Failure::new(kind, "").with_request_fully_sent(request_fully_sent)
}

#[test]
fn submit_is_retried_only_if_unsent_or_refused() {
    use ErrorKind::*;
    //  outcome, may have been sent, may be repeated, may be repeated with `resend_if_unknown`
    let table = [
        (Ok(response(200, None)), true, false, false),
        (Ok(response(301, None)), true, false, false),
        (Ok(response(400, None)), false, false, false),
        (Ok(response(401, None)), false, false, false),
        (Ok(response(404, Some(1))), false, false, false),
        (Ok(response(408, None)), true, false, true),
        (Ok(response(429, None)), false, true, true),
        (Ok(response(429, Some(1))), false, true, true),
        (Ok(response(500, None)), true, false, true),
        (Ok(response(501, None)), true, false, false),
        (Ok(response(502, Some(1))), true, false, true),
        (Ok(response(503, None)), true, false, true),
        (Ok(response(503, Some(1))), true, false, true),
        (Ok(response(504, None)), true, false, true),
        (Err(failure(Connect, false)), false, true, true),
        (Err(failure(Timeout, false)), false, true, true),
        (Err(failure(Timeout, true)), true, false, true),
        (Err(failure(Disconnected, false)), false, true, true),
        (Err(failure(Disconnected, true)), true, false, true),
        (Err(failure(Tls, false)), false, false, false),
        (Err(failure(UnexpectedResponse, true)), true, false, false),
    ];
    for (outcome, sent, repeat, resend) in table {
        assert_eq!(may_have_been_sent(&outcome), sent, "{outcome:?}");
        assert_eq!(may_repeat(&outcome, false, false), repeat, "{outcome:?}");
        assert_eq!(may_repeat(&outcome, false, true), resend, "{outcome:?}");
    }
}

#[test]
fn response_before_upload_end_proves_refusal() {
    for status in [301, 408, 500, 503] {
        let outcome = Ok(Response { arrived_before_upload_end: true, ..response(status, None) });
        assert!(!may_have_been_sent(&outcome), "{status}");
        assert_eq!(may_repeat(&outcome, false, false), status > 400, "{status}");
    }
    assert!(
        may_have_been_sent(&Ok(Response { arrived_before_upload_end: true, ..response(200, None) })),
        "a 2xx is an acceptance even before the end of the upload"
    );
}

#[test]
fn submit_after_truncated_200_is_not_repeated() {
    let truncated = Some(failure(ErrorKind::Disconnected, true));
    let outcome = Ok(Response { truncated, ..response(200, None) });
    assert!(may_have_been_sent(&outcome) && !may_repeat(&outcome, false, false) && !may_repeat(&outcome, false, true));
}

#[test]
fn read_is_retried_after_temporary_failures_only() {
    use ErrorKind::*;
    let cut = |kind| Ok(Response { truncated: Some(failure(kind, true)), ..response(200, None) });
    let table = [
        (Ok(response(200, None)), false),
        (Ok(response(302, None)), false),
        (Ok(response(400, None)), false),
        (Ok(response(404, None)), false),
        (Ok(response(408, None)), true),
        (Ok(response(429, None)), true),
        (Ok(response(500, None)), true),
        (Ok(response(501, None)), false),
        (Ok(response(502, None)), true),
        (Ok(response(503, None)), true),
        (Ok(response(504, None)), true),
        (Err(failure(Connect, false)), true),
        (Err(failure(Timeout, true)), true),
        (Err(failure(Disconnected, true)), true),
        (Err(failure(Tls, false)), false),
        (Err(failure(UnexpectedResponse, true)), false),
        (cut(Disconnected), true),
        (cut(Timeout), true),
        (cut(UnexpectedResponse), false),
    ];
    for (outcome, repeated) in table {
        assert_eq!(may_repeat(&outcome, true, false), repeated, "{outcome:?}");
    }
}

#[test]
fn request_after_final_failure_is_not_repeated() {
    let outcome = Err(Failure { is_final: true, ..failure(ErrorKind::Connect, false) });
    for is_idempotent in [false, true] {
        assert!(!may_repeat(&outcome, is_idempotent, true), "idempotent: {is_idempotent}");
    }
}

/// Decides on the step after attempt `number`, with one retry left.
fn decide_after(outcome: &Outcome, number: u32, left: Duration, jitter: f64) -> Decision {
    decide(outcome, Limits { retries: 1, number, next_slot: None, left }, jitter)
}

#[test]
fn pause_ending_at_deadline_is_too_late() {
    let second = Duration::from_secs(1);
    let outcome = Ok(response(429, Some(1)));
    let table = [
        (1, 2 * second, Next::Retry(second)),
        (2, 2 * second, Next::Retry(second)),
        (1, second, Next::TooLate(second)),
        (1, Duration::ZERO, Next::TooLate(second)),
    ];
    for (number, left, expected) in table {
        assert_eq!(decide_after(&outcome, number, left, 0.5).next, expected, "attempt {number}, {left:?} left");
    }
}

#[test]
fn pause_is_retry_after_or_backoff() {
    let pause = |outcome: Outcome, number| match decide_after(&outcome, number, Duration::MAX, 0.75).next {
        Next::Retry(pause) => pause,
        other => panic!("{other:?}"),
    };
    assert_eq!(pause(Ok(response(429, Some(40))), 3), Duration::from_secs(40));
    assert_eq!(pause(Ok(response(429, None)), 3), Duration::from_millis(500));
    assert_eq!(pause(Err(failure(ErrorKind::Connect, false)), 1), Duration::from_millis(125));
}

#[test]
fn retry_after_is_longest_known_pause() {
    let [long, short] = [9, 2].map(Duration::from_secs);
    //  response, retries, next slot, time left, `retry_after` of the error
    let table = [
        (response(429, Some(9)), 1, None, long * 2, Some(long)),
        (response(429, Some(2)), 1, Some(long), long * 2, Some(long)),
        (response(429, Some(9)), 0, Some(short), long * 2, Some(long)),
        (response(429, None), 0, Some(short), long * 2, Some(short)),
        (response(429, None), 0, None, long * 2, None),
        (response(503, Some(2)), 0, None, long * 2, Some(short)),
        // A pause that would end after the deadline is reported after a 429 only, because a retry after a 429 is known
        // to cost nothing.
        (response(429, None), 1, None, Duration::ZERO, Some(Duration::from_millis(250))),
        (response(503, None), 1, None, Duration::ZERO, None),
    ];
    for (response, retries, next_slot, left, expected) in table {
        let outcome = Ok(response);
        let decision = decide(&outcome, Limits { retries, number: 1, next_slot, left }, 0.5);
        assert_eq!(decision.retry_after, expected, "{outcome:?}");
        assert_eq!(decision.next == Next::Stop, retries == 0, "{outcome:?}");
    }
}
