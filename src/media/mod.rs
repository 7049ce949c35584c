//! What is submitted: one medium, where it is found, and what the service shall look for.

mod audio;
mod format;
mod image;
mod source;
mod submission;
mod submitted;
mod video;

pub use self::audio::Audio;
pub use self::format::Format;
pub(crate) use self::format::TICKET;
pub use self::image::Image;
pub use self::source::Progress;
pub(crate) use self::source::{Demands, Reader, Source, Upload, Watcher};
pub use self::submission::Submission;
pub use self::submitted::Submitted;
pub use self::video::{Frames, KeyFramesMethod, Video};
use crate::report::{AnyReport, Findings, Report};
use crate::wire::multipart::Form;

/// A kind of medium that the service analyses. This crate implements it for [`Image`], [`Video`] and [`Audio`]; nobody
/// else can.
pub trait Medium: sealed::Medium {}

pub(crate) mod sealed {
    use std::fmt;

    use super::{AnyReport, Findings, Form, Report};

    /// What differs from medium to medium.
    pub trait Medium: Sized + 'static {
        /// How the medium is called in what is stored, and the field that a file goes by.
        const NAME: &'static str;
        /// The endpoint that takes a URL.
        const FROM_URL: &'static str;
        /// The endpoint that takes a file, and has the results, each behind a slash and its identifier.
        const RESULT: &'static str;
        /// The endpoint that has many results at a time.
        const RESULTS: &'static str;
        /// The largest file that the service takes, in bytes.
        const MAX_SIZE: u64;
        /// What only this medium's reports have.
        type Findings: Findings;
        /// The options that only some media have.
        type Options: Clone + Default + fmt::Debug + Send + Sync;

        /// A report of this medium among those of all.
        fn any(report: Report<Self>) -> AnyReport
        where
            Self: super::Medium;

        /// Adds the options that are set.
        #[allow(private_interfaces)]
        fn fill(options: &Self::Options, form: &mut Form<'_>);
    }
}

/// How each medium's submissions begin.
macro_rules! from_everywhere {
    ($medium:literal, $file:literal) => {
        #[doc = concat!($medium, " that the service downloads itself, from an `http` or `https` URL.")]
        ///
        /// The URL passes as it is; nothing in it is encoded or normalised.
        pub fn from_url(file_url: impl Into<String>) -> $crate::Submission<Self> {
            $crate::Submission::from_url(file_url.into())
        }

        #[doc = concat!($medium, " in a file, which is uploaded: `", $file, "`, for one.")]
        ///
        /// The file is looked at when it is submitted, and read in small blocks while it is sent.
        pub fn from_path(path: impl Into<std::path::PathBuf>) -> $crate::Submission<Self> {
            $crate::Submission::from_path(path.into())
        }

        #[doc = concat!($medium, " in memory, which is uploaded.")]
        pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> $crate::Submission<Self> {
            $crate::Submission::from_bytes(bytes.into())
        }

        #[doc = concat!($medium, " of `len` bytes that a reader gives, which is uploaded.")]
        ///
        /// It can be read once, so a submit of it is never tried again by itself, and clones of the submission share
        /// it. It is read for as long as it takes: no deadline ends a reader that waits. What it gives beyond `len`
        /// bytes is not read.
        pub fn from_reader(reader: impl std::io::Read + Send + 'static, len: u64) -> $crate::Submission<Self> {
            $crate::Submission::from_reader(reader, len)
        }
    };
}
use from_everywhere;
