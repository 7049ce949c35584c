//! `identifai batch --html`: one page with everything, in which nothing foreign is more than text.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::batch_program::{Here, batch, finish, sandbox, urls};
use crate::program::json_lines;
use crate::support::{KEY, Server, answer};

const BROWSER: &str = "/usr/bin/chromium";
const HOSTILE: &str = "/no/such/<img src=x onerror=document.title='owned'>\"'&amp;</script><script>document.title='own'\
                       </script>\u{202e}gnp";

/// The page that a run with these lines writes.
fn page_of(here: &Here, lines: &str, status: i32) -> String {
    let (_sandbox, env) = sandbox();
    let outcome = finish(batch(&env, &["-", "--no-pace", "--html", &here.path("page.html")]), lines);
    assert_eq!(outcome.status, status, "{}", outcome.err);
    assert_eq!(json_lines(&outcome.out).len(), lines.lines().count(), "the results are printed all the same");
    std::fs::read_to_string(here.path("page.html")).unwrap()
}

fn lines(here: &Here) -> String {
    let png = here.path("cat \"<i>\" & dog.png");
    std::fs::write(&png, b"\x89PNG\r\n\x1a\n...").unwrap();
    std::fs::write(here.path("large.png"), [&b"\x89PNG\r\n\x1a\n"[..], &vec![0; 256 << 10]].concat()).unwrap();
    let svg = here.write("vector.png", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
    let lines = [
        json!({"input": png, "ref_id": "<b>17</b>", "with_heatmap": true}),
        json!({"input": here.path("large.png")}),
        json!({"input": svg, "any_format": true, "medium": "image"}),
        json!({"input": "https://user:passw0rd@x.test/a/b.jpg?signature=s3cret#@fragment", "with_heatmap": true}),
        json!({"input": "https://sandbox.test/c2pa.jpg", "ref_id": "forced"}),
        json!({"input": "https://sandbox.test/errored.jpg", "with_heatmap": true}),
        json!({"input": HOSTILE}),
    ];
    lines.map(|line| line.to_string()).join("\n")
}

#[test]
fn nothing_foreign_is_more_than_text_and_no_secret_of_a_url_is_there() {
    let here = Here::new();
    let page = page_of(&here, &lines(&here), 6);
    for (text, count) in [
        ("<script", 1),
        ("<style", 1),
        ("<img ", 3),
        ("<img alt=\"\" title=\"\" loading=\"lazy\" src=\"data:image/png;base64,iVBORw0KGgouLi4=\">", 1),
        ("<img alt=\"heatmap\" title=\"heatmap\" loading=\"lazy\" src=\"data:image/png;base64,", 2),
        ("<tr data-verdict", 7),
        ("<div>https://x.test/a/b.jpg</div>", 1),
        ("cat &quot;&lt;i&gt;&quot; &amp; dog.png</div>", 1),
        ("<td>&lt;b&gt;17&lt;/b&gt;<td>", 1),
        (
            "&lt;img src=x onerror=document.title=&#39;owned&#39;&gt;&quot;&#39;&amp;amp;&lt;/script&gt;&lt;script&gt;",
            1,
        ),
        ("&lt;/script&gt;\\u{202e}gnp</div>", 1),
        ("<li class=\"failed\"><b>2</b> failed", 1),
        ("default-src 'none'; img-src data:; style-src 'sha256-", 1),
        ("<!--", 0),
        ("\u{202e}", 0),
        ("onerror=d", 1),
        (" style=", 0),
        ("passw0rd", 0),
        ("s3cret", 0),
        ("fragment", 0),
    ] {
        assert_eq!(page.matches(text).count(), count, "{text}");
    }
    // Each row has its cells, and in them no mark but ours.
    let (_, rows) = page.split_once("<tbody>\n").unwrap();
    for row in rows.split_once("\n\n").map_or(rows, |(rows, _)| rows).lines().take(7) {
        assert_eq!(row.matches("<td").count(), 7, "{row}");
        for mark in row.split('<').skip(1) {
            let known = ["tr ", "td", "img ", "div>", "/div>", "small>", "/small>", "meter ", "/meter>"];
            assert!(known.iter().any(|known| mark.starts_with(known)), "<{mark}");
        }
    }
}

/// The page as the browser has it after its script ran, and whether there is a browser.
fn loaded(here: &Here, fragment: &str) -> Option<String> {
    if !Path::new(BROWSER).exists() {
        eprintln!("SKIPPED: the page in a browser, as there is no {BROWSER}");
        return None;
    }
    let url = format!("file://{}#{fragment}", here.path("page.html"));
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(BROWSER);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).arg(url);
    let output = command.stdin(Stdio::null()).output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn in_a_browser_the_table_is_filtered_and_sorted_as_the_address_says() {
    let here = Here::new();
    page_of(&here, &lines(&here), 6);
    let shown = |dom: &str| {
        let rows =
            dom.split("<tr data-verdict=").skip(1).filter(|row| !row.split('>').next().unwrap().contains("hidden"));
        let numbers = rows.map(|row| row.split_once("<td>").unwrap().1.split('<').next().unwrap().to_owned());
        numbers.collect::<Vec<_>>().join(" ")
    };
    for (fragment, expected) in [
        ("", "1 2 3 4 5 6 7"),
        ("q=sandbox.test", "5 6"),
        ("q=SANDBOX.test&verdict=artificial", "5"),
        ("verdict=failed&sort=-line", "7 6"),
        ("q=%3Cscript%3E&verdict=nonsense", "7"),
        ("q=sandbox.test&sort=-confidence", "5 6"),
        ("q=sandbox.test&sort=identifier%00", "5 6"),
        ("q=nobody+has+this", ""),
    ] {
        let Some(dom) = loaded(&here, fragment) else { return };
        assert_eq!(shown(&dom), expected, "{fragment}");
        let count = expected.split_whitespace().count();
        assert!(dom.contains(&format!(">{count} of 7 shown</span>")), "{fragment}: the script ran");
        assert!(dom.contains("<title>identifai: results</title>") && dom.matches("<img ").count() == 3);
    }
}

/// A PNG of so many bytes, as far as this crate looks into it.
fn png(len: usize) -> Vec<u8> {
    let (head, end) = (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01", b"\0\0\0\0IEND\xae\x42\x60\x82");
    [&head[..], &vec![b'.'; len - head.len() - end.len()], end].concat()
}

#[test]
fn a_heatmap_that_is_missing_or_too_large_is_said_and_there_is_an_end_to_them() {
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            let line = seen.head.lines().next().unwrap();
            let text = if line.starts_with("POST") {
                let body = String::from_utf8(seen.body.clone()).unwrap();
                let number = body.split_once("x.test/").unwrap().1.split('.').next().unwrap().to_owned();
                answer(200, "application/json", &json!({"identifier": format!("id{number}")}).to_string())
            } else if line.contains("heatmap") {
                let png = match line {
                    line if line.contains("/id0 ") => Vec::new(),
                    line if line.contains("/id1 ") => png((1 << 20) + 1),
                    _ => png(1 << 20),
                };
                let head = format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", png.len());
                connection.send(&[head.into_bytes(), png].concat());
                continue;
            } else {
                let (_, query) = line.split_once('?').unwrap();
                let ids = query.trim_end_matches(" HTTP/1.1").split('&').map(|pair| pair.split_once('=').unwrap().1);
                let reports = ids.map(|id| {
                    let verdict = json!({"classification": "human", "confidence": 0.5});
                    json!({"identifier": id, "status": "done", "verdict": verdict, "has_heatmap": true})
                });
                answer(200, "application/json", &reports.collect::<serde_json::Value>().to_string())
            };
            connection.send(&text);
        }
    });
    let here = Here::new();
    let env = [("IDENTIFAI_API_KEY", KEY.to_owned()), ("IDENTIFAI_BASE_URL", server.base_url())];
    let path = here.write("page.html", "an older one");
    let outcome = finish(batch(&env, &["-", "--no-pace", "--html", &path]), &urls(36));
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert!(outcome.err.contains("heatmaps to fetch for the page: 36"), "{}", outcome.err);
    let page = std::fs::read_to_string(path).unwrap();
    let count = |text: &str| page.matches(text).count();
    assert_eq!((count("<img alt=\"heatmap\""), count("<small>no heatmap: ")), (32, 4));
    assert_eq!(count("<small>no heatmap: there is no heatmap"), 1);
    assert_eq!(count("<small>no heatmap: it has more than 1 MiB"), 1);
    assert_eq!(count("<small>no heatmap: there is no room"), 2);
    let fetched = server.requests().iter().filter(|seen| seen.head.lines().next().unwrap().contains("heatmap")).count();
    assert_eq!(fetched, 35, "after the first for which there is no room no more are fetched");
}

