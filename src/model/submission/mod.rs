//! Submissions: media to submit, with their options.

pub(crate) mod any;
mod constructors;
mod detect;
pub(crate) mod file;
pub(crate) mod options;
pub(crate) mod progress;
pub(crate) mod setters;
pub(crate) mod source;

use std::fmt;
use std::marker::PhantomData;

use self::any::{AnySubmission, DetectedBy};
use self::setters::setters;
use self::source::Source;
use super::medium::{Audio, Image, Medium, Video};
use crate::error::Error;

/// An image, video or recording to submit, with its options. See
/// [concepts](crate::concepts#submission).
///
/// It is created by the constructors of [`Image`], [`Video`] and [`Audio`], such as
/// [`Image::from_url`](crate::Image::from_url) and [`Video::from_path`](crate::Video::from_path). For a medium that is
/// known only at run time, use [`AnySubmission`].
///
/// Setting an option never fails. [`submit`](crate::Client::submit) validates all options before it sends
/// anything. An option that is not set is not sent, and the service's own default applies. This differs from a bool
/// option that is set to `false`, such as `with_nsfw(false)`: `false` is sent.
///
/// `Debug` shows the options that are set. It shows only the origin of a URL, and it does not show references and
/// names, because they may be confidential.
#[derive(Clone)]
#[must_use = "a submission does nothing until a client submits it"]
pub struct Submission<M: Medium>(AnySubmission, PhantomData<fn() -> M>);

impl<M: Medium> Submission<M> {
    fn new(source: Source) -> Self {
        Self(AnySubmission::new(M::TYPE, DetectedBy::Caller, source), PhantomData)
    }

    setters!(tag, file_name, max_size, any_format, on_progress, ref_id, webhook_url, no_cache, prevent_c2pa_forces);

    /// Returns the submission as an [`AnySubmission`], which has its medium as a value.
    pub fn as_any(&self) -> &AnySubmission {
        &self.0
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut AnySubmission)) -> Self {
        change(&mut self.0);
        self
    }
}

impl Submission<Image> {
    setters!(with_morphing, with_tampering, with_heatmap, with_nsfw);
}

impl Submission<Video> {
    setters!(frames, key_frames, key_frames_method, with_morphing, with_tampering, with_nsfw);
}

impl<M: Medium> From<Submission<M>> for AnySubmission {
    fn from(submission: Submission<M>) -> Self {
        submission.0
    }
}

/// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the submission is of another medium.
impl<M: Medium> TryFrom<AnySubmission> for Submission<M> {
    type Error = Error;

    fn try_from(submission: AnySubmission) -> Result<Self, Error> {
        if submission.media_type() == M::TYPE {
            return Ok(Self(submission, PhantomData));
        }
        Err(Error::other_medium("submission", submission.media_type(), M::TYPE))
    }
}

impl<M: Medium> fmt::Debug for Submission<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Image {
    constructors::constructors!("an image", "cat.jpg");
}

impl Video {
    constructors::constructors!("a video", "clip.mp4");
}

impl Audio {
    constructors::constructors!("a recording", "call.wav");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::media_type::MediaType;

    #[test]
    fn debug_shows_only_origin_of_url() {
        let job = Image::from_url("https://u:p@x.test/path?token=t0ken").ref_id("ref-17").tag("tag-3").with_nsfw(true);
        let shown = format!("{job:?}");
        assert!(shown.contains("https://x.test\"") && shown.contains(r#""with_nsfw": "true""#), "{shown}");
        for secret in ["u:p", "path", "t0ken", "ref-17", "tag-3"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn options_are_sent_only_if_medium_supports_them() {
        let all = |medium| {
            let submission = AnySubmission::from_url_as(medium, "https://x.test/a");
            let submission = submission.with_morphing(true).with_tampering(false).with_heatmap(true).with_nsfw(true);
            let submission = submission.frames(crate::Frames::Ten).key_frames(true).prevent_c2pa_forces(true);
            submission.key_frames_method(crate::KeyFramesMethod::Flow).no_cache(true).tag("local")
        };
        let sent = |medium| {
            let submission = all(medium);
            let fields = submission.fields();
            let sent: Vec<String> = fields.iter().skip(1).map(|(name, value)| format!("{name}={value}")).collect();
            (sent.join(" "), submission.unsupported_options().join(" "))
        };
        let (image, not_image) = sent(MediaType::Image);
        assert_eq!(
            image,
            "no_cache=true with_morphing=true with_tampering=false with_heatmap=true with_nsfw=true \
             prevent_c2pa_forces=true"
        );
        assert_eq!(not_image, "frames key_frames key_frames_method");
        let (video, not_video) = sent(MediaType::Video);
        assert_eq!(
            video,
            "no_cache=true frames=10 key_frames=true key_frames_method=flow with_morphing=true with_tampering=false \
             with_nsfw=true prevent_c2pa_forces=true"
        );
        assert_eq!(not_video, "with_heatmap");
        let (audio, not_audio) = sent(MediaType::Audio);
        assert_eq!(audio, "no_cache=true prevent_c2pa_forces=true");
        assert_eq!(not_audio.split(' ').count(), 7);
        assert!(
            AnySubmission::from(Image::from_url("https://x.test").with_heatmap(true)).unsupported_options().is_empty()
        );
    }
}
