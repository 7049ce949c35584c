//! Detection of video containers that hold sound only, by the descriptions of their tracks.

use std::io;

use super::container::Window;
use super::detected::Certainty::SoundOnly;
use super::detected::DetectedFormat;
use super::iso::MOVIE;
use super::matroska::MATROSKA;
use super::mpeg;
use super::rows::{AVI, FLV, Family, MPEG, MPEG_TS};

/// The maximum number of chunks of AVI, and of tags of FLV, that are read.
const CHUNKS: usize = 64;

/// Refines the detection of a video: if the tracks show that the file holds sound only, returns the detection of a
/// recording. If the description of a track cannot be read, the file counts as a video.
pub(super) fn refine_by_tracks(detected: DetectedFormat, window: &mut Window<'_>) -> io::Result<DetectedFormat> {
    let is_sound = match detected.row {
        row if row.medium != "video" => false,
        row if row.family == Family::Iso => MOVIE.has_only_sound(window)?,
        row if row.family == Family::Matroska => MATROSKA.has_only_sound(window)?,
        row if row == &AVI => avi(window)?,
        row if row == &FLV => flv(window)?,
        row if row == &MPEG_TS => mpeg::has_only_sound_programs(window)?,
        row if row == &MPEG => mpeg::has_only_sound_streams(&window(0)?),
        _ => false,
    };
    Ok(if is_sound { SoundOnly.of(detected.row.as_medium("audio").unwrap_or(detected.row)) } else { detected })
}

/// Returns `true` if AVI holds sound only. The list `hdrl` contains a list `strl` for each stream. The chunk `strh` of
/// `strl` contains the type of the stream.
fn avi(window: &mut Window<'_>) -> io::Result<bool> {
    let (mut at, mut has_sound) = (12_u64, false);
    for _ in 0..CHUNKS {
        let head = window(at)?;
        let Some((id, rest)) = head.split_first_chunk::<4>() else { return Ok(false) };
        let Some((size, body)) = rest.split_first_chunk::<4>() else { return Ok(false) };
        let skipped = match (id, body.get(..4)) {
            // The chunks in these lists are read in turn, so only the header of the list is skipped.
            (b"LIST", Some(b"hdrl" | b"strl")) => 4,
            (b"LIST", Some(b"movi")) => return Ok(has_sound),
            (b"strh", Some(b"auds")) => {
                has_sound = true;
                padded(*size)
            }
            (b"strh", Some(b"txts" | b"mids")) => padded(*size),
            (b"strh", _) => return Ok(false),
            _ => padded(*size),
        };
        at = at.saturating_add(8).saturating_add(skipped);
    }
    Ok(false)
}

/// Returns the size of the body of a chunk with its padding. Chunks begin at even offsets.
fn padded(size: [u8; 4]) -> u64 {
    let size = u64::from(u32::from_le_bytes(size));
    size.saturating_add(size % 2)
}

/// Returns `true` if FLV holds sound only. The header has a flag for video. Some writers do not know yet whether there
/// will be a video when they write the header, so the types of the first tags are also checked.
fn flv(window: &mut Window<'_>) -> io::Result<bool> {
    const AUDIO: u8 = 8;
    const VIDEO: u8 = 9;
    let head = window(0)?;
    let Some([b'F', b'L', b'V', _, flags, header @ ..]) = head.get(..9) else { return Ok(false) };
    let Some(header) = header.first_chunk().filter(|_| flags & 1 == 0) else { return Ok(false) };
    // A length of 4 bytes follows the header and each tag. It is the length of the preceding tag.
    let (mut at, mut has_sound) = (u64::from(u32::from_be_bytes(*header)).saturating_add(4), false);
    for _ in 0..CHUNKS {
        let head = window(at)?;
        let Some([kind, a, b, c, ..]) = head.get(..11) else { break };
        match kind & 0x1f {
            VIDEO => return Ok(false),
            AUDIO => has_sound = true,
            _ => {}
        }
        at = at.saturating_add(15).saturating_add(u32::from_be_bytes([0, *a, *b, *c]).into());
    }
    Ok(has_sound)
}

#[cfg(test)]
mod tests;
