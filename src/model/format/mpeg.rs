//! Detection of MPEG streams: MP3, AAC and AC-3, program streams (MPEG-PS) and transport streams (MPEG-TS).
//!
//! Most of these streams do not have a magic number. They are sequences of frames or packets, each of which begins with
//! a sync pattern. The patterns are short and occur by chance in other data. Therefore a
//! header of MPEG audio, ADTS, LATM or MPEG-TS is certain only if a second header of the same kind follows at the
//! distance that the first one states.

use std::io;

use super::container::Window;
use super::detected::Certainty::{Certain, Weak};
use super::detected::DetectedFormat;
use super::rows::{AAC, AC3, MP2, MP3, MPEG, MPEG_TS, Row};

/// Returns the length of the ID3 tag that `head` begins with (ID3v2.4, section 3.1).
pub(super) fn id3_len(head: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', 2..=4, revision, flags, size @ ..] = head else { return None };
    let [a, b, c, d] = *size.first_chunk()?;
    if *revision == 0xff || [a, b, c, d].iter().any(|byte| *byte >= 0x80) {
        return None;
    }
    let size = [a, b, c, d].iter().fold(0, |size, byte| (size << 7) | u64::from(*byte));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    Some(size.saturating_add(10).saturating_add(footer))
}

/// Returns `true` if `head` begins like an ID3 tag but ends before the tag's header does.
pub(super) fn is_truncated_id3(head: &[u8]) -> bool {
    head.len() < 10 && matches!(head, [b'I', b'D', b'3', 2..=4, ..])
}

/// Detects an MPEG stream by its first bytes.
pub(super) fn detect(head: &[u8]) -> Option<DetectedFormat> {
    if head.starts_with(b"\0\0\x01\xba") || head.starts_with(b"\0\0\x01\xb3") {
        return Some(Certain.of(&MPEG));
    }
    if head.starts_with(b"ADIF") || is_latm(head) {
        return Some(Certain.of(&AAC));
    }
    // The sync word of AC-3, with a valid sampling rate and version (ETSI TS 102 366, section 4.4.1).
    if head.starts_with(b"\x0b\x77") && head.get(4..6).is_some_and(|rest| matches!(rest, [..0xc0, ..0x88])) {
        return Some(Certain.of(&AC3));
    }
    transport_stream(head).or_else(|| audio(head))
}

/// The layouts of MPEG-TS: the position of the first packet, and the distance to the next. A packet has 188 bytes. In
/// files of the type m2ts, a time stamp of 4 bytes precedes each packet. In some streams, a checksum of 16 bytes
/// follows each packet.
const PACKETS: [(usize, usize); 3] = [(0, 188), (4, 192), (0, 204)];

/// Detects MPEG-TS by three packets in a row, or by fewer if `head` is shorter.
fn transport_stream(head: &[u8]) -> Option<DetectedFormat> {
    // The sync byte, without a transport error and without scrambling.
    let is_packet = |at: usize| match head.get(at..) {
        Some([0x47, two, _, four, ..]) => Some(two & 0x80 == 0 && four & 0xc0 == 0),
        Some([_, _, _, _, ..]) => Some(false),
        _ => None,
    };
    for (first, len) in PACKETS {
        if is_packet(first) != Some(true) {
            continue;
        }
        let next = |number: usize| is_packet(first.saturating_add(len.saturating_mul(number)));
        match (next(1), next(2)) {
            (Some(true), None | Some(true)) => return Some(Certain.of(&MPEG_TS)),
            // `head` ends before a second packet. A single header is weak evidence. With a time stamp of arbitrary
            // bytes before it, it would be too weak.
            (None, _) if first == 0 => return Some(Weak.of(&MPEG_TS)),
            _ => {}
        }
    }
    None
}

