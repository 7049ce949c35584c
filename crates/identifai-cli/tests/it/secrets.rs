//! Output and journal of the program if the service echoes secrets in its responses. Neither contains the key or the
//! secret parts of a signed URL. The only exception is the `input` of an item, which the caller gave.

use serde_json::Value;
use test_support::secrets::{PLANTED, SIGNED_URL, assert_no_key, echo};
use test_support::{CAT, Directory, KEY, Server};

use crate::support::run_against;

#[test]
fn output_hides_secrets_echoed_by_service() {
    let directory = Directory::new();
    let (journal, list) = (directory.path("journal"), directory.file("list", SIGNED_URL));
    let batch = ["batch", &*list, "--journal", &*journal];
    for status in [302, 400, 401, 404, 500] {
        for arguments in [&["classify", SIGNED_URL][..], &["classify", "--wait", SIGNED_URL], &batch] {
            for json in [&[][..], &["--json"]] {
                // With the journal of the run before, nothing would be submitted.
                let _ = std::fs::remove_file(&journal);
                let server = Server::start(move |connection| echo(connection, &[status; 9], SIGNED_URL));
                let outcome = run_against(&server, &[arguments, json].concat());
                assert!(outcome.status != 0 && !server.requests().is_empty(), "{}", outcome.err);
                let kept = std::fs::read_to_string(&journal).unwrap_or_default();
                assert_eq!(kept.is_empty(), arguments[0] != "batch");
                let printed = outcome.out.lines().map(|line| {
                    let mut item: Value = serde_json::from_str(line).unwrap();
                    assert_eq!(item.as_object_mut().unwrap().remove("input").unwrap(), SIGNED_URL);
                    item.to_string()
                });
                let shown = printed.chain([outcome.err.clone(), kept]).collect::<Vec<_>>().join("\n");
                assert_no_key(&shown);
                assert!(!shown.contains(PLANTED), "{status} {arguments:?}: {shown}");
            }
        }
    }
}

#[test]
fn error_about_line_with_key_redacts_key() {
    let directory = Directory::new();
    let lines = [format!(r#"{{"input": "{CAT}", "{KEY}": 1}}"#), format!(r#"{{"input": "{CAT}", "frames": "{KEY}"}}"#)];
    let list = directory.file("list", lines.join("\n"));
    let server = Server::responding("");
    for json in [&[][..], &["--json"]] {
        let outcome = run_against(&server, &[&["batch", &*list][..], json].concat());
        let shown = outcome.out + &outcome.err;
        assert!(
            shown.contains("line 1: invalid options: unknown field") && shown.contains("line 2: invalid options"),
            "{shown}"
        );
        assert!(!shown.contains(KEY), "{shown}");
    }
    assert!(server.requests().is_empty());
}
