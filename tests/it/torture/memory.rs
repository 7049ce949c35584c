//! Tests of memory use: a response of any length and content takes little more memory than the response limit.

use std::io::Write;
use std::time::Duration;

use identifai::{AnyReport, ImageReport};
use test_support::{process_status, run_in_subprocess};

use super::{Call, fill, hostile_server};

const CASE: &str = "IDENTIFAI_TEST_CASE";

/// Runs `test` for each case in a separate process.
fn for_each_in_subprocess(name: &str, cases: &[&str], test: fn(&str)) {
    for case in cases {
        if run_in_subprocess(name, &[(CASE, case)]).is_none() {
            return test(&std::env::var(CASE).unwrap());
        }
    }
}

#[test]
fn response_of_100_mib_uses_little_over_the_limit() {
    for_each_in_subprocess(
        "torture::memory::response_of_100_mib_uses_little_over_the_limit",
        &["Content-Length: 104857600", "Transfer-Encoding: chunked", "X: until the end"],
        |framing| {
            // Each invalid UTF-8 byte becomes a replacement character of three bytes in an error. This is slow, so only
            // one case tests it.
            let byte = if framing.starts_with('X') { 0xff } else { b'x' };
            let chunked = framing.ends_with("chunked");
            let block = fill(if chunked { b"{hex}\r\n{body}\r\n" } else { b"{body}" }, &vec![byte; 64 * 1024]);
            let before = process_status("VmHWM");
            for (call, limit) in [(Call::Submit, 4), (Call::Heatmap, 64)] {
                let (head, block) = (format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n"), block.clone());
                let server = hostile_server(call, move |connection| {
                    connection.send(&head);
                    let _ = (0..1_600).try_for_each(|_| connection.stream.get_mut().write_all(&block));
                });
                let patient = server.client().with_timeout(Duration::from_secs(120));
                let error = call.make(&patient).unwrap_err();
                assert!(error.to_string().contains("exceeds the limit"), "{call:?} {framing}: {error}");
                let grown = process_status("VmHWM") - before;
                assert!(grown < (limit + 40) * 1024, "{call:?} {framing}: {grown} KiB");
            }
        },
    );
}

#[test]
fn list_of_blank_elements_takes_under_64_mib() {
    for_each_in_subprocess(
        "torture::memory::list_of_blank_elements_takes_under_64_mib",
        &[
            "{\"identifier\":\"1\",\"details\":[{\"detections\":[@]}]}",
            "{\"identifier\":\"1\",\"verdicts\":[@]}",
            "{\"identifier\":\"1\",\"errors\":[@]}",
            "{\"identifier\":\"1\",\"results\":[{\"classification\":[@]}],\"has_heatmap\":true}",
            "{\"identifier\":\"1\",\"results\":{\"images\":[@]}}",
            "{\"identifier\":\"1\",\"chunk_details\":[@]}",
        ],
        |report| {
            for element in ["{}", "{\"label\":1}"] {
                let count = 4 * 1024 * 1024 / (element.len() + 1);
                let json = report.replace('@', &vec![element; count].join(","));
                let before = process_status("VmHWM");
                let is_read = AnyReport::from_json(&json).is_ok() || ImageReport::from_json(&json).is_ok();
                let grown = process_status("VmHWM") - before;
                assert!(is_read && grown < 64 * 1024, "{report} of {element}: {grown} KiB");
            }
        },
    );
}
