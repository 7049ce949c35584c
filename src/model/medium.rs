//! The media as types: [`Image`], [`Video`] and [`Audio`].

use super::media_type::MediaType;

/// A medium that the service analyses.
///
/// This trait is sealed. It is implemented for [`Image`], [`Video`] and [`Audio`].
pub trait Medium: sealed::Medium {}

/// The medium image.
///
/// ```
/// use identifai::Image;
///
/// let job = Image::from_url("https://example.com/cat.jpg").ref_id("order-17").with_heatmap(true);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Image {}

/// The medium video. The cost of an analysis grows with the number of frames that are analysed.
///
/// ```
/// use identifai::{Frames, Video};
///
/// let job = Video::from_url("https://example.com/clip.mp4").frames(Frames::Ten).key_frames(true);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Video {}

/// The medium audio: recordings of speech. A recording must be at least 3 seconds long. At least 10 seconds are
/// recommended.
///
/// ```
/// use identifai::Audio;
///
/// let job = Audio::from_url("https://example.com/call.wav").ref_id("call-4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audio {}

pub(crate) mod sealed {
    use std::hash::Hash;

    use super::MediaType;
    use crate::model::report::findings::Findings;

    /// The differences between the media. The supertraits are needed because types with a parameter `M: Medium` derive
    /// them.
    pub trait Medium: Clone + Eq + Hash + 'static {
        /// The medium as a value.
        const TYPE: MediaType;
        /// The fields of a report that only this medium has.
        type Findings: Findings;
    }
}
