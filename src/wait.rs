//! Waiting for a result: when to look, when to go on after a failure, when to give up.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::{Deadline, part};
use crate::media::Medium;
use crate::report::{Report, State};
use crate::text::one_line;

/// How long before the end of the wait the last look is made, at the most.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// How patiently to wait for a result.
///
/// The first look comes 2 seconds after the submit, or at once for an identifier from elsewhere. The pauses between
/// looks grow by half each, up to 10 seconds, and each is shortened by up to a fifth at random, so that programs that
/// began together do not look together. All of it ends after 5 minutes.
///
/// ```
/// use identifai::{Client, Wait};
/// use std::time::Duration;
///
/// let wait = Wait::default().timeout(Duration::from_secs(60)).longest_pause(Duration::from_secs(5));
/// let client = Client::builder("api-key").base_url("http://localhost:8080").wait(wait).build()?;
/// # Ok::<(), identifai::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it does nothing until a client is given it"]
pub struct Wait {
    timeout: Duration,
    first_pause: Duration,
    growth: f64,
    longest_pause: Duration,
}

impl Default for Wait {
    fn default() -> Self {
        let [timeout, first_pause, longest_pause] = [300, 2, 10].map(Duration::from_secs);
        Self { timeout, first_pause, growth: 1.5, longest_pause }
    }
}

impl Wait {
    /// How long to wait over all. The analysis goes on after that; its result can be asked for later.
    /// Default: 5 minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long after its submit to look first; for an identifier from elsewhere, the pause after the first look.
    /// Default: 2 seconds.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// What each pause is multiplied by to give the next one; 1 or more. Default: 1.5.
    pub fn growth(mut self, factor: f64) -> Self {
        self.growth = factor;
        self
    }

    /// The longest pause between two looks, unless the service asks for a longer one. Default: 10 seconds.
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let zero = "must be longer than zero";
        if self.timeout.is_zero() {
            Err(Error::config("wait.timeout", zero))
        } else if self.first_pause.is_zero() {
            Err(Error::config("wait.first_pause", zero))
        } else if self.longest_pause.is_zero() {
            Err(Error::config("wait.longest_pause", zero))
        } else if !self.growth.is_finite() || self.growth < 1.0 {
            Err(Error::config("wait.growth", "must be a number of 1 or more"))
        } else {
            Ok(())
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.timeout
    }

    /// Pause `number` (from 0), if nothing speaks against it; `chance` is from 0 up to 1.
    pub(crate) fn pause(&self, number: u32, chance: f64) -> Duration {
        let exponent = i32::try_from(number).unwrap_or(i32::MAX);
        let grown = self.first_pause.as_secs_f64() * self.growth.powi(exponent);
        let pause = grown.min(self.longest_pause.as_secs_f64()) * (1.0 - chance / 5.0);
        Duration::try_from_secs_f64(pause).unwrap_or(self.longest_pause)
    }

    /// That an analysis took too long: how it was last seen, and the pause before the next look if that is the reason.
    pub(crate) fn timed_out(&self, last_state: Option<State>, too_late: Option<Duration>) -> Error {
        let seen = match &last_state {
            Some(state) => format!("last seen as {}", one_line(state.as_str())),
            None => "no look at it succeeded".to_owned(),
        };
        let summary = match too_late {
            Some(asked) => format!("the next look may be made after {asked:.1?}, when the wait is over ({seen})"),
            None => format!("the analysis was not finished within {:?} ({seen})", self.timeout),
        };
        Error::new(ErrorKind::WaitTimedOut, summary).with_last_state(last_state)
    }

    /// The pause to make before another look with `left` of the time, or nothing if it is no use to look again: `own` is
    /// ours, `asked` what the service asks for.
    ///
    /// A pause of ours that is too long is shortened, so that the time is made use of to its end. One that the service
    /// asks for is not.
    fn fit(&self, own: Duration, asked: Option<Duration>, left: Duration) -> Option<Duration> {
        if let Some(asked) = asked.filter(|asked| *asked > own) {
            return (asked < left).then_some(asked);
        }
        let for_the_look = LAST_LOOK.min(part(self.timeout, 4)).min(own);
        let latest = left.checked_sub(for_the_look).filter(|latest| !latest.is_zero())?;
        Some(own.min(latest))
    }
}

/// What a report means to somebody who waits: the end, nothing yet, or that there will be none.
pub(crate) fn finished<M: Medium>(report: Report<M>) -> Result<Option<Report<M>>> {
    let report = unless_errored(report)?;
    Ok(report.is_finished().then_some(report))
}

