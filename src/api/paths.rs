//! The paths of the endpoints for the three media.

use crate::model::media_type::MediaType;

/// Returns the endpoint that accepts the URL of a file.
pub(super) fn from_url(medium: MediaType) -> &'static str {
    match medium {
        MediaType::Image => "/api/image_fromurl",
        MediaType::Video => "/api/video_fromurl",
        MediaType::Audio => "/api/audio_fromurl",
    }
}

/// Returns the endpoint that accepts a file. Followed by a slash and an identifier, it is the endpoint of a result.
pub(super) fn result(medium: MediaType) -> &'static str {
    match medium {
        MediaType::Image => "/api/classification",
        MediaType::Video => "/api/classification_video",
        MediaType::Audio => "/api/classification_audio",
    }
}

/// Returns the endpoint for several results at a time.
pub(super) fn results(medium: MediaType) -> &'static str {
    match medium {
        MediaType::Image => "/api/classifications",
        MediaType::Video => "/api/classifications_video",
        MediaType::Audio => "/api/classifications_audio",
    }
}
