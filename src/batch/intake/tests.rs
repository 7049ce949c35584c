//! Tests of batches that continue with the journal of an earlier run.

use std::fs;
use std::path::PathBuf;

use crate::batch::journal::Journal;
use crate::batch::outcome::Outcome;
use crate::batch::tests::*;
use crate::call::fake::{SECOND, failure, json, status};
use crate::call::rate_limit::config::RateLimit;
use crate::error::ErrorKind;
use crate::http::request::Method;
use crate::model::medium::Image;

/// The path of a temporary file. Dropping it deletes the file.
struct TempPath(PathBuf);

impl TempPath {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("identifai-resumed-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn open(&self) -> Journal {
        Journal::open(&self.0).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }

    /// Replaces the content of the file, as another program might do.
    fn rewrite(&self, change: impl Fn(&str) -> String) {
        fs::write(&self.0, change(&self.text())).unwrap();
    }
}

impl Drop for TempPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn journal_cut_anywhere_resubmits_no_begun_job() {
    let (path, fixture) = (TempPath::new("cut"), Fixture::plain("resumed-cut", RateLimit::unlimited()));
    let run = || kinds(&by_index(fixture.client.batch(images(3)).journal(path.open())));
    run();
    let whole = path.text();
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at).collect();
    for cut in ends.iter().flat_map(|end| [*end, end + 1, end + 30]).filter(|cut| *cut <= whole.len()) {
        path.rewrite(|_| whole[..cut].to_owned());
        let begun =
            whole[..cut].split_inclusive('\n').filter(|line| line.contains("\"begin\"") && line.ends_with('\n'));
        let (begun, before) = (begun.count(), fixture.requests(true).len());
        let first = run();
        assert_eq!(fixture.requests(true).len() - before, 3 - begun, "cut at {cut}");
        assert_eq!(run(), first);
        assert_eq!(fixture.requests(true).len() - before, 3 - begun, "the second run submits nothing");
    }
}

#[test]
fn jobs_in_other_order_and_number_are_replayed() {
    let (path, fixture) = (TempPath::new("order"), Fixture::plain("resumed-order", RateLimit::unlimited()));
    let url = |number: usize| Image::from_url(format!("https://x.test/{}", number % 7));
    let run = |numbers: Vec<usize>| {
        let outcomes = by_index(fixture.client.batch(numbers.into_iter().map(url)).journal(path.open()));
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
        (outcomes.iter().filter(|outcome| !outcome.is_replayed).count(), fixture.requests(true).len())
    };
    assert_eq!(run((0..50).collect()), (50, 50));
    assert_eq!(run((0..50).rev().collect()), (0, 50));
    assert_eq!(run((10..30).collect()), (0, 50));
    assert_eq!(run((0..60).collect()), (10, 60));
}

#[test]
fn submissions_of_earlier_run_need_one_poll() {
    let (path, fixture) = (TempPath::new("pending"), Fixture::plain("resumed-pending", RateLimit::unlimited()));
    by_index(fixture.client.batch(images(90)).journal(path.open()));
    path.rewrite(|text| text.split_inclusive('\n').filter(|line| !line.contains("finished")).collect());
    let (start, polls) = (fixture.clock.passed(), fixture.requests(false).len());
    let outcomes = by_index(fixture.client.batch(images(90)).journal(path.open()));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok() && !outcome.is_replayed));
    assert_eq!(fixture.requests(false).len() - polls, 1);
    assert!(fixture.clock.passed() < start + 10 * SECOND);
}

#[test]
fn job_indeterminate_is_retried_only_if_enabled() {
    use ErrorKind::{Indeterminate, Rejected, Timeout};

    let (path, mut number) = (TempPath::new("unknown"), 0);
    let fixture = Fixture::with("resumed-unknown", RateLimit::unlimited(), move |service, request| {
        number += u32::from(request.method == Method::Post);
        match (request.method, number) {
            (Method::Post, 1 | 3) => failure(Timeout, true),
            (Method::Post, 2) => status(400, None),
            _ => service.respond(request),
        }
    });
    let run = |retry: bool| {
        let journal = path.open().retry_indeterminate(retry);
        kinds(&by_index(fixture.client.batch(images(1)).journal(journal)))[0]
    };
    let runs = [false, false, true, false, true, true, true, false].map(run);
    let unknown = Some(Indeterminate);
    assert_eq!(runs, [Some(Timeout), unknown, Some(Rejected), unknown, Some(Timeout), None, None, None]);
    assert_eq!(fixture.requests(true).len(), 4);
}

