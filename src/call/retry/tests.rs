//! The table of outcomes and what follows them.

use super::*;

fn answer(status: u16, retry_after: Option<u64>) -> Response {
    Response { status, retry_after: retry_after.map(Duration::from_secs), ..Response::default() }
}

fn failure(kind: ErrorKind, request_fully_sent: bool) -> Failure {
    Failure::new(kind, "").with_request_fully_sent(request_fully_sent)
}

#[test]
fn a_submit_is_repeated_only_if_unsent_or_refused() {
    use ErrorKind::*;
    //  outcome, may have been sent, repeated, repeated if the caller does not mind paying twice
    let table = [
        (Ok(answer(200, None)), true, false, false),
        (Ok(answer(301, None)), true, false, false),
        (Ok(answer(400, None)), false, false, false),
        (Ok(answer(401, None)), false, false, false),
        (Ok(answer(404, Some(1))), false, false, false),
        (Ok(answer(408, None)), true, false, true),
        (Ok(answer(429, None)), false, true, true),
        (Ok(answer(429, Some(1))), false, true, true),
        (Ok(answer(500, None)), true, false, true),
        (Ok(answer(501, None)), true, false, false),
        (Ok(answer(502, Some(1))), true, false, true),
        (Ok(answer(503, None)), true, false, true),
        (Ok(answer(503, Some(1))), true, false, true),
        (Ok(answer(504, None)), true, false, true),
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
fn a_refusal_before_the_request_had_left_leaves_nothing_open() {
    for status in [301, 408, 500, 503] {
        let outcome = Ok(Response { arrived_before_upload_end: true, ..answer(status, None) });
        assert!(!may_have_been_sent(&outcome), "{status}");
        assert_eq!(may_repeat(&outcome, false, false), status > 400, "{status}");
    }
    assert!(
        may_have_been_sent(&Ok(Response { arrived_before_upload_end: true, ..answer(200, None) })),
        "an odd one, but a yes"
    );
}

#[test]
fn what_was_accepted_is_not_sent_again_even_if_the_answer_broke_off() {
    let truncated = Some(failure(ErrorKind::Disconnected, true));
    let outcome = Ok(Response { truncated, ..answer(200, None) });
    assert!(may_have_been_sent(&outcome) && !may_repeat(&outcome, false, false) && !may_repeat(&outcome, false, true));
}

#[test]
fn what_is_idempotent_is_repeated_whatever_became_of_it_unless_that_would_not_help() {
    use ErrorKind::*;
    let cut = |kind| Ok(Response { truncated: Some(failure(kind, true)), ..answer(200, None) });
    let table = [
        (Ok(answer(200, None)), false),
        (Ok(answer(302, None)), false),
        (Ok(answer(400, None)), false),
        (Ok(answer(404, None)), false),
        (Ok(answer(408, None)), true),
        (Ok(answer(429, None)), true),
        (Ok(answer(500, None)), true),
        (Ok(answer(501, None)), false),
        (Ok(answer(502, None)), true),
        (Ok(answer(503, None)), true),
        (Ok(answer(504, None)), true),
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
fn final_failure_is_not_repeated() {
    let outcome = Err(Failure { is_final: true, ..failure(ErrorKind::Connect, false) });
    for is_idempotent in [false, true] {
        assert!(!may_repeat(&outcome, is_idempotent, true), "idempotent: {is_idempotent}");
    }
}

/// Decides after attempt `number`, with one retry left.
fn decide_after(outcome: &Outcome, number: u32, left: Duration, chance: f64) -> Decision {
    decide(outcome, Limits { retries: 1, number, next_slot: None, left }, chance)
}

#[test]
fn a_pause_must_end_before_the_deadline() {
    let second = Duration::from_secs(1);
    let outcome = Ok(answer(429, Some(1)));
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
fn pause_is_what_was_asked_or_else_the_backoff() {
    let pause = |outcome: Outcome, number| match decide_after(&outcome, number, Duration::MAX, 0.75).next {
        Next::Retry(pause) => pause,
        other => panic!("{other:?}"),
    };
    assert_eq!(pause(Ok(answer(429, Some(40))), 3), Duration::from_secs(40));
    assert_eq!(pause(Ok(answer(429, None)), 3), Duration::from_millis(500));
    assert_eq!(pause(Err(failure(ErrorKind::Connect, false)), 1), Duration::from_millis(125));
}

#[test]
fn retry_after_is_the_latest_of_what_is_known() {
    let [long, short] = [9, 2].map(Duration::from_secs);
    //  outcome, retries, next slot, time left, what the caller is told
    let table = [
        (answer(429, Some(9)), 1, None, long * 2, Some(long)),
        (answer(429, Some(2)), 1, Some(long), long * 2, Some(long)),
        (answer(429, Some(9)), 0, Some(short), long * 2, Some(long)),
        (answer(429, None), 0, Some(short), long * 2, Some(short)),
        (answer(429, None), 0, None, long * 2, None),
        (answer(503, Some(2)), 0, None, long * 2, Some(short)),
        // A pause for which the deadline had no room is told after a 429, where trying again is certain to be free.
        (answer(429, None), 1, None, Duration::ZERO, Some(Duration::from_millis(250))),
        (answer(503, None), 1, None, Duration::ZERO, None),
    ];
    for (response, retries, next_slot, left, told) in table {
        let outcome = Ok(response);
        let decision = decide(&outcome, Limits { retries, number: 1, next_slot, left }, 0.5);
        assert_eq!(decision.retry_after, told, "{outcome:?}");
        assert_eq!(decision.next == Next::Stop, retries == 0, "{outcome:?}");
    }
}
