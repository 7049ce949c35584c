//! A file on its way out: checked before the first byte is sent, and opened from its start for each attempt.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::model::format::{Choice, Content, Format, choose, look_into};
use crate::model::medium::Medium;
use crate::model::submission::Submission;
use crate::model::submission::source::{FileRequirements, Reader, Source};
use crate::model::tickets::submission::{Ticket, Tickets};
use crate::util::url::check_http_url;

/// Maximum number of bytes of a reader that are kept in memory to look behind an ID3 tag. Covers are seldom larger.
const LOOKS_BEHIND: u64 = 1 << 20;

/// A file that passed every check: what the form says of it, and how it is opened.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    source: &'a Source,
    pub(crate) len: u64,
    pub(crate) file_name: String,
    /// `true` if the name is not the file's own, as that says another format.
    pub(crate) is_renamed: bool,
    pub(crate) media_type: &'static str,
}

impl<'a> Upload<'a> {
    /// Checks a file against `required`, and returns `None` for a URL.
    pub(crate) fn check(source: &'a Source, required: FileRequirements<'_>) -> Result<Option<Self>> {
        let (len, content) = match source {
            Source::Url(_) => return Ok(None),
            Source::Path(path) => look_at(path)?,
            Source::Bytes(bytes) => {
                (bytes.len() as u64, look_into(&mut io::Cursor::new(&bytes[..])).map_err(cannot_read)?)
            }
            Source::Reader(reader, len) => (*len, peek(reader, *len)?),
        };
        if len == 0 {
            return Err(unusable("is empty"));
        }
        if len > required.max_size {
            let max = required.max_size;
            return Err(unusable(&format!("has {len} bytes, more than the {max} that are allowed (see max_size)")));
        }
        let given = required.file_name.filter(|name| !name.trim().is_empty());
        let own_name = given.map(str::to_owned).or_else(|| source.own_name());
        let named = own_name.as_deref().and_then(Format::from_extension);
        let (format, is_renamed) = match choose(required.kind, content, named) {
            Ok(Choice { format, is_misnamed }) => (Some(format), is_misnamed && !required.any_format),
            Err(_) if required.any_format => (content.format(named).or(named), false),
            Err(reason) => return Err(unusable(&format!("{reason}; any_format sends it anyway"))),
        };
        let extension = format.map(|format| format.extension());
        let file_name = match (own_name, extension) {
            (Some(name), Some(extension)) if is_renamed => with_extension(&name, extension),
            (Some(name), _) => name,
            (None, Some(extension)) => format!("{}.{extension}", required.name),
            (None, None) => required.name.to_owned(),
        };
        let media_type = format.map_or("application/octet-stream", |format| format.media_type());
        Ok(Some(Self { source, len, file_name, is_renamed, media_type }))
    }
}

impl Upload<'_> {
    /// The name that it goes by, if that is not the file's own.
    pub(crate) fn corrected_name(self) -> Option<String> {
        self.is_renamed.then_some(self.file_name)
    }

    /// Whether its end shows: a file's does, while a reader that has given what was asked of it may wait for more.
    pub(crate) fn has_end(&self) -> bool {
        !self.is_one_shot()
    }

    /// Whether it can be opened once only.
    pub(crate) fn is_one_shot(&self) -> bool {
        matches!(self.source, Source::Reader(..))
    }

    /// Opens the file from its start.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match self.source {
            Source::Path(path) => {
                regular_file(path)?;
                let file = open(path)?;
                // The check and this are two looks at a name that others may have changed in between.
                let metadata = file.metadata().map_err(|error| unreadable(&error).with_source(error))?;
                if !metadata.is_file() || metadata.len() != self.len {
                    return Err(unusable("has changed since it was checked"));
                }
                Box::new(file)
            }
            Source::Bytes(bytes) => Box::new(&bytes[..]),
            Source::Reader(reader, _) => {
                let mut reader = Reader::lock(reader);
                let rest = reader.rest.take().ok_or_else(already_sent)?;
                Box::new(io::Cursor::new(std::mem::take(&mut reader.head)).chain(rest))
            }
            Source::Url(_) => Box::new(io::empty()),
        })
    }
}