#[test]
fn error_of_resumed_job_hides_query() {
    let path = TempPath::new("query");
    let fixture = Fixture::with("resumed-query", RateLimit::unlimited(), |service, request| match request.method {
        Method::Post => service.respond(request),
        Method::Get | Method::Delete => {
            let errors = "no file at https://x.test/a?sig=t0ken";
            json(&format!(r#"[{{"identifier":"{:064x}","status":"errored","errors":"{errors}"}}]"#, 0))
        }
    });
    let run = || {
        let job = Image::from_url("https://x.test/a?sig=t0ken");
        let outcome = by_index(fixture.client.batch([job]).journal(path.open())).remove(0);
        let error = outcome.result.unwrap_err();
        assert!(error.to_string().contains("a?[..]") && !error.to_string().contains("t0ken"), "{error}");
        outcome.is_replayed
    };
    assert!(!run() && run());
    path.rewrite(|text| text.split_inclusive('\n').filter(|line| !line.contains("finished")).collect());
    assert!(!run(), "the report is polled again");
}

#[test]
fn report_unfinished_in_journal_is_polled_again() {
    let (path, fixture) = (TempPath::new("edited"), Fixture::plain("resumed-edited", RateLimit::unlimited()));
    by_index(fixture.client.batch(images(1)).journal(path.open()));
    path.rewrite(|text| text.replace(r#""status":"done""#, r#""status":"new""#));
    let outcome = by_index(fixture.client.batch(images(1)).journal(path.open())).remove(0);
    assert!(outcome.result.unwrap().is_finished() && !outcome.is_replayed);
    assert_eq!(fixture.requests(true).len(), 1);
}

#[test]
fn report_too_long_for_a_line_is_polled_again() {
    let path = TempPath::new("long");
    let filler = "x".repeat(9 << 20);
    let fixture = Fixture::with("resumed-long", RateLimit::unlimited(), move |service, request| match request.method {
        Method::Post => service.respond(request),
        Method::Get | Method::Delete => {
            json(&format!(r#"[{{"identifier":"{:064x}","status":"done","filler":"{filler}"}}]"#, 0))
        }
    });
    for replayed in [false, false] {
        let outcome = by_index(fixture.client.batch(images(1)).journal(path.open())).remove(0);
        assert!(outcome.result.is_ok() && outcome.is_replayed == replayed);
    }
    assert!(path.text().len() < 1_000 && fixture.requests(true).len() == 1);
}

#[test]
fn file_overwritten_is_submitted_again_and_counted() {
    let (path, fixture) = (TempPath::new("overwritten"), Fixture::plain("resumed-overwritten", RateLimit::unlimited()));
    let files = ["a.png", "b.png", "c.png"].map(|name| TempPath(path.0.with_extension(name)));
    let write = |file: &TempPath, more: &str| fs::write(&file.0, format!("\u{89}PNG\r\n\u{1a}\n{more}")).unwrap();
    let run = || {
        let jobs = files.iter().map(|file| Image::from_path(&file.0).any_format(true));
        let mut batch = fixture.client.batch(jobs).journal(path.open());
        let mut outcomes: Vec<Outcome> = Iterator::collect(batch.by_ref());
        outcomes.sort_by_key(|outcome| outcome.index);
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
        (outcomes.iter().map(|outcome| outcome.is_replayed).collect::<Vec<_>>(), batch.progress().changed)
    };
    for file in &files {
        write(file, "one");
    }
    assert_eq!(run(), (vec![false; 3], 0));
    assert_eq!(run(), (vec![true; 3], 0));
    write(&files[0], "longer");
    write(&files[2], "longer, too");
    assert_eq!(run(), (vec![false, true, false], 2));
    assert_eq!(run(), (vec![true; 3], 0));
}

#[test]
fn file_overwritten_in_queue_is_recorded_as_sent() {
    let path = TempPath::new("meanwhile");
    let file = TempPath(path.0.with_extension("png"));
    let write = |more: &str| fs::write(&file.0, format!("\u{89}PNG\r\n\u{1a}\n{more}")).unwrap();
    write("one");
    // The file is overwritten during the first attempt, which fails, as if by another program.
    let (overwritten, mut attempts) = (file.0.clone(), 0);
    let fixture = Fixture::with("resumed-meanwhile", RateLimit::unlimited(), move |service, request| {
        attempts += u32::from(request.method == Method::Post);
        if request.method == Method::Post && attempts == 1 {
            fs::write(&overwritten, "\u{89}PNG\r\n\u{1a}\nanother").unwrap();
            return failure(ErrorKind::Connect, false);
        }
        service.respond(request)
    });
    let run = || {
        let job = Image::from_path(&file.0).any_format(true);
        let outcome = by_index(fixture.client.batch([job]).journal(path.open())).remove(0);
        (outcome.result.is_ok(), outcome.is_replayed)
    };
    assert_eq!(run(), (true, false));
    assert_eq!(run(), (true, true), "the verdict is that of the current content: {}", path.text());
    write("one");
    assert_eq!(run(), (true, false), "the first content was never sent");
}

#[cfg(unix)]
#[test]
fn paths_that_are_not_utf8_are_distinguished() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let (path, fixture) = (TempPath::new("paths"), Fixture::plain("resumed-paths", RateLimit::unlimited()));
    let [one, other] = [&b"a\xff.png"[..], b"a\xfe.png"].map(|name| {
        let mut path = path.0.clone().into_os_string();
        path.push(OsStr::from_bytes(name));
        fs::write(&path, b"\x89PNG\r\n\x1a\n0000").unwrap();
        TempPath(path.into())
    });
    for (file, replayed) in [(&one, false), (&other, false), (&one, true)] {
        let job = Image::from_path(&file.0);
        let outcome = by_index(fixture.client.batch([job]).journal(path.open())).remove(0);
        assert!(outcome.result.is_ok() && outcome.is_replayed == replayed);
    }
}
