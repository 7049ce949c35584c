//! The constructors that the three media share.

/// The constructors of each medium's submissions.
macro_rules! from_everywhere {
    ($medium:literal, $file:literal) => {
        #[doc = concat!($medium, " that the service downloads itself, from an `http` or `https` URL.")]
        ///
        /// The URL passes as it is; nothing in it is encoded or normalised.
        pub fn from_url(file_url: impl Into<String>) -> super::Submission<Self> {
            super::Submission::from_url(file_url.into())
        }

        #[doc = concat!($medium, " in a file, which is uploaded: `", $file, "`, for one.")]
        ///
        /// The file is looked at when it is submitted, and read in small blocks while it is sent.
        pub fn from_path(path: impl Into<std::path::PathBuf>) -> super::Submission<Self> {
            super::Submission::from_path(path.into())
        }

        #[doc = concat!($medium, " in memory, which is uploaded.")]
        pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> super::Submission<Self> {
            super::Submission::from_bytes(bytes.into())
        }

        #[doc = concat!($medium, " of `len` bytes that a reader gives, which is uploaded.")]
        ///
        /// It can be read once, so a submit of it is never tried again by itself, and clones of the submission share
        /// it. It is read for as long as it takes: no deadline ends a reader that waits. What it gives beyond `len`
        /// bytes is not read.
        pub fn from_reader(reader: impl std::io::Read + Send + 'static, len: u64) -> super::Submission<Self> {
            super::Submission::from_reader(reader, len)
        }
    };
}
pub(super) use from_everywhere;
