//! Sliding windows on a clock of their own.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const POST: Limit = Limit { per_minute: 30, gap: Duration::from_millis(1_020) };

/// What is left of a window after `seconds`.
fn rest(seconds: u32) -> Duration {
    WINDOW.saturating_sub(SECOND * seconds)
}

/// Sends as soon as it may, `count` times, and returns when.
fn run(window: &mut SlidingWindow, start: Instant, limit: Limit, count: usize) -> Vec<Duration> {
    let mut now = start;
    let send = |_| {
        now += window.reserve(limit, now, Duration::MAX).unwrap();
        now - start
    };
    (0..count).map(send).collect()
}

#[test]
fn no_window_ever_holds_more_than_the_limit_and_neighbours_keep_their_distance() {
    let times = run(&mut SlidingWindow::default(), Instant::now(), POST, 300);
    for (index, time) in times.iter().enumerate() {
        let in_window = times[index..].iter().take_while(|later| **later < *time + WINDOW).count();
        assert!(in_window <= 30, "{in_window} from {time:?} on");
    }
    assert!(times.windows(2).all(|pair| pair[1] >= pair[0] + POST.gap));
    // The first ones come fast, and from then on the limit is made use of to its end.
    assert_eq!(times[19], 19 * POST.gap);
    assert!(times[299] < 604 * SECOND, "ten minutes' worth in {:?}", times[299]);
}

#[test]
fn after_a_rest_all_of_the_budget_is_there_but_no_burst() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    run(&mut window, start, POST, 30);
    let times = run(&mut window, start + 200 * SECOND, POST, 3);
    assert_eq!(times, [Duration::ZERO, POST.gap, 2 * POST.gap]);
    assert!(window.is_over(start + 300 * SECOND) && !window.is_over(start + 230 * SECOND));
}

#[test]
fn a_wait_that_is_too_long_reserves_nothing_and_is_named() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    run(&mut window, start, POST, 30);
    let now = start + 30 * SECOND;
    for _ in 0..3 {
        assert_eq!(window.reserve(POST, now, 30 * SECOND), Err(rest(30)));
    }
    assert_eq!(window.reserve(POST, now, 31 * SECOND), Ok(rest(30)));
}

#[test]
fn a_429_closes_the_class_as_told_or_for_the_rest_of_its_window() {
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
        "an hour at the most"
    );
    let mut window = SlidingWindow::default();
    window.learn(POST, start, RateLimitHeaders::default(), true, 0.0);
    assert_eq!((window.wait(POST, start), window.is_over(start)), (WINDOW, false));
}

#[test]
fn refusals_for_a_second_are_followed_by_ever_longer_pauses() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    let headers = RateLimitHeaders { limit: Some(1), remaining: Some(0), reset: Some(SECOND) };
    let mut refuse = |jitter| {
        window.learn(POST, start, headers, true, jitter);
        window.wait(POST, start).as_millis()
    };
    assert_eq!([0.0; 4].map(&mut refuse), [1_020, 8_160, 16_320, 16_320]);
    assert_eq!(refuse(0.5), 16_320 + 510, "not in step with others");
    window.learn(POST, start, RateLimitHeaders::default(), false, 0.0);
    let later = start + 60 * SECOND;
    window.learn(POST, later, headers, true, 0.0);
    assert_eq!(window.wait(POST, later), POST.gap, "anew once one was let in");
}

#[test]
fn what_is_used_up_is_believed_if_it_is_said_until_when() {
    let start = Instant::now();
    let wait = |headers: RateLimitHeaders| {
        let mut window = SlidingWindow::default();
        window.learn(POST, start, RateLimitHeaders { remaining: Some(0), ..headers }, false, 0.0);
        window.wait(POST, start)
    };
    assert_eq!(wait(RateLimitHeaders { reset: Some(9 * SECOND), ..RateLimitHeaders::default() }), 9 * SECOND);
    assert_eq!(wait(RateLimitHeaders { limit: Some(30), ..RateLimitHeaders::default() }), Duration::ZERO);
}

/// A service that counts as the backend's framework does: windows of a second and of a minute, each of which begins
/// with the first request in it. What it refuses it does not count.
#[derive(Default)]
struct Service {
    windows: [(Option<Instant>, u32); 2],
}

impl Service {
    /// Whether a request is let in, and what the answer says.
    fn ask(&mut self, now: Instant) -> (bool, RateLimitHeaders) {
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

/// `processes` that began one after the other, `apart`, send 1,000 requests. Returns how many of each were let in,
/// how many were refused, and how long it took.
fn side_by_side(processes: u32, apart: Duration) -> (Vec<u32>, u32, Duration) {
    let (start, mut service) = (Instant::now(), Service::default());
    let mut logs: Vec<SlidingWindow> = (0..processes).map(|_| SlidingWindow::default()).collect();
    let mut next: Vec<Instant> = (0..processes).map(|process| start + process * apart).collect();
    for (window, at) in logs.iter_mut().zip(&next) {
        window.reserve(POST, *at, Duration::ZERO).unwrap();
    }
    let (mut let_in, mut refused, mut dice) = (vec![0; logs.len()], 0, 1_u32);
    loop {
        let (process, now) = next.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
        let (ok, headers) = service.ask(now);
        let count = if ok { &mut let_in[process] } else { &mut refused };
        *count += 1;
        if let_in.iter().sum::<u32>() == 1_000 {
            return (let_in, refused, now - start);
        }
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let jitter = f64::from(dice) / f64::from(u32::MAX);
        let answered = now + Duration::from_millis(50).mul_f64(jitter);
        logs[process].learn(POST, answered, headers, !ok, jitter);
        next[process] = answered + logs[process].reserve(POST, answered, Duration::MAX).unwrap();
    }
}

#[test]
fn processes_that_share_a_key_settle() {
    for tenths in 0..40 {
        let apart = SECOND * tenths / 10;
        let (_, refused, took) = side_by_side(1, apart);
        assert!(refused == 0 && took < 2_020 * SECOND, "{took:?}");
        let (let_in, refused, took) = side_by_side(2, apart);
        assert!(refused < 10 && let_in.iter().all(|count| *count > 400), "{apart:?}: {refused} refused, {let_in:?}");
        assert!(took < 2_200 * SECOND, "{apart:?}: {took:?}");
        let (let_in, refused, took) = side_by_side(5, apart);
        assert!(refused < 350 && let_in.iter().all(|count| *count > 50), "{apart:?}: {refused} refused, {let_in:?}");
        assert!(took < 2_500 * SECOND, "{apart:?}: {took:?}");
    }
}

#[test]
fn slot_given_back_is_the_one_that_was_reserved() {
    let (mut window, start) = (SlidingWindow::default(), Instant::now());
    let slots: Vec<_> = run(&mut window, start, POST, 3).into_iter().map(|passed| start + passed).collect();
    window.give_back(slots[1]);
    assert_eq!(window.sends, [slots[0], slots[2]], "a neighbour's stays");
    window.give_back(slots[1]);
    assert_eq!(window.sends, [slots[0], slots[2]], "once");
}