#[test]
fn where_no_page_can_be_written_nothing_is_submitted() {
    let (sandbox, env) = sandbox();
    let here = Here::new();
    for path in ["/no/such/directory/page.html".to_owned(), here.path(""), "/dev/null".to_owned()] {
        let outcome = finish(batch(&env, &["-", "--html", &path]), &urls(1));
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{path}: {}", outcome.err);
        assert!(outcome.err.contains("--html: cannot write the file that it names: "), "{}", outcome.err);
    }
    assert_eq!(sandbox.submits(), 0);
}

#[cfg(unix)]
#[test]
fn after_ctrl_c_there_is_a_page_of_what_was_known_and_nothing_beside_it() {
    use std::io::{BufRead, BufReader, Read, Write};

    let (_sandbox, env) = sandbox();
    let here = Here::new();
    let mut command = batch(&env, &["-", "--no-pace", "--with-heatmap", "--html", &here.path("page.html")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(urls(2).as_bytes()).unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        out.read_line(&mut String::new()).unwrap();
    }
    crate::batch_program::interrupt(&child);
    out.read_to_string(&mut String::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
    let page = std::fs::read_to_string(here.path("page.html")).unwrap();
    for (text, count) in [
        ("<tr data-verdict=", 2),
        ("<p>The run was interrupted", 1),
        ("<small>no heatmap: not fetched, as the run was interrupted</small>", 2),
    ] {
        assert_eq!(page.matches(text).count(), count, "{text}");
    }
    assert_eq!(std::fs::read_dir(here.path("")).unwrap().count(), 1);
}
