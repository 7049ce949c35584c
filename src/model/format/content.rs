//! Detects formats by content alone.

use std::io;

use super::rows::{
    AIFF, AMR, APE, AU, AVI, BMP, BZIP2, CAF, CR2, DDS, DICOM, DJVU, DSD, DTS, DV, EXR, FLAC, FLV, Family, GIF, GZIP,
    HDR, ICNS, ICO, JP2, JPEG, JXL, JXR, MIDI, MP3, MUSEPACK, MXF, OGG, OGV, PDF, PNG, POSTSCRIPT, PSD, QOI, RAR, RAW,
    REAL_AUDIO, REAL_MEDIA, RTF, Row, SEVEN_ZIP, SWF, TAR, TIFF, TTA, VOC, WAV, WAVE64, WAVPACK, WEBP, WMA, WMV, WORD,
    XCF, XZ, ZIP, ZSTD,
};
use super::seen::{Certainty, Content, Seen, has};
use super::{iso, matroska, mpeg, text, tracks};

/// Maximum number of tags, and blocks of padding behind them, that are skipped.
const TAGS: usize = 32;

impl Content {
    /// Returns what `head` shows.
    pub(super) fn from_bytes(head: &[u8]) -> Self {
        let window = |at: u64| Ok(usize::try_from(at).ok().and_then(|at| head.get(at..)).map(<[u8]>::to_vec));
        Self::look(window).unwrap_or(Self::Unknown)
    }

    /// Looks at a file through `window`, which returns the bytes from an offset on,
    /// [`Format::LOOKS_AT`](crate::Format::LOOKS_AT) at the least if the file has them, and `None` for an offset that
    /// is out of reach.
    pub(crate) fn look(mut window: impl FnMut(u64) -> io::Result<Option<Vec<u8>>>) -> io::Result<Self> {
        let (mut at, mut is_tagged) = (0_u64, false);
        for _ in 0..TAGS {
            let Some(head) = window(at)? else { break };
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
                        let behind = &mut |offset| window(at.saturating_add(offset));
                        return Ok(Self::Format(tracks::only_sound(seen, behind)?.unwrap_or(seen)));
                    }
                    content => return Ok(content),
                },
            }
        }
        Ok(Self::Format(Seen { row: &MP3, certainty: Certainty::Tag }))
    }
}

/// Magic numbers at the start of a file. Those of a few letters that a text may begin with have more after them.
static MAGIC: &[(&[u8], &Row)] = &[
    (b"\x89PNG\r\n\x1a\n", &PNG),
    (b"\xff\xd8\xff", &JPEG),
    (b"GIF87a", &GIF),
    (b"GIF89a", &GIF),
    (b"FLV\x01", &FLV),
    (b"\x1f\x07\0", &DV),
    (b"fLaC", &FLAC),
    (b"%PDF-", &PDF),
    (b"\0\0\0\x0cJXL \r\n\x87\n", &JXL),
    (b"\xff\x0a", &JXL),
    (b"\0\0\0\x0cjP  \r\n\x87\n", &JP2),
    (b"\xff\x4f\xff\x51", &JP2),
    (b"II\xbc\x01", &JXR),
    (b"IIU\0", &RAW),
    (b"IIRO", &RAW),
    (b"IIRS", &RAW),
    (b"MMOR", &RAW),
    (b"FUJIFILMCCD-RAW", &RAW),
    (b"FOVb", &RAW),
    (b"\0MRM", &RAW),
    (b"8BPS\0", &PSD),
    (b"gimp xcf", &XCF),
    (b"icns\0", &ICNS),
    (b"\x76\x2f\x31\x01", &EXR),
    (b"#?RADIANCE", &HDR),
    (b"DDS \x7c", &DDS),
    (b"AT&TFORM", &DJVU),
    (b"qoif\0", &QOI),
    (b"#!AMR", &AMR),
    (b"MAC \x86", &APE),
    (b"MAC \x96", &APE),
    (b"wvpk", &WAVPACK),
    (b"caff\0", &CAF),
    (b"MThd\0\0\0\x06", &MIDI),
    (b"\x7f\xfe\x80\x01", &DTS),
    (b"DTSHDHDR", &DTS),
    (b".snd\0", &AU),
    (b".ra\xfd", &REAL_AUDIO),
    (b".RMF\0", &REAL_MEDIA),
    (b"TTA1", &TTA),
    (b"MPCK", &MUSEPACK),
    (b"MP+", &MUSEPACK),
    (b"DSD \x1c", &DSD),
    (b"FRM8", &DSD),
    (b"riff\x2e\x91\xcf\x11", &WAVE64),
    (b"Creative Voice File\x1a", &VOC),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", &MXF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &WORD),
    (b"{\\rtf", &RTF),
    (b"%!PS", &POSTSCRIPT),
    (b"PK\x03\x04", &ZIP),
    (b"\x1f\x8b\x08", &GZIP),
    (b"7z\xbc\xaf\x27\x1c", &SEVEN_ZIP),
    (b"Rar!\x1a\x07", &RAR),
    (b"BZh", &BZIP2),
    (b"\xfd7zXZ\0", &XZ),
    (b"\x28\xb5\x2f\xfd", &ZSTD),
];

