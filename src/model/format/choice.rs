//! The choice of the format of a file by its content, its name and the medium that the caller requests.

use super::Format;
use super::detected::{Certainty, Content, DetectedFormat};
use super::rows::{Family, MP2, MP3, Row};

/// The format that was chosen for a file to submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) format: Format,
    /// `true` if the extension of the file name stands for another format of the same medium.
    pub(crate) is_misnamed: bool,
}

/// Chooses the format of a file to submit. `kind` is the medium, or [`TICKET`](super::TICKET). `named` is the format
/// for which the extension stands. The error is the reason why the file cannot be submitted.
pub(crate) fn choose(kind: &str, content: Content, named: Option<Format>) -> Result<Choice, String> {
    let named = named.map(|format| format.0);
    let Content::Format(detected) = content else { return by_name(kind, content == Content::Text, named) };
    let Some(row) = best(content, named) else { return unnamed(kind, detected) };
    let is_misnamed = named.is_some_and(|named| !detected.agrees_with(named));
    if let Some(named) = named.filter(|_| is_misnamed && detected.certainty == Certainty::ByName) {
        documented(kind, named)?;
        return Err(not_by_content(named));
    }
    let contradiction = named.filter(|named| is_misnamed && named.medium != row.medium);
    if let Some(named) = contradiction {
        return Err(contradicts(named, row.mime_type));
    }
    let Some(row) = row.as_medium(kind).or_else(|| detected.other_medium(kind)) else {
        return Err(format!("expected {kind}, found {}", row.mime_type));
    };
    // The caller requests one medium of a shared container, but the extension stands for the other medium only.
    if let Some(named) = named.filter(|named| is_misnamed && named.as_medium(kind).is_none()) {
        return Err(contradicts(named, row.mime_type));
    }
    documented(kind, row)?;
    if detected.certainty == Certainty::SoundOnly && row.medium == "video" && detected.row == row {
        return Err(format!("expected video, found {} with audio tracks only", row.mime_type));
    }
    // The extension stands for a video, but the file contains sound only.
    let hides_sound = detected.certainty == Certainty::SoundOnly && row.medium == "audio";
    let is_video_name = named.is_some_and(|named| named.medium == "video" && !named.has_ambiguous_extension());
    let is_misnamed = is_misnamed || (hides_sound && is_video_name);
    Ok(Choice { format: Format(row), is_misnamed })
}

/// Returns the most likely format by content and extension, without a requested medium.
fn best(content: Content, named: Option<&'static Row>) -> Option<&'static Row> {
    let detected = match content {
        Content::Text => return None,
        Content::Unknown => return named,
        Content::Format(detected) => detected,
    };
    let Some(named) = named else { return (detected.certainty != Certainty::ByName).then_some(detected.row) };
    let agrees = detected.agrees_with(named);
    let names_sound = named.medium == "audio" && !named.has_ambiguous_extension();
    Some(match detected.certainty {
        Certainty::SoundOnly if agrees && (named.has_ambiguous_extension() || named.medium == "audio") => {
            named.as_medium("audio").unwrap_or(detected.row)
        }
        Certainty::Ambiguous | Certainty::ByName | Certainty::Weak | Certainty::Id3Tag if agrees => named,
        Certainty::Certain if named.mime_type == detected.row.mime_type => named,
        // Layers II and III share a media type, and players accept either under the extension of the other.
        Certainty::Certain if agrees && detected.row == &MP2 => named,
        // The content is a video format, but the extension says that the file is submitted for its sound.
        Certainty::Certain if agrees && names_sound => detected.row.as_medium("audio").unwrap_or(detected.row),
        Certainty::Ambiguous if names_sound => detected.row.as_medium("audio").unwrap_or(detected.row),
        _ => detected.row,
    })
}

impl Content {
    /// Returns the format of a file with this content whose extension stands for `named`.
    pub(crate) fn format(self, named: Option<Format>) -> Option<Format> {
        best(self, named.map(|format| format.0)).map(Format)
    }
}

impl DetectedFormat {
    /// Returns `true` if a file whose extension stands for `named` may have this content.
    fn agrees_with(self, named: &Row) -> bool {
        let is_kin = self.row.is_related_to(named);
        match self.certainty {
            Certainty::Certain | Certainty::SoundOnly if self.row.family == Family::Mpeg => {
                self.row == named || (self.row == &MP2 && named == &MP3)
            }
            // An ID3 tag may precede any MPEG stream. It may also precede formats that have metadata of their own.
            Certainty::Id3Tag => {
                named.medium == "audio" && matches!(named.family, Family::Mpeg | Family::Alone | Family::Ogg)
            }
            _ => is_kin,
        }
    }

    /// Returns the format for the medium `kind` if the content is a container that may hold that medium, too.
    fn other_medium(self, kind: &str) -> Option<&'static Row> {
        let is_shared = matches!(self.certainty, Certainty::Ambiguous | Certainty::ByName | Certainty::SoundOnly);
        let row = self.row.as_medium(kind).or_else(|| self.row.as_video()?.as_medium(kind));
        row.filter(|_| is_shared)
    }
}

/// Chooses by the extension alone, if the format of the content is not recognized.
fn by_name(kind: &str, is_text: bool, named: Option<&'static Row>) -> Result<Choice, String> {
    let Some(named) = named else {
        return Err(format!("not a documented {kind} format"));
    };
    let Some(row) = named.as_medium(kind) else {
        return Err(format!("expected {kind}, found {}", named.mime_type));
    };
    documented(kind, row)?;
    // A part of an MPEG stream may begin with any bytes, so its extension is trusted unless the content is text. Every
    // other format would have been recognized.
    if named.family != Family::Mpeg {
        return Err(not_by_content(named));
    }
    if is_text {
        return Err(contradicts(named, "plain text"));
    }
    Ok(Choice { format: Format(row), is_misnamed: false })
}

/// Chooses by the requested medium alone, for a container of an unknown kind if the extension is missing or unknown.
fn unnamed(kind: &str, detected: DetectedFormat) -> Result<Choice, String> {
    let row = detected.other_medium(kind).ok_or_else(|| format!("not a documented {kind} format"))?;
    documented(kind, row)?;
    Ok(Choice { format: Format(row), is_misnamed: false })
}

/// Fails if the service does not document the format.
fn documented(kind: &str, row: &Row) -> Result<(), String> {
    if row.is_documented {
        return Ok(());
    }
    Err(format!("{} is not a documented {kind} format", row.mime_type))
}

fn not_by_content(named: &Row) -> String {
    format!("the extension stands for {}, but the content does not match", named.mime_type)
}

fn contradicts(named: &Row, content: &str) -> String {
    format!("the extension stands for {}, but the content is {content}", named.mime_type)
}
