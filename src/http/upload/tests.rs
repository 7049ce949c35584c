//! Files that can be uploaded, and files that cannot.

use super::*;
use crate::error::ErrorKind;
use crate::model::media_type::MediaType;
use crate::model::medium::{Audio, Image, Video};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-----";
const MP4: &[u8] = b"\0\0\0\x20ftypisom----";
const MP3: &[u8] = b"\xff\xfb\x90\x64----";
const PLAIN: &[u8] = b"some text";

fn upload<M: Medium>(job: &Submission<M>) -> (String, &'static str, u64) {
    let upload = job.as_any().upload().unwrap().unwrap();
    (upload.file_name, upload.media_type, upload.len)
}

fn rejection<M: Medium>(job: &Submission<M>) -> String {
    let error = job.check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    error.to_string()
}

#[test]
fn invalid_url_error_names_field_and_hides_value() {
    let bad = [
        ("file_url", Image::from_url("s3cret")),
        ("file_url", Image::from_url("")),
        ("webhook_url", Image::from_url("https://x.test/").webhook_url("s3cret")),
    ];
    for (field, job) in bad {
        let error = job.check().unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)));
        assert!(error.to_string().starts_with(&format!("{field}: ")), "{error}");
        assert!(!format!("{error} {error:?} {job:?}").contains("s3cret"));
    }
}

#[test]
fn name_and_type_default_to_detected_format() {
    assert_eq!(upload(&Image::from_bytes(PNG)), ("image.png".into(), "image/png", 13));
    assert_eq!(upload(&Video::from_bytes(MP4)), ("video.mp4".into(), "video/mp4", 16));
    assert_eq!(upload(&Audio::from_bytes(MP3).file_name("call")), ("call".into(), "audio/mpeg", 8));
    assert_eq!(upload(&Image::from_bytes(PLAIN).any_format(true)), ("image".into(), "application/octet-stream", 9));
    assert_eq!(upload(&Image::from_bytes(PLAIN).any_format(true).file_name("a.gif")), ("a.gif".into(), "image/gif", 9));
    assert_eq!(upload(&Image::from_reader(PNG, 99)), ("image.png".into(), "image/png", 99), "the declared length");
    assert!(Image::from_url("https://x.test/").as_any().upload().unwrap().is_none());
}

#[test]
fn mismatched_format_is_rejected_unless_any_format() {
    fn check(medium: MediaType, bytes: &[u8], name: &str, expected: Option<&str>) {
        let job = || AnySubmission::from_bytes_as(medium, bytes).file_name(name);
        match expected {
            None => job().check().unwrap(),
            Some(reason) => {
                let error = job().check().unwrap_err().to_string();
                assert!(error.contains(reason), "{name}: {error}");
                assert!(error.contains("; allow any format to send it anyway"));
                job().any_format(true).check().unwrap();
            }
        }
    }
    check(MediaType::Image, PNG, "cat.png", None);
    check(MediaType::Image, PNG, "cat", None);
    check(MediaType::Image, PNG, "cat.dat", None);
    check(MediaType::Image, PNG, "cat.jpg", None);
    check(MediaType::Image, PNG, "cat.mp3", Some("the extension stands for audio/mpeg, but the content is image/png"));
    check(
        MediaType::Image,
        PLAIN,
        "cat.jpg",
        Some("the extension stands for image/jpeg, but the content does not match"),
    );
    check(MediaType::Image, PLAIN, "cat.txt", Some("not a documented image format"));
    check(MediaType::Image, MP4, "cat.mp4", Some("expected image, found video/mp4"));
    check(MediaType::Image, PLAIN, "cat.mp3", Some("expected image, found audio/mpeg"));
    check(MediaType::Video, MP4, "clip.mov", None);
    check(MediaType::Video, MP4, "clip.mp4", None);
    check(MediaType::Video, PNG, "clip.png", Some("expected video, found image/png"));
    check(
        MediaType::Video,
        PLAIN,
        "clip.mpg",
        Some("the extension stands for video/mpeg, but the content is plain text"),
    );
    check(MediaType::Audio, MP3, "call.mp3", None);
    check(MediaType::Audio, MP4, "call.m4a", None);
    check(
        MediaType::Audio,
        PLAIN,
        "call.mp3",
        Some("the extension stands for audio/mpeg, but the content is plain text"),
    );
    check(MediaType::Audio, PLAIN, "call.wav", Some("stands for audio/wav, but the content does not match"));
    check(MediaType::Audio, b"RIFF....AVI LIST", "call.avi", Some("expected audio, found video/x-msvideo"));
}

