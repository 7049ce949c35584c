//! Tests of the limits with a fake clock, and with a client that keeps the limits.

use std::sync::{Arc, Mutex};

use identifai::internals::scripted;
use identifai::{Image, Submitted};

use super::*;

/// `true` if the request was accepted, and the headers of its response.
type Outcome = (bool, Headers);

/// Limits with a fake clock. The time is passed in milliseconds.
struct FakeTimeLimits {
    limits: Limits,
    start: Instant,
}

impl FakeTimeLimits {
    fn new(rate_limit: RateLimit) -> Self {
        Self { limits: Limits::new(rate_limit), start: Instant::now() }
    }

    fn take(&mut self, method: Method, millis: u64) -> Outcome {
        let passed = Duration::from_millis(millis);
        let wall = UNIX_EPOCH + Duration::from_secs(1_000_000) + passed;
        match self.limits.take(method, self.start + passed, wall) {
            Ok(headers) => (true, headers),
            Err(headers) => (false, headers),
        }
    }

    fn submit(&mut self, millis: u64) -> Outcome {
        self.take(Method::Post, millis)
    }
}

fn ok(limit: u64, remaining: u64) -> Outcome {
    (true, vec![("X-RateLimit-Limit", limit), ("X-RateLimit-Remaining", remaining)])
}

fn refused(limit: u64, retry_after: u64, reset: u64) -> Outcome {
    let headers = vec![
        ("X-RateLimit-Limit", limit),
        ("X-RateLimit-Remaining", 0),
        ("Retry-After", retry_after),
        ("X-RateLimit-Reset", 1_000_000 + reset),
    ];
    (false, headers)
}

#[test]
fn second_window_allows_a_thirtieth() {
    let mut limits = FakeTimeLimits::new(RateLimit::default());
    assert_eq!(limits.submit(700), ok(30, 29));
    assert_eq!(limits.submit(701), refused(1, 1, 1));
    assert_eq!(limits.submit(1_699), refused(1, 1, 2), "Retry-After is at least one second");
    assert_eq!(limits.submit(1_700), ok(30, 28));
    assert_eq!(limits.submit(2_699), refused(1, 1, 3));
}

#[test]
fn minute_window_starts_with_first_request() {
    let mut limits = FakeTimeLimits::new(RateLimit::default());
    for number in 0..30 {
        assert_eq!(limits.submit(5_000 + number * 1_000), ok(30, 29 - number));
    }
    assert_eq!(limits.submit(34_500), refused(30, 31, 65), "Retry-After is the longer wait, rounded up");
    assert_eq!(limits.submit(35_000), refused(30, 30, 65));
    assert_eq!(limits.submit(64_999), refused(30, 1, 65));
    assert_eq!(limits.submit(65_000), ok(30, 29));
    // The unused rest of a window does not carry over to the next one.
    assert_eq!(limits.submit(200_000), ok(30, 29));
    assert_eq!(limits.submit(259_999), ok(30, 28));
    assert_eq!(limits.submit(260_999), ok(30, 29));
}

#[test]
fn refused_request_is_not_counted() {
    let mut limits = FakeTimeLimits::new(RateLimit::default());
    assert_eq!(limits.submit(0), ok(30, 29));
    for millis in 1..1_000 {
        assert_eq!(limits.submit(millis), refused(1, 1, 1));
    }
    assert_eq!(limits.submit(1_000), ok(30, 28));
}

#[test]
fn submits_and_reads_are_counted_separately() {
    let mut limits = FakeTimeLimits::new(RateLimit::default());
    assert_eq!(limits.submit(0), ok(30, 29));
    assert_eq!(limits.take(Method::Get, 0), ok(60, 59));
    assert_eq!(limits.take(Method::Get, 0), ok(60, 58));
    assert_eq!(limits.take(Method::Get, 1), refused(2, 1, 1));
    assert_eq!(limits.submit(1), refused(1, 1, 1));
}

#[test]
fn limits_handle_unlimited_zero_and_maximum() {
    let mut none = FakeTimeLimits::new(RateLimit::unlimited());
    assert!((0..100).all(|_| none.submit(0) == (true, Vec::new())));
    let mut zero = FakeTimeLimits::new(RateLimit::per_minute(0, 1));
    assert_eq!(zero.submit(0), refused(0, 60, 60));
    assert_eq!(zero.submit(60_000), refused(0, 60, 120));
    assert_eq!((zero.take(Method::Get, 0), zero.take(Method::Get, 1)), (ok(1, 0), refused(1, 60, 60)));
    let mut all = FakeTimeLimits::new(RateLimit::per_minute(u32::MAX, 1));
    assert_eq!(all.submit(0), ok(u32::MAX.into(), u64::from(u32::MAX) - 1));
    let mut uneven = FakeTimeLimits::new(RateLimit::per_minute(31, 1));
    assert_eq!((uneven.submit(0), uneven.submit(0)), (ok(31, 30), ok(31, 29)));
    assert_eq!(uneven.submit(0), refused(2, 1, 1));
}

/// Lets a client with `rate_limit` submit and poll for five minutes of fake time. Returns the number of requests, and
/// the number of refused requests.
fn run_client(key: &str, rate_limit: RateLimit, limits: RateLimit) -> (u32, u32) {
    let counts = Arc::new(Mutex::new((0, 0)));
    let (start, mut limits, counted) = (Instant::now(), Limits::new(limits), Arc::clone(&counts));
    let (client, passed) = scripted::client(key, rate_limit, move |method, passed| {
        let method = if method == "GET" { Method::Get } else { Method::Post };
        let taken = limits.take(method, start + passed, UNIX_EPOCH);
        let mut counts = counted.lock().unwrap();
        counts.0 += 1;
        counts.1 += u32::from(taken.is_err());
        taken.map(|_| r#"{"identifier":"abc","status":"new"}"#.to_owned()).map_err(|_| (429, Some(1)))
    });
    let sent = Submitted::<Image>::new("abc".parse().unwrap());
    while passed() < Duration::from_secs(300) {
        client.submit(&Image::from_url("https://x.test/")).unwrap();
        client.result(&sent).unwrap();
        client.result(&sent).unwrap();
    }
    let counts = counts.lock().unwrap();
    *counts
}

#[test]
fn client_with_same_rate_limit_is_never_refused() {
    for (submits, reads) in [(30, 60), (31, 45), (7, 100), (1, 300)] {
        let rate_limit = RateLimit::per_minute(submits, reads);
        let (requests, refused) = run_client(&format!("limits-{submits}"), rate_limit, rate_limit);
        assert!(requests > 3 * submits && refused == 0, "{submits} and {reads}: {refused} of {requests} refused");
    }
    let (_, refused) = run_client("limits-fast", RateLimit::per_minute(60, 120), RateLimit::default());
    assert!(refused > 0, "a faster client is refused, so the limits are effective");
}