fn see(head: &[u8]) -> Content {
    let is = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let row = MAGIC.iter().find(|(magic, _)| is(0, magic)).map(|(_, row)| *row);
    let seen = if let Some(row) = row {
        // Archives and compound files are what their names say they hold.
        Some(if matches!(row.family, Family::Zip | Family::Ole) { Seen::open(row) } else { Seen::certain(row) })
    } else if is(0, b"RIFF") && is(8, b"WEBP") {
        Some(Seen::certain(&WEBP))
    } else if is(0, b"RIFF") && is(8, b"AVI ") {
        Some(Seen::certain(&AVI))
    } else if (is(0, b"RIFF") || is(0, b"RF64") || is(0, b"BW64")) && is(8, b"WAVE") {
        Some(Seen::certain(&WAV))
    } else if is(0, b"RIFF") && is(8, b"RMID") {
        Some(Seen::certain(&MIDI))
    } else if is(0, b"FORM") && (is(8, b"AIFF") || is(8, b"AIFC")) {
        Some(Seen::certain(&AIFF))
    } else if is(0, b"II*\0") || is(0, b"MM\0*") || is(0, b"II+\0") || is(0, b"MM\0+") {
        Some(if is(8, b"CR\x02") { Seen::certain(&CR2) } else { Seen::open(&TIFF) })
    } else if is(0, b"\x1a\x45\xdf\xa3") {
        Some(matroska::see(head))
    } else if is(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") {
        Some(windows_media(head))
    } else if is(0, b"OggS") {
        Some(ogg(head))
    } else if is(257, b"ustar") {
        Some(Seen::certain(&TAR))
    } else if is(128, b"DICM") {
        Some(Seen::certain(&DICOM))
    } else if text::is_text(head) {
        return Content::Text;
    } else if is(0, b"BM") && is(6, b"\0\0\0\0") {
        Some(Seen::certain(&BMP))
    } else if matches!(head, [0, 0, 1 | 2, 0, count, 0, ..] if *count > 0) {
        Some(Seen::certain(&ICO))
    } else if matches!(head, [b'F' | b'C' | b'Z', b'W', b'S', 1..=0x40, ..]) {
        Some(Seen::certain(&SWF))
    } else {
        iso::see(head).or_else(|| mpeg::see(head))
    };
    match seen {
        Some(seen) => Content::Format(seen),
        None if text::is_unclean_text(head) => Content::Text,
        None => Content::Unknown,
    }
}

/// The stream types of ASF (its specification, section 10.4), in a header that is in the head as a whole.
fn windows_media(head: &[u8]) -> Seen {
    const AUDIO: &[u8] = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b";
    const VIDEO: &[u8] = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b";
    let size = head.get(16..).and_then(|rest| rest.first_chunk()).map(|size| u64::from_le_bytes(*size));
    let header = size.and_then(|size| head.get(..usize::try_from(size).ok()?));
    match header {
        Some(header) if has(header, AUDIO) && !has(header, VIDEO) => Seen::certain(&WMA),
        _ => Seen::open(&WMV),
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
            return Seen::certain(&OGV);
        }
        has_sound |= is_first && AUDIO.iter().any(|codec| packets.starts_with(codec));
        if !is_first {
            break;
        }
        let len = lengths.iter().map(|len| usize::from(*len)).sum();
        rest = packets.get(len..).unwrap_or_default();
    }
    if has_sound { Seen::certain(&OGG) } else { Seen::open(&OGG) }
}
