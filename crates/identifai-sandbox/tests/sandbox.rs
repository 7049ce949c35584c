//! Tests of the sandbox with the client of `identifai`.

// A test that cannot continue panics.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use identifai::{
    Audio, Classification, Client, ErrorKind, Frames, Image, MediaType, RateLimit, State, Submitted, UrlOptions, Video,
    WaitOptions, classify_from_url,
};
use identifai_sandbox::Sandbox;
use sha2::{Digest, Sha256};

const CAT: &str = "https://example.com/cat.jpg";

/// Starts a sandbox without rate limits.
fn start() -> Sandbox {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_limits(RateLimit::unlimited());
    sandbox
}

fn client(sandbox: &Sandbox) -> Client {
    let wait =
        WaitOptions::default().initial_interval(Duration::from_millis(5)).max_interval(Duration::from_millis(20));
    let builder = Client::builder(sandbox.api_key()).base_url(sandbox.base_url()).wait(wait);
    builder.rate_limit(RateLimit::unlimited()).retries(0).build().unwrap()
}

fn submit(sandbox: &Sandbox, path: &str) -> Result<String, ErrorKind> {
    let submission = Image::from_url(format!("https://sandbox.test/{path}"));
    let sent = client(sandbox).submit(&submission).map_err(|error| error.kind())?;
    Ok(sent.identifier().to_string())
}

#[test]
fn sandbox_test_url_forces_outcome() {
    let sandbox = start();
    let refused = [
        ("no-credits.jpg", ErrorKind::OutOfCredits),
        ("unsupported.txt", ErrorKind::Rejected),
        ("too-large.jpg", ErrorKind::Rejected),
        ("download-failed.jpg", ErrorKind::Rejected),
        ("forbidden.jpg", ErrorKind::Forbidden),
        ("rate-limited.jpg", ErrorKind::RateLimited),
    ];
    for (path, kind) in refused {
        assert_eq!(submit(&sandbox, path), Err(kind), "{path}");
    }
    assert_eq!((sandbox.credits(), sandbox.submits()), (1_000, 0), "a refusal costs nothing");
    assert_eq!(submit(&sandbox, "anything-else.jpg").unwrap().len(), 64);
    submit(&sandbox, "anything-else.jpg").unwrap();
    assert_eq!((sandbox.credits(), sandbox.submits()), (999, 2), "a repeated submit costs nothing");
    sandbox.set_credits(1);
    assert!(submit(&sandbox, "one.jpg").is_ok());
    assert_eq!(submit(&sandbox, "another.jpg"), Err(ErrorKind::OutOfCredits));
    assert_eq!((sandbox.credits(), sandbox.submits()), (0, 3));
}

#[test]
fn slow_response_does_not_block_others() {
    let sandbox = start();
    let slow = client(&sandbox).with_timeout(Duration::from_millis(100));
    for _ in 0..6 {
        let error = slow.submit(&Image::from_url("https://sandbox.test/slow.jpg")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
    assert!(submit(&sandbox, "quick.jpg").is_ok());
}

#[test]
fn stalled_clients_do_not_block_sandbox() {
    use std::io::Write;

    let sandbox = start();
    let head = "POST /api/image_fromurl HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    let address = sandbox.base_url().strip_prefix("http://").unwrap();
    let stalled: Vec<_> = (0..12)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    assert!(submit(&sandbox, "quick.jpg").is_ok());
    drop(sandbox);
    drop(stalled);
}

#[test]
fn all_options_pass_strict_form_parser() {
    let sandbox = start();
    let opts = UrlOptions::new(sandbox.api_key(), "https://b\u{fc}cher.example/?a=\"b\"\u{1f408}")
        .base_url(sandbox.base_url())
        .rate_limit(RateLimit::unlimited())
        .ref_id("\"quoted\"\r\n--\0")
        .webhook_url("https://example.com/hook")
        .with_morphing(true)
        .with_tampering(false)
        .with_heatmap(true)
        .with_nsfw(false)
        .no_cache(true)
        .prevent_c2pa_forces(true);
    assert_eq!(classify_from_url(&opts).unwrap().as_str().len(), 64);
}

#[test]
fn wrong_key_is_refused() {
    let sandbox = start();
    let opts = UrlOptions::new("another", CAT).base_url(sandbox.base_url()).rate_limit(RateLimit::unlimited());
    let error = classify_from_url(&opts).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unauthorized, Some("Unauthorized")));
}

#[test]
fn sandboxes_are_independent_and_stop_on_drop() {
    let (one, two) = (start(), start());
    assert_ne!(one.base_url(), two.base_url());
    assert_eq!(submit(&one, "a.jpg"), submit(&two, "a.jpg"), "the same file, the same identifier");
    assert_eq!((one.credits(), two.credits()), (999, 999));
    let url = one.base_url().to_owned();
    drop(one);
    let opts = UrlOptions::new("sandbox", CAT)
        .base_url(url)
        .rate_limit(RateLimit::unlimited())
        .retries(0)
        .timeout(Duration::from_secs(5));
    assert_eq!(classify_from_url(&opts).unwrap_err().kind(), ErrorKind::Connect);
    assert!(submit(&two, "b.jpg").is_ok());
}