/// Detects AAC in LATM (ISO 14496-3, section 1.7.2). Two frames are required, because the sync word of 11 bits is short
/// enough to occur by chance in other data.
fn is_latm(head: &[u8]) -> bool {
    let len = |at: usize| match head.get(at..) {
        Some([0x56, two, three, ..]) if two & 0xe0 == 0xe0 => {
            Some((usize::from(two & 0x1f) << 8 | usize::from(*three)).saturating_add(3))
        }
        _ => None,
    };
    len(0).is_some_and(|first| len(first).is_some())
}

/// Detects MPEG audio and ADTS by two frames in a row, or by one if `head` ends before the next one.
fn audio(head: &[u8]) -> Option<DetectedFormat> {
    let frame = Frame::read(head)?;
    let next = frame.len.and_then(|len| head.get(len..)).filter(|rest| rest.len() >= Frame::HEADER);
    match next {
        Some(rest) => Frame::read(rest).filter(|next| next.row == frame.row).map(|_| Certain.of(frame.row)),
        // A single header of layer I or II is not sufficient. Streams of these layers are rare, but bytes that look
        // like such a header are not.
        None => (frame.row != &MP2).then(|| Weak.of(frame.row)),
    }
}

/// The header of an MPEG audio frame (ISO 11172-3, section 2.4.1.3) or an ADTS frame (ISO 13818-7, section 6.2).
/// Reserved values are rejected, because other data often contains them.
struct Frame {
    row: &'static Row,
    /// The length of the frame in bytes, including the header. `None` if it cannot be computed from the header.
    len: Option<usize>,
}

impl Frame {
    /// The number of bytes that suffice to parse a header.
    const HEADER: usize = 6;

    /// Parses the header of the frame that `head` begins with.
    fn read(head: &[u8]) -> Option<Self> {
        let [0xff, two, three, ..] = *head else { return None };
        if two & 0xf6 == 0xf0 {
            return (three >> 2 & 15 <= 12).then(|| Self { row: &AAC, len: adts_len(head) });
        }
        let (version, layer, bit_rate, rate) = (two >> 3 & 3, two >> 1 & 3, three >> 4, three >> 2 & 3);
        if two & 0xe0 != 0xe0 || version == 1 || layer == 0 || bit_rate == 15 || rate == 3 {
            return None;
        }
        let row = if layer == 1 { &MP3 } else { &MP2 };
        Some(Self { row, len: frame_len(version, layer, bit_rate, rate, three >> 1 & 1) })
    }
}

/// Returns the length of an ADTS frame, including its header of at least 7 bytes.
fn adts_len(head: &[u8]) -> Option<usize> {
    let [_, _, _, four, five, six, ..] = *head else { return None };
    let len = usize::from(four & 3) << 11 | usize::from(five) << 3 | usize::from(six >> 5);
    Some(len).filter(|len| *len >= 7)
}

/// Returns the length of an MPEG audio frame from the fields of its header. Returns `None` if the header does not state
/// the bit rate ("free format").
fn frame_len(version: u8, layer: u8, bit_rate: u8, rate: u8, padding: u8) -> Option<usize> {
    // Bit rates in kbit/s: layers I, II and III of version 1, layer I of versions 2 and 2.5, and their other layers.
    const BIT_RATES: [[usize; 15]; 5] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    // The field `version` is 3 for version 1, 2 for version 2, and 0 for version 2.5. The field `layer` is 3 for layer
    // I, 2 for layer II, and 1 for layer III.
    let is_first = version == 3;
    let table = match (is_first, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 3) => 3,
        (false, _) => 4,
    };
    let kbits = *BIT_RATES.get(table)?.get(usize::from(bit_rate))?;
    let hertz = *[44_100_usize, 48_000, 32_000].get(usize::from(rate))?;
    let hertz = match version {
        3 => hertz,
        2 => hertz / 2,
        _ => hertz / 4,
    };
    // A frame consists of slots of 4 bytes in layer I, and of 1 byte in the other layers. The number of slots is
    // slots_factor x bit rate in kbit/s / sampling rate in Hz + padding. The factor is the number of samples per frame
    // x 1000 / (8 x bytes per slot).
    let (slots_factor, slot) = match (layer, is_first) {
        (3, _) => (12_000_usize, 4_usize),
        (1, false) => (72_000, 1),
        _ => (144_000, 1),
    };
    let slots = slots_factor.checked_mul(kbits)?.checked_div(hertz)?.checked_add(usize::from(padding))?;
    (kbits > 0).then(|| slots.saturating_mul(slot))
}

