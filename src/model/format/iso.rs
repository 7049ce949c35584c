//! Detection of ISO base media files (ISO 14496-12), such as MP4, `QuickTime`, 3GP and HEIC.
//!
//! A file is a sequence of boxes. Each box begins with its size and its type. The first box is usually `ftyp`, which
//! lists the brands of the file: a major brand and any number of compatible brands. A brand names a specification with
//! which the file complies. MP4RA, the MP4 Registration Authority, registers the brands.
//!
//! Some brands tell whether the file is an image, a video or a recording. Others name only the structure. For these,
//! the tracks or the file name decide.

use super::container::{Container, Header};
use super::detected::Certainty::{Ambiguous, ByName, Certain};
use super::detected::DetectedFormat;
use super::rows::{AVIF, CR3, HEIC, JP2, M4A, MOV, MP4, Row, THREE_GP};

/// The kind of file for which a brand stands. If compatible brands stand for different kinds, the kind that is listed
/// first here takes precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Still,
    Video,
    Audio,
    ThreeGp,
    QuickTime,
    /// The brand names only the structure. The file may be a video or a recording.
    Structure,
}

/// The path to the tracks of a movie. The handler box of a track names the type of its media.
pub(super) const MOVIE: Container<[u8; 4]> = Container {
    header,
    tracks: &[*b"moov"],
    track: *b"trak",
    track_kind: &[*b"mdia", *b"hdlr"],
    // The handler type follows the version, the flags and a reserved number.
    is_sound: |handler| match handler.get(8..12)? {
        b"soun" => Some(true),
        b"vide" | b"pict" | b"auxv" => None,
        _ => Some(false),
    },
    parts_max: 64,
};

/// Parses the header of the box that `head` begins with.
fn header(head: &[u8]) -> Option<Header<[u8; 4]>> {
    let size = *head.first_chunk()?;
    let kind = *head.get(4..)?.first_chunk()?;
    Some(match u32::from_be_bytes(size) {
        // A size of 0 means that the box extends to the end of the file. A size of 1 means that 64 bits of size follow.
        0 => (kind, 8, u64::MAX),
        1 => (kind, 16, u64::from_be_bytes(*head.get(8..)?.first_chunk()?)),
        size => (kind, 8, size.into()),
    })
}

/// Splits `head` after the first box. Returns the type of the box, its body, which may be truncated by the end of
/// `head`, and the bytes that follow.
fn split(head: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let (kind, header, size) = header(head)?;
    let end = usize::try_from(size).unwrap_or(usize::MAX).min(head.len());
    Some((kind, head.get(header..end)?, head.get(end..)?))
}

/// Detects an ISO base media file by its first boxes.
pub(super) fn detect(head: &[u8]) -> Option<DetectedFormat> {
    let mut is_quick_time = false;
    let mut rest = head;
    while let Some((kind, body, after)) = split(rest) {
        match &kind {
            b"ftyp" => return brands(body),
            // The file is a segment of a stream and cannot be played alone, so a brand of the structure only does not
            // make it a video.
            b"styp" => {
                return brands(body)
                    .map(|detected| if detected.certainty == Ambiguous { ByName.of(detected.row) } else { detected });
            }
            b"moof" | b"sidx" | b"ssix" | b"emsg" | b"prft" => return Some(ByName.of(&MP4)),
            // Old QuickTime files do not have an `ftyp` box.
            b"moov" | b"mdat" => return Some(Ambiguous.of(&MOV)),
            b"free" | b"skip" | b"wide" | b"pnot" => is_quick_time = true,
            b"udta" | b"uuid" => {}
            _ => break,
        }
        rest = after;
    }
    is_quick_time.then(|| Ambiguous.of(&MOV))
}

/// Detects a format by the body of an `ftyp` box: the major brand, its version, and the compatible brands.
fn brands(body: &[u8]) -> Option<DetectedFormat> {
    let major: &[u8; 4] = body.first_chunk()?;
    let compatible =
        || body.get(8..).unwrap_or_default().chunks_exact(4).filter_map(|brand| brand.first_chunk().copied());
    let best = || compatible().filter_map(class).min_by_key(|(class, _)| *class);
    let found = match class(*major) {
        // Some writers of still images use a brand of the structure as the major brand. A compatible brand then shows
        // that it is a still image.
        Some((Class::Structure, row)) => {
            best().filter(|(class, _)| *class == Class::Still).or(Some((Class::Structure, row)))
        }
        None => best(),
        found => found,
    };
    let Some((class, row)) = found else { return Some(ByName.of(&MP4)) };
    Some(match class {
        Class::Still if compatible().any(|brand| matches!(&brand, b"avif" | b"avis")) => Certain.of(&AVIF),
        Class::Still | Class::Video | Class::Audio => Certain.of(row),
        Class::ThreeGp | Class::QuickTime | Class::Structure => Ambiguous.of(row),
    })
}

