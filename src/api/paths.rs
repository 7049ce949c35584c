//! The paths of the three media.

use crate::model::media_type::MediaType;

/// Returns the endpoint that takes a URL.
pub(super) fn from_url(medium: MediaType) -> &'static str {
    match medium {
        MediaType::Image => "/api/image_fromurl",
        MediaType::Video => "/api/video_fromurl",
        MediaType::Audio => "/api/audio_fromurl",
    }
}

/// Returns the endpoint that takes a file, and has the results, each behind a slash and its identifier.
pub(super) fn result(medium: MediaType) -> &'static str {
    match medium {
        MediaType::Image => "/api/classification",
        MediaType::Video => "/api/classification_video",
        MediaType::Audio => "/api/classification_audio",
    }
}

/// Returns the endpoint that has many results at a time.
pub(super) fn results(medium: MediaType) -> &'static str {
    match medium {
        MediaType::Image => "/api/classifications",
        MediaType::Video => "/api/classifications_video",
        MediaType::Audio => "/api/classifications_audio",
    }
}
