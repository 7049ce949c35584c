//! A macro that defines the constructors of [`Image`](crate::Image), [`Video`](crate::Video) and
//! [`Audio`](crate::Audio).

/// Defines the constructors of the submissions of one medium.
macro_rules! constructors {
    ($medium:literal, $file:literal) => {
        #[doc = concat!("Creates a submission of ", $medium, " that the service downloads from an `http` or `https` URL.")]
        ///
        /// The URL is sent unchanged. It is neither encoded nor normalized.
        pub fn from_url(file_url: impl Into<String>) -> Submission<Self> {
            Submission::new(Source::Url(file_url.into()))
        }

        #[doc = concat!("Creates a submission of ", $medium, " in a file such as `", $file, "`, which is uploaded.")]
        ///
        /// The file is opened when it is submitted. It is read in small blocks while it is sent.
        pub fn from_path(path: impl Into<std::path::PathBuf>) -> Submission<Self> {
            Submission::new(Source::Path(path.into()))
        }

        #[doc = concat!("Creates a submission of ", $medium, " in memory, which is uploaded.")]
        pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Submission<Self> {
            Submission::new(Source::Bytes(bytes.into().into()))
        }

        #[doc = concat!("Creates a submission that uploads the next `len` bytes of `reader` as ", $medium, ".")]
        ///
        /// A reader can be read only once. A submit of it is never retried automatically, and clones of the submission
        /// share the reader. A deadline does not interrupt a read that blocks. The submit fails with
        /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the reader fails, if it ends before `len` bytes, or if
        /// it was submitted before. Bytes beyond `len` are not read.
        pub fn from_reader(reader: impl std::io::Read + Send + 'static, len: u64) -> Submission<Self> {
            Submission::new(Source::Reader(self::source::Reader::new(reader), len))
        }
    };
}

pub(super) use constructors;
