//! Tests of sliding windows, with times that the tests compute.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const POST: Limit = Limit { per_minute: 30, gap: Duration::from_millis(1_020) };

/// Returns the rest of a window after `seconds`.
fn rest(seconds: u32) -> Duration {
    WINDOW.saturating_sub(SECOND * seconds)
}

/// Sends `count` requests, each as soon as the window allows, and returns the times of the sends.
fn run(window: &mut SlidingWindow, start: Instant, limit: Limit, count: usize) -> Vec<Duration> {
    let mut now = start;
    let send = |_| {
        now += window.reserve(limit, now, Duration::MAX).unwrap();
        now - start
    };
    (0..count).map(send).collect()
}

#[test]
fn window_never_exceeds_limit_per_minute_and_gap() {
    let times = run(&mut SlidingWindow::default(), Instant::now(), POST, 300);
    for (index, time) in times.iter().enumerate() {
        let in_window = times[index..].iter().take_while(|later| **later < *time + WINDOW).count();
        assert!(in_window <= 30, "{in_window} from {time:?} on");
    }
    assert!(times.windows(2).all(|pair| pair[1] >= pair[0] + POST.gap));
    // The first requests are sent with the shortest gap. From then on the rate is the whole limit.
    assert_eq!(times[19], 19 * POST.gap);
    assert!(times[299] < 604 * SECOND, "300 requests, the limit for ten minutes, took {:?}", times[299]);
}

#[test]
fn window_after_long_pause_is_empty_but_keeps_gap() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    run(&mut window, start, POST, 30);
    let times = run(&mut window, start + 200 * SECOND, POST, 3);
    assert_eq!(times, [Duration::ZERO, POST.gap, 2 * POST.gap]);
    assert!(window.is_expired(start + 300 * SECOND) && !window.is_expired(start + 230 * SECOND));
}

#[test]
fn reserve_beyond_max_wait_returns_the_wait() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    run(&mut window, start, POST, 30);
    let now = start + 30 * SECOND;
    for _ in 0..3 {
        assert_eq!(window.reserve(POST, now, 30 * SECOND), Err(rest(30)), "nothing is reserved");
    }
    assert_eq!(window.reserve(POST, now, 31 * SECOND), Ok(rest(30)));
}

#[test]
fn refusal_closes_class_for_reset_or_rest_of_window() {
    let start = Instant::now();
    let learn = |headers: RateLimitHeaders| {
        let mut window = SlidingWindow::default();
        window.reserve(POST, start, Duration::MAX).unwrap();
        window.learn(POST, start + 10 * SECOND, headers, true, 0.0);
        window.wait(POST, start + 10 * SECOND)
    };
    assert_eq!(learn(RateLimitHeaders::default()), rest(10));
    assert_eq!(learn(RateLimitHeaders { reset: Some(7 * SECOND), ..RateLimitHeaders::default() }), 7 * SECOND);
    assert_eq!(
        learn(RateLimitHeaders { reset: Some(Duration::MAX), ..RateLimitHeaders::default() }),
        WINDOW * 60,
        "at most an hour"
    );
    let mut window = SlidingWindow::default();
    window.learn(POST, start, RateLimitHeaders::default(), true, 0.0);
    assert_eq!((window.wait(POST, start), window.is_expired(start)), (WINDOW, false));
}

#[test]
fn brief_refusals_in_a_row_lengthen_pauses() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    let headers = RateLimitHeaders { limit: Some(1), remaining: Some(0), reset: Some(SECOND) };
    let mut refuse = |jitter| {
        window.learn(POST, start, headers, true, jitter);
        window.wait(POST, start).as_millis()
    };
    assert_eq!([0.0; 4].map(&mut refuse), [1_020, 8_160, 16_320, 16_320]);
    assert_eq!(refuse(0.5), 16_320 + 510, "jitter keeps processes apart");
    window.learn(POST, start, RateLimitHeaders::default(), false, 0.0);
    let later = start + 60 * SECOND;
    window.learn(POST, later, headers, true, 0.0);
    assert_eq!(window.wait(POST, later), POST.gap, "an accepted request resets the pauses");
}