/// The maximum number of packets that are read to find the tables of MPEG-TS.
const TABLES_WITHIN: usize = 512;

/// Returns `true` if the programs of MPEG-TS have sound only.
///
/// The tables of a transport stream list its programs and their streams (ISO 13818-1, section 2.4.4). The tables do not
/// show the type of every private stream. For these, the first packet of the stream is read. A stream whose type
/// remains unknown counts as visible.
pub(super) fn has_only_sound_programs(window: &mut Window<'_>) -> io::Result<bool> {
    let head = window(0)?;
    let is_packet = |at: usize| head.get(at) == Some(&0x47);
    let layout = PACKETS.into_iter().find(|(first, len)| is_packet(*first) && is_packet(first.saturating_add(*len)));
    let Some((first, len)) = layout else { return Ok(false) };
    // The PIDs of the program tables, and of the private streams, that were not found yet.
    let (mut tables, mut streams) = (None, Vec::new());
    let mut has_sound = false;
    for number in 0..TABLES_WITHIN {
        let at = u64::try_from(first.saturating_add(len.saturating_mul(number))).unwrap_or(u64::MAX);
        let packet = window(at)?;
        let Some((pid, payload)) = packet.get(..188).and_then(unit_start) else { continue };
        match &mut tables {
            None if pid == 0 => tables = section(payload).and_then(program_tables),
            Some(left) if left.contains(&pid) => {
                let Some(program) = section(payload).and_then(Program::read) else { return Ok(false) };
                has_sound |= program.has_sound;
                streams.extend(program.private);
                left.retain(|other| *other != pid);
            }
            // The first packet of a private stream (ISO 13818-1, section 2.4.3.7). Its stream ID must be of audio.
            _ if streams.contains(&pid) => {
                if !matches!(payload, [0, 0, 1, 0xc0..=0xdf, ..]) {
                    return Ok(false);
                }
                has_sound = true;
                streams.retain(|other| *other != pid);
            }
            _ => {}
        }
        if tables.as_ref().is_some_and(Vec::is_empty) && streams.is_empty() {
            return Ok(has_sound);
        }
    }
    Ok(false)
}

/// Returns the PID and the payload of a packet in which a section of a table or a packet of a stream begins.
fn unit_start(packet: &[u8]) -> Option<(u16, &[u8])> {
    let [0x47, two, three, four, payload @ ..] = packet else { return None };
    let payload = match four >> 4 & 3 {
        1 => payload,
        3 => payload.split_first().and_then(|(len, rest)| rest.get(usize::from(*len)..))?,
        _ => return None,
    };
    (two & 0x40 != 0).then(|| (u16::from_be_bytes([two & 0x1f, *three]), payload))
}

/// Returns the table section that begins in a payload, without its checksum.
fn section(payload: &[u8]) -> Option<&[u8]> {
    let pointed = payload.split_first().and_then(|(pointer, rest)| rest.get(usize::from(*pointer)..))?;
    pointed.get(..read_u12(pointed.get(1..)?)?.checked_sub(1)?)
}

/// Parses the low 12 bits of the first two bytes.
fn read_u12(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().map(|bytes| usize::from(u16::from_be_bytes(*bytes) & 0xfff))
}

/// Parses a PID, which has 13 bits.
fn pid(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_be_bytes(*bytes) & 0x1fff)
}

