//! Options of a submission, given on the command line or as fields of a line of a batch.

// clap prints these doc comments as help texts, so they are not Markdown.
#![allow(clippy::doc_markdown)]

use clap::{Args, ValueEnum};
use identifai::{AnySubmission, Frames, KeyFramesMethod};
use serde::{Deserialize, Deserializer};

use crate::args::values::switch;

/// Options of a submission, with the names that the API uses.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[command(next_help_heading = "Submission options", mut_args = switch)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Your own reference, returned with the result
    #[arg(long, value_name = "TEXT")]
    pub(crate) ref_id: Option<String>,
    /// URL that the service also sends the result to
    ///
    /// The service must have enabled webhooks for the account.
    #[arg(long, value_name = "URL")]
    pub(crate) webhook_url: Option<String>,
    /// Submit files of undocumented or unrecognized formats
    ///
    /// If the format is unrecognized or not an image, video or audio format, pass --image, --video or --audio, too.
    /// Files are uploaded under their own names, even if the extension does not fit the content. By default, files of
    /// these formats are refused, and a wrong extension is corrected.
    #[arg(long)]
    #[serde(default, deserialize_with = "null_as_false")]
    pub(crate) any_format: bool,
    /// Maximum number of frames to analyse (videos)
    ///
    /// More frames cost more credits.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) frames: Option<Number>,
    /// Analyse key frames instead of evenly spaced frames (videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) key_frames: Option<bool>,
    /// Method of choosing key frames (videos)
    #[arg(long, value_name = "METHOD")]
    pub(crate) key_frames_method: Option<KeyFrames>,
    /// Also detect morphing of faces (images, videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_morphing: Option<bool>,
    /// Also detect manipulation without generative AI (images, videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_tampering: Option<bool>,
    /// Also create a heatmap of AI-generated regions (images)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_heatmap: Option<bool>,
    /// Also detect content that is not safe for work (images, videos)
    #[arg(long, value_name = "BOOL")]
    pub(crate) with_nsfw: Option<bool>,
    /// Analyse again instead of using a cached result; may cost credits again
    #[arg(long, value_name = "BOOL")]
    pub(crate) no_cache: Option<bool>,
    /// Prevent a C2PA signature from forcing the verdict to artificial
    #[arg(long, value_name = "BOOL")]
    pub(crate) prevent_c2pa_forces: Option<bool>,
}

impl Options {
    /// Returns these options, with unset ones taken from `others`.
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

/// Sets each of the named options that has a value.
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

/// Reads a bool, and `null` as `false`, because pandas writes `null` for an empty cell.
fn null_as_false<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// The number of frames of a video to analyse.
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

/// Converts from a float, because pandas writes `10.0` for a 10 in a column that has an empty cell.
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