/// Brands of still images and of sequences of still images. The service does not document any of these formats.
const STILLS: &[&[u8; 4]] = &[
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"mif3", b"msf1",
    b"miaf", b"MiHB", b"MiHE", b"MiHA", b"MiPr", b"MiAn", b"MiBu", b"MiCm", b"avci", b"avcs", b"vvic", b"vvis",
    b"evbi", b"evmi", b"evbs", b"evms", b"jpeg", b"jpgs", b"jxsi", b"jxss", b"jxs ", b"j2ki", b"j2is", b"pict",
    b"unif", b"1pic", b"tmap", b"MPPI",
];
/// Brands of recordings.
const SOUND: &[&[u8; 4]] =
    &[b"F4A ", b"F4B ", b"f4a ", b"f4b ", b"NDAS", b"caac", b"caaa", b"camp", b"casu", b"aax ", b"aaxc"];
/// Brands of videos.
const VIDEO: &[&[u8; 4]] = &[
    b"F4V ", b"F4P ", b"f4v ", b"f4p ", b"avc1", b"hvc1", b"hev1", b"av01", b"vp09", b"MSNV", b"mjp2", b"mj2s",
    b"XAVC", b"CAEP", b"niko", b"pana", b"pnvi", b"senv", b"sdv ", b"kddi", b"dvr1", b"dvt1", b"uvvu", b"cfhd",
    b"cfsd", b"chdf", b"chhd", b"chh1", b"clg1", b"cud1", b"cud8", b"cvvc", b"cvid", b"ARRI", b"hvce", b"LCAG",
];
/// Brands of the structure, of profiles that may hold videos or recordings, and of segments of streams.
const STRUCTURE: &[&[u8; 4]] = &[
    b"mp41", b"mp42", b"mp71", b"mp21", b"dash", b"msdh", b"msix", b"risx", b"lmsg", b"lims", b"hlsi", b"dby1",
    b"cmfc", b"cmf2", b"cmff", b"cmfl", b"cmfs", b"piff", b"isml", b"isc2", b"iso ", b"odcf", b"opf2", b"sims",
    b"bbxm", b"ifrm", b"ifaa",
];

/// Returns the kind of file for which a brand stands, and its format. Returns `None` for an unknown brand.
fn class(brand: [u8; 4]) -> Option<(Class, &'static Row)> {
    Some(match &brand {
        b"crx " => (Class::Still, &CR3),
        b"avif" | b"avis" | b"avio" | b"MA1A" | b"MA1B" => (Class::Still, &AVIF),
        b"jp2 " | b"jpx " | b"jpm " | b"jph " | b"jpxb" => (Class::Still, &JP2),
        brand if STILLS.contains(&brand) => (Class::Still, &HEIC),
        brand if SOUND.contains(&brand) => (Class::Audio, &M4A),
        brand if VIDEO.contains(&brand) => (Class::Video, &MP4),
        brand if STRUCTURE.contains(&brand) => (Class::Structure, &MP4),
        // The last characters of the brands of iTunes, Nero and digital multimedia broadcasting number their profiles.
        [b'M', b'4', b'A' | b'B' | b'P', _] | [b'd', b'a', b'0'..=b'3', b'a' | b'b'] => (Class::Audio, &M4A),
        [b'M', b'4', b'V', _] | [b'N', b'D', b'S' | b'X', _] | [b'd', b'v', b'1'..=b'3', b'a' | b'b'] => {
            (Class::Video, &MP4)
        }
        [b'3', b'g', ..] | b"mmp4" => (Class::ThreeGp, &THREE_GP),
        b"qt  " | b"mqt " => (Class::QuickTime, &MOV),
        [b'i', b's', b'o', b'm' | b'2'..=b'9' | b'a'..=b'c'] => (Class::Structure, &MP4),
        _ => return None,
    })
}
