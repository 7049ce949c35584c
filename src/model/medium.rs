//! The three media as types, and what differs between them.

use super::media_type::MediaType;

/// A kind of medium that the service analyses. This crate implements it for [`Image`], [`Video`] and [`Audio`]; nobody
/// else can.
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

/// The medium video. What it costs grows with the number of frames that are analysed.
///
/// ```
/// use identifai::{Frames, Video};
///
/// let job = Video::from_url("https://example.com/clip.mp4").frames(Frames::Ten).key_frames(true);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Video {}

/// The medium audio: recordings of speech, of 3 seconds at least and better 10.
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

    /// The differences between the media. Its supertraits are those that types with a medium derive.
    pub trait Medium: Clone + Eq + Hash + 'static {
        /// The medium as a value.
        const TYPE: MediaType;
        /// The part of a report that only this medium has.
        type Findings: Findings;
    }
}