/// That an analysis failed is an error to somebody who waits.
pub(crate) fn unless_errored<M: Medium>(report: Report<M>) -> Result<Report<M>> {
    if *report.state() == State::Errored {
        let error = Error::new(ErrorKind::AnalysisFailed, "the service could not analyse it");
        return Err(error.with_message(report.errors()).with_body(report.raw_json().as_bytes()));
    }
    Ok(report)
}

/// What one look came upon.
pub(crate) struct Look<T> {
    /// What is waited for, once it is there.
    pub(crate) finished: Option<T>,
    pub(crate) state: State,
    /// When the service wants the next look.
    pub(crate) retry_after: Option<Duration>,
}

/// Looks, as `client` was told to wait, until what is waited for is there. Each look is told how long it may take;
/// `submitted` is when this process submitted it, if it did.
pub(crate) fn until_finished<T>(
    client: &Client,
    submitted: Option<Instant>,
    mut look: impl FnMut(Duration) -> Result<Look<T>>,
) -> Result<T> {
    let wait = client.patience();
    wait.check()?;
    let deadline = Deadline::new(client.now(), wait.timeout);
    let since_submit = submitted.map(|at| client.now().saturating_duration_since(at));
    let mut pauses = 0..;
    let mut own_pause = || pauses.next().map_or(wait.longest_pause, |number| wait.pause(number, client.chance()));
    let mut own = since_submit.map_or(Duration::ZERO, |passed| own_pause().saturating_sub(passed));
    let (mut asked, mut last_state, mut failure) = (None, None, None);
    while let Some(pause) = wait.fit(own, asked, deadline.left(client.now())) {
        client.pause(pause)?;
        match look(deadline.left(client.now())) {
            Ok(Look { finished: Some(found), .. }) => return Ok(found),
            Ok(Look { state, retry_after, .. }) => (asked, last_state, failure) = (retry_after, Some(state), None),
            Err(error) if goes_on_after(&error) => (asked, failure) = (error.retry_after(), Some(error)),
            Err(error) => return Err(error),
        }
        own = own_pause();
    }
    let too_late = asked.filter(|asked| *asked >= deadline.left(client.now()));
    let error = wait.timed_out(last_state, too_late).with_retry_after(asked);
    Err(match failure {
        Some(failure) => error.with_source(failure),
        None => error,
    })
}

