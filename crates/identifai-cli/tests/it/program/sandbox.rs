//! Tests of `identifai sandbox`, a fake service for other programs.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;
use test_support::CAT;

use crate::support::{Outcome, json_lines, program, run};

/// A running `identifai sandbox` and its URL. Dropping it ends the process.
struct Serving(std::process::Child, String);

impl Serving {
    fn start(options: &[&str]) -> Self {
        let mut command = program::<&str>(&[]);
        let mut child =
            command.arg("sandbox").args(options).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap().trim_end().to_owned();
        Self(child, url)
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        run(&[("IDENTIFAI_API_KEY", "sandbox"), ("IDENTIFAI_BASE_URL", &self.1)], arguments)
    }

    /// Runs a client without a local rate limit, and with a timeout too short for retries. Returns its results.
    fn without_rate_limit(&self, arguments: &[&str]) -> Vec<Value> {
        json_lines(&self.run(&[&["--no-rate-limit", "--json", "--timeout", "0.9"], arguments].concat()).out)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

#[test]
fn sandbox_command_prints_url_and_serves() {
    let sandbox = Serving::start(&[]);
    assert!(sandbox.1.starts_with("http://127.0.0.1:"), "{}", sandbox.1);
    let outcome = sandbox.run(&["classify", CAT]);
    assert_eq!((outcome.status, outcome.out.len()), (0, 65), "{}", outcome.err);
}

#[test]
fn sandbox_command_enforces_configured_limits() {
    let kinds = |lines: &[Value]| -> Vec<String> {
        let kind = |line: &Value| line["error"]["kind"].as_str().unwrap_or("none").to_owned();
        lines.iter().map(kind).collect()
    };
    let urls = ["a", "b", "c"].map(|name| format!("https://x.test/{name}.jpg"));
    let [a, b, c] = urls.each_ref().map(String::as_str);

    let documented = Serving::start(&[]).without_rate_limit(&["classify", a, a, a, a]);
    assert!(kinds(&documented[1..]).contains(&"rate_limited".to_owned()), "one submit per second: {documented:?}");

    let few = Serving::start(&["--submits-per-minute", "1", "--reads-per-minute", "0"]);
    let (submits, reads) =
        (few.without_rate_limit(&["classify", a, a]), few.without_rate_limit(&["result", "unknown"]));
    assert_eq!(
        (kinds(&submits), kinds(&reads)),
        (vec!["none".into(), "rate_limited".into()], vec!["rate_limited".into()])
    );
    assert_eq!(submits[1]["error"]["message"], "Too Many Attempts.");
    assert!(submits[1]["error"]["retry_after"].as_f64() > Some(30.0), "the wait lasts most of a minute: {submits:?}");

    let free = Serving::start(&["--no-limits", "--credits", "2", "--analysis-time", "0"]);
    let submits = free.without_rate_limit(&["classify", a, b, c]);
    assert_eq!(kinds(&submits), ["none", "none", "out_of_credits"], "{submits:?}");
    let slow = Serving::start(&["--analysis-time", "3600.5"]);
    for (sandbox, status) in [(&free, "done"), (&slow, "new")] {
        let submits = sandbox.without_rate_limit(&["classify", a]);
        let report = &sandbox.without_rate_limit(&["result", submits[0]["identifier"].as_str().unwrap()])[0];
        assert_eq!(report["status"], status, "{report}");
    }

    let embedded = run(&[], &["--sandbox", "--timeout", "0.9", "classify", a, b, c]);
    assert_eq!((embedded.status, embedded.out.lines().count()), (0, 3), "no limits: {}", embedded.err);

    for options in [
        &["--no-limits", "--submits-per-minute", "30"][..],
        &["--reads-per-minute", "60", "--no-limits"],
        &["--analysis-time", "soon"],
        &["--credits", "many"],
    ] {
        let outcome = run(&[], &[&["sandbox"], options].concat());
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{options:?}: {}", outcome.err);
    }
}
