//! Tests of journals, each with temporary files of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::error::ErrorKind;
use crate::model::medium::{Audio, Image, Video};
use crate::model::report::image::ImageReport;
use crate::model::submission::any::AnySubmission;
use crate::model::submission::options::KeyFramesMethod;

/// A temporary file. Dropping it deletes the file.
struct Scratch(PathBuf);

impl Scratch {
    fn new(text: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("identifai-journal-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }

    fn open(&self) -> Journal {
        Journal::open(&self.0).unwrap()
    }

    /// Returns the state of `job` that the next run finds.
    fn earlier_run(&self, job: &AnySubmission) -> EarlierRun {
        self.open().look_up(job).unwrap().1
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const HEADER: &str = "{\"event\":\"journal\",\"version\":1}\n";

fn cat() -> AnySubmission {
    Image::from_url("https://x.test/cat.jpg").into()
}

fn id() -> Identifier {
    "abc".parse().unwrap()
}

fn report() -> AnyReport {
    let json =
        "{\"identifier\":\"abc\",\n\t\"status\":\"done\",\"verdict\":{\"classification\":\"human\"},\"new\":[1.50]}";
    AnyReport::Image(ImageReport::from_json(json).unwrap())
}

fn unsent() -> Error {
    Error::new(ErrorKind::Connect, "no")
}

fn indeterminate() -> Error {
    Error::new(ErrorKind::Timeout, "no").mark_maybe_sent(true)
}

#[test]
fn look_up_returns_state_after_earlier_runs() {
    type Steps = fn(&Journal, Key);
    let begin: Steps = |journal, key| journal.begin(key, &cat()).unwrap();
    let submitted: Steps = |journal, key| journal.submitted(key, &id()).unwrap();
    let failed: Steps = |journal, key| journal.failed(key, &unsent()).unwrap();
    let lost: Steps = |journal, key| journal.failed(key, &indeterminate()).unwrap();
    let finished: Steps = |journal, key| journal.finished(key, &report()).unwrap();
    let table: [(&[Steps], &str); 11] = [
        (&[], "None"),
        (&[begin], "Indeterminate"),
        (&[begin, failed], "None"),
        (&[begin, lost], "Indeterminate"),
        (&[begin, submitted], "Submitted"),
        (&[begin, submitted, finished], "Finished"),
        // Submitted again in the same run.
        (&[begin, failed, begin, submitted], "Submitted"),
        (&[begin, failed, begin], "Indeterminate"),
        // Submitted again in a later run with `retry_indeterminate`. A state that was indeterminate stays so after a
        // failed submit.
        (&[begin, begin, failed], "Indeterminate"),
        (&[begin, lost, begin, failed], "Indeterminate"),
        (&[begin, lost, begin, submitted], "Submitted"),
    ];
    for (steps, expected) in table {
        let scratch = Scratch::new("");
        {
            let journal = scratch.open();
            let (key, _) = journal.look_up(&cat()).unwrap();
            for step in steps {
                step(&journal, key);
            }
        }
        let earlier_run = format!("{:?}", scratch.earlier_run(&cat()));
        assert!(earlier_run.starts_with(expected), "{earlier_run} after\n{}", scratch.text());
        assert!(matches!(scratch.earlier_run(&Image::from_url("https://x.test/dog.jpg").into()), EarlierRun::None));
        let retried = scratch.open().retry_indeterminate(true).look_up(&cat()).unwrap().1;
        let expected = if expected == "Indeterminate" { "None" } else { expected };
        assert!(format!("{retried:?}").starts_with(expected), "{retried:?}");
    }
}

#[test]
fn jobs_that_are_equal_are_distinguished_by_number() {
    let scratch = Scratch::new("");
    {
        let journal = scratch.open();
        let keys: Vec<Key> = (0..3).map(|_| journal.look_up(&cat()).unwrap().0).collect();
        assert_eq!([0, 1, 2], [keys[0].occurrence, keys[1].occurrence, keys[2].occurrence]);
        // The last job finishes first.
        for key in [keys[2], keys[0]] {
            journal.begin(key, &cat()).unwrap();
        }
        journal.submitted(keys[2], &id()).unwrap();
        journal.finished(keys[2], &report()).unwrap();
    }
    let journal = scratch.open();
    let found: Vec<EarlierRun> = (0..4).map(|_| journal.look_up(&cat()).unwrap().1).collect();
    assert!(
        matches!(found[..], [EarlierRun::Indeterminate, EarlierRun::None, EarlierRun::Finished(_), EarlierRun::None]),
        "{found:?}"
    );
}

#[test]
fn report_read_from_journal_is_complete() {
    let scratch = Scratch::new("");
    {
        let journal = scratch.open();
        let (key, _) = journal.look_up(&cat()).unwrap();
        journal.finished(key, &report()).unwrap();
    }
    assert_eq!(scratch.text().lines().count(), 2, "the report is written as one line: {}", scratch.text());
    let EarlierRun::Finished(found) = scratch.earlier_run(&cat()) else { panic!("not finished") };
    assert_eq!(found.is_artificial(), Some(false));
    assert!(found.raw_json().contains(r#""new":[1.5]"#), "{}", found.raw_json());
}

#[test]
fn fingerprint_depends_on_medium_source_and_options() {
    let url = "https://x.test/a?b=1";
    let jobs: [AnySubmission; 16] = [
        Image::from_url(url).into(),
        Image::from_url("https://x.test/a?b=2").into(),
        Image::from_url(url).ref_id("1").into(),
        Image::from_url(url).webhook_url("1").into(),
        Image::from_url(url).no_cache(true).into(),
        Image::from_url(url).no_cache(false).into(),
        Image::from_url(url).with_nsfw(true).into(),
        Video::from_url(url).into(),
        Video::from_url(url).key_frames_method(KeyFramesMethod::Flow).into(),
        Audio::from_url(url).into(),
        Image::from_path("a").into(),
        Image::from_path("b").into(),
        Image::from_bytes(*b"a").into(),
        Image::from_bytes(*b"a").file_name("b").into(),
        Image::from_reader(&b"a"[..], 1).into(),
        Image::from_reader(&b"a"[..], 2).into(),
    ];
    for (index, one) in jobs.iter().enumerate() {
        for (other_index, other) in jobs.iter().enumerate() {
            assert_eq!(line::fingerprint(one) == line::fingerprint(other), index == other_index, "{one:?} {other:?}");
        }
    }
    // Later versions read journals of this one, so the fingerprint must not change. The expected value was computed
    // with Python's hashlib: the first half of the SHA-256 of `medium`, `image`, `file_url` and the URL, each after
    // its length in eight bytes.
    assert_eq!(format!("{:032x}", line::fingerprint(&cat())), "c9f18c0ab8f12b29c9898963d95593c0");
}

/// Writes a file and sets its modification time, in nanoseconds since 1970.
fn write(path: &Path, content: &str, modified: i64) {
    std::fs::write(path, content).unwrap();
    let since_1970 = std::time::Duration::from_nanos(modified.unsigned_abs());
    let epoch = std::time::UNIX_EPOCH;
    let time = if modified < 0 { epoch - since_1970 } else { epoch + since_1970 };
    OpenOptions::new().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Opens the journal and looks up `job`. If the job was not accepted before, records that it was accepted as
/// `identifier`. Returns the state that was looked up.
fn run(journal: &Scratch, job: &AnySubmission, identifier: &str) -> String {
    let journal = journal.open();
    let (key, earlier_run) = journal.look_up(job).unwrap();
    if matches!(earlier_run, EarlierRun::None | EarlierRun::Changed) {
        let key = key.with_file_of(job);
        journal.begin(key, job).unwrap();
        journal.submitted(key, &identifier.parse().unwrap()).unwrap();
    }
    format!("{earlier_run:?}").replace(['"', ' '], "")
}

#[test]
fn file_overwritten_is_a_new_job() {
    const SECOND: i64 = 1_000_000_000;
    // The content and modification time before and after, and `true` if the change is detected.
    let table = [
        (("cat", 7 * SECOND), ("cat", 7 * SECOND), false),
        (("cat", 7 * SECOND), ("cats", 7 * SECOND), true),
        (("cat", 7 * SECOND), ("dog", 8 * SECOND), true),
        (("cat", 7 * SECOND), ("dog", 5 * SECOND), true),
        (("cat", 7 * SECOND), ("dog", 7 * SECOND + 1_000), true),
        (("cat", -7 * SECOND - 1_000), ("cat", -7 * SECOND - 1_000), false),
        (("cat", -7 * SECOND), ("dog", 7 * SECOND), true),
        (("cat", -1_000), ("dog", 0), true),
        // This change cannot be detected.
        (("cat", 7 * SECOND), ("dog", 7 * SECOND), false),
    ];
    for (before, after, is_changed) in table {
        let (journal, file) = (Scratch::new(""), Scratch::new(""));
        let job: AnySubmission = Image::from_path(&file.0).into();
        write(&file.0, before.0, before.1);
        assert_eq!(run(&journal, &job, "one"), "None");
        write(&file.0, after.0, after.1);
        let expected = if is_changed { "Changed" } else { "Submitted(Identifier(one))" };
        assert_eq!(run(&journal, &job, "two"), expected, "{before:?} {after:?}\n{}", journal.text());
        let known = if is_changed { "Submitted(Identifier(two))" } else { expected };
        assert_eq!(run(&journal, &job, "three"), known, "{before:?} {after:?}");
        // The first version is restored from a copy.
        write(&file.0, before.0, before.1);
        assert_eq!(run(&journal, &job, "four"), "Submitted(Identifier(one))", "{before:?} {after:?}");
        std::fs::remove_file(&file.0).unwrap();
        assert_eq!(run(&journal, &job, "five"), known, "a deleted file keeps its last state");
    }
}

#[test]
fn file_never_accepted_does_not_count_as_changed() {
    let (journal, file) = (Scratch::new(""), Scratch::new(""));
    let job: AnySubmission = Image::from_path(&file.0).into();
    write(&file.0, "cat", 1);
    {
        let journal = journal.open();
        let (key, _) = journal.look_up(&job).unwrap();
        let key = key.with_file_of(&job);
        journal.begin(key, &job).unwrap();
        journal.failed(key, &unsent()).unwrap();
    }
    write(&file.0, "cats", 2);
    assert!(matches!(journal.earlier_run(&job), EarlierRun::None), "no submit was paid for");
}

#[test]
fn file_listed_twice_is_changed_twice() {
    let (journal, file) = (Scratch::new(""), Scratch::new(""));
    let job: AnySubmission = Image::from_path(&file.0).into();
    let run = || {
        let journal = journal.open();
        [(); 2].map(|()| {
            let (key, earlier_run) = journal.look_up(&job).unwrap();
            let key = key.with_file_of(&job);
            journal.begin(key, &job).unwrap();
            journal.submitted(key, &id()).unwrap();
            matches!(earlier_run, EarlierRun::Changed)
        })
    };
    write(&file.0, "cat", 1);
    assert_eq!(run(), [false; 2]);
    assert_eq!(run(), [false; 2]);
    write(&file.0, "cats", 1);
    assert_eq!(run(), [true; 2]);
}

#[cfg(unix)]
#[test]
fn symbolic_link_has_the_version_of_its_file() {
    let (journal, one, other) = (Scratch::new(""), Scratch::new(""), Scratch::new(""));
    write(&one.0, "cat", 1);
    write(&other.0, "dogs", 1);
    let link = Scratch::new("");
    let point_at = |file: &Scratch| {
        std::fs::remove_file(&link.0).unwrap();
        std::os::unix::fs::symlink(&file.0, &link.0).unwrap();
    };
    let job: AnySubmission = Image::from_path(&link.0).into();
    let runs = [&one, &one, &other].map(|file| {
        point_at(file);
        run(&journal, &job, "abc")
    });
    assert_eq!(runs, ["None", "Submitted(Identifier(abc))", "Changed"]);
}

#[test]
fn line_without_file_version_matches_by_path() {
    let file = Scratch::new("cat");
    let job: AnySubmission = Image::from_path(&file.0).into();
    let fingerprint = format!("{:032x}", line::fingerprint(&job));
    let line = |event: &str, more: &str| {
        format!("{{\"event\":\"{event}\",\"job\":\"{fingerprint}\",\"occurrence\":0{more}}}\n")
    };
    let (begin, submitted) = (line("begin", ""), line("submitted", ",\"identifier\":\"old\""));
    let old = Scratch::new(&format!("{HEADER}{begin}{submitted}"));
    for content in ["cat", "another"] {
        std::fs::write(&file.0, content).unwrap();
        assert_eq!(run(&old, &job, "new"), "Submitted(Identifier(old))");
    }
    // An indeterminate job stays so. After the next submit, the version of its file is recorded.
    let interrupted = Scratch::new(&format!("{HEADER}{begin}"));
    assert!(matches!(interrupted.earlier_run(&job), EarlierRun::Indeterminate));
    {
        let journal = interrupted.open().retry_indeterminate(true);
        let (key, earlier_run) = journal.look_up(&job).unwrap();
        assert!(matches!(earlier_run, EarlierRun::None));
        journal.submitted(key.with_file_of(&job), &id()).unwrap();
    }
    assert!(matches!(interrupted.earlier_run(&job), EarlierRun::Submitted(_)));
    std::fs::write(&file.0, "a third one").unwrap();
    assert!(matches!(interrupted.earlier_run(&job), EarlierRun::Changed));
}

#[test]
fn open_removes_incomplete_last_line() {
    let begin = {
        let scratch = Scratch::new("");
        let journal = scratch.open();
        journal.begin(journal.look_up(&cat()).unwrap().0, &cat()).unwrap();
        drop(journal);
        scratch.text().lines().nth(1).unwrap().to_owned() + "\n"
    };
    for at in 0..begin.len() {
        let scratch = Scratch::new(&format!("{HEADER}{begin}{}", &begin[..at]));
        assert!(matches!(scratch.earlier_run(&cat()), EarlierRun::Indeterminate));
        assert_eq!(scratch.text(), format!("{HEADER}{begin}"), "cut at {at}");
    }
    for at in std::iter::once(0).chain(20..HEADER.len()) {
        let scratch = Scratch::new(&HEADER[..at]);
        assert!(matches!(scratch.earlier_run(&cat()), EarlierRun::None));
        assert_eq!(scratch.text(), HEADER, "cut at {at}");
    }
}

#[test]
fn open_other_file_fails_and_leaves_it_unchanged() {
    let begin = r#"{"event":"begin","job":"00000000000000000000000000000001","occurrence":0}"#;
    let table = [
        ("precious", "not a journal"),
        ("precious\n", "line 1: "),
        ("\n", "line 1: "),
        ("{\"event\":\"journal\",\"version\":2}\n", "line 1: "),
        (&format!("{begin}\n"), "line 1: "),
        (&format!("{HEADER}nonsense\n{begin}\n"), "line 2: "),
        (&format!("{HEADER}{begin}\n\n{begin}\n"), "line 3: "),
        (&format!("{HEADER}{}\n", begin.replace("begin", "ended")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace("\"occurrence\":0", "\"occurrence\":0,\"more\":1")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace("00000001", "1")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace(":0}", ":4294967296}")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace("begin", "finished")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace(":0}", ":0,\"modified_ns\":1}")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace(":0}", ":0,\"len\":-1}")), "line 2: "),
        (&format!("{HEADER}{}\n", begin.replace(":0}", ":0,\"len\":1,\"modified_ns\":0.5}")), "line 2: "),
        ("{", "not a journal"),
        (&format!("{HEADER}{}\n", begin.replace("begin", "submitted")), "line 2: "),
        (&format!("{HEADER}{HEADER}"), "line 2: "),
    ];
    for (text, expected) in table {
        let scratch = Scratch::new(text);
        let error = Journal::open(&scratch.0).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Journal, Some("journal")), "{text:?}");
        assert!(error.to_string().contains(expected), "{text:?}: {error}");
        assert_eq!(scratch.text(), text);
    }
    for path in ["/dev/null", "/no/such/file", "/"] {
        assert_eq!(Journal::open(path).unwrap_err().kind(), ErrorKind::Journal);
    }
}

#[cfg(unix)]
#[test]
fn open_empty_file_makes_it_private_to_owner() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new("");
    std::fs::set_permissions(&scratch.0, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(scratch.open());
    assert_eq!(std::fs::metadata(&scratch.0).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn bind_to_another_service_fails() {
    let scratch = Scratch::new("");
    scratch.open().bind("a.test:443").unwrap();
    scratch.open().bind("a.test:443").unwrap();
    let error = scratch.open().bind("b.test:443").unwrap_err();
    assert_eq!(error.to_string(), "journal: belongs to another service: a.test:443");
    assert_eq!(scratch.text().lines().count(), 2);
}

#[test]
fn open_while_in_use_fails() {
    let scratch = Scratch::new("");
    let journal = scratch.open();
    assert!(Journal::open(&scratch.0).unwrap_err().to_string().contains("in use by another process or batch"));
    drop(journal);
    drop(scratch.open());
}

#[test]
fn write_failure_is_error_and_next_line_is_complete() {
    let scratch = Scratch::new("");
    let journal = scratch.open();
    let (key, _) = journal.look_up(&cat()).unwrap();
    // An incomplete line, as after a full disk and a failed truncation. It is longer than the next line.
    let rest = format!("{{\"event\":\"be{}\n", "x".repeat(500));
    OpenOptions::new().append(true).open(&scratch.0).unwrap().write_all(rest.as_bytes()).unwrap();
    let read_only = File::open(&scratch.0).unwrap();
    let file = std::mem::replace(&mut lock(&journal.inner).file, read_only);
    let error = journal.begin(key, &cat()).unwrap_err();
    assert!(error.kind() == ErrorKind::Journal && error.to_string() == "journal: cannot write the file", "{error}");
    lock(&journal.inner).file = file;
    journal.submitted(key, &id()).unwrap();
    drop(journal);
    assert!(matches!(scratch.earlier_run(&cat()), EarlierRun::Submitted(_)));
}
