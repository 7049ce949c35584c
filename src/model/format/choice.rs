//! Decides on a format by a file's content, its name and the medium that the caller asks for.

use super::Format;
use super::rows::{Family, MP2, MP3, Row};
use super::seen::{Certainty, Content, Seen};

/// The format that a file is submitted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) format: Format,
    /// `true` if the extension of its name stands for another format of the same medium.
    pub(crate) is_misnamed: bool,
}

/// Chooses the format that a file is submitted as, or returns the reason why it cannot be submitted.
pub(crate) fn choose(kind: &str, content: Content, named: Option<Format>) -> Result<Choice, String> {
    let named = named.map(|format| format.0);
    let Content::Format(seen) = content else { return by_name(kind, content == Content::Text, named) };
    let Some(row) = best(content, named) else { return unnamed(kind, seen) };
    let is_misnamed = named.is_some_and(|named| !seen.agrees_with(named));
    if let Some(named) = named.filter(|_| is_misnamed && seen.certainty == Certainty::ByName) {
        documented(kind, named)?;
        return Err(not_by_content(named));
    }
    let contradiction = named.filter(|named| is_misnamed && named.medium != row.medium);
    if let Some(named) = contradiction {
        return Err(contradicts(named, row.media_type));
    }
    let Some(row) = row.as_medium(kind).or_else(|| seen.other_medium(kind)) else {
        return Err(format!("is {}, which is no {kind}", row.media_type));
    };
    // The caller asks for the other medium of a container, and the name says the one.
    if let Some(named) = named.filter(|named| is_misnamed && named.as_medium(kind).is_none()) {
        return Err(contradicts(named, row.media_type));
    }
    documented(kind, row)?;
    if seen.certainty == Certainty::Sound && row.medium == "video" && seen.row == row {
        return Err(format!("is {} with sound only, which is no video", row.media_type));
    }
    // Its name says that there is something to see, and there is not.
    let hides_sound = seen.certainty == Certainty::Sound && row.medium == "audio";
    let is_video_name = named.is_some_and(|named| named.medium == "video" && !named.names_either());
    let is_misnamed = is_misnamed || (hides_sound && is_video_name);
    Ok(Choice { format: Format(row), is_misnamed })
}

/// The format that a file has, as far as content and name tell without a medium.
fn best(content: Content, named: Option<&'static Row>) -> Option<&'static Row> {
    let seen = match content {
        Content::Text => return None,
        Content::Unknown => return named,
        Content::Format(seen) => seen,
    };
    let Some(named) = named else { return (seen.certainty != Certainty::ByName).then_some(seen.row) };
    let agrees = seen.agrees_with(named);
    let names_sound = named.medium == "audio" && !named.names_either();
    Some(match seen.certainty {
        Certainty::Sound if agrees && (named.names_either() || named.medium == "audio") => {
            named.as_medium("audio").unwrap_or(seen.row)
        }
        Certainty::Open | Certainty::ByName | Certainty::Weak | Certainty::Tag if agrees => named,
        Certainty::Certain if named.media_type == seen.row.media_type => named,
        // Layers II and III share a media type, and players do not care.
        Certainty::Certain if agrees && seen.row == &MP2 => named,
        // What is sure to hold a video may be meant for its sound, as its name says.
        Certainty::Certain if agrees && names_sound => seen.row.as_medium("audio").unwrap_or(seen.row),
        Certainty::Open if names_sound => seen.row.as_medium("audio").unwrap_or(seen.row),
        _ => seen.row,
    })
}

impl Content {
    /// Returns the format of a file with this content, as far as that and its name tell.
    pub(crate) fn format(self, named: Option<Format>) -> Option<Format> {
        best(self, named.map(|format| format.0)).map(Format)
    }
}

impl Seen {
    /// Returns `true` if a file of that name may have this content.
    fn agrees_with(self, named: &Row) -> bool {
        let is_kin = self.row.is_kin_of(named);
        match self.certainty {
            Certainty::Certain | Certainty::Sound if self.row.family == Family::Mpeg => {
                self.row == named || (self.row == &MP2 && named == &MP3)
            }
            // A tag stands before streams, and before some files that have a place of their own for it.
            Certainty::Tag => {
                named.medium == "audio" && matches!(named.family, Family::Mpeg | Family::Alone | Family::Ogg)
            }
            _ => is_kin,
        }
    }

    /// Returns the format of a container that may hold either, for the medium that the name does not say.
    fn other_medium(self, kind: &str) -> Option<&'static Row> {
        let is_open = matches!(self.certainty, Certainty::Open | Certainty::ByName | Certainty::Sound);
        let row = self.row.as_medium(kind).or_else(|| self.row.as_video()?.as_medium(kind));
        row.filter(|_| is_open)
    }
}

/// Decides by the name alone, for content that shows no format.
fn by_name(kind: &str, is_text: bool, named: Option<&'static Row>) -> Result<Choice, String> {
    let Some(named) = named else {
        return Err(format!("is of no {kind} format that the service documents"));
    };
    let Some(row) = named.as_medium(kind) else {
        return Err(format!("is {}, which is no {kind}", named.media_type));
    };
    documented(kind, row)?;
    // MPEG streams may begin with anything but text.
    if named.family != Family::Mpeg {
        return Err(not_by_content(named));
    }
    if is_text {
        return Err(contradicts(named, "plain text"));
    }
    Ok(Choice { format: Format(row), is_misnamed: false })
}

/// Decides by the caller's medium alone, for a container of an unknown kind without a name that tells.
fn unnamed(kind: &str, seen: Seen) -> Result<Choice, String> {
    let row = seen.other_medium(kind).ok_or_else(|| format!("is of no {kind} format that the service documents"))?;
    documented(kind, row)?;
    Ok(Choice { format: Format(row), is_misnamed: false })
}

fn documented(kind: &str, row: &Row) -> Result<(), String> {
    if row.is_documented {
        return Ok(());
    }
    Err(format!("is {}, which is not one of the {kind} formats that the service documents", row.media_type))
}

fn not_by_content(named: &Row) -> String {
    format!("is {} by its name, but not by its content", named.media_type)
}

fn contradicts(named: &Row, content: &str) -> String {
    format!("is {} by its name and {content} by its content", named.media_type)
}
