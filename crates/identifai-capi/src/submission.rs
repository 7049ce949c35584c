//! Media: what is submitted, and which calls are made for which.

use identifai::{Audio, Classification, Client, Identifier, Image, Submission, Video};

use crate::failure::Failure;
use crate::options::{Ask, set};
use crate::report::Report;

/// An image.
pub const IDENTIFAI_IMAGE: i32 = 1;
/// A video.
pub const IDENTIFAI_VIDEO: i32 = 2;
/// A recording of speech.
pub const IDENTIFAI_AUDIO: i32 = 3;

type Result<T> = std::result::Result<T, Failure>;

/// One of the numbers above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Image,
    Video,
    Audio,
}

impl Medium {
    pub(crate) fn of(number: i32) -> Result<Self> {
        match number {
            IDENTIFAI_IMAGE => Ok(Self::Image),
            IDENTIFAI_VIDEO => Ok(Self::Video),
            IDENTIFAI_AUDIO => Ok(Self::Audio),
            _ => Err(Failure::invalid("medium", "must be IDENTIFAI_IMAGE, IDENTIFAI_VIDEO or IDENTIFAI_AUDIO")),
        }
    }

    /// Nothing that was asked for is left out in silence.
    pub(crate) fn check(self, ask: &Ask) -> Result<()> {
        let known: [(&str, bool, &[Self]); 7] = [
            ("with_morphing", ask.with_morphing.is_some(), &[Self::Image, Self::Video]),
            ("with_tampering", ask.with_tampering.is_some(), &[Self::Image, Self::Video]),
            ("with_nsfw", ask.with_nsfw.is_some(), &[Self::Image, Self::Video]),
            ("with_heatmap", ask.with_heatmap.is_some(), &[Self::Image]),
            ("frames", ask.frames.is_some(), &[Self::Video]),
            ("key_frames", ask.key_frames.is_some(), &[Self::Video]),
            ("key_frames_method", ask.key_frames_method.is_some(), &[Self::Video]),
        ];
        match known.iter().find(|(_, is_set, media)| *is_set && !media.contains(&self)) {
            Some((option, ..)) => {
                Err(Failure::invalid(option, "is no option of this medium; submit with options without it"))
            }
            None => Ok(()),
        }
    }

    /// What is too large is refused before it is copied: there may be no memory for that.
    fn check_size(self, len: usize, ask: &Ask) -> Result<()> {
        macro_rules! check {
            ($medium:ident) => {{
                let mut job = $medium::from_reader(std::io::empty(), len as u64).any_format(true);
                set!(job, ask, copied max_size);
                job.check()
            }};
        }
        Ok(match self {
            Self::Image => check!(Image),
            Self::Video => check!(Video),
            Self::Audio => check!(Audio),
        }?)
    }
}

/// Where a medium is found.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Url(&'a str),
    Path(&'a str),
    Bytes(&'a [u8]),
}

/// What all media have.
macro_rules! begin {
    ($medium:ident, $source:expr, $ask:expr) => {{
        let mut job = $ask.set(match $source {
            Source::Url(url) => $medium::from_url(url),
            Source::Path(path) => $medium::from_path(path),
            Source::Bytes(bytes) => $medium::from_bytes(bytes),
        });
        set!(job, $ask, copied prevent_c2pa_forces);
        job
    }};
}

pub(crate) fn image(source: Source<'_>, ask: &Ask) -> Submission<Image> {
    let mut job = begin!(Image, source, ask);
    set!(job, ask, copied with_morphing, with_tampering, with_heatmap, with_nsfw);
    job
}

pub(crate) fn video(source: Source<'_>, ask: &Ask) -> Submission<Video> {
    let mut job = begin!(Video, source, ask);
    set!(job, ask, copied with_morphing, with_tampering, with_nsfw, frames, key_frames, key_frames_method);
    job
}

fn audio(source: Source<'_>, ask: &Ask) -> Submission<Audio> {
    begin!(Audio, source, ask)
}

/// Submits it, and returns its identifier.
pub(crate) fn submit(client: &Client, medium: Medium, source: Source<'_>, ask: &Ask) -> Result<Identifier> {
    medium.check(ask)?;
    if let Source::Bytes(bytes) = source {
        medium.check_size(bytes.len(), ask)?;
    }
    Ok(match medium {
        Medium::Image => client.submit(&image(source, ask))?.into(),
        Medium::Video => client.submit(&video(source, ask))?.into(),
        Medium::Audio => client.submit(&audio(source, ask))?.into(),
    })
}

/// One look.
pub(crate) fn result(client: &Client, medium: Medium, identifier: Identifier) -> Result<Report> {
    Ok(match medium {
        Medium::Image => Report::of_image(&client.result(&identifier.into())?),
        Medium::Video => Report::of(&client.result::<Video>(&identifier.into())?),
        Medium::Audio => Report::of(&client.result::<Audio>(&identifier.into())?),
    })
}

/// Looks until it is finished.
pub(crate) fn wait(client: &Client, medium: Medium, identifier: Identifier) -> Result<Report> {
    Ok(match medium {
        Medium::Image => Report::of_image(&client.wait(&identifier.into())?),
        Medium::Video => Report::of(&client.wait::<Video>(&identifier.into())?),
        Medium::Audio => Report::of(&client.wait::<Audio>(&identifier.into())?),
    })
}

pub(crate) fn override_verdict(client: &Client, medium: Medium, hash: &str, to: &Classification) -> Result<()> {
    Ok(match medium {
        Medium::Image => client.override_verdict::<Image>(hash, to),
        Medium::Video => client.override_verdict::<Video>(hash, to),
        Medium::Audio => client.override_verdict::<Audio>(hash, to),
    }?)
}
