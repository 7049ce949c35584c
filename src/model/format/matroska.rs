//! Detection of Matroska and `WebM` (RFC 9559).
//!
//! Both are EBML files (RFC 8794), which consist of nested elements. Each element begins with its ID and its size. The
//! document type in the first element distinguishes `WebM` from Matroska. The tracks show whether a file is a video or
//! a recording.

use super::container::{Container, Header};
use super::detected::Certainty::Ambiguous;
use super::detected::{DetectedFormat, contains};
use super::rows::{MKV, WEBM};

const SEGMENT: u64 = 0x1853_8067;
const TRACKS: u64 = 0x1654_ae6b;
const TRACK_ENTRY: u64 = 0xae;
const TRACK_TYPE: u64 = 0x83;
const CLUSTER: u64 = 0x1f43_b675;

/// The path to the tracks of a segment. Each track has a type.
pub(super) const MATROSKA: Container<u64> = Container {
    header,
    tracks: &[SEGMENT, TRACKS],
    track: TRACK_ENTRY,
    track_kind: &[TRACK_TYPE],
    is_sound: |kind| match kind {
        [2] => Some(true),
        // Tracks of logos, subtitles, buttons, controls and metadata are neither audio nor video.
        [16..=u8::MAX] => Some(false),
        _ => None,
    },
    parts_max: 256,
};

/// Distinguishes `WebM` from Matroska by the document type in the EBML header (RFC 8794).
pub(super) fn detect(head: &[u8]) -> DetectedFormat {
    // The search is limited to 128 bytes, which contain the header. The elements after it name the program that wrote
    // the file, and that name may be "webm".
    let header = head.get(..128).unwrap_or(head);
    Ambiguous.of(if contains(header, b"\x42\x82\x84webm") { &WEBM } else { &MKV })
}

/// Parses the header of the element that `head` begins with. Returns `None` at a cluster, which ends the search: a file
/// may have many clusters, and the tracks precede them.
fn header(head: &[u8]) -> Option<Header<u64>> {
    let (id, id_len) = vint(head).filter(|(id, _)| *id != CLUSTER)?;
    let (size, size_len) = vint(head.get(id_len..)?)?;
    let header = id_len.saturating_add(size_len);
    let marker = 1_u64 << size_len.checked_mul(7)?;
    let size = size ^ marker;
    // If all bits of the size are set, the size is not known, as in a live stream.
    let len = if size == marker.wrapping_sub(1) { u64::MAX } else { size.saturating_add(header as u64) };
    Some((id, header, len))
}

/// Parses a variable-length number (RFC 8794, section 4). Returns the number, which includes its length marker, and its
/// length in bytes.
fn vint(bytes: &[u8]) -> Option<(u64, usize)> {
    let len = usize::try_from(bytes.first()?.leading_zeros()).ok()?.checked_add(1).filter(|len| *len <= 8)?;
    Some((bytes.get(..len)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), len))
}

#[cfg(test)]
mod tests {
    use crate::model::format::{Format, detect_content};

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, b"\x10", &u32::try_from(body.len()).unwrap().to_be_bytes()[1..], body].concat()
    }

    fn track(kind: u8) -> Vec<u8> {
        element(b"\xae", &[element(b"\x63\xa2", &[0; 9_000]), element(b"\x83", &[kind])].concat())
    }

    /// Builds a `WebM` file from the encoded length and the elements of a segment, and returns its medium.
    fn medium(len: &[u8], segment: &[Vec<u8>]) -> &'static str {
        let header = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"webm"));
        let file = [&header[..], b"\x18\x53\x80\x67", len, &segment.concat()].concat();
        for cut in (0..file.len()).step_by(101) {
            detect_content(&mut std::io::Cursor::new(&file[..cut])).unwrap();
        }
        Format::from_file(&mut std::io::Cursor::new(file), "a.webm").unwrap().unwrap().medium()
    }

    #[test]
    fn matroska_with_sound_tracks_only_is_audio() {
        const LIVE: &[u8] = b"\x01\xff\xff\xff\xff\xff\xff\xff";
        const LONG: &[u8] = b"\x08\0\x10\0\0";
        let tracks = |kinds: &[u8]| {
            element(b"\x16\x54\xae\x6b", &kinds.iter().flat_map(|kind| track(*kind)).collect::<Vec<_>>())
        };
        let (void, cluster) = (element(b"\xec", &[0; 5_000]), element(b"\x1f\x43\xb6\x75", &[0; 50]));
        for len in [LIVE, LONG, b"\xff"] {
            for kinds in [&[2][..], &[2, 2], &[2, 17], &[33, 2]] {
                assert_eq!(medium(len, &[void.clone(), tracks(kinds), cluster.clone()]), "audio", "{kinds:?}");
            }
            // A file with a video track, with a track of an unknown type or without tracks counts as a video.
            for kinds in [&[1][..], &[2, 1], &[1, 2], &[2, 3], &[17], &[]] {
                assert_eq!(medium(len, &[void.clone(), tracks(kinds), cluster.clone()]), "video", "{kinds:?}");
            }
            assert_eq!(medium(len, &[cluster.clone(), tracks(&[2])]), "video", "tracks after clusters are not read");
            assert_eq!(medium(len, &[]), "video", "no tracks");
        }
    }
}
