//! Tests of connection reuse: across calls, threads, clients and forks, and without additional threads.

use std::io::BufRead;

use identifai::{Client, ErrorKind, Image, RateLimit, UrlOptions, classify_from_url};
#[cfg(target_os = "linux")]
use test_support::starts_no_thread;
use test_support::{CAT, ID, Server, accepted, json, response, run_in_subprocess, submitted};

#[test]
fn sequential_submits_reuse_one_connection() {
    let server = Server::responding(accepted());
    let client = server.client();
    for _ in 0..100 {
        client.clone().submit(&Image::from_url(CAT)).unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (100, 1));
}

#[test]
fn small_request_is_sent_in_one_write() {
    let server = Server::start(|connection| {
        while let Ok(piece @ [_, ..]) = connection.stream.fill_buf() {
            let (piece, len) = (String::from_utf8_lossy(piece).into_owned(), piece.len());
            connection.stream.consume(len);
            let status = if piece.starts_with("POST ") && piece.ends_with("--\r\n") { 200 } else { 400 };
            connection.send(&response(status, "text/plain", "abc"));
        }
    });
    let client = server.client();
    for _ in 0..20 {
        client.submit(&Image::from_url(CAT)).unwrap();
        client.submit(&Image::from_bytes(b"\x89PNG\r\n\x1a\n".repeat(100))).unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn classify_from_url_reuses_connections_across_keys() {
    let server = Server::responding(accepted());
    for key in ["one", "two", "three"] {
        let opts = UrlOptions::new(key, CAT).base_url(server.base_url()).rate_limit(RateLimit::unlimited());
        classify_from_url(&opts).unwrap();
    }
    let keys: Vec<_> =
        server.requests().iter().map(|request| request.header("x-api-key").unwrap().to_owned()).collect();
    assert_eq!((keys, server.connections()), (["one", "two", "three"].map(str::to_owned).to_vec(), 1));
}

#[test]
fn connection_after_a_400_is_reused() {
    let server = Server::responding(response(400, "application/json", "{\"error\":\"no\"}"));
    let client = server.client();
    for _ in 0..5 {
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap_err().kind(), ErrorKind::Rejected);
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn client_shared_by_threads_submits_from_each() {
    let server = Server::responding(accepted());
    let client = server.client();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|_| drop(client.submit(&Image::from_url(CAT)).unwrap())));
        }
    });
    assert_eq!(server.requests().len(), 200);
    assert!(server.connections() <= 8);
}

