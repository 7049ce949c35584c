//! Files, URLs and standard input, of every medium.

use serde_json::json;

use crate::support::program::{against, at, fed, json_lines, run_at, sandbox, unpaced};
use crate::support::{CAT, Directory, ID, Server, accepted};

/// A directory with a picture, a video, a recording, and two that are none of these.
fn files() -> Directory {
    let directory = Directory::new();
    let files: [(&str, &[u8]); 5] = [
        ("cat.png", b"\x89PNG\r\n\x1a\n..."),
        ("clip", b"\0\0\0\x20ftypisom...."),
        ("call.mp3", b"ID3\x04...."),
        ("odd.mp3", b"\x89PNG\r\n\x1a\n..."),
        ("notes.txt", b"some text"),
    ];
    for (name, bytes) in files {
        directory.file(name, bytes);
    }
    directory
}

#[test]
fn files_and_urls_are_mixed_and_each_goes_where_it_belongs() {
    let server = Server::answering(accepted());
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
    let outcome = against(&server, &arguments);
    assert_eq!((outcome.status, outcome.out.lines().count(), outcome.err.as_str()), (0, 5, ""));
    let requests = server.requests();
    let paths: Vec<_> = requests.iter().map(|seen| seen.head.split(' ').nth(1).unwrap()).collect();
    let expected = ["classification", "video_fromurl", "classification_video", "image_fromurl", "classification_audio"];
    assert_eq!(paths, expected.map(|path| format!("/api/{path}")));
    let body = |index: usize| String::from_utf8_lossy(&requests[index].body).into_owned();
    assert!(body(0).contains("name=\"image\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n"));
    assert!(body(2).contains("name=\"video\"; filename=\"clip\"\r\nContent-Type: video/mp4\r\n"));
    assert!((0..5).all(|index| body(index).contains("name=\"no_cache\"\r\n\r\ntrue\r\n")));

    let outcome = against(&server, &["classify", "--audio", &files.path("clip"), "https://x.test/a"]);
    assert_eq!(outcome.status, 0, "{}", outcome.err);
    let video =
        ["classify", &files.path("clip"), "--frames", "10", "--key-frames", "--key-frames-method=color", "--with-nsfw"];
    assert_eq!(against(&server, &video).status, 0);
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
fn what_does_not_fit_together_is_said_before_anything_is_paid_for() {
    let server = Server::answering(accepted());
    let files = files();
    let (cat, clip, odd, notes) =
        (files.path("cat.png"), files.path("clip"), files.path("odd.mp3"), files.path("notes.txt"));
    for (arguments, says) in [
        (
            &["classify", &cat, &clip, "--with-heatmap"][..],
            "argument 2: is a video, for which there is no --with-heatmap",
        ),
        (&["classify", &cat, "--frames", "5"], "argument 1: is an image, for which there is no --frames"),
        (
            &["classify", "--audio", "https://x.test/a", "--with-nsfw"],
            "is a recording, for which there is no --with-nsfw",
        ),
        (&["classify", &cat, &odd], "argument 2: file: is audio/mpeg by its name and image/png by its content"),
        (
            &["classify", &notes],
            "argument 1: is of no format that is known; say --image, --video or --audio, with --any-format",
        ),
        (&["classify", "--image", &notes], "argument 1: file: is of no image format"),
        (&["classify", "--video", &cat], "argument 1: file: is image/png, which is no video"),
        (&["classify", &files.path("")], "argument 1: file: is a directory"),
        (&["classify", "-", "-"], "standard input can be read once"),
        (&["classify", "-"], "argument 1: file: is empty"),
        (&["classify", &cat, "--frames", "7"], "must be one of 5, 10, 30"),
        (&["classify", "--image", "--video", &cat], "--video"),
    ] {
        let outcome = against(&server, arguments);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{arguments:?}: {}", outcome.err);
        assert!(outcome.err.contains(says), "{arguments:?}: {}", outcome.err);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(against(&server, &["classify", "--image", "--any-format", &notes, &odd]).status, 0);
}

#[test]
fn standard_input_is_uploaded_like_a_file() {
    let server = Server::answering(accepted());
    let outcome = fed(unpaced(&at(&server), &["classify", "-"]), b"\x89PNG\r\n\x1a\n from a pipe");
    assert_eq!((outcome.status, outcome.out), (0, format!("{ID}\n")), "{}", outcome.err);
    let body = String::from_utf8_lossy(&server.requests()[0].body).into_owned();
    assert!(body.contains("filename=\"stdin.png\"") && body.contains("from a pipe\r\n--identifai-"), "{body}");
}

#[test]
fn every_medium_s_verdict_is_printed() {
    let (_sandbox, env) = sandbox();
    let files = files();
    let paths = ["cat.png", "clip", "call.mp3"].map(|name| files.path(name));
    let [cat, clip, call] = paths.each_ref().map(String::as_str);
    let outcome = run_at(&env, &["classify", "--wait", "--json", cat, clip, call]);
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
            let outcome = run_at(&env, &[command, flag, id]);
            assert_eq!(outcome.status, 0, "{}", outcome.err);
            assert!(outcome.out.starts_with(id) && outcome.out.contains(", confidence "), "{}", outcome.out);
        }
    }
    let hash = lines[1]["hash"].as_str().unwrap();
    let outcome = run_at(&env, &["override", "--video", hash, "human", "--json"]);
    assert_eq!(json_lines(&outcome.out), [json!({"hash": hash, "classification": "human", "type": "video"})]);
    assert_eq!(run_at(&env, &["override", hash, "human"]).status, 3, "of no image");
}