#[test]
fn misnamed_file_is_renamed_unless_any_format() {
    let job = || Image::from_bytes(PNG).file_name("a.b/cat.JPG");
    assert_eq!(upload(&job()), ("a.b/cat.png".into(), "image/png", 13));
    assert_eq!(job().corrected_file_name().unwrap().as_deref(), Some("a.b/cat.png"));
    assert_eq!(upload(&job().any_format(true)), ("a.b/cat.JPG".into(), "image/png", 13));
    assert_eq!(job().any_format(true).corrected_file_name().unwrap(), None);
    assert_eq!(Image::from_bytes(PNG).file_name("cat.png").corrected_file_name().unwrap(), None);
    assert_eq!(Image::from_bytes(PNG).file_name("cat").corrected_file_name().unwrap(), None);
    assert_eq!(Image::from_url("https://x.test/a.mp4").corrected_file_name().unwrap(), None);
    assert!(Image::from_bytes(PLAIN).corrected_file_name().is_err());
    let ticket = Ticket::from_bytes(PNG).file_name("receipt.jpg");
    assert_eq!(ticket.corrected_file_name().unwrap().as_deref(), Some("receipt.png"));
}

#[test]
fn audio_in_mp4_is_sent_as_m4a() {
    assert_eq!(upload(&Audio::from_bytes(MP4)), ("audio.m4a".into(), "audio/mp4", 16));
    assert_eq!(upload(&Audio::from_bytes(MP4).file_name("talk.m4a")), ("talk.m4a".into(), "audio/mp4", 16));
    assert_eq!(upload(&Audio::from_bytes(MP4).file_name("talk.mp4")), ("talk.mp4".into(), "audio/mp4", 16));
    let mka = Audio::from_bytes(*b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska").file_name("talk.mka");
    assert!(rejection(&mka).contains("audio/x-matroska is not a documented audio format"));
    assert_eq!(upload(&mka.any_format(true)), ("talk.mka".into(), "audio/x-matroska", 16));
}

#[test]
fn reader_with_id3_tag_is_detected_and_sent_whole() {
    for (tag, media_type) in [(100_000_usize, "audio/flac"), (2_000_000, "audio/mpeg")] {
        let digit = |shift: usize| u8::try_from(tag >> shift & 0x7f).unwrap();
        let mut file = [b"ID3\x04\0\0", &[digit(21), digit(14), digit(7), digit(0)][..], &vec![7; tag]].concat();
        file.extend(b"fLaC\0\0\0\x22 and sound");
        let job = Audio::from_reader(io::Cursor::new(file.clone()), file.len() as u64);
        job.check().unwrap();
        let upload = job.as_any().upload().unwrap().unwrap();
        assert_eq!(upload.media_type, media_type);
        let mut sent = Vec::new();
        Read::read_to_end(&mut upload.open().unwrap(), &mut sent).unwrap();
        assert!(sent == file, "{tag}");
        let named = Audio::from_reader(io::Cursor::new(file.clone()), file.len() as u64).file_name("a.flac");
        assert_eq!(
            named.as_any().upload().unwrap().unwrap().media_type,
            "audio/flac",
            "the name decides if the tag hides the content"
        );
    }
}

#[test]
fn file_size_outside_of_limits_is_rejected() {
    assert!(rejection(&Image::from_bytes([])).contains("must not be empty"));
    assert!(rejection(&Image::from_reader(PNG, 0)).contains("must not be empty"));
    let too_large = rejection(&Image::from_reader(PNG, 50 * 1024 * 1024 + 1));
    assert!(too_large.contains("52428801 bytes exceed the limit of 52428800 bytes"), "{too_large}");
    Image::from_reader(PNG, 50 * 1024 * 1024).check().unwrap();
    Image::from_reader(PNG, u64::MAX).max_size(u64::MAX).check().unwrap();
    assert!(rejection(&Image::from_bytes(PNG).max_size(12)).contains("exceed the limit of 12 bytes"));
    Video::from_reader(MP4, 5 * 1024 * 1024 * 1024).check().unwrap();
    assert!(rejection(&Video::from_reader(MP4, 5 * 1024 * 1024 * 1024 + 1)).contains("5368709120"));
    assert!(rejection(&Audio::from_reader(MP3, 50 * 1024 * 1024 + 1)).contains("52428800"));
}

#[test]
fn submission_debug_hides_name_and_content() {
    for (job, shown) in [
        (Image::from_path("/home/s3cret/cat.png"), "Path(..)"),
        (Image::from_bytes(b"s3cret".to_vec()), "Bytes(6 bytes)"),
        (Image::from_reader(&b"s3cret"[..], 6), "Reader(6 bytes)"),
        (Image::from_url("https://s3cret.test/x"), "Url(\"https://s3cret.test\")"),
    ] {
        let debug = format!("{:?}", job.file_name("s3cret.png"));
        assert!(debug.contains(shown), "{debug}");
        assert!(!debug.replace(shown, "").contains("s3cret"), "{debug}");
    }
}
