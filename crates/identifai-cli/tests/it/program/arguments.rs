//! Tests of file names as arguments: names that look like options, and names that are not UTF-8.

use test_support::{Directory, ID, Server, accepted};

use crate::support::{env_of, run, run_with_input, sandbox, without_rate_limit};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n...";

#[test]
fn file_named_like_option_gets_hint_about_path() {
    let server = Server::responding(accepted());
    let here = Directory::new();
    for name in ["-x.png", "--cat.png", "-there"] {
        here.file(name, PNG);
    }
    let run = |arguments: &[&str]| {
        let mut command = without_rate_limit(&env_of(&server), arguments);
        command.current_dir(here.path(""));
        run_with_input(command, "")
    };
    for (arguments, name) in [
        (&["classify", "-x.png"][..], "-x.png"),
        (&["classify", "--wait", "--cat.png"], "--cat.png"),
        (&["classify", "./-x.png", "-there"], "-there"),
        (&["classify", "-missing.jpg"], "-missing.jpg"),
        (&["tickets", "-x.png"], "-x.png"),
        (&["batch", "-list.txt"], "-list.txt"),
    ] {
        let outcome = run(arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(&format!("write ./{name}\n")), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    for arguments in [&["classify", "./-x.png"][..], &["classify", "--", "-x.png"], &["classify", "--", "--cat.png"]] {
        let outcome = run(arguments);
        assert_eq!((outcome.status, outcome.out), (0, format!("{ID}\n")), "{arguments:?}: {}", outcome.err);
    }
    let other = run(&["classify", "-secret"]);
    assert!(other.status == 2 && !other.err.contains("secret"), "the argument may be the key: {}", other.err);
}

#[test]
fn empty_file_and_empty_stdin_get_the_same_error() {
    let (sandbox, env) = sandbox();
    let here = Directory::new();
    for arguments in [
        &["classify", "-"][..],
        &["classify", "--audio", "-"],
        &["classify", &here.file("empty", "")],
        &["classify", &here.file("empty.png", "")],
        &["tickets", "-"],
        &["tickets", &here.file("empty.pdf", "")],
    ] {
        let outcome = run_with_input(without_rate_limit(&env, arguments), "");
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.ends_with(" file: must not be empty\n"), "{arguments:?}: {}", outcome.err);
    }
    for list in ["-", &here.file("list", "")] {
        let outcome = run_with_input(without_rate_limit(&env, &["batch", list]), "");
        assert!(outcome.status == 0 && outcome.err.contains("the list is empty: no line"), "{}", outcome.err);
    }
    assert_eq!(sandbox.submits(), 0);
}

/// Tests of file names with any bytes. They run on Linux only, because other systems refuse most of these names.
#[cfg(target_os = "linux")]
mod any_bytes {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use serde_json::json;
    use test_support::{json, response};

    use super::*;
    use crate::support::json_lines;

    const NAMES: [&[u8]; 3] = [b"caf\xe9,1.png", b"caf\xe8,1.png", b"\xff\xfe\"<b>\n\x1b[2J\x80.png"];

    fn name(bytes: &[u8]) -> &OsStr {
        OsStr::from_bytes(bytes)
    }

    /// Creates a directory with a file of each name. The files differ in length.
    fn files() -> Directory {
        let here = Directory::new();
        for (number, bytes) in NAMES.iter().enumerate() {
            std::fs::write(Path::new(&here.path("")).join(name(bytes)), [PNG, &b".".repeat(number)].concat()).unwrap();
        }
        here
    }

    #[test]
    fn non_utf_8_argument_is_uploaded_with_safe_name() {
        let server = Server::responding(accepted());
        let here = files();
        for command in ["classify", "tickets"] {
            let server = match command {
                "tickets" => &Server::responding(json(r#"{"batch":"1","tickets":[]}"#)),
                _ => &server,
            };
            let mut program = without_rate_limit(&env_of(server), &[command]);
            program.current_dir(here.path("")).args(NAMES.map(name));
            run_with_input(program, "");
            let bodies: Vec<_> = server.requests().iter().flat_map(|seen| seen.body.clone()).collect();
            let bodies = String::from_utf8_lossy(&bodies);
            for name in ["caf\u{fffd},1.png", "\u{fffd}\u{fffd}%22<b>%0A\u{1b}[2J\u{fffd}.png"] {
                assert!(bodies.contains(&format!("filename=\"{name}\"\r\n")), "{command}: {bodies}");
            }
        }
        assert_eq!(server.requests().len(), 3);
    }

    #[test]
    fn message_about_non_utf_8_name_escapes_its_bytes() {
        let server = Server::responding(response(422, "application/json", r#"{"message": "No"}"#));
        let here = files();
        let run = |arguments: &[&str], files: &[&[u8]]| {
            let mut command = without_rate_limit(&env_of(&server), arguments);
            command.current_dir(here.path("")).args(files.iter().map(|bytes| name(bytes)));
            run_with_input(command, "")
        };
        let outcome = run(&["classify", "--json"], &NAMES);
        assert_eq!((outcome.status, outcome.err.as_str()), (3, ""), "{}", outcome.out);
        let inputs: Vec<_> = json_lines(&outcome.out).iter().map(|line| line["input"].clone()).collect();
        let shown = [r"caf\xe9,1.png", r"caf\xe8,1.png", "\\xff\\xfe\"<b>\n\u{1b}[2J\\x80.png"];
        assert_eq!(inputs, shown.map(|shown| json!(shown)));
        assert!(outcome.out.is_ascii(), "{}", outcome.out);
        let missing = run(&["classify"], &[b"gone\xff.png"]);
        assert_eq!(missing.status, 2);
        assert!(missing.err.ends_with("file: cannot find the file (the file name is not UTF-8)\n"), "{}", missing.err);
        let url = run(&["classify"], &[b"https://x.test/caf\xe9.png"]);
        assert!(url.status == 2 && url.err.contains("URL: must be UTF-8; percent-encode it"), "{}", url.err);
        let option = run(&["classify"], &[b"-x\xff.png"]);
        assert!(option.status == 2 && option.err.contains(r"write ./-x\xff.png"), "{}", option.err);
    }

    #[test]
    fn batch_with_non_utf_8_names_is_resumed() {
        let (sandbox, env) = sandbox();
        let here = files();
        // The third name contains a line break, so it cannot be in a list.
        let names = &NAMES[..2];
        std::fs::write(here.path("list"), [names.join(&b'\n'), b"\r\n".to_vec()].concat()).unwrap();
        let list = name(b"\xfelist");
        std::fs::rename(here.path("list"), Path::new(&here.path("")).join(list)).unwrap();
        let run = || {
            let mut command = without_rate_limit(&env, &["batch", "--journal", "journal", "--html", "page.html"]);
            command.current_dir(here.path("")).arg(list);
            run_with_input(command, "")
        };
        for submits in [2, 2] {
            let outcome = run();
            assert_eq!((outcome.status, sandbox.submits()), (0, submits), "{}", outcome.err);
            let mut inputs: Vec<_> =
                json_lines(&outcome.out).iter().map(|line| line["input"].as_str().unwrap().to_owned()).collect();
            inputs.sort_unstable();
            assert_eq!(inputs, [r"caf\xe8,1.png", r"caf\xe9,1.png"]);
            let page = std::fs::read_to_string(here.path("page.html")).unwrap();
            assert!(page.contains(r"caf\xe9,1.png") && page.matches("data:image/png;base64,").count() == 2, "{page}");
        }
    }
}

#[test]
fn man_pages_are_written_to_stdout_or_directory() {
    let directory = Directory::new();
    let page = run(&[], &["man"]);
    assert!(page.status == 0 && page.out.contains(".SH SYNOPSIS"), "{}{}", page.out, page.err);
    let written = run(&[], &["man", &directory.path("")]);
    assert_eq!((written.status, written.out.as_str(), written.err.as_str()), (0, "", ""));
    assert_eq!(std::fs::read_to_string(directory.path("identifai.1")).unwrap(), page.out);
    assert!(std::fs::read_to_string(directory.path("identifai-partner-save.1")).unwrap().contains("email"));
    assert_eq!(run(&[], &["man", &directory.path("new/man1")]).status, 0, "a missing directory is created");
    assert!(std::fs::exists(directory.path("new/man1/identifai.1")).unwrap());
    let file = run(&[], &["man", &directory.path("identifai.1")]);
    assert_eq!((file.status, file.out.as_str()), (5, ""));
    assert!(file.err.starts_with("identifai: cannot write the manual: "), "{}", file.err);
}
