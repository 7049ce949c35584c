//! Batches that go on with the journal of another run.

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

/// The place of a journal, which is gone with the test.
struct Place(PathBuf);

impl Place {
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

    /// Changes it, as somebody else might.
    fn rewrite(&self, change: impl Fn(&str) -> String) {
        fs::write(&self.0, change(&self.text())).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn cut_anywhere_it_submits_only_what_had_not_begun() {
    let (place, fixture) = (Place::new("cut"), Fixture::plain("resumed-cut", RateLimit::unlimited()));
    let run = || kinds(&by_index(fixture.client.batch(images(3)).journal(place.open())));
    run();
    let whole = place.text();
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at).collect();
    for cut in ends.iter().flat_map(|end| [*end, end + 1, end + 30]).filter(|cut| *cut <= whole.len()) {
        place.rewrite(|_| whole[..cut].to_owned());
        let begun =
            whole[..cut].split_inclusive('\n').filter(|line| line.contains("\"begin\"") && line.ends_with('\n'));
        let (begun, before) = (begun.count(), fixture.requests(true).len());
        let first = run();
        assert_eq!(fixture.requests(true).len() - before, 3 - begun, "cut at {cut}");
        assert_eq!(run(), first);
        assert_eq!(fixture.requests(true).len() - before, 3 - begun, "and again");
    }
}

#[test]
fn the_same_jobs_in_another_order_and_number_are_the_same() {
    let (place, fixture) = (Place::new("order"), Fixture::plain("resumed-order", RateLimit::unlimited()));
    let url = |number: usize| Image::from_url(format!("https://x.test/{}", number % 7));
    let run = |numbers: Vec<usize>| {
        let outcomes = by_index(fixture.client.batch(numbers.into_iter().map(url)).journal(place.open()));
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
        (outcomes.iter().filter(|outcome| !outcome.is_replayed).count(), fixture.requests(true).len())
    };
    assert_eq!(run((0..50).collect()), (50, 50));
    assert_eq!(run((0..50).rev().collect()), (0, 50));
    assert_eq!(run((10..30).collect()), (0, 50));
    assert_eq!(run((0..60).collect()), (10, 60));
}

#[test]
fn what_an_earlier_run_submitted_is_looked_at_by_one_look() {
    let (place, fixture) = (Place::new("pending"), Fixture::plain("resumed-pending", RateLimit::unlimited()));
    by_index(fixture.client.batch(images(90)).journal(place.open()));
    place.rewrite(|text| text.split_inclusive('\n').filter(|line| !line.contains("finished")).collect());
    let (start, polls) = (fixture.clock.passed(), fixture.requests(false).len());
    let outcomes = by_index(fixture.client.batch(images(90)).journal(place.open()));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok() && !outcome.is_replayed));
    assert_eq!(fixture.requests(false).len() - polls, 1);
    assert!(fixture.clock.passed() < start + 10 * SECOND);
}

#[test]
fn what_is_unknown_stays_so_until_somebody_asks_for_another_try() {
    use ErrorKind::{Indeterminate, Rejected, Timeout};

    let (place, mut number) = (Place::new("unknown"), 0);
    let fixture = Fixture::with("resumed-unknown", RateLimit::unlimited(), move |service, request| {
        number += u32::from(request.method == Method::Post);
        match (request.method, number) {
            (Method::Post, 1 | 3) => failure(Timeout, true),
            (Method::Post, 2) => status(400, None),
            _ => service.answer(request),
        }
    });
    let run = |retry: bool| {
        let journal = place.open().retry_indeterminate(retry);
        kinds(&by_index(fixture.client.batch(images(1)).journal(journal)))[0]
    };
    let runs = [false, false, true, false, true, true, true, false].map(run);
    let unknown = Some(Indeterminate);
    assert_eq!(runs, [Some(Timeout), unknown, Some(Rejected), unknown, Some(Timeout), None, None, None]);
    assert_eq!(fixture.requests(true).len(), 4);
}

