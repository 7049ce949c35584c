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
#[derive(Clone, Copy, Debug)]
pub enum Image {}

/// The medium video. What it costs grows with the number of frames that are analysed.
///
/// ```
/// use identifai::{Frames, Video};
///
/// let job = Video::from_url("https://example.com/clip.mp4").frames(Frames::Ten).key_frames(true);
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Video {}

/// The medium audio: recordings of speech, of 3 seconds at least and better 10.
///
/// ```
/// use identifai::Audio;
///
/// let job = Audio::from_url("https://example.com/call.wav").ref_id("call-4");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Audio {}

pub(crate) mod sealed {
    use std::fmt;

    use super::MediaType;
    use crate::model::identifier::Identifier;
    use crate::model::lenient::object::Object;
    use crate::model::report::Report;
    use crate::model::report::any::AnyReport;
    use crate::model::report::verdict::ModelResult;

    /// The differences between the media.
    pub trait Medium: Sized + 'static {
        /// The medium as a value.
        const TYPE: MediaType;
        /// The part of a report that only this medium has.
        type Findings: Findings;

        /// Wraps a report of this medium.
        #[allow(private_interfaces)]
        fn into_any(report: Report<Self>) -> AnyReport
        where
            Self: super::Medium;

        /// Unwraps a report of this medium, or returns that of another one.
        #[allow(private_interfaces)]
        fn from_any(report: AnyReport) -> Result<Report<Self>, AnyReport>
        where
            Self: super::Medium;
    }

    /// The part of a report that only one medium has.
    pub trait Findings: Clone + Default + fmt::Debug + Send + Sync {
        /// Reads it from a report on the submission `identifier`.
        #[allow(private_interfaces)]
        fn read(object: &Object<'_>, identifier: &Identifier) -> Self;

        /// Returns `true` if there is anything in it that only an analysis can have found.
        fn has_results(&self) -> bool;

        /// Returns each model's result for the whole medium.
        fn model_results(&self) -> &[ModelResult] {
            &[]
        }
    }
}
