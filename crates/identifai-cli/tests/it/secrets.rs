//! What the program prints and what its journal keeps, whatever the service sends back: no key, and of a signed URL
//! nothing but the item's own `input`, which is the caller's.

use serde_json::Value;
use test_support::secrets::{PLANTED, SIGNED_URL, assert_no_key, echo};
use test_support::{CAT, Directory, KEY, Server};

use crate::support::against;

#[test]
fn the_program_shows_no_secret_that_the_service_sends_back() {
    let directory = Directory::new();
    let (journal, list) = (directory.path("journal"), directory.file("list", SIGNED_URL));
    let batch = ["batch", &*list, "--journal", &*journal];
    for status in [302, 400, 401, 404, 500] {
        for arguments in [&["classify", SIGNED_URL][..], &["classify", "--wait", SIGNED_URL], &batch] {
            for json in [&[][..], &["--json"]] {
                // A journal would know what came of it before.
                let _ = std::fs::remove_file(&journal);
                let server = Server::start(move |connection| echo(connection, &[status; 9], SIGNED_URL));
                let outcome = against(&server, &[arguments, json].concat());
                assert!(outcome.status != 0 && !server.requests().is_empty(), "{}", outcome.err);
                let kept = std::fs::read_to_string(&journal).unwrap_or_default();
                assert_eq!(kept.is_empty(), arguments[0] != "batch");
                let said = outcome.out.lines().map(|line| {
                    let mut item: Value = serde_json::from_str(line).unwrap();
                    assert_eq!(item.as_object_mut().unwrap().remove("input").unwrap(), SIGNED_URL);
                    item.to_string()
                });
                let shown = said.chain([outcome.err.clone(), kept]).collect::<Vec<_>>().join("\n");
                assert_no_key(&shown);
                assert!(!shown.contains(PLANTED), "{status} {arguments:?}: {shown}");
            }
        }
    }
}

#[test]
fn refused_line_that_holds_the_key_is_not_quoted() {
    let directory = Directory::new();
    let lines = [format!(r#"{{"input": "{CAT}", "{KEY}": 1}}"#), format!(r#"{{"input": "{CAT}", "frames": "{KEY}"}}"#)];
    let list = directory.file("list", lines.join("\n"));
    let server = Server::responding("");
    for json in [&[][..], &["--json"]] {
        let outcome = against(&server, &[&["batch", &*list][..], json].concat());
        let shown = outcome.out + &outcome.err;
        assert!(
            shown.contains("line 1: its options: unknown field") && shown.contains("line 2: its options"),
            "{shown}"
        );
        assert!(!shown.contains(KEY), "{shown}");
    }
    assert!(server.requests().is_empty());
}
