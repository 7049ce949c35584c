//! On files of their own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::error::ErrorKind;
use crate::model::medium::{Audio, Image, Video};
use crate::model::report::image::ImageReport;
use crate::model::submission::any::AnySubmission;
use crate::model::submission::options::KeyFramesMethod;

/// A file that is gone with the test.
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

    /// What the next run knows of `job`.
    fn past(&self, job: &AnySubmission) -> EarlierRun {
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

fn unknown() -> Error {
    Error::new(ErrorKind::Timeout, "no").mark_maybe_sent(true)
}

#[test]
fn the_next_run_knows_what_became_of_each() {
    type Steps = fn(&Journal, Key);
    let begin: Steps = |journal, key| journal.begin(key, &cat()).unwrap();
    let submitted: Steps = |journal, key| journal.submitted(key, &id()).unwrap();
    let failed: Steps = |journal, key| journal.failed(key, &unsent()).unwrap();
    let lost: Steps = |journal, key| journal.failed(key, &unknown()).unwrap();
    let finished: Steps = |journal, key| journal.finished(key, &report()).unwrap();
    let table: [(&[Steps], &str); 11] = [
        (&[], "None"),
        (&[begin], "Indeterminate"),
        (&[begin, failed], "None"),
        (&[begin, lost], "Indeterminate"),
        (&[begin, submitted], "Submitted"),
        (&[begin, submitted, finished], "Finished"),
        // Tried again in one run.
        (&[begin, failed, begin, submitted], "Submitted"),
        (&[begin, failed, begin], "Indeterminate"),
        // Submitted again in another run, since it was asked for: what was open before stays open.
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
        let past = format!("{:?}", scratch.past(&cat()));
        assert!(past.starts_with(expected), "{past} after\n{}", scratch.text());
        assert!(matches!(scratch.past(&Image::from_url("https://x.test/dog.jpg").into()), EarlierRun::None));
        let retried = scratch.open().retry_indeterminate(true).look_up(&cat()).unwrap().1;
        let expected = if expected == "Indeterminate" { "None" } else { expected };
        assert!(format!("{retried:?}").starts_with(expected), "{retried:?}");
    }
}

#[test]
fn equal_jobs_are_told_apart_by_their_number() {
    let scratch = Scratch::new("");
    {
        let journal = scratch.open();
        let keys: Vec<Key> = (0..3).map(|_| journal.look_up(&cat()).unwrap().0).collect();
        assert_eq!([0, 1, 2], [keys[0].occurrence, keys[1].occurrence, keys[2].occurrence]);
        // The last one was first to be done.
        for key in [keys[2], keys[0]] {
            journal.begin(key, &cat()).unwrap();
        }
        journal.submitted(keys[2], &id()).unwrap();
        journal.finished(keys[2], &report()).unwrap();
    }
    let journal = scratch.open();
    let pasts: Vec<EarlierRun> = (0..4).map(|_| journal.look_up(&cat()).unwrap().1).collect();
    assert!(
        matches!(pasts[..], [EarlierRun::Indeterminate, EarlierRun::None, EarlierRun::Finished(_), EarlierRun::None]),
        "{pasts:?}"
    );
}

#[test]
fn a_report_comes_back_with_all_that_was_in_it() {
    let scratch = Scratch::new("");
    {
        let journal = scratch.open();
        let (key, _) = journal.look_up(&cat()).unwrap();
        journal.finished(key, &report()).unwrap();
    }
    assert_eq!(scratch.text().lines().count(), 2, "one line, whatever stands in the report: {}", scratch.text());
    let EarlierRun::Finished(found) = scratch.past(&cat()) else { panic!("not finished") };
    assert_eq!(found.is_artificial(), Some(false));
    assert!(found.raw_json().contains(r#""new":[1.5]"#), "{}", found.raw_json());
}

#[test]
fn jobs_are_the_same_if_medium_source_and_options_are() {
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
    // As Python's hashlib has it, since journals are read by later versions: the half of the SHA-256 of `medium`,
    // `image`, `file_url` and the URL, each after its length in eight bytes.
    assert_eq!(format!("{:032x}", line::fingerprint(&cat())), "c9f18c0ab8f12b29c9898963d95593c0");
}

/// Writes a file with a modification time, which is in nanoseconds since 1970.
fn write(path: &Path, content: &str, modified: i64) {
    std::fs::write(path, content).unwrap();
    let since_1970 = std::time::Duration::from_nanos(modified.unsigned_abs());
    let epoch = std::time::UNIX_EPOCH;
    let time = if modified < 0 { epoch - since_1970 } else { epoch + since_1970 };
    OpenOptions::new().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Opens the journal, and submits `job` as `identifier` if nothing is known of it. Returns what was known.
fn run(journal: &Scratch, job: &AnySubmission, identifier: &str) -> String {
    let journal = journal.open();
    let (key, past) = journal.look_up(job).unwrap();
    if matches!(past, EarlierRun::None | EarlierRun::Changed) {
        let key = key.with_file_of(job);
        journal.begin(key, job).unwrap();
        journal.submitted(key, &identifier.parse().unwrap()).unwrap();
    }
    format!("{past:?}").replace(['"', ' '], "")
}

#[test]
fn file_overwritten_is_a_new_item() {
    const SECOND: i64 = 1_000_000_000;
    // How it was and is: its content, and its modification time.
    let table = [
        (("cat", 7 * SECOND), ("cat", 7 * SECOND), false),
        (("cat", 7 * SECOND), ("cats", 7 * SECOND), true),
        (("cat", 7 * SECOND), ("dog", 8 * SECOND), true),
        (("cat", 7 * SECOND), ("dog", 5 * SECOND), true),
        (("cat", 7 * SECOND), ("dog", 7 * SECOND + 1_000), true),
        (("cat", -7 * SECOND - 1_000), ("cat", -7 * SECOND - 1_000), false),
        (("cat", -7 * SECOND), ("dog", 7 * SECOND), true),
        (("cat", -1_000), ("dog", 0), true),
        // As far as nobody can tell.
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
        // As if a copy of the first file was put back.
        write(&file.0, before.0, before.1);
        assert_eq!(run(&journal, &job, "four"), "Submitted(Identifier(one))", "{before:?} {after:?}");
        std::fs::remove_file(&file.0).unwrap();
        assert_eq!(run(&journal, &job, "five"), known, "the file is gone, its last result is not");
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
    assert!(matches!(journal.past(&job), EarlierRun::None), "it cost nothing yet");
}

#[test]
fn file_listed_twice_has_two_versions_of_each() {
    let (journal, file) = (Scratch::new(""), Scratch::new(""));
    let job: AnySubmission = Image::from_path(&file.0).into();
    let run = || {
        let journal = journal.open();
        [(); 2].map(|()| {
            let (key, past) = journal.look_up(&job).unwrap();
            let key = key.with_file_of(&job);
            journal.begin(key, &job).unwrap();
            journal.submitted(key, &id()).unwrap();
            matches!(past, EarlierRun::Changed)
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
fn first_format_is_matched_by_path_alone() {
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
    // What was open is still open, and from then on its file is known.
    let open = Scratch::new(&format!("{HEADER}{begin}"));
    assert!(matches!(open.past(&job), EarlierRun::Indeterminate));
    {
        let journal = open.open().retry_indeterminate(true);
        let (key, past) = journal.look_up(&job).unwrap();
        assert!(matches!(past, EarlierRun::None));
        journal.submitted(key.with_file_of(&job), &id()).unwrap();
    }
    assert!(matches!(open.past(&job), EarlierRun::Submitted(_)));
    std::fs::write(&file.0, "a third one").unwrap();
    assert!(matches!(open.past(&job), EarlierRun::Changed));
}

#[test]
fn a_last_line_that_was_cut_off_is_removed() {
    let begin = {
        let scratch = Scratch::new("");
        let journal = scratch.open();
        journal.begin(journal.look_up(&cat()).unwrap().0, &cat()).unwrap();
        drop(journal);
        scratch.text().lines().nth(1).unwrap().to_owned() + "\n"
    };
    for at in 0..begin.len() {
        let scratch = Scratch::new(&format!("{HEADER}{begin}{}", &begin[..at]));
        assert!(matches!(scratch.past(&cat()), EarlierRun::Indeterminate));
        assert_eq!(scratch.text(), format!("{HEADER}{begin}"), "cut at {at}");
    }
    for at in std::iter::once(0).chain(20..HEADER.len()) {
        let scratch = Scratch::new(&HEADER[..at]);
        assert!(matches!(scratch.past(&cat()), EarlierRun::None));
        assert_eq!(scratch.text(), HEADER, "cut at {at}");
    }
}

#[test]
fn what_is_no_journal_is_left_as_it_is() {
    let begin = r#"{"event":"begin","job":"00000000000000000000000000000001","occurrence":0}"#;
    let table = [
        ("precious", "the file is no journal"),
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
        ("{", "the file is no journal"),
        (&format!("{HEADER}{}\n", begin.replace("begin", "submitted")), "line 2: "),
        (&format!("{HEADER}{HEADER}"), "line 2: "),
    ];
    for (text, says) in table {
        let scratch = Scratch::new(text);
        let error = Journal::open(&scratch.0).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Journal, Some("journal")), "{text:?}");
        assert!(error.to_string().contains(says), "{text:?}: {error}");
        assert_eq!(scratch.text(), text);
    }
    for path in ["/dev/null", "/no/such/file", "/"] {
        assert_eq!(Journal::open(path).unwrap_err().kind(), ErrorKind::Journal);
    }
}

#[cfg(unix)]
#[test]
fn an_empty_file_becomes_its_owner_s() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new("");
    std::fs::set_permissions(&scratch.0, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(scratch.open());
    assert_eq!(std::fs::metadata(&scratch.0).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn it_is_that_of_one_service() {
    let scratch = Scratch::new("");
    scratch.open().bind("a.test:443").unwrap();
    scratch.open().bind("a.test:443").unwrap();
    let error = scratch.open().bind("b.test:443").unwrap_err();
    assert_eq!(error.to_string(), "journal: is that of another service, at a.test:443");
    assert_eq!(scratch.text().lines().count(), 2);
}

#[test]
fn one_at_a_time() {
    let scratch = Scratch::new("");
    let journal = scratch.open();
    assert!(Journal::open(&scratch.0).unwrap_err().to_string().contains("in use by another process or batch"));
    drop(journal);
    drop(scratch.open());
}

#[test]
fn a_line_that_could_not_be_written_is_an_error_and_the_next_one_stands_alone() {
    let scratch = Scratch::new("");
    let journal = scratch.open();
    let (key, _) = journal.look_up(&cat()).unwrap();
    // As a full disk would leave it if it could not be cut back either: longer than the next line.
    let rest = format!("{{\"event\":\"be{}\n", "x".repeat(500));
    OpenOptions::new().append(true).open(&scratch.0).unwrap().write_all(rest.as_bytes()).unwrap();
    let read_only = File::open(&scratch.0).unwrap();
    let file = std::mem::replace(&mut lock(&journal.kept).file, read_only);
    let error = journal.begin(key, &cat()).unwrap_err();
    assert!(error.kind() == ErrorKind::Journal && error.to_string() == "journal: cannot be written", "{error}");
    lock(&journal.kept).file = file;
    journal.submitted(key, &id()).unwrap();
    drop(journal);
    assert!(matches!(scratch.past(&cat()), EarlierRun::Submitted(_)));
}
