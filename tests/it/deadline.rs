//! Tests of the deadline: every call ends in time, whatever the server or the proxy does.

use std::time::{Duration, Instant};

use identifai::{ErrorKind, Image, RateLimit};
#[cfg(target_os = "linux")]
use test_support::FullListener;
use test_support::{CAT, Connection, Server};

const DEADLINE: Duration = Duration::from_millis(250);

/// Asserts that a call to `serve` ends within 50 ms after the deadline. At least one of three calls must, because a
/// machine that is busy with other tests may delay single calls.
fn assert_ends_in_time(serve: fn(&mut Connection)) {
    let server = Server::start(serve);
    let client = server.client().with_timeout(DEADLINE);
    let late = (0..3).map(|_| {
        let start = Instant::now();
        let error = client.submit(&Image::from_url(CAT)).unwrap_err();
        let took = start.elapsed();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, true), "{error}");
        assert!(error.to_string().contains("waiting for the response"), "{error}");
        assert!(error.to_string().contains("deadline of 250ms exceeded"), "{error}");
        assert!(took >= DEADLINE, "{took:?}");
        took.saturating_sub(DEADLINE)
    });
    let mut late = late.inspect(|late| assert!(*late < Duration::from_secs(5), "{late:?}"));
    assert!(late.any(|late| late < Duration::from_millis(50)));
}

#[test]
fn deadline_without_a_response_ends_the_call() {
    assert_ends_in_time(|connection| {
        connection.request();
        connection.wait_for_end();
    });
}

#[test]
fn deadline_with_a_trickling_header_ends_the_call() {
    assert_ends_in_time(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nX-Slow: ");
        connection.trickle(std::iter::repeat(b'x'));
    });
}

#[test]
fn deadline_with_a_stalled_body_ends_the_call() {
    assert_ends_in_time(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n{");
        connection.wait_for_end();
    });
}

#[test]
fn deadline_with_a_trickling_body_ends_the_call() {
    assert_ends_in_time(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        connection.trickle(std::iter::repeat(b' '));
    });
}

/// Asserts that an upload to a server that runs `read` ends within 50 ms after the deadline, and reports that the submit
/// was not sent.
fn assert_upload_ends_in_time(read: fn(&mut Connection)) {
    let server = Server::start(read);
    // Larger than the socket buffers of both ends.
    let job = Image::from_url(CAT).ref_id("x".repeat(16 << 20));
    let client = server.client().with_timeout(DEADLINE);
    let late = (0..3).map(|_| {
        let start = Instant::now();
        let error = client.submit(&job).unwrap_err();
        let took = start.elapsed();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
        assert!(error.to_string().contains("while sending the request to"), "{error}");
        took.saturating_sub(DEADLINE)
    });
    let late: Vec<_> = late.collect();
    assert!(late.iter().any(|late| *late < Duration::from_millis(50)), "{late:?}");
}

#[test]
fn deadline_with_an_unread_upload_ends_the_call() {
    assert_upload_ends_in_time(|connection| {
        connection.head();
        std::thread::sleep(Duration::from_millis(300));
    });
}

#[test]
fn deadline_with_a_slowly_read_upload_ends_the_call() {
    assert_upload_ends_in_time(|connection| {
        connection.head();
        let mut buffer = vec![0; 32 * 1024];
        for _ in 0..15 {
            let _ = std::io::Read::read(&mut connection.stream, &mut buffer);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn deadline_with_a_trickling_proxy_ends_the_call() {
    let proxy = Server::start(|connection| {
        connection.head();
        connection.send("HTTP/1.1 200 OK\r\nX-Slow: ");
        connection.trickle(std::iter::repeat_n(b'x', 100));
    });
    let client = identifai::Client::builder("key")
        .base_url("https://api.test")
        .rate_limit(RateLimit::unlimited())
        .proxy(proxy.base_url())
        .retries(0);
    for client in [client.clone().timeout(DEADLINE), client.connect_timeout(DEADLINE)] {
        let client = client.build().unwrap();
        let late = (0..3).map(|_| {
            let start = Instant::now();
            let error = client.submit(&Image::from_url(CAT)).unwrap_err();
            assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
            start.elapsed().saturating_sub(DEADLINE)
        });
        let late: Vec<_> = late.collect();
        assert!(late.iter().any(|late| *late < Duration::from_millis(50)), "{late:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[allow(unsafe_code)]
fn deadline_with_signals_is_not_extended() {
    unsafe extern "C" {
        fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
        fn pthread_self() -> usize;
        fn pthread_kill(thread: usize, number: i32) -> i32;
    }
    extern "C" fn nothing(_: i32) {}
    const SIGUSR1: i32 = 10;
    if test_support::run_in_subprocess("deadline::deadline_with_signals_is_not_extended", &[]).is_some() {
        return;
    }
    let server = Server::start(|connection| {
        connection.head();
        // Keeps the connection open without reading the body.
        std::thread::park_timeout(Duration::from_secs(5));
    });
    // SAFETY: the handler has an empty body, so it is async-signal-safe.
    unsafe { signal(SIGUSR1, nothing) };
    for job in [Image::from_url(CAT), Image::from_url(CAT).ref_id("x".repeat(16 << 20))] {
        // SAFETY: `pthread_self` has no preconditions.
        let caller = unsafe { pthread_self() };
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..150 {
                    if over.load(std::sync::atomic::Ordering::SeqCst) {
                        break;
                    }
                    // SAFETY: the scope joins this thread before `caller` can end, so `caller` is a live thread.
                    unsafe { pthread_kill(caller, SIGUSR1) };
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let start = Instant::now();
            let error = server.client().with_timeout(DEADLINE).submit(&job).unwrap_err();
            over.store(true, std::sync::atomic::Ordering::SeqCst);
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
            assert!(start.elapsed() < 4 * DEADLINE, "{:?}", start.elapsed());
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn deadline_of_microseconds_is_not_extended() {
    let full = FullListener::new();
    let client = identifai::Client::builder("key")
        .base_url(format!("http://{}", full.address))
        .rate_limit(RateLimit::unlimited())
        .retries(0);
    for client in [
        client.clone().timeout(Duration::from_micros(20)),
        client.clone().timeout(Duration::from_millis(50)),
        client.connect_timeout(Duration::from_nanos(1)),
    ] {
        let start = Instant::now();
        let error = client.build().unwrap().submit(&Image::from_url(CAT)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Timeout, false), "{error}");
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn connect_after_a_silent_address_tries_the_next() {
    let full = FullListener::new();
    let Ok(listener) = std::net::TcpListener::bind(("::1", full.address.port())) else {
        eprintln!("SKIPPED connect_after_a_silent_address_tries_the_next: no IPv6 loopback");
        return;
    };
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
        std::io::Write::write_all(&mut stream, test_support::accepted().as_bytes()).unwrap();
        std::thread::park_timeout(Duration::from_secs(5));
    });
    let url = format!("http://localhost:{}", full.address.port());
    let client = identifai::Client::builder("key")
        .base_url(url)
        .rate_limit(RateLimit::unlimited())
        .retries(0)
        .connect_timeout(2 * DEADLINE);
    let sent = client.build().unwrap().submit(&Image::from_url(CAT)).unwrap();
    assert_eq!(sent.identifier().as_str(), test_support::ID);
}

#[test]
fn deadline_max_is_accepted_and_zero_is_rejected() {
    let server = Server::responding(test_support::accepted());
    assert!(server.client().with_timeout(Duration::MAX).submit(&Image::from_url(CAT)).is_ok());
    let error = server.client().with_timeout(Duration::ZERO).submit(&Image::from_url(CAT)).unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Config, 1));
}
