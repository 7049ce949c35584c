//! Tests of `identifai batch --html`: one self-contained page, in which all untrusted text is escaped.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use test_support::{Directory, Server, json};

use crate::batch_program::{batch, urls};
use crate::support::{env_of, interrupt, json_lines, piped, run_with_input, sandbox};

const BROWSER: &str = "/usr/bin/chromium";
const HOSTILE: &str = "/no/such/<img src=x onerror=document.title='owned'>\"'&amp;</script><script>document.title='own'\
                       </script>{{ 7 * 7 }}\u{202e}gnp";

/// Runs a batch with these lines, and returns the page that it writes.
fn page_of(here: &Directory, lines: &str, status: i32) -> String {
    let (_sandbox, env) = sandbox();
    let outcome = run_with_input(batch(&env, &["-", "--no-rate-limit", "--html", &here.path("page.html")]), lines);
    assert_eq!(outcome.status, status, "{}", outcome.err);
    assert_eq!(json_lines(&outcome.out).len(), lines.lines().count(), "the results are also printed");
    std::fs::read_to_string(here.path("page.html")).unwrap()
}

fn lines(here: &Directory) -> String {
    let png = here.file("cat \"<i>\" & dog.png", b"\x89PNG\r\n\x1a\n...");
    let large = here.file("large.png", [&b"\x89PNG\r\n\x1a\n"[..], &vec![0; 256 << 10]].concat());
    let svg = here.file("vector.png", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
    let lines = [
        json!({"input": png, "ref_id": "<b>17</b>", "with_heatmap": true}),
        json!({"input": large}),
        json!({"input": svg, "any_format": true, "medium": "image"}),
        json!({"input": "https://user:passw0rd@x.test/a/b.jpg?signature=s3cret#@fragment", "with_heatmap": true}),
        json!({"input": "https://sandbox.test/c2pa.jpg", "ref_id": "forced"}),
        json!({"input": "https://sandbox.test/errored.jpg", "with_heatmap": true}),
        json!({"input": HOSTILE}),
    ];
    lines.map(|line| line.to_string()).join("\n")
}

#[test]
fn html_report_escapes_text_and_hides_url_secrets() {
    let here = Directory::new();
    let page = page_of(&here, &lines(&here), 6);
    for (text, count) in [
        ("<script", 1),
        ("<style", 1),
        ("<img ", 3),
        ("<img alt=\"\" title=\"\" loading=\"lazy\" src=\"data:image/png;base64,iVBORw0KGgouLi4=\">", 1),
        ("<img alt=\"heatmap\" title=\"heatmap\" loading=\"lazy\" src=\"data:image/png;base64,", 2),
        ("<tr data-verdict", 7),
        ("<div>https:&#x2f;&#x2f;x.test&#x2f;a&#x2f;b.jpg</div>", 1),
        ("cat &quot;&lt;i&gt;&quot; &amp; dog.png</div>", 1),
        ("<td>&lt;b&gt;17&lt;&#x2f;b&gt;<td>", 1),
        (
            "&lt;img src=x onerror=document.title=&#x27;owned&#x27;&gt;&quot;&#x27;&amp;amp;&lt;&#x2f;script&gt;&lt;script&gt;",
            1,
        ),
        ("&lt;&#x2f;script&gt;{{ 7 * 7 }}\\u{202e}gnp</div>", 1),
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
    // Each row has all its cells, and their only tags are those of the template.
    let (_, rows) = page.split_once("<tbody>\n").unwrap();
    for row in rows.split_once("\n\n").map_or(rows, |(rows, _)| rows).lines().take(7) {
        assert_eq!(row.matches("<td").count(), 7, "{row}");
        for mark in row.split('<').skip(1) {
            let known = ["tr ", "td", "img ", "div>", "/div>", "small>", "/small>", "meter ", "/meter>"];
            assert!(known.iter().any(|known| mark.starts_with(known)), "<{mark}");
        }
    }
}

/// Opens the page in a browser with each of these URL fragments, and returns its HTML after its script ran. Returns
/// `None` if no browser is installed.
///
/// The page is loaded into frames of another page, because starting the browser for each fragment would take long.
fn loaded(here: &Directory, fragments: &[&str]) -> Option<Vec<String>> {
    const END: &str = "<end of a frame>";
    if !Path::new(BROWSER).exists() {
        eprintln!("SKIPPED: the page in a browser, because there is no {BROWSER}");
        return None;
    }
    let frames = here.file(
        "frames.html",
        format!(
            "<body><script>
            Promise.all({}.map((fragment) => new Promise((loaded) => {{
                const frame = document.createElement('iframe');
                frame.onload = () => loaded(frame.contentDocument.documentElement.outerHTML);
                frame.src = 'page.html#' + fragment;
                document.body.append(frame);
            }}))).then((pages) => {{ document.body.textContent = pages.map((page) => page + '{END}').join(''); }});
            </script>",
            json!(fragments),
        ),
    );
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(BROWSER);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--dump-dom", "--virtual-time-budget=10000"]);
    // Without this option, a page from a file cannot read frames from other files.
    command.arg("--allow-file-access-from-files");
    command.arg(format!("--user-data-dir={}", profile.path().display())).arg(format!("file://{frames}"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.split_once("<body>").unwrap().1.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let pages: Vec<_> = text.split(END).map(str::to_owned).collect();
    assert_eq!(pages.len(), fragments.len() + 1, "{text}");
    Some(pages)
}

#[test]
fn html_report_in_browser_is_filtered_by_fragment() {
    let here = Directory::new();
    page_of(&here, &lines(&here), 6);
    let shown = |dom: &str| {
        let rows =
            dom.split("<tr data-verdict=").skip(1).filter(|row| !row.split('>').next().unwrap().contains("hidden"));
        let numbers = rows.map(|row| row.split_once("<td>").unwrap().1.split('<').next().unwrap().to_owned());
        numbers.collect::<Vec<_>>().join(" ")
    };
    let table = [
        ("", "1 2 3 4 5 6 7"),
        ("q=sandbox.test", "5 6"),
        ("q=SANDBOX.test&verdict=artificial", "5"),
        ("verdict=failed&sort=-line", "7 6"),
        ("q=%3Cscript%3E&verdict=nonsense", "7"),
        ("q=sandbox.test&sort=-confidence", "5 6"),
        ("q=sandbox.test&sort=identifier%00", "5 6"),
        ("q=not+in+any+row", ""),
    ];
    let Some(pages) = loaded(&here, &table.map(|(fragment, _)| fragment)) else { return };
    for ((fragment, expected), dom) in table.into_iter().zip(pages) {
        assert_eq!(shown(&dom), expected, "{fragment}");
        let count = expected.split_whitespace().count();
        assert!(dom.contains(&format!(">{count} of 7 shown</span>")), "{fragment}: the script did not run");
        assert!(dom.contains("<title>identifai: results</title>") && dom.matches("<img ").count() == 3);
    }
}

/// Returns `len` bytes that pass this crate's check for a PNG file.
fn png(len: usize) -> Vec<u8> {
    let (head, end) = (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01", b"\0\0\0\0IEND\xae\x42\x60\x82");
    [&head[..], &vec![b'.'; len - head.len() - end.len()], end].concat()
}

#[test]
fn html_report_names_missing_and_too_large_heatmaps() {
    let server = Server::start(|connection| {
        while let Some(seen) = connection.request() {
            let line = seen.head.lines().next().unwrap();
            let text = if line.starts_with("POST") {
                let body = String::from_utf8(seen.body.clone()).unwrap();
                let number = body.split_once("x.test/").unwrap().1.split('.').next().unwrap().to_owned();
                json(&json!({"identifier": format!("id{number}")}).to_string())
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
                let reports = seen.requested_ids().into_iter().map(|id| {
                    let verdict = json!({"classification": "human", "confidence": 0.5});
                    json!({"identifier": id, "status": "done", "verdict": verdict, "has_heatmap": true})
                });
                json(&reports.collect::<serde_json::Value>().to_string())
            };
            connection.send(&text);
        }
    });
    let here = Directory::new();
    let env = env_of(&server);
    let path = here.file("page.html", "an older one");
    let outcome = run_with_input(batch(&env, &["-", "--no-rate-limit", "--html", &path]), urls(36));
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert!(outcome.err.contains("fetching heatmaps for the page: 36"), "{}", outcome.err);
    let page = std::fs::read_to_string(path).unwrap();
    let count = |text: &str| page.matches(text).count();
    assert_eq!((count("<img alt=\"heatmap\""), count("<small>no heatmap: ")), (32, 4));
    assert_eq!(count("<small>no heatmap: heatmap not found"), 1);
    assert_eq!(count("<small>no heatmap: larger than 1 MiB"), 1);
    assert_eq!(count("<small>no heatmap: left out, because a page has at most"), 2);
    let fetched = server.requests().iter().filter(|seen| seen.head.lines().next().unwrap().contains("heatmap")).count();
    assert_eq!(fetched, 35, "no more heatmaps are fetched after the first one that does not fit");
}

#[test]
fn html_report_to_invalid_path_prevents_submits() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    for path in ["/no/such/directory/page.html".to_owned(), here.path(""), "/dev/null".to_owned()] {
        let outcome = run_with_input(batch(&env, &["-", "--html", &path]), urls(1));
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{path}: {}", outcome.err);
        assert!(outcome.err.contains("--html: cannot write the page: "), "{}", outcome.err);
    }
    assert_eq!(sandbox.submits(), 0);
}

#[cfg(unix)]
#[test]
fn html_report_after_ctrl_c_has_known_results() {
    use std::io::{BufRead, BufReader, Read, Write};

    let (_sandbox, env) = sandbox();
    let here = Directory::new();
    let page = here.path("page.html");
    let mut child = piped(&mut batch(&env, &["-", "--no-rate-limit", "--with-heatmap", "--html", &page]));
    let mut input = child.stdin.take().unwrap();
    input.write_all(urls(2).as_bytes()).unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        out.read_line(&mut String::new()).unwrap();
    }
    interrupt(&child);
    out.read_to_string(&mut String::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
    let page = std::fs::read_to_string(here.path("page.html")).unwrap();
    for (text, count) in [
        ("<tr data-verdict=", 2),
        ("<p>The run was interrupted.", 1),
        ("<small>no heatmap: not fetched, because the run was interrupted</small>", 2),
    ] {
        assert_eq!(page.matches(text).count(), count, "{text}");
    }
    assert_eq!(std::fs::read_dir(here.path("")).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn html_report_write_failure_keeps_results_on_stdout() {
    use crate::support::in_shell;

    let ((_sandbox, env), here) = (sandbox(), Directory::new());
    let list = here.file("list", urls(3));
    let command = batch(&env, &["--no-rate-limit", "--html", "page.html", &list]);
    let limited = in_shell(&command, &["env"], "ulimit -f 1; exec \"$0\" \"$@\"").current_dir(here.path("")).output();
    let output = limited.unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), json_lines(&out).len()), (Some(5), 3), "{err}");
    assert!(err.contains("--html: cannot write the page: File too large"), "{err}");
    let left: Vec<_> = std::fs::read_dir(here.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["list"], "no partial page is left behind");
}