#[test]
fn connection_closed_while_idle_is_not_reused() {
    let server = Server::start(|connection| {
        connection.request();
        connection.send(&accepted());
    });
    let client = server.client();
    for _ in 0..3 {
        client.submit(&Image::from_url(CAT)).unwrap();
        // Gives the server's close time to arrive.
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!((server.requests().len(), server.connections()), (3, 3));
}

/// Adds headers to `response`. Each of them ends with `\r\n`.
fn with_headers(response: &str, headers: &str) -> String {
    response.replacen("\r\n", &format!("\r\n{headers}"), 1)
}

#[test]
fn connection_is_reused_only_as_keep_alive_announces() {
    let table = [
        ("", true),
        ("Keep-Alive: timeout=5\r\n", true),
        ("Keep-Alive: timeout=5, max=100\r\n", true),
        ("Keep-Alive: timeout=99999999999999999999\r\n", true),
        ("Keep-Alive: soon\r\n", true),
        ("Keep-Alive: timeout=1\r\n", false),
        ("Keep-Alive: timeout=0\r\n", false),
        ("Keep-Alive: timeout=5, max=1\r\n", false),
        ("keep-alive: MAX=0;TIMEOUT=\"60\"\r\n", false),
        ("Keep-Alive: timeout=60\r\nKeep-Alive: timeout=1\r\n", false),
        ("Connection: close\r\nKeep-Alive: timeout=60\r\n", false),
    ];
    let sent = submitted(ID);
    let pending = json(&format!("{{\"identifier\":\"{ID}\",\"status\":\"new\"}}"));
    for (fields, is_reused) in table {
        let expected = if is_reused { 1 } else { 3 };
        let accepting = Server::responding(with_headers(&accepted(), fields));
        let client = accepting.client();
        for _ in 0..3 {
            client.submit(&Image::from_url(CAT)).unwrap();
        }
        assert_eq!(accepting.connections(), expected, "submits: {fields}");
        let reporting = Server::responding(with_headers(&pending, fields));
        let client = reporting.client();
        for _ in 0..3 {
            client.result(&sent).unwrap();
        }
        assert_eq!(reporting.connections(), expected, "reads: {fields}");
        // ureq returns the connection to its pool before it returns a response without a body.
        let refusing = Server::responding(with_headers("HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n", fields));
        let client = refusing.client();
        for _ in 0..3 {
            client.submit(&Image::from_url(CAT)).unwrap_err();
        }
        assert_eq!(refusing.connections(), expected, "responses without a body: {fields}");
    }
}

#[test]
fn keep_alive_of_an_interim_response_is_ignored() {
    let interim = "HTTP/1.1 103 Early Hints\r\nKeep-Alive: timeout=0\r\n\r\n";
    for (fields, connections) in [("", 1), ("Keep-Alive: timeout=1\r\n", 3)] {
        let server = Server::responding(format!("{interim}{}", with_headers(&accepted(), fields)));
        let client = server.client();
        for _ in 0..3 {
            client.submit(&Image::from_url(CAT)).unwrap();
        }
        assert_eq!(server.connections(), connections, "{fields}");
    }
}

#[test]
fn keep_alive_after_100_continue_and_split_is_applied() {
    let server = Server::start(|connection| {
        while let Some(head) = connection.head() {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let response = with_headers(&accepted(), "Keep-Alive: timeout=1\r\n");
            let (first, second) = response.split_at(40);
            if head.contains("expect: 100-continue") {
                connection.send("HTTP/1.1 100 Continue\r\nKeep-Alive: timeout=60\r\n\r\n");
            }
            connection.bytes(length.parse().unwrap()).unwrap();
            connection.send(first);
            std::thread::sleep(std::time::Duration::from_millis(10));
            connection.send(second);
        }
    });
    let client = server.client();
    for len in [10, 2 << 20, 10] {
        client.submit(&Image::from_bytes([&b"\x89PNG\r\n\x1a\n"[..], &vec![7; len]].concat())).unwrap();
    }
    assert_eq!(server.connections(), 3);
}

#[test]
fn client_and_options_are_send_and_sync() {
    fn assert_send_sync<T: Send + Sync + Clone + 'static>() {}
    assert_send_sync::<Client>();
    assert_send_sync::<UrlOptions>();
    assert_send_sync::<identifai::Submission<Image>>();
    assert_send_sync::<identifai::Submitted<Image>>();
    assert_send_sync::<identifai::CancelHandle>();
}

#[cfg(target_os = "linux")]
#[test]
fn warm_call_starts_no_thread() {
    if run_in_subprocess("connections::warm_call_starts_no_thread", &[]).is_some() {
        return;
    }
    let server = Server::responding(accepted());
    let client = server.client();
    let sent = client.submit(&Image::from_url(CAT)).unwrap();
    let starts_none = starts_no_thread(|| {
        for _ in 0..5 {
            client.submit(&Image::from_url(CAT)).unwrap();
            client.result(&sent).unwrap();
        }
    });
    assert!(starts_none, "warm calls start threads");
}

#[cfg(unix)]
#[test]
#[allow(unsafe_code)]
fn forked_child_opens_its_own_connections() {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(status: i32) -> !;
    }
    let name = "connections::forked_child_opens_its_own_connections";
    if run_in_subprocess(name, &[]).is_some() {
        return;
    }
    let server = Server::responding(accepted());
    let client = server.client();
    let submit = || client.submit(&Image::from_url(CAT)).is_ok() && classify_from_url(&server.options()).is_ok();
    assert!(submit());
    let before = server.connections();
    // SAFETY: the child makes its calls and ends with `_exit`, so it runs no destructor and no further test.
    let status = unsafe {
        match fork() {
            0 => {
                let fine = submit();
                client.cancel_handle().cancel();
                _exit(i32::from(!fine))
            }
            child => {
                let mut status = -1;
                assert_eq!(waitpid(child, &raw mut status, 0), child);
                status
            }
        }
    };
    assert_eq!(status, 0, "the child could not submit");
    assert_eq!(server.connections(), 2 * before, "the child opened its own connections");
    assert!(submit(), "the child did not shut down the parent's connections");
    assert_eq!(server.connections(), 2 * before, "the parent reuses its connections");
}
