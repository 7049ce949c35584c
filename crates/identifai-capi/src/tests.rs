//! Unit tests of the C interface: a panic is returned as a code, and each option, error and report has the same content
//! as in Rust. `tests/it` tests the rest of the interface from C.

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use identifai::{
    Client, ClientBuilder, Error, Frames, Image, ImageReport, KeyFramesMethod, MediaType, RateLimit, Submission, Video,
    WaitOptions,
};
use test_support::Server;

use crate::calls::{Handle, identifai_result, identifai_submit_url};
use crate::failure::*;
use crate::memory::{free_object, make, read};
use crate::options::{Options, identifai_options_new};
use crate::report::*;
use crate::setters::*;
use crate::submission::{IDENTIFAI_IMAGE, Source};

/// Creates a client in which every second call panics: inside the call, after its only attempt.
fn panicking() -> Handle {
    let panics = AtomicBool::new(false);
    let builder = Client::builder("key").base_url("http://127.0.0.1:1").retries(0).on_attempt(move |_| {
        assert!(panics.fetch_xor(true, Ordering::Relaxed), "a s3cret");
    });
    Handle(builder.build().unwrap())
}

/// Makes a call that fails. Returns its code, and the error's `may_have_been_sent`.
unsafe fn outcome(call: impl FnOnce(*mut *mut Failure) -> i32) -> (i32, i32) {
    unsafe {
        let mut error = null_mut();
        let code = call(&raw mut error);
        assert_eq!(identifai_error_code(error), code);
        assert_eq!(identifai_error_retryable(error), i32::from(code != IDENTIFAI_ERROR_PANIC));
        assert!(!CStr::from_ptr(identifai_error_message(error)).to_str().unwrap().contains("s3cret"));
        let may_have_been_sent = identifai_error_may_have_been_sent(error);
        identifai_error_free(error);
        (code, may_have_been_sent)
    }
}

#[test]
fn call_that_panics_returns_code() {
    let client = panicking();
    let submit = |error| unsafe {
        let mut identifier = null_mut();
        let url = c"https://example.com/cat.jpg".as_ptr();
        let code = identifai_submit_url(&raw const client, IDENTIFAI_IMAGE, url, null(), &raw mut identifier, error);
        assert!(identifier.is_null());
        code
    };
    let result = |error| unsafe {
        let mut report = null_mut();
        let code = identifai_result(&raw const client, IDENTIFAI_IMAGE, c"abc".as_ptr(), &raw mut report, error);
        assert!(report.is_null());
        code
    };
    unsafe {
        // A submit that panicked may have been sent. The client can be used after each panic.
        assert_eq!(outcome(submit), (IDENTIFAI_ERROR_PANIC, 1));
        assert_eq!(outcome(submit), (IDENTIFAI_ERROR_CONNECT, 0));
        assert_eq!(outcome(result), (IDENTIFAI_ERROR_PANIC, 0));
        assert_eq!(outcome(result), (IDENTIFAI_ERROR_CONNECT, 0));
        assert_eq!(submit(null_mut()), IDENTIFAI_ERROR_PANIC);
    }
}

#[test]
fn objects_are_send_and_sync() {
    // The header promises that any number of threads may use them.
    fn assert_send_and_sync<T: Send + Sync>() {}
    assert_send_and_sync::<Handle>();
    assert_send_and_sync::<Options>();
    assert_send_and_sync::<Report>();
    assert_send_and_sync::<Failure>();
}

#[test]
fn accessor_or_constructor_panic_is_caught() {
    assert_eq!(unsafe { read(std::ptr::from_ref(&7), -1, |_| panic!("in an accessor")) }, -1);
    assert!(make::<u8>(|| panic!("in a constructor")).is_null());
}

#[test]
fn destructor_panic_is_caught() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    unsafe { free_object(make(|| Bad)) };
}

/// Returns the string at a pointer, or `None` for NULL.
unsafe fn str_at<'a>(text: *const c_char) -> Option<&'a str> {
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_str().unwrap())
}

/// Returns the error of a submit to a server that sends `response` and closes the connection.
fn failed_submit(response: &'static [u8]) -> Error {
    let server = Server::start(move |connection| {
        connection.request();
        connection.send(response);
    });
    server.client().submit(&Image::from_url("https://example.com/cat.jpg")).unwrap_err()
}