/// The length of a regular file. Nothing else is opened: to open a pipe is to wait for somebody who writes into it.
fn regular_file(path: &Path) -> Result<u64> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(&error).with_source(error))?;
    if metadata.is_dir() {
        return Err(unusable("is a directory"));
    }
    if !metadata.is_file() {
        return Err(unusable("is not a regular file, but a pipe, a socket or a device"));
    }
    Ok(metadata.len())
}

/// The length of a file, and what its content shows.
fn look_at(path: &Path) -> Result<(u64, Content)> {
    let len = regular_file(path)?;
    Ok((len, look_into(&mut open(path)?).map_err(cannot_read)?))
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| unreadable(&error).with_source(error))
}

/// Looks at a reader, of which everything stays to be sent.
fn peek(reader: &Mutex<Reader>, len: u64) -> Result<Content> {
    let mut reader = Reader::lock(reader);
    let Reader { head, rest } = &mut *reader;
    let rest = rest.as_mut().ok_or_else(already_sent)?;
    let window = |at: u64| {
        let end = at.saturating_add(Format::LOOKS_AT as u64);
        if end > LOOKS_BEHIND {
            return Ok(None);
        }
        rest.take(end.min(len).saturating_sub(head.len() as u64)).read_to_end(head)?;
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(head.len());
        Ok(usize::try_from(at).ok().and_then(|at| head.get(at..end)).map(<[u8]>::to_vec))
    };
    Content::look(window).map_err(cannot_read)
}

/// A name that has an extension, with another one.
fn with_extension(name: &str, extension: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{extension}")
}

/// The name of the file is not shown: arguments get swapped, it may be the key.
fn unusable(reason: &str) -> Error {
    Error::invalid_input("file", reason)
}

fn unreadable(error: &io::Error) -> Error {
    unusable(match error.kind() {
        io::ErrorKind::NotFound => "does not exist",
        io::ErrorKind::PermissionDenied => "may not be read",
        _ => "cannot be read",
    })
}

fn cannot_read(error: io::Error) -> Error {
    unreadable(&error).with_source(error)
}

fn already_sent() -> Error {
    unusable("a reader can be read once, and this one was")
}

impl<M: Medium> Submission<M> {
    /// Whether a submit would refuse this by itself, before anything is sent. A submit checks it anyway; this is for
    /// programs that want to know before they begin.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the field: a URL that is none; a file that is missing,
    /// empty, no regular file, too large, or of no format that fits.
    pub fn check(&self) -> Result<()> {
        self.upload().map(drop)
    }

    /// Returns the name that an upload goes by if it is not the one that the file has or was given, and `None` if it
    /// is. A WebP that is named `cat.jpg` goes as `cat.webp`: the service would refuse the one for the other. It checks
    /// everything that [`check`](Self::check) does.
    ///
    /// ```
    /// use identifai::Image;
    ///
    /// let job = Image::from_bytes(b"GIF89a...").file_name("cat.jpg");
    /// assert_eq!(job.corrected_file_name()?.as_deref(), Some("cat.gif"));
    /// assert_eq!(job.any_format(true).corrected_file_name()?, None);
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn corrected_file_name(&self) -> Result<Option<String>> {
        Ok(self.upload()?.and_then(Upload::corrected_name))
    }

    /// Checks everything, and looks at the file if it is one.
    pub(crate) fn upload(&self) -> Result<Option<Upload<'_>>> {
        for (field, url) in self.urls() {
            if let Some(reason) = check_http_url(url) {
                return Err(Error::invalid_input(field, reason));
            }
        }
        Upload::check(self.source(), self.file_requirements())
    }
}

impl Ticket {
    /// Returns the name that the file goes by if it is not its own; see
    /// [`Submission::corrected_file_name`](crate::Submission::corrected_file_name).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), if the file cannot be submitted.
    pub fn corrected_file_name(&self) -> Result<Option<String>> {
        Ok(self.upload()?.and_then(Upload::corrected_name))
    }

