//! Bodies from memory and from readers, read in blocks of different sizes.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use super::*;
use crate::api::classification as api;
use crate::model::medium::Image;
use crate::model::submission::Submission;
use crate::model::submission::progress::UploadProgress;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Returns `len` bytes that begin like a PNG file.
fn png(len: usize) -> Vec<u8> {
    PNG.iter().copied().chain((0..=250).cycle()).take(len).collect()
}

/// A reader that returns at most `step` bytes at a time, and reports an interruption before each read.
struct Slow {
    left: io::Cursor<Vec<u8>>,
    step: usize,
    interrupted: bool,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let max = self.step.min(buffer.len());
        self.left.read(&mut buffer[..max])
    }
}

fn slow(bytes: Vec<u8>, step: usize) -> Slow {
    Slow { left: io::Cursor::new(bytes), step, interrupted: false }
}

/// Reads the whole body of a submit, at most `block` bytes at a time.
fn send(job: &Submission<Image>, block: usize) -> Result<Vec<u8>, (Vec<u8>, Error)> {
    let request = api::submit(job.as_any(), job.as_any().upload().unwrap());
    let content = request.content.as_ref().unwrap();
    let mut body = Body::open(Some(content)).map_err(|failure| (Vec::new(), failure.into_error()))?;
    let (mut sent, mut buffer) = (Vec::new(), vec![0; block]);
    loop {
        match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(amount) => sent.extend_from_slice(&buffer[..amount]),
            Err(_) => {
                assert!(!body.is_read(), "nothing was submitted");
                return Err((sent, body.take_failure().unwrap().into_error()));
            }
        }
    }
    assert_eq!((sent.len() as u64, body.is_read()), (content.len(), true));
    assert!(body.take_failure().is_none());
    Ok(sent)
}

#[test]
fn body_read_in_any_block_size_is_complete() {
    let file = png(100_000);
    for block in [1, 7, 4096, 16 * 1024, 1 << 20] {
        for job in [
            Image::from_bytes(file.clone()),
            Image::from_reader(io::Cursor::new(file.clone()), 100_000),
            Image::from_reader(slow(file.clone(), 999), 100_000),
        ] {
            let sent = send(&job.ref_id("r"), block).unwrap();
            let start = sent.windows(file.len()).position(|window| window == file).unwrap();
            assert!(sent[..start].ends_with(b"filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\n"));
            assert!(sent[start + file.len()..].starts_with(b"\r\n--identifai-") && sent.ends_with(b"--\r\n"));
        }
    }
}

#[test]
fn body_shorter_than_declared_is_not_submitted() {
    for len in [10_001, 20_000] {
        let (sent, error) = send(&Image::from_reader(slow(png(10_000), 100), len), 512).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().starts_with("file: shrank during"), "{error}");
        assert!(!sent.ends_with(b"--\r\n"));
    }
}

#[test]
fn reader_is_not_read_beyond_declared_length() {
    /// A reader in place of a pipe that is never closed. On the pipe, a read would block forever.
    struct OpenPipe;
    impl Read for OpenPipe {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("read beyond the declared length, which would block forever on a pipe")
        }
    }
    for len in [16, 500] {
        let job = Image::from_reader(io::Cursor::new(png(len)).chain(OpenPipe), len as u64);
        assert!(send(&job, 512).unwrap().ends_with(b"--\r\n"));
    }
}

#[test]
fn reader_that_fails_midway_is_not_submitted() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad sector"))
        }
    }
    let (_, error) = send(&Image::from_reader(io::Cursor::new(png(5_000)).chain(Broken), 6_000), 512).unwrap_err();
    assert!(error.to_string().contains("nothing was submitted: cannot read the file"), "{error}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "bad sector");
}

#[test]
fn reader_is_sent_only_once() {
    let job = Image::from_reader(io::Cursor::new(png(500)), 500);
    job.check().unwrap();
    send(&job.clone(), 512).unwrap();
    assert!(job.check().unwrap_err().to_string().contains("can be read only once"));
    assert!(job.as_any().upload().is_err());
    let bytes = Image::from_bytes(png(500));
    assert!(send(&bytes, 512).is_ok() && send(&bytes, 512).is_ok());
}

#[test]
fn progress_is_reported_per_block_and_can_cancel() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let watched = |stop_at: u64| {
        let log = Arc::clone(&log);
        Image::from_bytes(png(10_000)).on_progress(move |progress: UploadProgress| {
            log.lock().unwrap().push(progress.sent);
            assert_eq!(progress.total, 10_000);
            if progress.sent >= stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    };
    send(&watched(u64::MAX), 1_000).unwrap();
    let steps = std::mem::take(&mut *seen.lock().unwrap());
    assert!(steps.is_sorted() && steps[0] == 0 && steps.last() == Some(&10_000), "{steps:?}");
    assert!(steps.windows(2).all(|pair| pair[1] - pair[0] <= 1_000), "{steps:?}");
    for stop_at in [0, 5_000, 10_000] {
        let (sent, error) = send(&watched(stop_at), 1_000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(sent.len() as u64 <= stop_at + 2_000, "the upload ends within a block");
    }
}

#[test]
fn body_without_content_is_read_from_the_start() {
    let mut body = Body::open(None).unwrap();
    assert!(body.is_read() && body.read(&mut [0]).unwrap() == 0);
}