/// Starts a sandbox whose analyses take `millis` milliseconds.
fn quick(millis: u64) -> Sandbox {
    let sandbox = start();
    sandbox.set_analysis_time(Duration::from_millis(millis));
    sandbox
}

fn image(path: &str) -> identifai::Submission<Image> {
    Image::from_url(format!("https://sandbox.test/{path}"))
}

#[test]
fn wait_returns_verdict_after_analysis() {
    let sandbox = quick(40);
    let client = client(&sandbox);
    let sent = client.submit(&image("c2pa.jpg").ref_id("order-17").with_nsfw(true)).unwrap();
    let early = client.result(&sent).unwrap();
    assert_eq!((early.state(), early.is_artificial(), early.api_version()), (&State::Pending, None, None));
    let report = client.wait(&sent).unwrap();
    assert_eq!((report.state(), report.is_artificial()), (&State::Done, Some(true)));
    assert_eq!(
        (report.ref_id(), report.name(), report.is_nsfw().is_some()),
        (Some("order-17"), Some("c2pa.jpg"), true)
    );
    assert_eq!(report.c2pa().unwrap().validation_state.as_deref(), Some("Valid"));
    assert_eq!(report.verdict().unwrap().models, ["sandbox"]);
    assert_eq!(sandbox.credits(), 999, "polling costs nothing");
}

#[test]
fn failed_analysis_fails_wait_but_not_result() {
    let sandbox = quick(0);
    let client = client(&sandbox);
    let error = client.classify(&image("errored.jpg")).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::AnalysisFailed, Some("The file is not an image.")));
    let sent = Submitted::<Image>::new(error.identifier().unwrap().clone());
    let report = client.result(&sent).unwrap();
    assert_eq!((report.state(), report.errors()), (&State::Errored, Some("The file is not an image.")));
    assert_eq!(client.poll(&sent).unwrap_err().kind(), ErrorKind::AnalysisFailed);
}