/// Parses a program association section, and returns the PIDs of the program tables.
fn program_tables(section: &[u8]) -> Option<Vec<u16>> {
    let entries = section.get(8..).filter(|_| section.first() == Some(&0))?;
    let programs = entries.chunks_exact(4).filter(|entry| !entry.starts_with(&[0, 0]));
    Some(programs.filter_map(|entry| pid(entry.get(2..)?)).collect())
}

/// A program without a stream that is known to be visible.
struct Program {
    has_sound: bool,
    /// The PIDs of private streams whose type the table does not show.
    private: Vec<u16>,
}

impl Program {
    /// Parses a program map section. Returns `None` if the program has or may have a video.
    fn read(section: &[u8]) -> Option<Self> {
        let info = read_u12(section.get(10..)?)?;
        let mut streams = section.get(info.checked_add(12)?..).filter(|_| section.first() == Some(&2))?;
        let mut program = Self { has_sound: false, private: Vec::new() };
        while let Some((kind, rest)) = streams.split_first() {
            let info = read_u12(rest.get(2..)?)?;
            let (entry, next) = rest.split_at_checked(info.checked_add(4)?)?;
            match kind {
                // Audio of MPEG-1 and MPEG-2, AAC in three forms, and the audio types of ATSC and Blu-ray.
                0x03 | 0x04 | 0x0f | 0x11 | 0x1c | 0x80..=0x87 => program.has_sound = true,
                // Private sections and metadata.
                0x05 | 0x15 => {}
                // Private streams.
                0x06 => match is_private_sound(entry.get(4..)?) {
                    Some(is_sound) => program.has_sound |= is_sound,
                    None => program.private.push(pid(entry)?),
                },
                _ => return None,
            }
            streams = next;
        }
        (program.has_sound || !program.private.is_empty()).then_some(program)
    }
}

/// Classifies a private stream by its descriptors. Returns `Some(true)` for audio, `Some(false)` for text, and `None`
/// for anything else, which may be a video: AV1 is also sent in private streams.
fn is_private_sound(mut descriptors: &[u8]) -> Option<bool> {
    while let [tag, len, rest @ ..] = descriptors {
        let (body, next) = rest.split_at_checked(usize::from(*len))?;
        match (tag, body) {
            // AC-3, E-AC-3, DTS and AAC (ETSI EN 300 468, section 6.1), and registered audio formats.
            (0x6a | 0x7a..=0x7c, _) | (0x05, b"Opus" | b"AC-3" | b"EAC3" | b"DTS1" | b"DTS2" | b"DTS3") => {
                return Some(true);
            }
            // Data in the blanking interval, teletext and subtitles.
            (0x45 | 0x46 | 0x56 | 0x59, _) => return Some(false),
            _ => {}
        }
        descriptors = next;
    }
    None
}

/// Returns `true` if a program stream has sound only, by the list of streams in its system header (ISO 13818-1, section
/// 2.5.3.5).
pub(super) fn has_only_sound_streams(head: &[u8]) -> bool {
    // The length of the pack header, which precedes the system header: 14 bytes and stuffing in MPEG-2, 12 in MPEG-1.
    let pack = match head {
        [0, 0, 1, 0xba, kind, ..] if kind >> 6 == 1 => {
            head.get(13).map(|stuffing| usize::from(stuffing & 7).saturating_add(14))
        }
        [0, 0, 1, 0xba, ..] => Some(12),
        _ => None,
    };
    let header = pack.and_then(|len| head.get(len..)).and_then(|rest| rest.strip_prefix(b"\0\0\x01\xbb"));
    let body = header.and_then(|rest| {
        let (len, rest) = rest.split_first_chunk()?;
        rest.get(6..usize::from(u16::from_be_bytes(*len)))
    });
    let streams = || body.unwrap_or_default().chunks_exact(3).filter_map(<[u8]>::first);
    // Private stream 1 (0xbd) contains Dolby and DTS audio. It may also contain subpictures, but never without a video.
    streams().any(|id| matches!(id, 0xb8 | 0xbd | 0xc0..=0xdf)) && streams().all(|id| !matches!(id, 0xb9 | 0xe0..))
}