#[test]
fn a_query_is_kept_out_of_errors_after_a_resume_too() {
    let place = Place::new("query");
    let fixture = Fixture::with("resumed-query", RateLimit::unlimited(), |service, request| match request.method {
        Method::Post => service.answer(request),
        Method::Get | Method::Delete => {
            let errors = "no file at https://x.test/a?sig=t0ken";
            json(&format!(r#"[{{"identifier":"{:064x}","status":"errored","errors":"{errors}"}}]"#, 0))
        }
    });
    let run = || {
        let job = Image::from_url("https://x.test/a?sig=t0ken");
        let outcome = by_index(fixture.client.batch([job]).journal(place.open())).remove(0);
        let error = outcome.result.unwrap_err();
        assert!(error.to_string().contains("a?[..]") && !error.to_string().contains("t0ken"), "{error}");
        outcome.is_replayed
    };
    assert!(!run() && run());
    place.rewrite(|text| text.split_inclusive('\n').filter(|line| !line.contains("finished")).collect());
    assert!(!run(), "waited for");
}

#[test]
fn a_result_that_is_none_is_asked_for_again() {
    let (place, fixture) = (Place::new("edited"), Fixture::plain("resumed-edited", RateLimit::unlimited()));
    by_index(fixture.client.batch(images(1)).journal(place.open()));
    place.rewrite(|text| text.replace(r#""status":"done""#, r#""status":"new""#));
    let outcome = by_index(fixture.client.batch(images(1)).journal(place.open())).remove(0);
    assert!(outcome.result.unwrap().is_finished() && !outcome.is_replayed);
    assert_eq!(fixture.requests(true).len(), 1);
}

#[test]
fn a_report_that_is_too_long_for_a_line_is_asked_for_again() {
    let place = Place::new("long");
    let filler = "x".repeat(9 << 20);
    let fixture = Fixture::with("resumed-long", RateLimit::unlimited(), move |service, request| match request.method {
        Method::Post => service.answer(request),
        Method::Get | Method::Delete => {
            json(&format!(r#"[{{"identifier":"{:064x}","status":"done","filler":"{filler}"}}]"#, 0))
        }
    });
    for replayed in [false, false] {
        let outcome = by_index(fixture.client.batch(images(1)).journal(place.open())).remove(0);
        assert!(outcome.result.is_ok() && outcome.is_replayed == replayed);
    }
    assert!(place.text().len() < 1_000 && fixture.requests(true).len() == 1);
}

#[test]
fn overwritten_file_is_submitted_again_and_counted() {
    let (place, fixture) = (Place::new("overwritten"), Fixture::plain("resumed-overwritten", RateLimit::unlimited()));
    let files = ["a.png", "b.png", "c.png"].map(|name| Place(place.0.with_extension(name)));
    let write = |file: &Place, more: &str| fs::write(&file.0, format!("\u{89}PNG\r\n\u{1a}\n{more}")).unwrap();
    let run = || {
        let jobs = files.iter().map(|file| Image::from_path(&file.0).any_format(true));
        let mut batch = fixture.client.batch(jobs).journal(place.open());
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
fn file_overwritten_while_it_waits_is_kept_as_it_was_sent() {
    let place = Place::new("meanwhile");
    let file = Place(place.0.with_extension("png"));
    let write = |more: &str| fs::write(&file.0, format!("\u{89}PNG\r\n\u{1a}\n{more}")).unwrap();
    write("one");
    // Overwritten before the first try that gets through, as if by somebody else.
    let (overwritten, mut tries) = (file.0.clone(), 0);
    let fixture = Fixture::with("resumed-meanwhile", RateLimit::unlimited(), move |service, request| {
        tries += u32::from(request.method == Method::Post);
        if request.method == Method::Post && tries == 1 {
            fs::write(&overwritten, "\u{89}PNG\r\n\u{1a}\nanother").unwrap();
            return failure(ErrorKind::Connect, false);
        }
        service.answer(request)
    });
    let run = || {
        let job = Image::from_path(&file.0).any_format(true);
        let outcome = by_index(fixture.client.batch([job]).journal(place.open())).remove(0);
        (outcome.result.is_ok(), outcome.is_replayed)
    };
    assert_eq!(run(), (true, false));
    assert_eq!(run(), (true, true), "the verdict is that of the file as it is now: {}", place.text());
    write("one");
    assert_eq!(run(), (true, false), "nothing of this one was sent");
}

#[cfg(unix)]
#[test]
fn paths_that_are_no_text_are_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let (place, fixture) = (Place::new("paths"), Fixture::plain("resumed-paths", RateLimit::unlimited()));
    let [one, other] = [&b"a\xff.png"[..], b"a\xfe.png"].map(|name| {
        let mut path = place.0.clone().into_os_string();
        path.push(OsStr::from_bytes(name));
        fs::write(&path, b"\x89PNG\r\n\x1a\n0000").unwrap();
        Place(path.into())
    });
    for (place_of_file, replayed) in [(&one, false), (&other, false), (&one, true)] {
        let job = Image::from_path(&place_of_file.0);
        let outcome = by_index(fixture.client.batch([job]).journal(place.open())).remove(0);
        assert!(outcome.result.is_ok() && outcome.is_replayed == replayed);
    }
}