/// Whether to go on waiting after a look that failed: the network and the service may recover.
fn goes_on_after(error: &Error) -> bool {
    error.is_retryable() || error.status() == Some(408)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::api_key::ApiKey;
    use crate::exchange::fake::{Cancel, FakeClock, SECOND, Scripted, Sent, Try, failure, json, status};
    use crate::exchange::{Exchange, Pace};
    use crate::media::{Image, Submitted};
    use crate::report::ImageReport;
    use crate::settings::Settings;

    const NEW: &str = r#"{"identifier":"abc","status":"new"}"#;
    const DONE: &str = r#"{"identifier":"abc","status":"done","verdict":{"classification":"human"}}"#;

    /// A client on fake time, whose every look is answered by `script` (by its number, from 0).
    fn world(script: impl Fn(usize) -> Try + Send + 'static) -> (Client, Arc<FakeClock>, Arc<Mutex<Vec<Sent>>>) {
        let clock = FakeClock::new(|_| ());
        let mut number = 0..;
        let (exchange, sent) = Scripted::exchange(&clock, move |_| script(number.next().unwrap()));
        (client(exchange), clock, sent)
    }

    /// A client that does not pace itself.
    fn client(exchange: Exchange) -> Client {
        let mut settings = Settings::new(ApiKey::new("key"));
        settings.terms.pace = Pace::off();
        Client::over(Arc::new(exchange), &settings).unwrap()
    }

    fn from_elsewhere() -> Submitted<Image> {
        Submitted::new("abc".parse().unwrap())
    }

    struct Waited {
        result: Result<ImageReport>,
        took: Duration,
        /// When each look was made, in milliseconds.
        looks: Vec<u128>,
        limits: Vec<Duration>,
    }

    fn wait(wait: Wait, is_ours: bool, script: impl Fn(usize) -> Try + Send + 'static) -> Waited {
        let (client, clock, sent) = world(script);
        let submitted = match is_ours {
            true => Submitted::now("abc".parse().unwrap(), client.now(), &[]),
            false => from_elsewhere(),
        };
        let result = client.with_wait(wait).wait(&submitted);
        let sent = sent.lock().unwrap();
        assert!(sent.iter().all(|sent| sent.path == "/api/classification/abc"));
        let looks = sent.iter().map(|sent| sent.at.as_millis()).collect();
        Waited { result, took: clock.passed(), looks, limits: sent.iter().map(|sent| sent.limit).collect() }
    }

    fn done_at(look: usize) -> impl Fn(usize) -> Try {
        move |number| json(if number < look { NEW } else { DONE })
    }

    #[test]
    fn looks_come_after_2_seconds_and_then_ever_more_rarely() {
        // A chance of one half shortens each pause by a tenth: 1.8, 2.7, 4.05, 6.075, 9, 9.
        let waited = wait(Wait::default(), true, done_at(6));
        assert_eq!(waited.looks, [1_800, 4_500, 8_550, 14_625, 23_625, 32_625, 41_625]);
        assert_eq!(waited.result.unwrap().is_artificial(), Some(false));
        let waited = wait(Wait::default(), false, done_at(3));
        assert_eq!(waited.looks, [0, 1_800, 4_500, 8_550], "at once for what comes from elsewhere");
        assert!(waited.limits.iter().all(|limit| *limit == 10 * SECOND), "a look has ten seconds");
    }

    #[test]
    fn what_was_submitted_long_ago_is_looked_at_at_once() {
        let (client, clock, sent) = world(done_at(1));
        let submitted = Submitted::<Image>::now("abc".parse().unwrap(), client.now(), &[]);
        clock.pass(SECOND);
        let later = submitted.clone();
        client.wait(&submitted).unwrap();
        client.wait(&later).unwrap();
        let looks: Vec<_> = sent.lock().unwrap().iter().map(|sent| sent.at.as_millis()).collect();
        assert_eq!(looks, [1_800, 4_500, 4_500]);
    }

    #[test]
    fn pauses_are_shortened_at_random_and_never_too_long() {
        let wait = Wait::default();
        let nominal = |number| wait.pause(number, 0.0).as_millis();
        assert_eq!([0, 1, 2, 3, 4, 5, u32::MAX].map(nominal), [2_000, 3_000, 4_500, 6_750, 10_000, 10_000, 10_000]);
        assert_eq!(wait.pause(0, 1.0), 2 * SECOND * 4 / 5);
        let steady = Wait::default().growth(1.0).first_pause(SECOND);
        assert_eq!((steady.pause(0, 0.0), steady.pause(9, 0.0)), (SECOND, SECOND));
        let endless = Wait::default().first_pause(Duration::MAX).longest_pause(Duration::MAX);
        assert!(endless.pause(u32::MAX, 0.0) > 1_000 * SECOND);
    }

    #[test]
    fn time_runs_out_to_the_millisecond_and_the_error_says_where_it_stands() {
        for seconds in [1, 7, 60, 300] {
            let timeout = Duration::from_secs(seconds);
            let waited = wait(Wait::default().timeout(timeout), true, |_| json(NEW));
            let last_look = Duration::from_millis(u64::try_from(*waited.looks.last().unwrap()).unwrap());
            let reserve = SECOND.min(timeout / 4);
            assert!(waited.took <= timeout && last_look + reserve == timeout, "{seconds}: {last_look:?}");
            assert_eq!(waited.limits.last(), Some(&reserve), "the last look cannot take longer");
            let error = waited.result.unwrap_err();
            assert_eq!((error.kind(), error.last_state()), (ErrorKind::WaitTimedOut, Some(&State::Pending)));
            assert_eq!(error.identifier().unwrap().as_str(), "abc");
            assert!(error.to_string().contains(&format!("within {seconds}s (last seen as new)")), "{error}");
        }
        // A look that takes all the time it is given does not make it longer.
        let slow = |_| (failure(ErrorKind::Timeout, true).0, 60 * SECOND);
        let waited = wait(Wait::default().timeout(25 * SECOND), false, slow);
        assert_eq!((waited.took, waited.looks.as_slice()), (25 * SECOND, &[0, 11_800, 24_000][..]));
        assert!(waited.result.unwrap_err().to_string().contains("no look at it succeeded"));
    }

    #[test]
    fn what_may_pass_does_not_end_it() {
        use ErrorKind::{Connect, Disconnected, Timeout};
        let waited = wait(Wait::default(), false, |number| match number {
            0 => failure(Connect, false),
            1 => failure(Disconnected, true),
            2 => failure(Timeout, true),
            3 => status(408, None),
            4 => status(429, None),
            5 => status(500, None),
            6 => status(503, None),
            _ => json(DONE),
        });
        assert!(waited.result.is_ok());
        assert_eq!(waited.looks.len(), 8, "one look, one try");
        let error = wait(Wait::default(), false, |_| failure(Connect, false)).result.unwrap_err();
        assert_eq!((error.kind(), error.last_state()), (ErrorKind::WaitTimedOut, None));
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("failed"));
        let seen_once = |number| if number == 0 { json(NEW) } else { status(500, None) };
        let error = wait(Wait::default(), false, seen_once).result.unwrap_err();
        assert_eq!(error.last_state(), Some(&State::Pending));
    }

    #[test]
    fn what_will_not_pass_ends_it_at_once_with_the_identifier() {
        let table = [
            (status(401, None), ErrorKind::Unauthorized),
            (status(403, None), ErrorKind::Forbidden),
            (status(404, None), ErrorKind::NotFound),
            (status(400, None), ErrorKind::Rejected),
            (status(302, None), ErrorKind::Redirect),
            (failure(ErrorKind::Tls, false), ErrorKind::Tls),
            (json("<html>"), ErrorKind::UnexpectedResponse),
            (json(r#"{"status":"errored","errors":["Not an image.","\u001b[31m"]}"#), ErrorKind::AnalysisFailed),
        ];
        for (answer, kind) in table {
            let answer = Mutex::new(Some(answer));
            let waited = wait(Wait::default(), false, move |_| answer.lock().unwrap().take().unwrap());
            let error = waited.result.unwrap_err();
            assert_eq!((error.kind(), error.identifier().unwrap().as_str()), (kind, "abc"));
            assert!(!error.may_have_been_sent(), "a look costs nothing");
            if kind == ErrorKind::AnalysisFailed {
                assert_eq!(error.message(), Some("Not an image.; \\u{1b}[31m"));
                assert!(error.body().unwrap().contains("errored"));
            }
        }
    }

    #[test]
    fn the_service_may_ask_for_a_longer_pause_but_not_for_a_shorter_one() {
        let asks = |seconds| move |number| if number == 0 { status(429, Some(seconds)) } else { json(DONE) };
        assert_eq!(wait(Wait::default(), false, asks(40)).looks, [0, 40_000]);
        assert_eq!(wait(Wait::default(), false, asks(0)).looks, [0, 1_800]);
        let pending = |number| match number {
            0 => (status(202, Some(30)).0, Duration::ZERO),
            _ => json(DONE),
        };
        assert_eq!(wait(Wait::default(), false, pending).looks, [0, 30_000], "with what is pending, too");
        let waited = wait(Wait::default(), false, asks(300));
        let error = waited.result.unwrap_err();
        assert_eq!((error.kind(), waited.took), (ErrorKind::WaitTimedOut, Duration::ZERO), "no use to wait for");
        assert_eq!((error.retry_after(), waited.looks.len()), (Some(300 * SECOND), 1));
        assert!(error.to_string().starts_with("the next look may be made after 300.0s, when"), "{error}");
    }

    #[test]
    fn a_deadline_of_the_client_is_that_of_a_look() {
        let (client, _, sent) = world(done_at(0));
        client.with_timeout(3 * SECOND).wait(&from_elsewhere()).unwrap();
        assert_eq!(sent.lock().unwrap()[0].limit, 3 * SECOND);
        let error = client.with_timeout(Duration::ZERO).wait(&from_elsewhere()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }

    #[test]
    fn a_cancelled_wait_looks_no_more() {
        let clock = FakeClock::new(Cancel::set);
        let (exchange, sent) = Scripted::exchange(&clock, |_| json(NEW));
        let client = client(exchange);
        let error = client.wait(&Submitted::<Image>::now("abc".parse().unwrap(), client.now(), &[])).unwrap_err();
        assert_eq!((error.kind(), sent.lock().unwrap().len()), (ErrorKind::Cancelled, 0));
        assert_eq!(error.identifier().unwrap().as_str(), "abc");
    }

    #[test]
    fn patience_of_no_use_is_refused_before_anything_is_paid_for() {
        let table = [
            (Wait::default().timeout(Duration::ZERO), "wait.timeout"),
            (Wait::default().first_pause(Duration::ZERO), "wait.first_pause"),
            (Wait::default().longest_pause(Duration::ZERO), "wait.longest_pause"),
            (Wait::default().growth(0.5), "wait.growth"),
            (Wait::default().growth(f64::NAN), "wait.growth"),
            (Wait::default().growth(f64::INFINITY), "wait.growth"),
        ];
        let (client, _, sent) = world(|_| panic!("nothing is to be sent"));
        for (wait, field) in table {
            let patient = client.with_wait(wait.clone());
            let classified = patient.classify(&Image::from_url("https://x.test/"));
            let built = Client::builder("key").base_url("http://localhost").wait(wait).build().map(drop);
            for outcome in [patient.wait(&from_elsewhere()).map(drop), classified.map(drop), built] {
                let error = outcome.unwrap_err();
                assert!(error.kind() == ErrorKind::Config && error.to_string().starts_with(field), "{error}");
            }
        }
        assert!(sent.lock().unwrap().is_empty());
        Wait::default().timeout(Duration::MAX).growth(1.0).check().unwrap();
    }
}
