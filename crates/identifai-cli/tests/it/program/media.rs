//! Tests of files, URLs and standard input of every medium.

use serde_json::json;
use test_support::{CAT, Directory, ID, Server, accepted, json};

use crate::support::{env_of, json_lines, run_against, run_with, run_with_input, sandbox, without_rate_limit};

/// Creates a directory with an image, a video, a recording, a file with the extension of another medium, and a text
/// file.
fn files() -> Directory {
    let directory = Directory::new();
    let files: [(&str, &[u8]); 5] = [
        ("cat.png", b"\x89PNG\r\n\x1a\n..."),
        ("clip", b"\0\0\0\x20ftypisom...."),
        ("call.mp3", b"ID3\x04...."),
        ("misnamed.mp3", b"\x89PNG\r\n\x1a\n..."),
        ("notes.txt", b"some text"),
    ];
    for (name, bytes) in files {
        directory.file(name, bytes);
    }
    directory
}

#[test]
fn classify_mixed_media_uses_matching_endpoints() {
    let server = Server::responding(accepted());
    let files = files();
    let arguments = [
        "classify",
        &files.path("cat.png"),
        "https://x.test/a.MOV?token=s3cret",
        &files.path("clip"),
        CAT,
        &files.path("call.mp3"),
        "--no-cache",
    ];
    let outcome = run_against(&server, &arguments);
    assert_eq!((outcome.status, outcome.out.lines().count(), outcome.err.as_str()), (0, 5, ""));
    let requests = server.requests();
    let paths: Vec<_> = requests.iter().map(|seen| seen.head.split(' ').nth(1).unwrap()).collect();
    let expected = ["classification", "video_fromurl", "classification_video", "image_fromurl", "classification_audio"];
    assert_eq!(paths, expected.map(|path| format!("/api/{path}")));
    let body = |index: usize| String::from_utf8_lossy(&requests[index].body).into_owned();
    assert!(body(0).contains("name=\"image\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n"));
    assert!(body(2).contains("name=\"video\"; filename=\"clip\"\r\nContent-Type: video/mp4\r\n"));
    assert!((0..5).all(|index| body(index).contains("name=\"no_cache\"\r\n\r\ntrue\r\n")));

    let outcome = run_against(&server, &["classify", "--audio", &files.path("clip"), "https://x.test/a"]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let video =
        ["classify", &files.path("clip"), "--frames", "10", "--key-frames", "--key-frames-method=color", "--with-nsfw"];
    assert_eq!(run_against(&server, &video).status, 0);
    let requests = server.requests();
    assert!(
        requests[5].head.starts_with("POST /api/classification_audio ")
            && requests[6].head.contains("/api/audio_fromurl ")
    );
    let body = String::from_utf8_lossy(&requests[7].body).into_owned();
    for (name, value) in
        [("frames", "10"), ("key_frames", "true"), ("key_frames_method", "color"), ("with_nsfw", "true")]
    {
        assert!(body.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}: {body}");
    }
}

#[test]
fn classify_unsupported_input_fails_before_submits() {
    let server = Server::responding(accepted());
    let files = files();
    let (cat, clip, misnamed, notes) =
        (files.path("cat.png"), files.path("clip"), files.path("misnamed.mp3"), files.path("notes.txt"));
    for (arguments, reason) in [
        (&["classify", &cat, &clip, "--with-heatmap"][..], "argument 2: --with-heatmap: not supported for a video"),
        (&["classify", &cat, "--frames", "5"], "argument 1: --frames: not supported for an image"),
        (&["classify", "--audio", "https://x.test/a", "--with-nsfw"], "--with-nsfw: not supported for a recording"),
        (
            &["classify", &cat, &misnamed],
            "argument 2: file: the extension stands for audio/mpeg, but the content is image/png",
        ),
        (
            &["classify", &notes],
            "argument 1: file: unrecognized format; set its media type and allow any format to send it anyway",
        ),
        (&["classify", "--image", &notes], "argument 1: file: not a documented image format"),
        (&["classify", "--video", &cat], "argument 1: file: expected video, found image/png"),
        (&["classify", &files.path("")], "argument 1: file: must be a regular file, not a directory"),
        (&["classify", "-", "-"], "standard input can be read only once"),
        (&["classify", "-"], "argument 1: file: must not be empty"),
        (&["classify", &cat, "--frames", "7"], "must be one of 5, 10, 30"),
        (&["classify", "--image", "--video", &cat], "--video"),
    ] {
        let outcome = run_against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(reason), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(run_against(&server, &["classify", "--image", "--any-format", &notes, &misnamed]).status, 0);
}

#[test]
fn stdin_is_uploaded_like_a_file() {
    let server = Server::responding(accepted());
    let outcome =
        run_with_input(without_rate_limit(&env_of(&server), &["classify", "-"]), b"\x89PNG\r\n\x1a\n from a pipe");
    assert_eq!((outcome.status, outcome.out), (0, format!("{ID}\n")), "{}", outcome.err);
    let body = String::from_utf8_lossy(&server.requests()[0].body).into_owned();
    assert!(body.contains("filename=\"stdin.png\"") && body.contains("from a pipe\r\n--identifai-"), "{body}");
}

#[test]
fn verdict_of_every_medium_is_printed() {
    let (_sandbox, env) = sandbox();
    let files = files();
    let paths = ["cat.png", "clip", "call.mp3"].map(|name| files.path(name));
    let [cat, clip, call] = paths.each_ref().map(String::as_str);
    let outcome = run_with(&env, &["classify", "--wait", "--json", cat, clip, call]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let lines = json_lines(&outcome.out);
    assert_eq!(
        (&lines[0]["name"], &lines[1]["name"], &lines[2]["name"]),
        (&json!("cat.png"), &json!("clip"), &json!("call.mp3"))
    );
    assert!(lines[1]["results"]["images"].is_array() && lines[2]["chunk_details"].is_array());
    let id = |index: usize| lines[index]["identifier"].as_str().unwrap();
    for (flag, id) in [("--image", id(0)), ("--video", id(1)), ("--audio", id(2))] {
        for command in ["result", "wait"] {
            let outcome = run_with(&env, &[command, flag, id]);
            assert_eq!(outcome.status, 0, "{}", outcome.err);
            assert!(outcome.out.starts_with(id) && outcome.out.contains(", confidence "), "{}", outcome.out);
        }
    }
    let hash = lines[1]["hash"].as_str().unwrap();
    let outcome = run_with(&env, &["override", "--video", hash, "human", "--json"]);
    assert_eq!(json_lines(&outcome.out), [json!({"hash": hash, "classification": "human", "type": "video"})]);
    assert_eq!(run_with(&env, &["override", hash, "human"]).status, 3, "the hash is not that of an image");
}

/// Returns the last path segment of each request, and the file name and media type of the file in it.
fn parts(server: &Server) -> Vec<(String, String)> {
    let part = |body: &[u8]| {
        let body = String::from_utf8_lossy(body).into_owned();
        let part = body.split("filename=").nth(1).unwrap_or_default();
        part.split("\r\n\r\n").next().unwrap_or_default().replace("\r\nContent-Type:", "")
    };
    let path = |head: &str| head.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
    server.requests().iter().map(|seen| (path(&seen.head), part(&seen.body))).collect()
}

#[test]
fn recording_in_video_container_is_sent_as_audio() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let isom: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2";
    let m4a = directory.file("talk.m4a", isom);
    let f4a = directory.file("TALK.F4A", isom);
    let opus = directory.file("talk.opus", [b"OggS\0\x02", &[0; 20][..], b"\x01\x08OpusHead"].concat());
    let arguments = [
        "classify",
        &m4a,
        &f4a,
        &opus,
        "https://x.test/a.opus",
        "https://x.test/a.m4b?x=b.mp4",
        "https://x.test/A.F4A#b.mp4",
    ];
    let outcome = run_against(&server, &arguments);
    assert_eq!((outcome.status, outcome.err.as_str()), (0, ""));
    let audio = |part: &str| ("classification_audio".to_owned(), part.to_owned());
    let by_url = ("audio_fromurl".to_owned(), String::new());
    let expected = [
        audio("\"talk.m4a\" audio/mp4"),
        audio("\"TALK.F4A\" audio/mp4"),
        audio("\"talk.opus\" audio/ogg"),
        by_url.clone(),
        by_url.clone(),
        by_url,
    ];
    assert_eq!(parts(&server), expected);

    assert_eq!(run_against(&server, &["classify", "--video", &m4a]).status, 0);
    assert_eq!(parts(&server)[6], ("classification_video".to_owned(), "\"talk.m4a\" video/mp4".to_owned()));
    let mka = directory.file("talk.mka", b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska");
    assert_eq!(run_against(&server, &["classify", "--any-format", &mka, "https://x.test/a.weba"]).status, 0);
    assert_eq!(parts(&server)[7], audio("\"talk.mka\" audio/x-matroska"));
    assert_eq!(parts(&server)[8].0, "audio_fromurl");
}

#[test]
fn undocumented_format_is_refused_by_extension() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let wma = directory.file("a.wma", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9");
    let mka = directory.file("a.mka", b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska");
    let heic = directory.file("a.mp4.heic", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic");
    let dng = directory.file("a.dng", b"II*\0\x08\0\0\0");
    let script = directory.file("a.ts", b"import { a } from 'b';");
    for (input, reason) in [
        (wma.as_str(), "file: audio/x-ms-wma is not a documented audio format; allow any format to send it anyway"),
        (&mka, "file: audio/x-matroska is not a documented"),
        (&heic, "file: image/heic is not a documented"),
        (&dng, "file: image/x-adobe-dng is not a documented"),
        (&script, "file: the extension stands for video/mp2t, but the content is plain text"),
        ("https://x.test/a.WMA", "URL: the extension stands for audio/x-ms-wma, which the service does not document"),
        ("https://x.test/a.heic?w=1", "stands for image/heic, which"),
        ("https://x.test/a.mka", "stands for audio/x-matroska, which"),
        ("https://x.test/b.mp4/a.pdf", "but the extension stands for application/pdf;"),
        ("https://x.test/a.docx", "set its media type to send it anyway"),
    ] {
        let outcome = run_against(&server, &["classify", input]);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{input}: {}", outcome.err);
        assert!(outcome.err.contains(reason), "{input}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    let forced = ["classify", "--image", "https://x.test/a.heic", "https://x.test/a.pdf"];
    assert_eq!(run_against(&server, &forced).status, 0);
    assert_eq!(run_against(&server, &["classify", "--any-format", "https://x.test/a.heic"]).status, 0);
    assert!(parts(&server).iter().all(|(path, _)| path == "image_fromurl"));
}

#[test]
fn extension_of_url_is_read_from_path_only() {
    let server = Server::responding(accepted());
    let images = [
        "https://photos.mov",
        "https://photos.mov:8443",
        "https://user@x.mp4/",
        "https://x.test/a.png?x=b.mp4",
        "https://x.test/watch?v=x.mp4",
        "https://x.test/a.jpg#b.mp4",
        "https://x.test/a.mp4/",
        "https://x.test/v1.mp4/download",
        "https://x.test/v1.2/download",
        "https://x.test/show.php",
        "https://x.test/page.aspx?f=a.wma",
    ];
    let outcome = run_against(&server, &[&["classify"], &images[..]].concat());
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert!(parts(&server).iter().all(|(path, _)| path == "image_fromurl"), "{:?}", parts(&server));
}

#[test]
fn url_path_is_decoded_without_parameters() {
    let server = Server::responding(accepted());
    let inputs = [
        ("https://x.test/a.mp4;jsessionid=1.route", "video_fromurl"),
        ("https://x.test/a.M4A;v=2", "audio_fromurl"),
        ("https://x.test/a%2Emp4", "video_fromurl"),
        ("https://x.test/a.mp%33?x=b.mp4", "audio_fromurl"),
        (r"https://x.test\a.mp4", "video_fromurl"),
        ("https://x.test/a;b.mp4", "video_fromurl"),
        (r"https://photos.mov\", "image_fromurl"),
        ("https://x.test/a.mp4;v=1/b", "image_fromurl"),
        ("https://x.test/a.mp4%3Fb", "image_fromurl"),
    ];
    for (input, path) in inputs {
        let outcome = run_against(&server, &["classify", input]);
        assert_eq!(outcome.status, 0, "{input}: {}", outcome.err);
        assert_eq!(parts(&server).pop().unwrap().0, path, "{input}");
    }
    for input in ["https://x.test/a.wma;v=1", "https://x.test/a%2Eheic"] {
        assert_eq!(run_against(&server, &["classify", input]).status, 2, "{input}");
    }
}

#[test]
fn audio_only_video_container_is_not_sent_as_video() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let part = |kind: &[u8], body: &[u8]| [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), kind, body].concat();
    let handler = part(b"hdlr", b"\0\0\0\0mhlrsoun\0\0\0\0");
    let movie = part(b"moov", &part(b"trak", &part(b"mdia", &handler)));
    let mov = [part(b"ftyp", b"qt  \0\0\x02\0"), part(b"mdat", &[0; 9_000]), movie].concat();
    let webm = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\xff\x16\x54\xae\x6b\x85\xae\x83\x83\x81\x02";
    let flv = b"FLV\x01\x04\0\0\0\x09\0\0\0\0\x08\0\0\x01\0\0\0\0\0\0\0\xaf";
    let mov = directory.file("talk.mov", mov);
    let webm = directory.file("talk.webm", webm);
    let flv = directory.file("talk.flv", flv);

    let outcome = run_against(&server, &["classify", &mov]);
    let note = "identifai: argument 1: the content is audio/mp4, so it is uploaded as talk.m4a\n";
    assert_eq!((outcome.status, outcome.err.as_str()), (0, note));
    for (file, reason) in [
        (&webm, "file: audio/webm is not a documented audio format"),
        (&flv, "file: expected video, found video/x-flv with audio tracks only; allow any format to send it anyway"),
    ] {
        let outcome = run_against(&server, &["classify", file]);
        assert_eq!(outcome.status, 2, "{}", outcome.err);
        assert!(outcome.err.contains(reason), "{}", outcome.err);
    }
    let memo = directory.file("memo.mp3", b"\0\0\0\x18ftyp3gp5\0\0\0\0isom3gp5");
    let outcome = run_against(&server, &["classify", &memo]);
    let note = "identifai: argument 1: the content is audio/3gpp, so it is uploaded as memo.3gp\n";
    assert_eq!((outcome.status, outcome.err.as_str()), (0, note));
    assert_eq!(run_against(&server, &["classify", "--video", &mov, &webm]).status, 0, "an explicit medium is used");
    let expected = [
        ("classification_audio", "\"talk.m4a\" audio/mp4"),
        ("classification_audio", "\"memo.3gp\" audio/3gpp"),
        ("classification_video", "\"talk.mov\" video/mp4"),
        ("classification_video", "\"talk.webm\" video/webm"),
    ];
    assert_eq!(parts(&server), expected.map(|(path, part)| (path.to_owned(), part.to_owned())));
}

#[test]
fn any_format_with_unknown_medium_is_refused() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    for (name, bytes) in [("a.docx", &b"PK\x03\x04\x14\0"[..]), ("a", b"%PDF-1.7\n"), ("a.jpg", b"\x1f\x8b\x08\0")] {
        let file = directory.file(name, bytes);
        let outcome = run_against(&server, &["classify", "--any-format", &file]);
        assert_eq!((outcome.status, server.connections()), (2, 0), "{name}: {}", outcome.err);
        assert!(outcome.err.contains("set its media type and allow any format"), "{name}: {}", outcome.err);
    }
    let file = directory.file("a.pdf", b"%PDF-1.7\n");
    assert_eq!(run_against(&server, &["classify", "--any-format", "--image", &file]).status, 0);
}

#[test]
fn corrected_file_name_is_sent_and_reported_once() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let gif = b"GIF89a\x01\0";
    let misnamed = directory.file("c\x1b[31m.jpg", gif);
    let wav = directory.file("call.mp3", b"RIFF\x24\0\0\0WAVEfmt ");
    let outcome = run_against(&server, &["classify", &misnamed, &wav, CAT]);
    let expected = "identifai: argument 1: the content is image/gif, so it is uploaded as c\\u{1b}[31m.gif\n\
                    identifai: argument 2: the content is audio/wav, so it is uploaded as call.wav\n";
    assert_eq!((outcome.status, outcome.err.as_str()), (0, expected));
    assert_eq!(parts(&server)[1], ("classification_audio".to_owned(), "\"call.wav\" audio/wav".to_owned()));

    let outcome = run_against(&server, &["classify", "--any-format", &wav]);
    assert_eq!((outcome.status, outcome.err.as_str()), (0, ""));
    assert_eq!(parts(&server)[3].1, "\"call.mp3\" audio/wav");

    let tickets = Server::responding(json(r#"{"batch_id": "b", "total_tickets": 1, "submissions": []}"#));
    let outcome = run_against(&tickets, &["tickets", &misnamed]);
    assert!(outcome.err.starts_with("identifai: argument 1: the content is image/gif"), "{}", outcome.err);
    assert_eq!(outcome.status, 0, "{}", outcome.err);

    // A batch reports only the first ten corrections.
    let (_sandbox, env) = sandbox();
    let names: Vec<_> = (0..13).map(|number| directory.file(&format!("{number}.png"), gif)).collect();
    let outcome = run_with_input(without_rate_limit(&env, &["batch", "-"]), names.join("\n"));
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    assert!(outcome.err.contains("identifai: line 10: the content is image/gif, so it is uploaded as 9.gif\n"));
    assert!(
        outcome.err.contains("more file names do not match the content") && !outcome.err.contains("line 11"),
        "{}",
        outcome.err
    );
}

#[test]
fn format_after_large_id3_tag_is_detected() {
    let server = Server::responding(accepted());
    let directory = Directory::new();
    let cover = 2_000_000;
    let size =
        [cover >> 21 & 0x7f, cover >> 14 & 0x7f, cover >> 7 & 0x7f, cover & 0x7f].map(|n| u8::try_from(n).unwrap());
    let file = [b"ID3\x04\0\0", &size[..], &vec![7; cover], b"fLaC\0\0\0\x22"].concat();
    let flac = directory.file("a.mp3", &file);
    let outcome = run_against(&server, &["classify", &flac]);
    assert!(outcome.status == 0 && outcome.err.contains("uploaded as a.flac"), "{}", outcome.err);
    let outcome = run_with_input(without_rate_limit(&env_of(&server), &["classify", "-"]), &file);
    assert_eq!((outcome.status, outcome.err.as_str()), (0, ""));
    let audio = |part: &str| ("classification_audio".to_owned(), part.to_owned());
    assert_eq!(parts(&server), [audio("\"a.flac\" audio/flac"), audio("\"stdin.flac\" audio/flac")]);
}
