//! Detects formats by content alone.

use std::io;

use super::rows::{
    AIFF, ALL, AVI, BMP, CR2, DICOM, Family, ICO, MIDI, MP3, OGG, OGV, Row, SWF, TAR, TIFF, WAV, WEBP, WMA, WMV,
};
use super::seen::Certainty::{Certain, Open, Tag};
use super::seen::{Content, Seen, has};
use super::{iso, matroska, mpeg, text, tracks};

/// Maximum number of tags, and blocks of padding behind them, that are skipped.
const TAGS: usize = 32;

impl Content {
    /// Returns what `head` shows.
    pub(super) fn from_bytes(head: &[u8]) -> Self {
        let bytes = |at: u64| Ok(usize::try_from(at).ok().and_then(|at| head.get(at..)).unwrap_or_default().to_vec());
        Self::look(bytes).unwrap_or(Self::Unknown)
    }

    /// Looks at a file through `window`, which returns the bytes from an offset on:
    /// [`Format::LOOKS_AT`](crate::Format::LOOKS_AT) at the least if the file has them, and none for an offset that is
    /// out of reach.
    pub(crate) fn look(mut window: impl FnMut(u64) -> io::Result<Vec<u8>>) -> io::Result<Self> {
        let (mut at, mut is_tagged) = (0_u64, false);
        for _ in 0..TAGS {
            let head = window(at)?;
            let tag = mpeg::id3_len(&head);
            if mpeg::is_cut_id3(&head) {
                break;
            }
            is_tagged |= tag.is_some();
            // Writers leave room behind a tag, and not all of them count it in. Boxes begin with up to 3 zeros.
            let padding = head.iter().take_while(|byte| **byte == 0).count() as u64;
            match tag {
                Some(len) => at = at.saturating_add(len),
                None => match see(&head) {
                    Self::Unknown if is_tagged && padding > 0 => {
                        at = at.saturating_add(padding.saturating_sub(3).max(1));
                    }
                    Self::Unknown if is_tagged => break,
                    Self::Format(seen) => {
                        let mut behind = |offset| window(at.saturating_add(offset));
                        return tracks::told_by_tracks(seen, &mut behind).map(Self::Format);
                    }
                    content => return Ok(content),
                },
            }
        }
        Ok(Self::Format(Tag.of(&MP3)))
    }
}

fn see(head: &[u8]) -> Content {
    let is = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let row = ALL.iter().find(|row| row.magic.iter().any(|magic| is(0, magic))).copied().or_else(|| chunked(head));
    let seen = if let Some(row) = row {
        // Archives and compound files are what their names say they hold.
        Some(if matches!(row.family, Family::Zip | Family::Ole) { Open.of(row) } else { Certain.of(row) })
    } else if is(0, b"II*\0") || is(0, b"MM\0*") || is(0, b"II+\0") || is(0, b"MM\0+") {
        Some(if is(8, b"CR\x02") { Certain.of(&CR2) } else { Open.of(&TIFF) })
    } else if is(0, b"\x1a\x45\xdf\xa3") {
        Some(matroska::see(head))
    } else if is(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") {
        Some(windows_media(head))
    } else if is(0, b"OggS") {
        Some(ogg(head))
    } else if is(257, b"ustar") {
        Some(Certain.of(&TAR))
    } else if is(128, b"DICM") {
        Some(Certain.of(&DICOM))
    } else if text::is_text(head) {
        return Content::Text;
    } else if is(0, b"BM") && is(6, b"\0\0\0\0") {
        Some(Certain.of(&BMP))
    } else if matches!(head, [0, 0, 1 | 2, 0, count, 0, ..] if *count > 0) {
        Some(Certain.of(&ICO))
    } else if matches!(head, [b'F' | b'C' | b'Z', b'W', b'S', 1..=0x40, ..]) {
        Some(Certain.of(&SWF))
    } else {
        iso::see(head).or_else(|| mpeg::see(head))
    };
    match seen {
        Some(seen) => Content::Format(seen),
        None if text::is_unclean_text(head) => Content::Text,
        None => Content::Unknown,
    }
}

/// Tells a file of chunks (RIFF, IFF) by the form that stands behind its length.
fn chunked(head: &[u8]) -> Option<&'static Row> {
    Some(match (head.get(..4)?, head.get(8..12)?) {
        (b"RIFF", b"WEBP") => &WEBP,
        (b"RIFF", b"AVI ") => &AVI,
        (b"RIFF", b"RMID") => &MIDI,
        (b"RIFF" | b"RF64" | b"BW64", b"WAVE") => &WAV,
        (b"FORM", b"AIFF" | b"AIFC") => &AIFF,
        _ => return None,
    })
}

/// The stream types of ASF (its specification, section 10.4), in a header that is in the head as a whole.
fn windows_media(head: &[u8]) -> Seen {
    const AUDIO: &[u8] = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b";
    const VIDEO: &[u8] = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b";
    let size = head.get(16..).and_then(|rest| rest.first_chunk()).map(|size| u64::from_le_bytes(*size));
    let header = size.and_then(|size| head.get(..usize::try_from(size).ok()?));
    match header {
        Some(header) if has(header, AUDIO) && !has(header, VIDEO) => Certain.of(&WMA),
        _ => Open.of(&WMV),
    }
}

/// The streams of an Ogg file begin on pages of their own before anything else (RFC 3533, section 4); each first
/// packet names its codec.
fn ogg(head: &[u8]) -> Seen {
    const VIDEO: [&[u8]; 6] = [b"\x80theora", b"BBCD\0", b"OVP80", b"\x01video", b"\x80daala", b"YUV4Mpeg"];
    const AUDIO: [&[u8]; 9] = [
        b"\x01vorbis",
        b"OpusHead",
        b"Speex   ",
        b"\x7fFLAC",
        b"fLaC",
        b"PCM     ",
        b"CELT    ",
        b"\x01audio",
        b"\x01Direct",
    ];
    let (mut rest, mut has_sound) = (head, false);
    // A page: magic number, version, flags, 20 bytes of numbers, and the lengths of segments behind their number.
    while let [b'O', b'g', b'g', b'S', _, flags, page @ ..] = rest {
        let Some((count, page)) = page.get(20..).and_then(|page| page.split_first()) else { break };
        let Some((lengths, packets)) = page.split_at_checked(usize::from(*count)) else { break };
        // Heads are cut.
        let is_first = flags & 2 != 0;
        if is_first && VIDEO.iter().any(|codec| packets.starts_with(codec)) {
            return Certain.of(&OGV);
        }
        has_sound |= is_first && AUDIO.iter().any(|codec| packets.starts_with(codec));
        if !is_first {
            break;
        }
        let len = lengths.iter().map(|len| usize::from(*len)).sum();
        rest = packets.get(len..).unwrap_or_default();
    }
    if has_sound { Certain.of(&OGG) } else { Open.of(&OGG) }
}
