//! Containers of videos that hold nothing but sound, which is told by the descriptions of their tracks.

use std::io;

use super::container::Window;
use super::iso::MOVIE;
use super::matroska::MATROSKA;
use super::mpeg;
use super::rows::{AVI, FLV, Family, MPEG, MPEG_TS};
use super::seen::Certainty::Sound;
use super::seen::Seen;

/// Maximum number of chunks of AVI, and of tags of FLV, that are read.
const CHUNKS: usize = 64;

/// Returns `seen` as a recording if the file behind `window` has sound and nothing to see. A description that is out of
/// reach is taken for that of a video.
pub(super) fn told_by_tracks(seen: Seen, window: &mut Window<'_>) -> io::Result<Seen> {
    let is_sound = match seen.row {
        row if row.medium != "video" => false,
        row if row.family == Family::Iso => MOVIE.has_only_sound(window)?,
        row if row.family == Family::Matroska => MATROSKA.has_only_sound(window)?,
        row if row == &AVI => avi(window)?,
        row if row == &FLV => flv(window)?,
        row if row == &MPEG_TS => mpeg::has_only_sound_programs(window)?,
        row if row == &MPEG => mpeg::has_only_sound_streams(&window(0)?),
        _ => false,
    };
    Ok(if is_sound { Sound.of(seen.row.as_medium("audio").unwrap_or(seen.row)) } else { seen })
}

/// Reads the kinds of streams in the headers of AVI: `strh` in each list `strl`, of which `hdrl` has one a stream.
fn avi(window: &mut Window<'_>) -> io::Result<bool> {
    let (mut at, mut has_sound) = (12_u64, false);
    for _ in 0..CHUNKS {
        let head = window(at)?;
        let Some((id, rest)) = head.split_first_chunk::<4>() else { return Ok(false) };
        let Some((size, body)) = rest.split_first_chunk::<4>() else { return Ok(false) };
        let skipped = match (id, body.get(..4)) {
            // Their chunks are read one by one.
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

/// Chunks begin at even offsets.
fn padded(size: [u8; 4]) -> u64 {
    let size = u64::from(u32::from_le_bytes(size));
    size.saturating_add(size % 2)
}

/// Reads the header of FLV, which says if there is a video, and the kinds of the first tags, as some writers do not
/// know it when they write the header.
fn flv(window: &mut Window<'_>) -> io::Result<bool> {
    const AUDIO: u8 = 8;
    const VIDEO: u8 = 9;
    let head = window(0)?;
    let Some([b'F', b'L', b'V', _, flags, header @ ..]) = head.get(..9) else { return Ok(false) };
    let Some(header) = header.first_chunk().filter(|_| flags & 1 == 0) else { return Ok(false) };
    // Behind the header and behind each tag is the length of the tag before.
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
