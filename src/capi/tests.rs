//! A panic inside comes out as a code. What else the interface promises is tested from C, in `tests/capi`.

use std::ffi::CStr;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};

use super::boundary::{free_object, make, read};
use super::calls::{Handle, identifai_result, identifai_submit_url};
use super::failure::{
    Failure, IDENTIFAI_ERROR_CONNECT, IDENTIFAI_ERROR_PANIC, identifai_error_code, identifai_error_free,
    identifai_error_may_have_been_sent, identifai_error_message, identifai_error_retryable,
};
use super::submission::IDENTIFAI_IMAGE;
use crate::Client;

/// A client in which each second call panics: deep in the exchange, after its one try.
fn panicking() -> Handle {
    let panics = AtomicBool::new(false);
    let builder = Client::builder("key").base_url("http://127.0.0.1:1").retries(0).on_attempt(move |_| {
        assert!(panics.fetch_xor(true, Ordering::Relaxed), "a s3cret");
    });
    Handle(builder.build().unwrap())
}

/// Code, and whether it may have been sent.
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
fn a_panic_comes_out_as_a_code_and_the_client_goes_on() {
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
        // Nobody knows what a submit that panicked has sent.
        assert_eq!(outcome(submit), (IDENTIFAI_ERROR_PANIC, 1));
        assert_eq!(outcome(submit), (IDENTIFAI_ERROR_CONNECT, 0));
        assert_eq!(outcome(result), (IDENTIFAI_ERROR_PANIC, 0));
        assert_eq!(outcome(result), (IDENTIFAI_ERROR_CONNECT, 0));
        assert_eq!(submit(null_mut()), IDENTIFAI_ERROR_PANIC);
    }
}

#[test]
fn a_panic_in_an_accessor_or_a_constructor_comes_out_as_nothing() {
    assert_eq!(unsafe { read(std::ptr::from_ref(&7), -1, |_| panic!("in an accessor")) }, -1);
    assert!(make::<u8>(|| panic!("in a constructor")).is_null());
}

#[test]
fn a_panic_in_a_destructor_stays_inside() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    unsafe { free_object(make(|| Bad)) };
}