    fn upload(&self) -> Result<Option<Upload<'_>>> {
        Upload::check(self.source(), self.file_requirements())
    }
}

impl Tickets {
    /// Checks and looks at all files. The error of one of several tells its place, as names may be secrets.
    pub(crate) fn uploads(&self) -> Result<Vec<Upload<'_>>> {
        let tickets = self.all();
        let prefixed = |index: usize, error: Error| {
            if tickets.len() == 1 { error } else { error.prefixed(&format!("ticket {}", index.saturating_add(1))) }
        };
        let files = tickets.iter().enumerate().map(|(index, ticket)| {
            // A ticket is never a URL, so there is a file.
            ticket.upload().transpose().map(|upload| upload.map_err(|error| prefixed(index, error)))
        });
        files.flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::model::medium::{Audio, Image, Video};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-----";
    const MP4: &[u8] = b"\0\0\0\x20ftypisom----";
    const MP3: &[u8] = b"\xff\xfb\x90\x64----";
    const PLAIN: &[u8] = b"some text";

    fn upload<M: Medium>(job: &Submission<M>) -> (String, &'static str, u64) {
        let upload = job.upload().unwrap().unwrap();
        (upload.file_name, upload.media_type, upload.len)
    }

    fn refused<M: Medium>(job: &Submission<M>) -> String {
        let error = job.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    }

