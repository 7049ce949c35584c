//! Tests of uploads: every file arrives unchanged and under its name, or nothing is submitted.

use std::fs;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use identifai::{Audio, ErrorKind, Frames, Image, KeyFramesMethod, Video};
use test_support::form::{Parts, parse_multipart, parse_with_program};
use test_support::{Connection, Directory, ID, Server, accepted, response, run_in_subprocess};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\r\n--\r\n\0";
const MP4: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt ";

#[test]
fn each_medium_is_sent_to_its_endpoint() {
    let server = Server::responding(accepted());
    let client = server.client();
    let directory = Directory::new();
    client.submit(&Image::from_path(directory.file("cat.png", PNG)).with_heatmap(true).no_cache(false)).unwrap();
    let video = Video::from_bytes(MP4).frames(Frames::Thirty).key_frames(true).key_frames_method(KeyFramesMethod::Flow);
    client.submit(&video.with_nsfw(true).with_morphing(false).with_tampering(true).ref_id("v-1")).unwrap();
    client.submit(&Audio::from_reader(WAV, WAV.len() as u64).prevent_c2pa_forces(true)).unwrap();
    client.submit(&Video::from_url("https://x.test/a.mp4").frames(Frames::Five)).unwrap();
    client.submit(&Audio::from_url("https://x.test/a.wav").webhook_url("https://x.test/hook")).unwrap();
    let field = |name: &str, value: &str| (name.to_owned(), None, None, value.as_bytes().to_vec());
    let file = |name: &str, file: &str, media_type: &str, bytes: &[u8]| {
        (name.to_owned(), Some(file.to_owned()), Some(media_type.to_owned()), bytes.to_vec())
    };
    let expected = [
        (
            "/api/classification",
            vec![field("no_cache", "false"), field("with_heatmap", "true"), file("image", "cat.png", "image/png", PNG)],
        ),
        (
            "/api/classification_video",
            vec![
                field("ref_id", "v-1"),
                field("frames", "30"),
                field("key_frames", "true"),
                field("key_frames_method", "flow"),
                field("with_morphing", "false"),
                field("with_tampering", "true"),
                field("with_nsfw", "true"),
                file("video", "video.mp4", "video/mp4", MP4),
            ],
        ),
        (
            "/api/classification_audio",
            vec![field("prevent_c2pa_forces", "true"), file("audio", "audio.wav", "audio/wav", WAV)],
        ),
        ("/api/video_fromurl", vec![field("file_url", "https://x.test/a.mp4"), field("frames", "5")]),
        (
            "/api/audio_fromurl",
            vec![field("file_url", "https://x.test/a.wav"), field("webhook_url", "https://x.test/hook")],
        ),
    ];
    let requests = server.requests();
    assert_eq!(requests.len(), expected.len());
    for (request, (path, parts)) in requests.iter().zip(expected) {
        assert!(request.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{}", request.head);
        assert_eq!(parse_multipart(request), parts);
        assert_eq!(request.header("expect"), None, "a small upload does not wait for 100 Continue");
    }
}

#[test]
fn file_name_with_any_characters_arrives_unchanged() {
    let server = Server::responding(accepted());
    let client = server.client();
    let long = format!("{}.png", "n".repeat(4_096));
    let names = [
        "plain.png",
        "with \"quotes\".png",
        "semi;colon=x.png",
        "line\r\nbreak.png",
        "back\\slash\\.png",
        "\u{1f408} \u{e9}\u{4e2d}.png",
        "a%22b.png",
        "../../etc/passwd.png",
        long.as_str(),
    ];
    for name in names {
        client.submit(&Image::from_bytes(PNG).file_name(name)).unwrap();
    }
    let requests = server.requests();
    let is_read_as = |read: Vec<Parts>, names: Vec<&str>, write: fn(&str) -> String| {
        assert_eq!(read.len(), names.len());
        for (parts, name) in read.into_iter().zip(names) {
            assert_eq!(parts, [("image".to_owned(), Some(write(name)), Some("image/png".to_owned()), PNG.to_vec())]);
        }
    };
    let all_but = |sign| requests.iter().zip(names).filter(move |(_, name)| !name.contains(sign)).unzip();
    let as_browsers_write: fn(&str) -> String =
        |name| name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");

    // The crate `multipart` splits names at a semicolon inside quotes.
    let (forms, names): (Vec<_>, _) = all_but(';');
    is_read_as(forms.into_iter().map(parse_multipart).collect(), names, as_browsers_write);
    // Node decodes %22 to a quote, even if the original name has %22. Browsers cannot tell these names apart either.
    let (forms, names): (Vec<_>, _) = all_but('\0');
    if let Some(read) = parse_with_program("node", "form.mjs", forms) {
        is_read_as(read, names, |name| name.replace("%22", "\""));
    }
    // Python treats a backslash as an escape character, which RFC 7578 no longer does.
    let (forms, names): (Vec<_>, _) = all_but('\\');
    if let Some(read) = parse_with_program("python3", "form.py", forms) {
        is_read_as(read, names, as_browsers_write);
    }
}

#[test]
fn invalid_files_are_rejected_before_a_request() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let fifo = directory.path("pipe.png");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let secret = directory.file("secret.png", PNG);
    let is_root = fs::read("/proc/self/environ")
        .is_ok_and(|_| fs::metadata("/root").is_ok_and(|_| fs::read_dir("/root").is_ok()));
    let table = [
        (directory.path("missing.png"), "file: cannot find the file"),
        (directory.path(""), "file: must be a regular file, not a directory"),
        (directory.file("empty.png", b""), "file: must not be empty"),
        (fifo, "file: must be a regular file, not a pipe"),
        ("/dev/zero".to_owned(), "file: must be a regular file, not a pipe"),
        (directory.file("cat.mp3", PNG), "file: the extension stands for audio/mpeg, but the content is image/png"),
        (directory.file("cat.txt", b"some text"), "file: not a documented image format"),
    ];
    for (path, summary) in table {
        let error = server.client().submit(&Image::from_path(&path)).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::InvalidInput, false));
        assert!(error.to_string().starts_with(summary), "{error}");
        assert!(!format!("{error} {error:?}").contains("identifai-test-"), "no path is shown: {error:?}");
    }
    if !is_root {
        #[cfg(unix)]
        fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
        let error = server.client().submit(&Image::from_path(&secret)).unwrap_err();
        assert!(error.to_string().starts_with("file: no permission to read the file"), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

/// Starts a server that reads each upload with interim responses, and answers only complete forms.
fn upload_server() -> Server {
    Server::start(|connection| {
        while let Some(head) = connection.head() {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if head.contains("100-continue") {
                connection.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
                for piece in ["HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\nX-Proxy: a\r\n", "\r\n"] {
                    connection.send(piece);
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            let mut body = connection.stream.by_ref().take(length.parse().unwrap());
            let whole = io::copy(&mut body, &mut io::sink()).is_ok() && body.limit() == 0;
            if !whole {
                return;
            }
            connection.send(&accepted());
        }
    })
}

#[test]
fn file_changed_during_upload_is_not_submitted() {
    let server = upload_server();
    let directory = Directory::new();
    let bytes = [PNG, &vec![7; 3_000_000]].concat();
    let shorten: fn(&Path) = |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(1_500_000).unwrap();
    let lengthen: fn(&Path) =
        |path| fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
    for (change, summary) in [(shorten, "shrank during the upload"), (lengthen, "grew during the upload")] {
        let path = directory.file("cat.png", &bytes);
        let (here, changed) = (path.clone(), AtomicBool::new(false));
        let job = Image::from_path(&path).on_progress(move |progress| {
            if progress.sent > 1_000_000 && !changed.swap(true, Ordering::SeqCst) {
                change(Path::new(&here));
            }
            ControlFlow::Continue(())
        });
        let start = Instant::now();
        let error = server.client().submit(&job).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(
            (error.kind(), error.field(), error.may_have_been_sent(), error.identifier()),
            (ErrorKind::InvalidInput, Some("file"), false, None)
        );
        assert!(error.to_string().contains(summary), "{error}");
    }
    // A file that is deleted during the upload is still open, so the upload completes. The next submit does not find
    // it.
    let path = directory.file("cat.png", &bytes);
    let here = path.clone();
    let job = Image::from_path(&path).on_progress(move |_| {
        let _ = fs::remove_file(&here);
        ControlFlow::Continue(())
    });
    if cfg!(unix) {
        assert_eq!(server.client().submit(&job).unwrap().identifier().as_str(), ID);
    }
    assert!(server.client().submit(&job).unwrap_err().to_string().contains("cannot find the file"));
}

#[test]
fn progress_callback_break_ends_the_upload() {
    let server = upload_server();
    let job = Image::from_bytes([PNG, &vec![7; 3_000_000]].concat()).on_progress(|progress| {
        assert!(progress.sent <= 1_100_000, "the upload continues after the callback has stopped it");
        if progress.sent >= 1_000_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let error = server.client().submit(&job).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (ErrorKind::Cancelled, false));
    assert!(error.to_string().contains("on_progress"), "{error}");
}

#[test]
fn early_error_response_prevents_the_upload() {
    for (status, kind, before, pieces) in [
        (401, ErrorKind::Unauthorized, "", 3),
        (413, ErrorKind::Rejected, "HTTP/1.1 102 Processing\r\n\r\n", 3),
        (429, ErrorKind::RateLimited, "HTTP/1.1 102 Processing\r\n\r\n", 1),
    ] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let server = Server::start(move |connection| {
            let head = connection.head().unwrap();
            assert!(head.contains("expect: 100-continue\r\n"), "{head}");
            // In pieces, or after an interim response. The connection stays open.
            let response = before.to_owned() + &response(status, "application/json", "{\"error\":\"No.\"}");
            for piece in response.as_bytes().chunks(response.len() / pieces + 1) {
                connection.send(std::str::from_utf8(piece).unwrap());
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = sender.send(io::copy(&mut connection.stream, &mut io::sink()).ok());
        });
        let job = Video::from_reader(MP4.chain(io::repeat(7)), 2 << 30);
        let error = server.client().submit(&job).unwrap_err();
        assert_eq!((error.kind(), error.message(), error.may_have_been_sent()), (kind, Some("No."), false));
        assert_eq!(receiver.recv().unwrap(), Some(0), "bytes sent after the head");
    }
}

#[test]
fn expect_100_is_sent_only_over_1_mib() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        while let Some(head) = connection.head() {
            sender.send(head.contains("expect: ")).unwrap();
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            io::copy(&mut connection.stream.by_ref().take(length), &mut io::sink()).unwrap();
            connection.send(&accepted());
        }
    });
    for (len, is_expected) in [(1_000_000, false), (1 << 20, true)] {
        let job = Image::from_bytes([PNG, &vec![7; len]].concat());
        server.client().submit(&job).unwrap();
        assert_eq!(receiver.recv().unwrap(), is_expected, "{len}");
    }
}

#[test]
fn upload_response_in_pieces_is_read() {
    let server = Server::start(|connection| {
        while let Some(head) = connection.head() {
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            io::copy(&mut connection.stream.by_ref().take(length), &mut io::sink()).unwrap();
            let response = accepted();
            let (head, body) = response.split_once('{').unwrap();
            for piece in [head, "{", body] {
                connection.send(piece);
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    });
    let client = server.client().with_timeout(Duration::from_secs(10));
    for _ in 0..2 {
        let job = Image::from_bytes([PNG, &vec![7; 1 << 20]].concat());
        assert_eq!(client.submit(&job).unwrap().identifier().as_str(), ID);
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn upload_after_429_is_retried_unless_from_a_reader() {
    let serve = |connection: &mut Connection| {
        let mut first = true;
        while connection.request().is_some() {
            let busy = "HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_owned();
            connection.send(&if std::mem::take(&mut first) { busy } else { accepted() });
        }
    };
    let directory = Directory::new();
    for job in [Image::from_path(directory.file("cat.png", PNG)), Image::from_bytes(PNG).file_name("cat.png")] {
        let server = Server::start(serve);
        assert_eq!(server.builder().retries(2).build().unwrap().submit(&job).unwrap().identifier().as_str(), ID);
        let forms: Vec<_> = server.requests().iter().map(parse_multipart).collect();
        assert_eq!((forms.len(), &forms[0]), (2, &forms[1]));
    }
    let server = Server::start(serve);
    let job = Image::from_reader(PNG, PNG.len() as u64);
    let error = server.builder().retries(2).build().unwrap().submit(&job).unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::RateLimited, 1));
}

/// A long stream that repeats itself with a period that is not a multiple of any buffer size.
struct Pattern {
    /// The repeated bytes. Their number is prime.
    period: Vec<u8>,
    at: usize,
}

impl Pattern {
    fn new() -> Self {
        let byte = |at: u64| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        Self { period: (0..65_521).map(byte).collect(), at: 0 }
    }
}

impl Read for Pattern {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let amount = (&self.period[self.at..]).read(buffer)?;
        self.at = (self.at + amount) % self.period.len();
        Ok(amount)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn upload_of_64_mib_uses_constant_memory() {
    const LEN: u64 = 64 << 20;
    if run_in_subprocess("uploads::upload_of_64_mib_uses_constant_memory", &[]).is_some() {
        return;
    }
    // The server compares the upload with the pattern while it reads.
    let server = Server::start(|connection| {
        while let Some(head) = connection.head() {
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            let length: u64 =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            let (mut part, mut before) = ([0; 4], 4);
            connection.stream.read_exact(&mut part).unwrap();
            while &part != b"\r\n\r\n" {
                part.rotate_left(1);
                connection.stream.read_exact(&mut part[3..]).unwrap();
                before += 1;
            }
            let file_len = length - before - "\r\n--identifai-0123456789abcdef0123456789abcdef--\r\n".len() as u64;
            let (mut buffer, mut expected, mut at) = ([0; 8192], [0; 8192], 0_u64);
            let mut pattern = Pattern::new();
            while at < file_len {
                let most = buffer.len().min(usize::try_from(file_len - at).unwrap());
                let amount = connection.stream.read(&mut buffer[..most]).unwrap();
                assert!(amount > 0);
                pattern.read_exact(&mut expected[..amount]).unwrap();
                assert!(buffer[..amount] == expected[..amount], "near {at}");
                at += amount as u64;
            }
            let mut rest = vec![0; usize::try_from(length - before - file_len).unwrap()];
            connection.stream.read_exact(&mut rest).unwrap();
            assert!(rest.starts_with(b"\r\n--identifai-") && rest.ends_with(b"--\r\n"));
            connection.send(&accepted());
        }
    });
    let peak = || test_support::process_status("VmHWM");
    let client = server.client();
    let submit = |len| client.submit(&Video::from_reader(Pattern::new().take(len), len).any_format(true)).unwrap();
    // A first upload touches the pages of the program itself, which also count.
    submit(2 << 20);
    let before = peak();
    submit(LEN);
    let grown = peak() - before;
    assert!(grown < 2_048, "{grown} KiB more");
    eprintln!("{grown} KiB more");
}
