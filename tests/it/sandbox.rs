//! The sandbox is a service that every client can be tried against.

use std::time::Duration;

use identifai::sandbox::Sandbox;
use identifai::{Client, ErrorKind, Image, Pace, UrlOptions, classify_from_url};

use crate::support::CAT;

fn client(sandbox: &Sandbox) -> Client {
    Client::builder(sandbox.api_key()).base_url(sandbox.base_url()).pace(Pace::off()).retries(0).build().unwrap()
}

fn submit(sandbox: &Sandbox, path: &str) -> Result<String, ErrorKind> {
    let job = Image::from_url(format!("https://sandbox.test/{path}"));
    let sent = client(sandbox).submit(&job).map_err(|error| error.kind())?;
    Ok(sent.identifier().to_string())
}

#[test]
fn every_well_known_url_forces_its_outcome() {
    let sandbox = Sandbox::start().unwrap();
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
    assert_eq!(sandbox.credits(), 1_000, "a refusal costs nothing");
    assert_eq!(submit(&sandbox, "anything-else.jpg").unwrap().len(), 64);
    assert_eq!(sandbox.credits(), 999);
}

#[test]
fn a_slow_answer_is_slow_and_holds_up_nobody() {
    let sandbox = Sandbox::start().unwrap();
    let slow = client(&sandbox).with_timeout(Duration::from_millis(100));
    for _ in 0..6 {
        let error = slow.submit(&Image::from_url("https://sandbox.test/slow.jpg")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
    assert!(submit(&sandbox, "quick.jpg").is_ok());
}

#[test]
fn clients_that_stall_neither_stop_it_nor_keep_it_from_stopping() {
    use std::io::Write;

    let sandbox = Sandbox::start().unwrap();
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
fn all_options_pass_its_strict_reader() {
    let sandbox = Sandbox::start().unwrap();
    let opts = UrlOptions::new(sandbox.api_key(), "https://b\u{fc}cher.example/?a=\"b\"\u{1f408}")
        .base_url(sandbox.base_url())
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
fn a_wrong_key_is_refused() {
    let sandbox = Sandbox::start().unwrap();
    let opts = UrlOptions::new("another", CAT).base_url(sandbox.base_url());
    let error = classify_from_url(&opts).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unauthorized, Some("Unauthorized")));
}

#[test]
fn several_run_at_once_and_each_stops_with_its_owner() {
    let (one, two) = (Sandbox::start().unwrap(), Sandbox::start().unwrap());
    assert_ne!(one.base_url(), two.base_url());
    assert_eq!(submit(&one, "a.jpg"), submit(&two, "a.jpg"), "the same file, the same identifier");
    assert_eq!((one.credits(), two.credits()), (999, 999));
    let url = one.base_url().to_owned();
    drop(one);
    let opts = UrlOptions::new("sandbox", CAT).base_url(url).retries(0).timeout(Duration::from_secs(5));
    assert_eq!(classify_from_url(&opts).unwrap_err().kind(), ErrorKind::Connect);
    assert!(submit(&two, "b.jpg").is_ok());
}
