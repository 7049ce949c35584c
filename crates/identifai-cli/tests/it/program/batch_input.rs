//! Tests of lists in other formats than one item per line. They are detected before any item is submitted and paid for.

use serde_json::json;
use test_support::Directory;

use crate::support::{json_lines, run_with_input, sandbox, without_rate_limit};

const URL: &str = "https://x.test/a.jpg";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n...";

fn utf_16(text: &str, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(encode).collect()
}

#[test]
fn list_of_other_format_ends_batch_before_submits() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    let (utf_16_says, nul_says) =
        ("the list must be UTF-8, not UTF-16 (in PowerShell: `Out-File -Encoding utf8`)", ": contains a NUL byte;");
    let (array_says, columns_says) =
        ("line 1: a JSON array; write one object per line", "line 1: several columns, as in CSV; write only");
    let marked = format!("\u{feff}{URL}\r\n{URL}\r\n");
    let bare = format!("{URL}\n");
    let table: [(Vec<u8>, &str); 14] = [
        (utf_16(&marked, u16::to_le_bytes), utf_16_says),
        (utf_16(&marked, u16::to_be_bytes), utf_16_says),
        (utf_16(&bare, u16::to_le_bytes), utf_16_says),
        (utf_16(&bare, u16::to_be_bytes), utf_16_says),
        (utf_16(&format!("\r\n\r\n{bare}"), u16::to_le_bytes), utf_16_says),
        (utf_16("\u{feff}", u16::to_le_bytes), utf_16_says),
        (format!("{URL}\0{URL}\0").into(), nul_says),
        (format!("{URL},cat\n{URL},dog\n").into(), columns_says),
        ("url,label\nhttps://x.test/a?b=c,dog\n".into(), columns_says),
        (format!("\u{feff}\"{URL}\",\"cat\"\r\n").into(), columns_says),
        (format!("[\"{URL}\"]").into(), array_says),
        (format!("\n[\n  {{\"input\": \"{URL}\"}},\n  {{\"input\": \"{URL}\"}}\n]\n").into(), "line 2: a JSON array"),
        (format!("{{\n  \"input\": \"{URL}\"\n}}\n").into(), "line 1: an object on several lines; write each object"),
        (format!("\"{URL}\"\n").into(), "line 1: text in quotes; write the URL or path without them"),
    ];
    for (list, reason) in table {
        let shown = String::from_utf8_lossy(&list).into_owned();
        for arguments in
            [&["batch", "-"][..], &["batch", &here.file("list", &list), "--journal", &here.path("journal")]]
        {
            let outcome = run_with_input(without_rate_limit(&env, arguments), &list);
            assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{shown}: {}", outcome.err);
            assert!(outcome.err.lines().count() == 1 && outcome.err.contains(reason), "{shown}: {}", outcome.err);
        }
        assert_eq!(sandbox.submits(), 0, "{shown}");
    }
}

#[test]
fn nul_byte_in_later_line_ends_batch() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    let list = format!("{}{URL}\0\nhttps://x.test/b.jpg\n", "https://x.test/first.jpg\n".repeat(100));
    let outcome = run_with_input(without_rate_limit(&env, &["batch", &here.file("list", &list)]), "");
    assert_eq!((outcome.status, outcome.out.as_str(), sandbox.submits()), (2, "", 0), "{}", outcome.err);
    assert!(outcome.err.contains("line 101: contains a NUL byte"), "{}", outcome.err);
    // A pipe cannot be checked before the batch starts.
    let outcome = run_with_input(without_rate_limit(&env, &["batch", "-"]), &list);
    assert_eq!((outcome.status, json_lines(&outcome.out).len(), sandbox.submits()), (2, 100, 100), "{}", outcome.err);
    assert!(outcome.err.contains("line 101: contains a NUL byte"), "{}", outcome.err);
}

#[test]
fn line_of_other_format_fails_without_stopping_batch() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    let with_comma = here.file("cat, 2026.png", PNG);
    let with_bracket = here.file("[1].png", PNG);
    let lines = [
        "https://x.test/w_400,h_300/cat.jpg",
        &with_comma,
        &format!("{with_comma},human"),
        "https://x.test/b.jpg,human",
        r#"{"input": "https://x.test/b.jpg,human"}"#,
        r#"["https://x.test/c.jpg"]"#,
        "\"https://x.test/d.jpg\"",
        &with_bracket,
        "https://x.test/e\thuman",
    ];
    let text = format!("\u{feff}{}\r\n", lines.join("\r\n"));
    let outcome = run_with_input(without_rate_limit(&env, &["batch", &here.file("list", text)]), "");
    assert_eq!((outcome.status, sandbox.submits()), (2, 4), "{}", outcome.err);
    let mut items = json_lines(&outcome.out);
    items.sort_by_key(|item| item["index"].as_u64());
    let failed = [
        (2, "line 3: several columns"),
        (3, "line 4: several columns"),
        (5, "line 6: a JSON array"),
        (6, "line 7: text in quotes"),
        (8, "line 9: several columns"),
    ];
    for (index, item) in items.iter().enumerate() {
        match failed.iter().find(|(failed, _)| *failed == index) {
            Some((_, reason)) => assert!(item["error"]["message"].as_str().unwrap().starts_with(reason), "{item}"),
            None => assert!(item["verdict"]["classification"].is_string(), "{item}"),
        }
    }
    assert_eq!(items.len(), lines.len());
}

#[test]
fn line_like_object_naming_existing_file_is_path() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    here.file("{2}.png", PNG);
    let mut command = without_rate_limit(&env, &["batch", "-"]);
    command.current_dir(here.path(""));
    let outcome = run_with_input(command, "{2}.png\n{3}.png\n");
    assert_eq!((outcome.status, sandbox.submits()), (2, 1), "{}", outcome.err);
    assert!(outcome.err.contains("line 2: invalid JSON object"), "{}", outcome.err);
}

#[test]
fn null_in_any_field_counts_as_absent() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    let fields = [
        "medium",
        "ref_id",
        "webhook_url",
        "any_format",
        "frames",
        "key_frames",
        "key_frames_method",
        "with_morphing",
        "with_tampering",
        "with_heatmap",
        "with_nsfw",
        "no_cache",
        "prevent_c2pa_forces",
    ];
    let mut all = json!({ "input": here.file("cat.png", PNG) });
    let mut lines = Vec::new();
    for field in fields {
        all[field] = json!(null);
        lines.push(json!({ "input": format!("https://x.test/{field}.mp4"), field: null }).to_string());
    }
    lines.push(all.to_string());
    lines.push(json!({ "input": "https://x.test/a.mp4", "frames": 10.0 }).to_string());
    let outcome = run_with_input(without_rate_limit(&env, &["batch", "-"]), lines.join("\n"));
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert_eq!(sandbox.submits(), fields.len() as u64 + 2);
    let outcome = run_with_input(
        without_rate_limit(&env, &["batch", "-"]),
        "{\"input\": null}\n{\"input\": \"cat.png\", \"colour\": null}\n",
    );
    assert!(outcome.err.contains("line 1: missing `input`"), "{}", outcome.err);
    assert!(
        outcome.err.contains("line 2: invalid options: unknown field `colour`"),
        "a typo is not null: {}",
        outcome.err
    );
}
