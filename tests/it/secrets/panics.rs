//! Tests of panics in a caller's function that this crate calls: the output contains no secret, and the client can
//! still be used.

use std::fmt::Write;
use std::io::Read;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use identifai::{Client, Image};
use test_support::secrets::{PLANTED, SIGNED_URL, assert_no_key};
use test_support::{ID, Server, accepted, run_in_subprocess};

/// A reader that panics.
struct Panics;

impl Read for Panics {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        panic!("on purpose")
    }
}

#[test]
fn callback_panic_hides_secrets_and_keeps_the_client() {
    static OUTPUT: Mutex<String> = Mutex::new(String::new());

    if run_in_subprocess("secrets::panics::callback_panic_hides_secrets_and_keeps_the_client", &[]).is_some() {
        return;
    }
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|info| {
        writeln!(OUTPUT.lock().unwrap(), "{info}\n{}", std::backtrace::Backtrace::force_capture()).unwrap();
    }));
    let server = Server::responding(accepted());
    let client = server.client();
    let watched = server.builder().on_attempt(|_| panic!("on purpose")).build().unwrap();
    let png = b"\x89PNG\r\n\x1a\n";
    let reader = || Image::from_reader(png.chain(Panics), 1_000).webhook_url(SIGNED_URL);
    let calls: [&dyn Fn(&Client) -> bool; 4] = [
        &|_| watched.submit(&Image::from_url(SIGNED_URL)).is_ok(),
        &|client| client.submit(&reader()).is_ok(),
        &|client| client.submit(&Image::from_bytes(png).on_progress(|_| panic!("on purpose"))).is_ok(),
        &|client| client.batch([reader()]).on_progress(|_| panic!("on purpose")).count() > 0,
    ];
    for call in calls {
        assert!(panic::catch_unwind(AssertUnwindSafe(|| call(&client))).is_err(), "the panic reaches the caller");
        let next = client.submit(&Image::from_url(SIGNED_URL)).unwrap();
        assert_eq!(next.identifier().as_str(), ID);
    }
    panic::set_hook(usual);
    let output = OUTPUT.lock().unwrap();
    assert!(output.contains("on purpose"), "{output}");
    assert_no_key(&output);
    assert!(!output.contains(PLANTED), "{output}");
}
