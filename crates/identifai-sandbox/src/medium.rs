//! The options and sizes that the service documents for each medium.

use identifai::MediaType;

/// Returns the boolean options that the service documents for a medium.
pub(super) fn switches(medium: MediaType) -> &'static [&'static str] {
    match medium {
        MediaType::Image => {
            &["with_morphing", "with_tampering", "with_heatmap", "no_cache", "prevent_c2pa_forces", "with_nsfw"]
        }
        MediaType::Video => {
            &["with_morphing", "with_tampering", "no_cache", "prevent_c2pa_forces", "with_nsfw", "key_frames"]
        }
        MediaType::Audio => &["no_cache", "prevent_c2pa_forces"],
    }
}

/// Returns the documented maximum size of a file in bytes, read generously as MiB and GiB, and its text in error
/// messages.
pub(super) fn max_size(medium: MediaType) -> (u64, &'static str) {
    match medium {
        MediaType::Image | MediaType::Audio => (50 * 1024 * 1024, "50Mb"),
        MediaType::Video => (5 * 1024 * 1024 * 1024, "5Gb"),
    }
}
