//! What the service is asked for: by options of the command line, or by the fields of a line of a batch.

// Its comments are help texts, not Markdown.
#![allow(clippy::doc_markdown)]

use clap::{Args, ValueEnum};
use identifai::{AnySubmission, Frames, KeyFramesMethod};
use serde::{Deserialize, Deserializer};

use crate::args::values::switch;

/// The options of a submission. Their names are those of the API.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[command(next_help_heading = "Submission options", mut_args = switch)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Your own reference, which comes back with the result
    #[arg(long, value_name = "TEXT")]
    pub(crate) ref_id: Option<String>,
    /// A URL that the service sends the result to, too
    ///
    /// The service must have enabled that for the account.
    #[arg(long, value_name = "URL")]
    pub(crate) webhook_url: Option<String>,
    /// Upload files whatever their format seems to be
    ///
    /// Goes with --image, --video or --audio. Their names stay as they are, too.
    #[arg(long)]
    #[serde(default, deserialize_with = "null_as_false")]
    pub(crate) any_format: bool,
    /// Analyse so many frames at most (videos)
    ///
    /// More cost more.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) frames: Option<Number>,
    /// Analyse key frames rather than evenly spaced ones (videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) key_frames: Option<bool>,
    /// How to choose key frames (videos)
    #[arg(long, value_name = "METHOD")]
    pub(crate) key_frames_method: Option<KeyFrames>,
    /// Look for morphing in people's faces, too (images, videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_morphing: Option<bool>,
    /// Look for manipulation without generative AI, too (images, videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_tampering: Option<bool>,
    /// Make a heatmap of AI content, too (images)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_heatmap: Option<bool>,
    /// Tell if it is not safe for work, too (images, videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_nsfw: Option<bool>,
    /// Analyse anew what was submitted before; may cost again
    #[arg(long, value_name = "BOOL")]
    pub(crate) no_cache: Option<bool>,
    /// Keep a C2PA signature from forcing the verdict to artificial
    #[arg(long, value_name = "BOOL")]
    pub(crate) prevent_c2pa_forces: Option<bool>,
}

impl Options {
    /// These, and where they say nothing, `others`.
    pub(crate) fn or(self, others: &Self) -> Self {
        let others = others.clone();
        Self {
            ref_id: self.ref_id.or(others.ref_id),
            webhook_url: self.webhook_url.or(others.webhook_url),
            any_format: self.any_format || others.any_format,
            frames: self.frames.or(others.frames),
            key_frames: self.key_frames.or(others.key_frames),
            key_frames_method: self.key_frames_method.or(others.key_frames_method),
            with_morphing: self.with_morphing.or(others.with_morphing),
            with_tampering: self.with_tampering.or(others.with_tampering),
            with_heatmap: self.with_heatmap.or(others.with_heatmap),
            with_nsfw: self.with_nsfw.or(others.with_nsfw),
            no_cache: self.no_cache.or(others.no_cache),
            prevent_c2pa_forces: self.prevent_c2pa_forces.or(others.prevent_c2pa_forces),
        }
    }
}

/// Sets what is given.
macro_rules! set {
    ($submission:ident, $options:expr, $($option:ident),*) => {
        $(if let Some(value) = $options.$option.clone() { $submission = $submission.$option(value); })*
    };
}

impl Options {
    /// Sets these options on a submission.
    pub(crate) fn set_on(&self, submission: AnySubmission) -> AnySubmission {
        let mut submission = submission.any_format(self.any_format);
        set!(submission, self, ref_id, webhook_url, no_cache, prevent_c2pa_forces, key_frames);
        set!(submission, self, with_morphing, with_tampering, with_heatmap, with_nsfw);
        if let Some(frames) = self.frames {
            submission = submission.frames(frames.into());
        }
        if let Some(method) = self.key_frames_method {
            submission = submission.key_frames_method(method.into());
        }
        submission
    }
}

/// pandas writes `null` where a cell is empty.
fn null_as_false<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// How many frames of a video.
#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) enum Number {
    #[value(name = "5")]
    Five,
    #[value(name = "10")]
    Ten,
    #[value(name = "30")]
    Thirty,
}

/// pandas writes `10.0` for a 10 in a column that has an empty cell.
impl TryFrom<f64> for Number {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        let known = [(5.0, Self::Five), (10.0, Self::Ten), (30.0, Self::Thirty)];
        let found = known.into_iter().find(|(known, _)| (known - number).abs() < f64::EPSILON);
        found.map(|(_, number)| number).ok_or("frames must be 5, 10 or 30")
    }
}

impl From<Number> for Frames {
    fn from(number: Number) -> Self {
        match number {
            Number::Five => Self::Five,
            Number::Ten => Self::Ten,
            Number::Thirty => Self::Thirty,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[value(rename_all = "lower")]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyFrames {
    IFrames,
    Flow,
    Color,
}

impl From<KeyFrames> for KeyFramesMethod {
    fn from(method: KeyFrames) -> Self {
        match method {
            KeyFrames::IFrames => Self::IFrames,
            KeyFrames::Flow => Self::Flow,
            KeyFrames::Color => Self::Color,
        }
    }
}
