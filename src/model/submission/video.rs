//! Videos: MP4, AVI, MOV and any other `video/*` of up to 5 GB, says the service's documentation.

use super::Submission;
use super::constructors::from_everywhere;
use crate::model::fields::Fields;
use crate::model::media_type::MediaType;
use crate::model::medium::{Medium, Video, sealed};
use crate::model::report::video::VideoFindings;

impl Video {
    from_everywhere!("A video", "clip.mp4");
}

/// How many frames of a video are analysed at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frames {
    /// 5
    Five,
    /// 10
    Ten,
    /// 30
    Thirty,
}

impl Frames {
    /// The number.
    pub const fn count(self) -> u32 {
        match self {
            Self::Five => 5,
            Self::Ten => 10,
            Self::Thirty => 30,
        }
    }
}

/// How key frames are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyFramesMethod {
    /// `iframes`: those that the video's encoder chose.
    IFrames,
    /// `flow`: by movement.
    Flow,
    /// `color`: by colour.
    Color,
}

impl KeyFramesMethod {
    /// The word that the service uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IFrames => "iframes",
            Self::Flow => "flow",
            Self::Color => "color",
        }
    }
}

/// What only videos can be asked for. `None` is not sent.
#[derive(Clone, Debug, Default)]
pub struct VideoOptions {
    frames: Option<Frames>,
    key_frames: Option<bool>,
    key_frames_method: Option<KeyFramesMethod>,
    with_morphing: Option<bool>,
    with_tampering: Option<bool>,
    with_nsfw: Option<bool>,
    prevent_c2pa_forces: Option<bool>,
}

impl Submission<Video> {
    /// How many frames to analyse at the most; more cost more. Default: left to the service, which documents none.
    pub fn frames(self, frames: Frames) -> Self {
        self.set(|options| options.frames = Some(frames))
    }

    /// Whether to analyse key frames rather than evenly spaced ones; there may be fewer of them than asked for.
    /// Default: left to the service, which documents none.
    pub fn key_frames(self, on: bool) -> Self {
        self.set(|options| options.key_frames = Some(on))
    }

    /// How key frames are chosen. Default: left to the service, which documents `iframes`.
    pub fn key_frames_method(self, method: KeyFramesMethod) -> Self {
        self.set(|options| options.key_frames_method = Some(method))
    }

    /// Whether to look for morphing in people's faces, too; leave it off where there are none.
    /// Default: left to the service, which documents none.
    pub fn with_morphing(self, on: bool) -> Self {
        self.set(|options| options.with_morphing = Some(on))
    }

    /// Whether to look for manipulation without generative AI, too. Default: left to the service, which documents none.
    pub fn with_tampering(self, on: bool) -> Self {
        self.set(|options| options.with_tampering = Some(on))
    }

    /// Whether to tell if the video is not safe for work, too. That videos take this is our reading of the
    /// documentation. Default: left to the service, which documents none.
    pub fn with_nsfw(self, on: bool) -> Self {
        self.set(|options| options.with_nsfw = Some(on))
    }

    /// Whether to keep a C2PA signature from forcing the verdict to artificial.
    /// Default: left to the service, which documents `false`: a signature forces it.
    pub fn prevent_c2pa_forces(self, on: bool) -> Self {
        self.set(|options| options.prevent_c2pa_forces = Some(on))
    }
}

impl Medium for Video {}

impl sealed::Medium for Video {
    const TYPE: MediaType = MediaType::Video;
    const MAX_SIZE: u64 = 5 * 1024 * 1024 * 1024;
    type Findings = VideoFindings;
    type Options = VideoOptions;

    #[allow(private_interfaces)]
    fn add_fields(options: &VideoOptions, fields: &mut Fields<'_>) {
        if let Some(frames) = options.frames {
            fields.text("frames", frames.count().to_string());
        }
        fields.opt_bool("key_frames", options.key_frames);
        fields.opt("key_frames_method", options.key_frames_method.map(KeyFramesMethod::as_str));
        fields.opt_bool("with_morphing", options.with_morphing);
        fields.opt_bool("with_tampering", options.with_tampering);
        fields.opt_bool("with_nsfw", options.with_nsfw);
        fields.opt_bool("prevent_c2pa_forces", options.prevent_c2pa_forces);
    }
}