#[test]
fn detections_and_heatmap_need_options() {
    let sandbox = quick(0);
    let client = client(&sandbox);
    let bare = client.submit(&image("a.jpg")).unwrap();
    assert_eq!(client.heatmap(&bare).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(client.result(&bare).unwrap().detections().count(), 0);
    let all = client.submit(&image("a.jpg").with_heatmap(true).with_tampering(true)).unwrap();
    let report = client.wait(&all).unwrap();
    let detection = report.detections().next().unwrap();
    assert!(detection.bounding_box.is_some() && detection.verdict.is_some() && !detection.results.is_empty());
    assert_eq!(report.has_heatmap(), Some(true));
    let heatmap = client.heatmap(&all).unwrap();
    assert_eq!((heatmap.width(), heatmap.height()), (64, 64));
    assert_ne!(heatmap, client.heatmap(&client.submit(&image("b.jpg").with_heatmap(true)).unwrap()).unwrap());
}

#[test]
fn override_applies_to_later_results() {
    let sandbox = quick(0);
    let client = client(&sandbox);
    let report = client.classify(&image("c2pa.jpg")).unwrap();
    client.override_verdict(MediaType::Image, report.hash().unwrap(), &Classification::Human).unwrap();
    for submission in [image("c2pa.jpg"), image("c2pa.jpg").with_nsfw(true)] {
        let report = client.classify(&submission).unwrap();
        assert_eq!(report.verdict().unwrap().classification, Some(Classification::Artificial));
        assert_eq!(
            (report.force_classification(), report.is_artificial()),
            (Some(&Classification::Human), Some(false))
        );
    }
    let unknown = "0".repeat(64);
    let error = client.override_verdict(MediaType::Image, &unknown, &Classification::Human).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn results_of_over_100_are_read_in_pages() {
    let sandbox = quick(0);
    let client = client(&sandbox);
    let mut sent: Vec<_> = (0..120).map(|number| client.submit(&image(&format!("{number}.jpg"))).unwrap()).collect();
    sent.insert(60, Submitted::new("nobody".parse().unwrap()));
    let reports = client.results(&sent).unwrap();
    for (index, (sent, report)) in sent.iter().zip(&reports).enumerate() {
        assert_eq!(report.as_ref().map(identifai::Report::identifier), (index != 60).then_some(sent.identifier()));
    }
    assert_eq!(reports.len(), 121);
}

const MP4: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";

#[test]
fn all_media_are_accepted_by_url_and_upload() {
    let sandbox = quick(0);
    let client = client(&sandbox);
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &vec![7; 3 << 20]].concat();
    let report = client.classify(&Image::from_bytes(png.clone()).file_name("a \"b\";.png")).unwrap();
    assert_eq!((report.name(), report.has_heatmap()), (Some("a \"b\";.png"), Some(false)));
    assert_eq!(
        report.hash(),
        Some(format!("{:x}", Sha256::digest(&png)).as_str()),
        "the hash is that of the exact bytes"
    );

    let submission = Video::from_reader(MP4, MP4.len() as u64).frames(Frames::Ten).ref_id("v-1");
    let report = client.classify(&submission).unwrap();
    assert_eq!((report.images().len(), report.audios().len(), report.ref_id()), (10, 1, Some("v-1")));
    assert_eq!((report.name(), report.verdict().unwrap().count), (Some("video.mp4"), Some(10)));
    assert!(report.images()[9].is_artificial().is_some());
    assert_eq!(report.hash(), Some(format!("{:x}", Sha256::digest(MP4)).as_str()));

    let report = client.classify(&Audio::from_bytes(b"ID3\x04some sound".to_vec())).unwrap();
    assert_eq!((report.name(), report.segments().len(), report.results().len()), (Some("audio.mp3"), 2, 1));
    client.override_verdict(MediaType::Audio, report.hash().unwrap(), &Classification::Human).unwrap();
    assert_eq!(client.result(&report.submitted()).unwrap().is_artificial(), Some(false));
    let error = client.override_verdict(MediaType::Image, report.hash().unwrap(), &Classification::Human).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "hashes are separate for each medium");

    let video = client.submit(&Video::from_url("https://x.test/a.mp4")).unwrap();
    let audio = client.submit(&Audio::from_url("https://x.test/a.mp4")).unwrap();
    assert_ne!(video.identifier(), audio.identifier());
    assert_eq!(client.results(std::slice::from_ref(&video)).unwrap()[0].as_ref().unwrap().images().len(), 5);
    assert!(client.result(&audio).unwrap().is_finished());
    let as_image = Submitted::<Image>::new(video.into());
    assert_eq!(client.result(&as_image).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(sandbox.credits(), 995);
}

#[test]
fn unsupported_or_too_large_upload_is_refused() {
    let sandbox = quick(0);
    let client = client(&sandbox);
    let refused = |outcome: Result<(), identifai::Error>| outcome.unwrap_err().message().unwrap().to_owned();
    let text = Image::from_bytes(b"some text".to_vec()).any_format(true);
    assert_eq!(refused(client.submit(&text).map(drop)), "The uploaded file format is not supported.");
    let video = Image::from_bytes(MP4).any_format(true);
    assert_eq!(refused(client.submit(&video).map(drop)), "The uploaded file format is not supported.");
    // The sandbox refuses it because of its `Content-Length`, before the body is sent.
    let endless = std::io::Read::chain(&b"\x89PNG\r\n\x1a\n"[..], std::io::repeat(7));
    let huge = Image::from_reader(endless, 60 << 20).max_size(u64::MAX);
    assert_eq!(refused(client.submit(&huge).map(drop)), "The uploaded file exceeds the maximum allowed size of 50Mb.");
    assert_eq!(sandbox.credits(), 1_000);
}

#[test]
fn only_client_without_rate_limit_is_refused() {
    let sandbox = Sandbox::start().unwrap();
    let without_rate_limit = client(&sandbox);
    // Two of the 25 requests are within one second, even on a slow machine. The limit of a minute is not reached.
    let error = (0..25).find_map(|_| without_rate_limit.submit(&image("a.jpg")).err()).unwrap();
    assert_eq!((error.kind(), error.message()), (ErrorKind::RateLimited, Some("Too Many Attempts.")));
    assert_eq!((error.status(), error.retry_after()), (Some(429), Some(Duration::from_secs(1))));
    assert!(!error.may_have_been_sent());

    sandbox.set_limits(RateLimit::per_minute(1, 1));
    let sent = without_rate_limit.submit(&image("a.jpg")).unwrap();
    without_rate_limit.result(&sent).unwrap();
    for error in
        [without_rate_limit.submit(&image("a.jpg")).unwrap_err(), without_rate_limit.result(&sent).unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        let left = error.retry_after().unwrap().as_secs();
        assert!((50..=60).contains(&left), "the rest of the minute: {left}");
    }

    let rate_limit = RateLimit::per_minute(6_000, 6_000);
    sandbox.set_limits(rate_limit);
    let builder = Client::builder(sandbox.api_key()).base_url(sandbox.base_url()).retries(0);
    let rate_limited = builder.rate_limit(rate_limit).build().unwrap();
    for _ in 0..4 {
        let sent = rate_limited.submit(&image("a.jpg")).unwrap();
        rate_limited.result(&sent).unwrap();
    }
}

#[test]
fn upload_over_limit_is_refused_unsent() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_limits(RateLimit::per_minute(1, 1));
    let client = client(&sandbox);
    client.submit(&image("a.jpg")).unwrap();
    let endless = std::io::Read::chain(&b"\x89PNG\r\n\x1a\n"[..], std::io::repeat(7));
    let sent_bytes = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let seen = std::sync::Arc::clone(&sent_bytes);
    let submission = Image::from_reader(endless, 40 << 20).on_progress(move |progress| {
        seen.store(progress.sent, std::sync::atomic::Ordering::Relaxed);
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(client.submit(&submission).unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(sent_bytes.load(std::sync::atomic::Ordering::Relaxed), 0);
    assert_eq!((sandbox.submits(), sandbox.credits()), (1, 999));
}