#[test]
fn error_has_all_fields_of_rust_error() {
    let lost = failed_submit(b"HTTP/1.1 200 OK\r\nRetry-After: 2\r\nContent-Length: 99\r\n\r\n<h1>\0\xff</h1>");
    let causes = format!("{lost:#}");
    assert_ne!(causes, lost.to_string(), "the error has a cause");
    let lost = Failure::from(lost);
    let lost = &raw const lost;
    unsafe {
        assert_eq!(identifai_error_code(lost), IDENTIFAI_ERROR_DISCONNECTED);
        assert_eq!(str_at(identifai_error_kind(lost)), Some("disconnected"));
        assert_eq!(str_at(identifai_error_message(lost)), Some(causes.as_str()));
        assert_eq!((identifai_error_status(lost), identifai_error_retry_after_ms(lost)), (200, 2_000));
        assert_eq!(str_at(identifai_error_identifier(lost)), None);
        assert_eq!(str_at(identifai_error_body(lost)), Some("<h1>\u{fffd}\u{fffd}</h1>"));
        assert_eq!((identifai_error_may_have_been_sent(lost), identifai_error_retryable(lost)), (1, 0));
    }
    let known = failed_submit(b"HTTP/1.1 502 X\r\nContent-Length: 20\r\n\r\n{\"identifier\":\"abc\"}");
    let known = Failure::from(known);
    let known = &raw const known;
    unsafe {
        assert_eq!((identifai_error_code(known), identifai_error_status(known)), (IDENTIFAI_ERROR_SERVER, 502));
        assert_eq!(str_at(identifai_error_identifier(known)), Some("abc"));
        assert_eq!(identifai_error_retry_after_ms(known), -1);
    }
    // For this error, both flags are 0.
    let rejected = Failure::from(failed_submit(b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n"));
    let rejected = &raw const rejected;
    unsafe {
        assert_eq!((identifai_error_may_have_been_sent(rejected), identifai_error_retryable(rejected)), (0, 0));
        assert_eq!((str_at(identifai_error_body(rejected)), str_at(identifai_error_body(null()))), (None, None));
    }
    let invalid = Failure::invalid("na\0me", "is invalid");
    let invalid = &raw const invalid;
    assert_eq!(unsafe { str_at(identifai_error_message(invalid)) }, Some("na\u{fffd}me: is invalid"));
}

/// Returns the report of an image with the given JSON.
fn report(json: &str) -> Report {
    Report::from_any(&serde_json::from_str::<ImageReport>(json).unwrap().into())
}

#[test]
fn report_accessors_return_all_fields() {
    let full = report(
        r#"{"identifier": "abc", "status": "errored", "hash": "a hash", "name": "a\u0000name", "ref_id": "a ref",
            "result_url": "a url", "errors": "a reason", "is_nsfw": true, "has_heatmap": false, "new": 1,
            "verdict": {"heuristic": "Main", "confidence": 0.75, "classification": "artificial"},
            "verdicts": [{"heuristic": "First", "confidence": 0.5, "classification": "human"},
                {"classification": "morphed"}]}"#,
    );
    let full = &raw const full;
    unsafe {
        assert_eq!(str_at(identifai_report_identifier(full)), Some("abc"));
        assert_eq!(str_at(identifai_report_hash(full)), Some("a hash"));
        assert_eq!(str_at(identifai_report_name(full)), Some("a\u{fffd}name"));
        assert_eq!(str_at(identifai_report_ref_id(full)), Some("a ref"));
        assert_eq!(str_at(identifai_report_result_url(full)), Some("a url"));
        assert_eq!(str_at(identifai_report_errors(full)), Some("a reason"));
        assert_eq!((identifai_report_nsfw(full), identifai_report_has_heatmap(full)), (1, 0));
        assert!(str_at(identifai_report_json(full)).unwrap().contains("\"new\":1"));
        assert_eq!(identifai_report_verdict_count(full), 2);
        let verdict = |number| {
            let classification = identifai_report_verdict_classification(full, number);
            let heuristic = str_at(identifai_report_verdict_heuristic(full, number));
            (heuristic, classification, identifai_report_verdict_confidence(full, number).to_string())
        };
        assert_eq!(verdict(IDENTIFAI_MAIN_VERDICT), (Some("Main"), IDENTIFAI_ARTIFICIAL, "0.75".to_owned()));
        assert_eq!(verdict(0), (Some("First"), IDENTIFAI_HUMAN, "0.5".to_owned()));
        assert_eq!(verdict(1), (None, IDENTIFAI_OTHER_CLASSIFICATION, "-1".to_owned()));
        for number in [2, -2, i32::MAX, i32::MIN] {
            assert_eq!(verdict(number), (None, IDENTIFAI_UNCLASSIFIED, "-1".to_owned()));
        }
    }
}

#[test]
fn report_state_follows_status() {
    let table = [
        ("new", IDENTIFAI_STATE_PENDING, 0, IDENTIFAI_UNCLASSIFIED),
        ("done", IDENTIFAI_STATE_DONE, 1, IDENTIFAI_HUMAN),
        ("errored", IDENTIFAI_STATE_ERRORED, 1, IDENTIFAI_UNCLASSIFIED),
        ("paused", IDENTIFAI_STATE_OTHER, 0, IDENTIFAI_UNCLASSIFIED),
    ];
    for (status, state, is_finished, classification) in table {
        let verdict = if status == "done" { r#","verdict":{"classification":"human"}"# } else { "" };
        let report = report(&format!(r#"{{"identifier":"abc","status":"{status}"{verdict}}}"#));
        let report = &raw const report;
        unsafe {
            assert_eq!((identifai_report_state(report), identifai_report_finished(report)), (state, is_finished));
            assert_eq!(identifai_report_classification(report), classification, "{status}");
            assert_eq!((identifai_report_nsfw(report), identifai_report_has_heatmap(report)), (-1, -1));
            assert!(identifai_report_errors(report).is_null() && identifai_report_name(report).is_null());
        }
    }
}

type Set<'a> = &'a dyn Fn(*mut Options) -> i32;
const MS: Duration = Duration::from_millis(7);

/// Calls each setter on new options, and compares their `Debug` text with the expected one.
fn compare(table: &[(Set<'_>, String)], debug_text: impl Fn(&Options) -> String) {
    for (set, expected) in table {
        let options = unsafe { identifai_options_new(c"key".as_ptr()) };
        let before = debug_text(unsafe { &*options });
        assert_eq!(set(options), 0, "{expected}");
        assert_eq!(debug_text(unsafe { &*options }), *expected);
        assert_ne!(before, *expected, "the setter changes nothing");
        unsafe { free_object(options) };
    }
}

#[test]
fn client_settings_reach_builder() {
    let with = |set: fn(ClientBuilder) -> ClientBuilder| format!("{:?}", set(Client::builder("key")));
    let pem = c"-----BEGIN";
    let table: [(Set<'_>, String); 18] = unsafe {
        [
            (&|o| identifai_options_set_base_url(o, c"http://[::1]".as_ptr()), with(|b| b.base_url("http://[::1]"))),
            (&|o| identifai_options_set_timeout_ms(o, 7), with(|b| b.timeout(MS))),
            (&|o| identifai_options_set_connect_timeout_ms(o, 7), with(|b| b.connect_timeout(MS))),
            (&|o| identifai_options_set_allow_http(o, 1), with(|b| b.allow_http(true))),
            (&|o| identifai_options_set_proxy(o, c"http://p:1".as_ptr()), with(|b| b.proxy("http://p:1"))),
            (&|o| identifai_options_set_no_proxy(o), with(ClientBuilder::no_proxy)),
            (
                &|o| identifai_options_set_root_certificates(o, pem.as_ptr()),
                with(|b| b.root_certificates("-----BEGIN")),
            ),
            (&|o| identifai_options_set_user_agent(o, c"a/1".as_ptr()), with(|b| b.user_agent("a/1"))),
            (&|o| identifai_options_set_response_limit(o, 7), with(|b| b.response_limit(7))),
            (&|o| identifai_options_set_retries(o, 7), with(|b| b.retries(7))),
            (&|o| identifai_options_set_resend_if_unknown(o, 2), with(|b| b.resend_if_unknown(true))),
            (&|o| identifai_options_set_rate_limit(o, 7, 8), with(|b| b.rate_limit(RateLimit::per_minute(7, 8)))),
            (&|o| identifai_options_set_no_rate_limit(o), with(|b| b.rate_limit(RateLimit::unlimited()))),
            (&|o| identifai_options_set_wait_timeout_ms(o, 7), with(|b| b.wait(WaitOptions::default().timeout(MS)))),
            (
                &|o| identifai_options_set_wait_initial_interval_ms(o, 7),
                with(|b| b.wait(WaitOptions::default().initial_interval(MS))),
            ),
            (
                &|o| identifai_options_set_wait_max_interval_ms(o, 7),
                with(|b| b.wait(WaitOptions::default().max_interval(MS))),
            ),
            (&|o| identifai_options_set_wait_growth(o, 7.0), with(|b| b.wait(WaitOptions::default().growth(7.0)))),
            (
                &|o| identifai_options_set_allow_http(o, 0) + identifai_options_set_retries(o, 1),
                with(|b| b.allow_http(false).retries(1)),
            ),
        ]
    };
    compare(&table, |options| format!("{:?}", options.builder().ok().unwrap()));
}

/// Returns the `Debug` text of a submission with the options.
fn debug_text(source: Source<'_>, medium: MediaType, options: &Options) -> String {
    format!("{:?}", source.submission(medium, &options.submit).ok().unwrap())
}

#[test]
fn image_options_reach_submission() {
    let with = |set: fn(Submission<Image>) -> Submission<Image>| format!("{:?}", set(Image::from_bytes(*b"GIF89a")));
    let table: [(Set<'_>, String); 12] = unsafe {
        [
            (&|o| identifai_options_set_ref_id(o, c"r".as_ptr()), with(|j| j.ref_id("r"))),
            (&|o| identifai_options_set_webhook_url(o, c"w".as_ptr()), with(|j| j.webhook_url("w"))),
            (&|o| identifai_options_set_no_cache(o, 1), with(|j| j.no_cache(true))),
            (&|o| identifai_options_set_no_cache(o, 0), with(|j| j.no_cache(false))),
            (&|o| identifai_options_set_with_morphing(o, 1), with(|j| j.with_morphing(true))),
            (&|o| identifai_options_set_with_tampering(o, -1), with(|j| j.with_tampering(true))),
            (&|o| identifai_options_set_with_heatmap(o, 1), with(|j| j.with_heatmap(true))),
            (&|o| identifai_options_set_with_nsfw(o, 1), with(|j| j.with_nsfw(true))),
            (&|o| identifai_options_set_prevent_c2pa_forces(o, 1), with(|j| j.prevent_c2pa_forces(true))),
            (&|o| identifai_options_set_file_name(o, c"n".as_ptr()), with(|j| j.file_name("n"))),
            (&|o| identifai_options_set_max_size(o, 7), with(|j| j.max_size(7))),
            (&|o| identifai_options_set_any_format(o, 1), with(|j| j.any_format(true))),
        ]
    };
    compare(&table, |options| debug_text(Source::Bytes(b"GIF89a"), MediaType::Image, options));
    // `identifai_classify_from_url` has the same options, except those of uploads.
    for (set, _) in &table[..9] {
        let options = unsafe { identifai_options_new(c"key".as_ptr()) };
        assert_eq!(set(options), 0);
        let options = unsafe { Box::from_raw(options) };
        let submission = debug_text(Source::Url("https://x.test/"), MediaType::Image, &options);
        let debug_text = format!("{:?}", options.url_options("https://x.test/").ok().unwrap());
        assert!(debug_text.contains(&submission), "{debug_text} {submission}");
    }
}

#[test]
fn video_options_reach_submission() {
    let with = |set: fn(Submission<Video>) -> Submission<Video>| format!("{:?}", set(Video::from_path("a.mp4")));
    use KeyFramesMethod::{Color, Flow, IFrames};
    let table: [(Set<'_>, String); 9] = unsafe {
        [
            (&|o| identifai_options_set_frames(o, 30), with(|j| j.frames(Frames::Thirty))),
            (&|o| identifai_options_set_key_frames(o, 1), with(|j| j.key_frames(true))),
            (
                &|o| identifai_options_set_key_frames_method(o, IDENTIFAI_KEY_FRAMES_IFRAMES),
                with(|j| j.key_frames_method(IFrames)),
            ),
            (
                &|o| identifai_options_set_key_frames_method(o, IDENTIFAI_KEY_FRAMES_FLOW),
                with(|j| j.key_frames_method(Flow)),
            ),
            (
                &|o| identifai_options_set_key_frames_method(o, IDENTIFAI_KEY_FRAMES_COLOR),
                with(|j| j.key_frames_method(Color)),
            ),
            (&|o| identifai_options_set_with_morphing(o, 1), with(|j| j.with_morphing(true))),
            (&|o| identifai_options_set_with_tampering(o, 1), with(|j| j.with_tampering(true))),
            (&|o| identifai_options_set_with_nsfw(o, 1), with(|j| j.with_nsfw(true))),
            (&|o| identifai_options_set_prevent_c2pa_forces(o, 1), with(|j| j.prevent_c2pa_forces(true))),
        ]
    };
    compare(&table, |options| debug_text(Source::Path("a.mp4"), MediaType::Video, options));
}
