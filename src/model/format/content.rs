//! Detection of formats by the content alone.

use std::io;

use super::detected::Certainty::{Ambiguous, Certain, Id3Tag};
use super::detected::{Content, DetectedFormat, contains};
use super::rows::{
    AIFF, ALL, AVI, BMP, CR2, DICOM, Family, ICO, MIDI, MP3, OGG, OGV, Row, SWF, TAR, TIFF, WAV, WEBP, WMA, WMV,
};
use super::{iso, matroska, mpeg, text, tracks};

/// The maximum number of ID3 tags and of blocks of padding that are skipped.
const TAGS: usize = 32;

impl Content {
    /// Detects the content of a file by its first bytes.
    pub(super) fn from_bytes(head: &[u8]) -> Self {
        let bytes = |at: u64| Ok(usize::try_from(at).ok().and_then(|at| head.get(at..)).unwrap_or_default().to_vec());
        Self::detect(bytes).unwrap_or(Self::Unknown)
    }

    /// Detects the content of a file that is read through `window`.
    ///
    /// `window` takes an offset and returns the bytes that follow it. These must be at least
    /// [`Format::PROBE_LEN`](crate::Format::PROBE_LEN) bytes, unless the file ends earlier. If the offset cannot be
    /// reached, `window` returns no bytes.
    ///
    /// ID3 tags may precede other content, so they are skipped first.
    pub(crate) fn detect(mut window: impl FnMut(u64) -> io::Result<Vec<u8>>) -> io::Result<Self> {
        let (mut at, mut is_tagged) = (0_u64, false);
        for _ in 0..TAGS {
            let head = window(at)?;
            let tag = mpeg::id3_len(&head);
            if mpeg::is_truncated_id3(&head) {
                break;
            }
            is_tagged |= tag.is_some();
            // Some writers put zeros after a tag and do not include them in the length of the tag, so they are skipped.
            // The last 3 zeros are kept, because they may be the beginning of an ISO box, which starts with its size.
            let padding = head.iter().take_while(|byte| **byte == 0).count() as u64;
            match tag {
                Some(len) => at = at.saturating_add(len),
                None => match detect_at_start(&head) {
                    Self::Unknown if is_tagged && padding > 0 => {
                        at = at.saturating_add(padding.saturating_sub(3).max(1));
                    }
                    Self::Unknown if is_tagged => break,
                    Self::Format(detected) => {
                        let mut behind = |offset| window(at.saturating_add(offset));
                        return tracks::refine_by_tracks(detected, &mut behind).map(Self::Format);
                    }
                    content => return Ok(content),
                },
            }
        }
        Ok(Self::Format(Id3Tag.of(&MP3)))
    }
}

/// Detects the content that `head` begins with.
fn detect_at_start(head: &[u8]) -> Content {
    let is = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let row = ALL.iter().find(|row| row.magic.iter().any(|magic| is(0, magic))).copied().or_else(|| chunked(head));
    let detected = if let Some(row) = row {
        // Many document formats are Zip archives or compound files. The extension tells which format it is.
        Some(if matches!(row.family, Family::Zip | Family::Ole) { Ambiguous.of(row) } else { Certain.of(row) })
    } else if is(0, b"II*\0") || is(0, b"MM\0*") || is(0, b"II+\0") || is(0, b"MM\0+") {
        Some(if is(8, b"CR\x02") { Certain.of(&CR2) } else { Ambiguous.of(&TIFF) })
    } else if is(0, b"\x1a\x45\xdf\xa3") {
        Some(matroska::detect(head))
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
        iso::detect(head).or_else(|| mpeg::detect(head))
    };
    match detected {
        Some(detected) => Content::Format(detected),
        None if text::is_unclean_text(head) => Content::Text,
        None => Content::Unknown,
    }
}

/// Detects the format of a file that consists of chunks (RIFF or IFF) by its form type, which follows its length.
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

/// Distinguishes the audio and video formats of ASF by the GUIDs of the stream types (ASF specification, section 10.4).
/// If `head` contains the whole header, and it has audio streams only, the file is audio. Otherwise the extension
/// decides, and without one the file counts as video.
fn windows_media(head: &[u8]) -> DetectedFormat {
    const AUDIO: &[u8] = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b";
    const VIDEO: &[u8] = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b";
    let size = head.get(16..).and_then(|rest| rest.first_chunk()).map(|size| u64::from_le_bytes(*size));
    let header = size.and_then(|size| head.get(..usize::try_from(size).ok()?));
    match header {
        Some(header) if contains(header, AUDIO) && !contains(header, VIDEO) => Certain.of(&WMA),
        _ => Ambiguous.of(&WMV),
    }
}

/// Distinguishes the audio and video formats of Ogg by their codecs. Each stream begins with a page of its own, and
/// these pages precede all other pages (RFC 3533, section 4). The first packet of a stream begins with the name of its
/// codec.
fn ogg(head: &[u8]) -> DetectedFormat {
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
    // A page consists of a magic number, the version, flags, 20 bytes of numbers, the number of segments, the length of
    // each segment, and the segments.
    while let [b'O', b'g', b'g', b'S', _, flags, page @ ..] = rest {
        let Some((count, page)) = page.get(20..).and_then(|page| page.split_first()) else { break };
        let Some((lengths, packets)) = page.split_at_checked(usize::from(*count)) else { break };
        // The head may end within the packet, so only the beginning of the packet is compared.
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
    if has_sound { Certain.of(&OGG) } else { Ambiguous.of(&OGG) }
}