    #[test]
    fn unusable_urls_are_named_by_field_and_never_shown() {
        let bad = [
            ("file_url", Image::from_url("s3cret")),
            ("file_url", Image::from_url("")),
            ("webhook_url", Image::from_url("https://x.test/").webhook_url("s3cret")),
        ];
        for (field, job) in bad {
            let error = job.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().starts_with(&format!("{field}: ")), "{error}");
            assert!(!format!("{error} {error:?} {job:?}").contains("s3cret"));
        }
    }

    #[test]
    fn name_and_type_come_from_the_file_unless_they_are_given() {
        assert_eq!(upload(&Image::from_bytes(PNG)), ("image.png".into(), "image/png", 13));
        assert_eq!(upload(&Video::from_bytes(MP4)), ("video.mp4".into(), "video/mp4", 16));
        assert_eq!(upload(&Audio::from_bytes(MP3).file_name("call")), ("call".into(), "audio/mpeg", 8));
        assert_eq!(upload(&Image::from_bytes(PLAIN).any_format(true)), ("image".into(), "application/octet-stream", 9));
        assert_eq!(
            upload(&Image::from_bytes(PLAIN).any_format(true).file_name("a.gif")),
            ("a.gif".into(), "image/gif", 9)
        );
        assert_eq!(upload(&Image::from_reader(PNG, 99)), ("image.png".into(), "image/png", 99), "as was said");
        assert!(Image::from_url("https://x.test/").upload().unwrap().is_none());
    }

    #[test]
    fn what_contradicts_itself_or_the_medium_is_refused_unless_that_is_meant() {
        fn check<M: Medium>(bytes: &[u8], name: &str, expected: Option<&str>) {
            let job = || Submission::<M>::from_bytes(bytes.to_vec()).file_name(name);
            match expected {
                None => job().check().unwrap(),
                Some(says) => {
                    let error = refused(&job());
                    assert!(error.contains(says), "{name}: {error}");
                    assert!(error.contains("; any_format sends it anyway"));
                    job().any_format(true).check().unwrap();
                }
            }
        }
        check::<Image>(PNG, "cat.png", None);
        check::<Image>(PNG, "cat", None);
        check::<Image>(PNG, "cat.dat", None);
        check::<Image>(PNG, "cat.jpg", None);
        check::<Image>(PNG, "cat.mp3", Some("is audio/mpeg by its name and image/png by its content"));
        check::<Image>(PLAIN, "cat.jpg", Some("is image/jpeg by its name, but not by its content"));
        check::<Image>(PLAIN, "cat.txt", Some("of no image format"));
        check::<Image>(MP4, "cat.mp4", Some("is video/mp4, which is no image"));
        check::<Image>(PLAIN, "cat.mp3", Some("is audio/mpeg, which is no image"));
        check::<Video>(MP4, "clip.mov", None);
        check::<Video>(MP4, "clip.mp4", None);
        check::<Video>(PNG, "clip.png", Some("is image/png, which is no video"));
        check::<Video>(PLAIN, "clip.mpg", Some("is video/mpeg by its name and plain text by its content"));
        check::<Audio>(MP3, "call.mp3", None);
        check::<Audio>(MP4, "call.m4a", None);
        check::<Audio>(PLAIN, "call.mp3", Some("is audio/mpeg by its name and plain text"));
        check::<Audio>(PLAIN, "call.wav", Some("audio/wav by its name, but not"));
        check::<Audio>(b"RIFF....AVI LIST", "call.avi", Some("is video/x-msvideo, which is no audio"));
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
    fn recording_in_mp4_has_a_name_and_a_type_that_say_so() {
        assert_eq!(upload(&Audio::from_bytes(MP4)), ("audio.m4a".into(), "audio/mp4", 16));
        assert_eq!(upload(&Audio::from_bytes(MP4).file_name("talk.m4a")), ("talk.m4a".into(), "audio/mp4", 16));
        assert_eq!(upload(&Audio::from_bytes(MP4).file_name("talk.mp4")), ("talk.mp4".into(), "audio/mp4", 16));
        let mka = Audio::from_bytes(*b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska").file_name("talk.mka");
        assert!(refused(&mka).contains("is audio/x-matroska, which is not one of the audio formats"));
        assert_eq!(upload(&mka.any_format(true)), ("talk.mka".into(), "audio/x-matroska", 16));
    }

    #[test]
    fn reader_with_a_tag_is_seen_through_and_sent_whole() {
        for (tag, media_type) in [(100_000_usize, "audio/flac"), (2_000_000, "audio/mpeg")] {
            let digit = |shift: usize| u8::try_from(tag >> shift & 0x7f).unwrap();
            let mut file = [b"ID3\x04\0\0", &[digit(21), digit(14), digit(7), digit(0)][..], &vec![7; tag]].concat();
            file.extend(b"fLaC\0\0\0\x22 and sound");
            let job = Audio::from_reader(io::Cursor::new(file.clone()), file.len() as u64);
            job.check().unwrap();
            let upload = job.upload().unwrap().unwrap();
            assert_eq!(upload.media_type, media_type);
            let mut sent = Vec::new();
            Read::read_to_end(&mut upload.open().unwrap(), &mut sent).unwrap();
            assert!(sent == file, "{tag}");
            let named = Audio::from_reader(io::Cursor::new(file.clone()), file.len() as u64).file_name("a.flac");
            assert_eq!(named.upload().unwrap().unwrap().media_type, "audio/flac", "by its name, if not by its content");
        }
    }

    #[test]
    fn sizes_have_limits() {
        assert!(refused(&Image::from_bytes([])).contains("is empty"));
        assert!(refused(&Image::from_reader(PNG, 0)).contains("is empty"));
        let too_large = refused(&Image::from_reader(PNG, 50 * 1024 * 1024 + 1));
        assert!(too_large.contains("has 52428801 bytes, more than the 52428800"), "{too_large}");
        Image::from_reader(PNG, 50 * 1024 * 1024).check().unwrap();
        Image::from_reader(PNG, u64::MAX).max_size(u64::MAX).check().unwrap();
        assert!(refused(&Image::from_bytes(PNG).max_size(12)).contains("more than the 12"));
        Video::from_reader(MP4, 5 * 1024 * 1024 * 1024).check().unwrap();
        assert!(refused(&Video::from_reader(MP4, 5 * 1024 * 1024 * 1024 + 1)).contains("5368709120"));
        assert!(refused(&Audio::from_reader(MP3, 50 * 1024 * 1024 + 1)).contains("52428800"));
    }

    #[test]
    fn debug_shows_no_name_and_no_content() {
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
}
