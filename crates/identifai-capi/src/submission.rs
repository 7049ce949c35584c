//! Media types and their numbers, and submissions with the caller's options.

use identifai::{AnySubmission, MediaType};

use crate::failure::Failure;
use crate::options::SubmitOptions;

/// An image.
pub const IDENTIFAI_IMAGE: i32 = 1;
/// A video.
pub const IDENTIFAI_VIDEO: i32 = 2;
/// A recording of speech.
pub const IDENTIFAI_AUDIO: i32 = 3;

/// Returns the media type of one of the numbers above.
pub(crate) fn media_type(number: i32) -> Result<MediaType, Failure> {
    match number {
        IDENTIFAI_IMAGE => Ok(MediaType::Image),
        IDENTIFAI_VIDEO => Ok(MediaType::Video),
        IDENTIFAI_AUDIO => Ok(MediaType::Audio),
        _ => Err(Failure::invalid("medium", "must be IDENTIFAI_IMAGE, IDENTIFAI_VIDEO or IDENTIFAI_AUDIO")),
    }
}

/// The source of a file.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Url(&'a str),
    Path(&'a str),
    Bytes(&'a [u8]),
}

impl Source<'_> {
    /// Builds a submission with the given options. Fails if the medium does not have one of them.
    pub(crate) fn submission(self, medium: MediaType, options: &SubmitOptions) -> Result<AnySubmission, Failure> {
        options.apply_to(match self {
            Self::Url(url) => AnySubmission::from_url_as(medium, url),
            Self::Path(path) => AnySubmission::from_path_as(medium, path),
            Self::Bytes(bytes) => {
                // The size is checked before the bytes are copied, because there may not be enough memory for a copy.
                let len = AnySubmission::from_reader_as(medium, std::io::empty(), bytes.len() as u64).any_format(true);
                match options.max_size {
                    Some(max_size) => len.max_size(max_size).check()?,
                    None => len.check()?,
                }
                AnySubmission::from_bytes_as(medium, bytes)
            }
        })
    }
}