#[test]
fn remaining_zero_closes_class_only_with_reset() {
    let start = Instant::now();
    let wait = |headers: RateLimitHeaders| {
        let mut window = SlidingWindow::default();
        window.learn(POST, start, RateLimitHeaders { remaining: Some(0), ..headers }, false, 0.0);
        window.wait(POST, start)
    };
    assert_eq!(wait(RateLimitHeaders { reset: Some(9 * SECOND), ..RateLimitHeaders::default() }), 9 * SECOND);
    assert_eq!(wait(RateLimitHeaders { limit: Some(30), ..RateLimitHeaders::default() }), Duration::ZERO);
}

/// A service that counts requests as the backend's framework does, in windows of a second and of a minute. A window
/// begins with the first request in it. Refused requests are not counted.
#[derive(Default)]
struct Service {
    windows: [(Option<Instant>, u32); 2],
}

impl Service {
    /// Handles a request. Returns `true` if it is accepted, and the headers of the response.
    fn request(&mut self, now: Instant) -> (bool, RateLimitHeaders) {
        for (window, (length, limit)) in self.windows.iter_mut().zip([(SECOND, 1), (60 * SECOND, 30)]) {
            if window.0.is_none_or(|start| now >= start + length) {
                *window = (Some(now), 0);
            }
            if window.1 >= limit {
                let left = (window.0.unwrap() + length - now).as_secs_f64().ceil();
                let reset = Some(Duration::from_secs_f64(left));
                return (false, RateLimitHeaders { limit: Some(limit), remaining: Some(0), reset });
            }
        }
        self.windows.iter_mut().for_each(|window| window.1 += 1);
        (true, RateLimitHeaders { limit: Some(30), remaining: Some(30 - self.windows[1].1), reset: None })
    }
}

/// Simulates `processes` that start one after the other, at intervals of `apart`, and send requests until 1,000 are
/// accepted. Returns the number of accepted requests of each process, the number of refused ones, and the time it took.
fn side_by_side(processes: u32, apart: Duration) -> (Vec<u32>, u32, Duration) {
    let (start, mut service) = (Instant::now(), Service::default());
    let mut windows: Vec<SlidingWindow> = (0..processes).map(|_| SlidingWindow::default()).collect();
    let mut next: Vec<Instant> = (0..processes).map(|process| start + process * apart).collect();
    for (window, at) in windows.iter_mut().zip(&next) {
        window.reserve(POST, *at, Duration::ZERO).unwrap();
    }
    let (mut accepted, mut refused, mut random) = (vec![0; windows.len()], 0, 1_u32);
    loop {
        let (process, now) = next.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
        let (ok, headers) = service.request(now);
        let count = if ok { &mut accepted[process] } else { &mut refused };
        *count += 1;
        if accepted.iter().sum::<u32>() == 1_000 {
            return (accepted, refused, now - start);
        }
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let jitter = f64::from(random) / f64::from(u32::MAX);
        let received = now + Duration::from_millis(50).mul_f64(jitter);
        windows[process].learn(POST, received, headers, !ok, jitter);
        next[process] = received + windows[process].reserve(POST, received, Duration::MAX).unwrap();
    }
}

#[test]
fn processes_sharing_a_key_seldom_collide() {
    for tenths in 0..40 {
        let apart = SECOND * tenths / 10;
        let (_, refused, took) = side_by_side(1, apart);
        assert!(refused == 0 && took < 2_020 * SECOND, "{took:?}");
        let (accepted, refused, took) = side_by_side(2, apart);
        assert!(refused < 10 && accepted.iter().all(|n| *n > 400), "{apart:?}: {refused} refused, {accepted:?}");
        assert!(took < 2_200 * SECOND, "{apart:?}: {took:?}");
        let (accepted, refused, took) = side_by_side(5, apart);
        assert!(refused < 350 && accepted.iter().all(|n| *n > 50), "{apart:?}: {refused} refused, {accepted:?}");
        assert!(took < 2_500 * SECOND, "{apart:?}: {took:?}");
    }
}

#[test]
fn give_back_removes_only_the_given_slot() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    let slots: Vec<_> = run(&mut window, start, POST, 3).into_iter().map(|passed| start + passed).collect();
    window.give_back(slots[1]);
    assert_eq!(window.sends, [slots[0], slots[2]], "the other slots stay");
    window.give_back(slots[1]);
    assert_eq!(window.sends, [slots[0], slots[2]], "the second time has no effect");
}
