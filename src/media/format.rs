//! File formats: what the service documents, told by a file's first bytes and by its name.

use std::fmt;

/// A file format that the service takes, or seems to.
///
/// ```
/// use identifai::Format;
///
/// let format = Format::of_bytes(b"\x89PNG\r\n\x1a\n...").unwrap();
/// assert_eq!((format.medium(), format.media_type()), ("image", "image/png"));
/// assert_eq!(Format::of_name("talk.OGG").unwrap().medium(), "audio");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Format(&'static Row);

#[derive(PartialEq, Eq)]
struct Row {
    medium: &'static str,
    media_type: &'static str,
    /// In lower case; the first is the usual one.
    extensions: &'static [&'static str],
    family: Family,
}

/// What a ticket comes as.
pub(crate) const TICKET: &str = "image or PDF";

/// Formats that cannot be told apart for certain by their first bytes, so that none contradicts another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Alone,
    /// ISO base media files: MP4 and its kin.
    Mp4,
    Ogg,
    Matroska,
    /// MPEG streams, with video or without.
    Mpeg,
}

macro_rules! rows {
    ($($name:ident: $medium:literal, $media_type:literal, $extensions:expr, $family:ident;)*) => {
        $(static $name: Row =
            Row { medium: $medium, media_type: $media_type, extensions: &$extensions, family: Family::$family };)*
        static ALL: &[&Row] = &[$(&$name),*];
    };
}

// Images and audio: what the documentation lists. Videos: it says "any video/*", so these are the usual ones. Documents
// are for tickets.
rows! {
    PNG: "image", "image/png", ["png"], Alone;
    JPEG: "image", "image/jpeg", ["jpg", "jpeg"], Alone;
    GIF: "image", "image/gif", ["gif"], Alone;
    WEBP: "image", "image/webp", ["webp"], Alone;
    TIFF: "image", "image/tiff", ["tiff", "tif"], Alone;
    MP4: "video", "video/mp4", ["mp4", "m4v"], Mp4;
    MOV: "video", "video/quicktime", ["mov", "qt"], Mp4;
    THREE_GP: "video", "video/3gpp", ["3gp", "3g2"], Mp4;
    WEBM: "video", "video/webm", ["webm"], Matroska;
    MKV: "video", "video/x-matroska", ["mkv"], Matroska;
    AVI: "video", "video/x-msvideo", ["avi"], Alone;
    MPEG: "video", "video/mpeg", ["mpeg", "mpg"], Mpeg;
    MPEG_TS: "video", "video/mp2t", ["ts", "mts", "m2ts"], Mpeg;
    FLV: "video", "video/x-flv", ["flv"], Alone;
    WMV: "video", "video/x-ms-wmv", ["wmv", "asf"], Alone;
    OGV: "video", "video/ogg", ["ogv"], Ogg;
    MP3: "audio", "audio/mpeg", ["mp3"], Mpeg;
    WAV: "audio", "audio/wav", ["wav"], Alone;
    OGG: "audio", "audio/ogg", ["ogg", "oga", "opus"], Ogg;
    FLAC: "audio", "audio/flac", ["flac"], Alone;
    AAC: "audio", "audio/aac", ["aac"], Mpeg;
    M4A: "audio", "audio/mp4", ["m4a", "m4b", "m4p", "m4r"], Mp4;
    PDF: "document", "application/pdf", ["pdf"], Alone;
}

impl Format {
    /// How many of the first bytes [`of_bytes`](Self::of_bytes) looks at.
    pub const LOOKS_AT: usize = 64;

    /// The format that a file's first bytes show, if they show one of those that the service documents. Videos and
    /// recordings share some formats; those are taken for what they mostly are.
    pub fn of_bytes(head: &[u8]) -> Option<Self> {
        let is = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
        let riff = |form: &[u8]| is(0, b"RIFF") && is(8, form);
        let row = if is(0, b"\x89PNG\r\n\x1a\n") {
            &PNG
        } else if is(0, b"\xff\xd8\xff") {
            &JPEG
        } else if is(0, b"GIF87a") || is(0, b"GIF89a") {
            &GIF
        } else if riff(b"WEBP") {
            &WEBP
        } else if is(0, b"II*\0") || is(0, b"MM\0*") || is(0, b"II+\0") || is(0, b"MM\0+") {
            &TIFF
        } else if is(4, b"ftyp") {
            return iso_media(head.get(8..12)?);
        } else if is(4, b"moov") || is(4, b"mdat") || is(4, b"wide") || is(4, b"free") {
            // QuickTime before it had `ftyp`.
            &MOV
        } else if is(0, b"\x1a\x45\xdf\xa3") {
            if head.windows(4).any(|window| window == b"webm") { &WEBM } else { &MKV }
        } else if riff(b"AVI ") {
            &AVI
        } else if riff(b"WAVE") {
            &WAV
        } else if is(0, b"\0\0\x01\xba") || is(0, b"\0\0\x01\xb3") {
            &MPEG
        } else if is(0, b"FLV\x01") {
            &FLV
        } else if is(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") {
            &WMV
        } else if is(0, b"OggS") {
            if is(28, b"\x80theora") { &OGV } else { &OGG }
        } else if is(0, b"fLaC") {
            &FLAC
        } else if is(0, b"ID3") {
            &MP3
        } else if is(0, b"%PDF-") {
            &PDF
        } else {
            return mpeg_frame(head);
        };
        Some(Self(row))
    }

    /// The format that the extension of a file's name says, in any case of letters.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        ALL.iter().find(|row| row.extensions.contains(&extension.as_str())).map(|row| Self(row))
    }

    /// What it is of: `image`, `video`, `audio` or, for tickets, `document`.
    pub fn medium(&self) -> &'static str {
        self.0.medium
    }

    /// Its media type, such as `image/png`.
    pub fn media_type(&self) -> &'static str {
        self.0.media_type
    }

    /// The usual extension of its files, without the dot.
    pub fn extension(&self) -> &'static str {
        self.0.extensions.first().copied().unwrap_or_default()
    }

    /// Whether a file of this format may be submitted as `medium`, or as a [ticket](TICKET): the documentation lists
    /// MP4 and 3GP for recordings, too, and what sounds and what shows something may come in one kind of container.
    pub(crate) fn fits(self, medium: &str) -> bool {
        let may_be_sound =
            self.0.medium == "video" && matches!(self.0.family, Family::Mp4 | Family::Ogg | Family::Matroska);
        match medium {
            "audio" => self.0.medium == medium || may_be_sound,
            "video" => self.0.medium == medium || self.0.family == Family::Ogg,
            TICKET => matches!(self.0.medium, "image" | "document"),
            _ => self.0.medium == medium,
        }
    }

    /// Whether its first bytes tell it for certain: MPEG streams may begin with anything.
    pub(crate) fn is_told_by_content(self) -> bool {
        self.0.family != Family::Mpeg
    }

    /// Whether a file may be both.
    pub(crate) fn agrees_with(self, other: Self) -> bool {
        self == other || (self.0.family != Family::Alone && self.0.family == other.0.family)
    }
}

/// ISO 14496-12, section 4.3: the major brand.
fn iso_media(brand: &[u8]) -> Option<Format> {
    Some(Format(match brand {
        b"M4A " | b"M4B " | b"M4P " => &M4A,
        b"qt  " => &MOV,
        // Still images, which the service does not list.
        b"avif" | b"avis" | b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" => return None,
        brand if brand.starts_with(b"3g") => &THREE_GP,
        _ => &MP4,
    }))
}

/// The header of an MPEG audio frame (ISO 11172-3, section 2.4.1.3) or an ADTS frame (ISO 13818-7, section 6.2), each
/// as far as not everything passes for one; and MPEG transport streams.
fn mpeg_frame(head: &[u8]) -> Option<Format> {
    let [one, two, three, ..] = *head else { return None };
    let is_sync = one == 0xff && two & 0xe0 == 0xe0;
    let (version, layer, bit_rate) = (two >> 3 & 3, two >> 1 & 3, three >> 4);
    if one == 0xff && two & 0xf6 == 0xf0 && three >> 2 & 15 <= 12 {
        Some(Format(&AAC))
    } else if is_sync && version != 1 && layer == 1 && bit_rate != 15 && three >> 2 & 3 != 3 {
        Some(Format(&MP3))
    } else if one == 0x47 && two & 0x80 == 0 && head.get(3).is_some_and(|four| four & 0xc0 == 0) {
        Some(Format(&MPEG_TS))
    } else {
        None
    }
}

/// Its media type.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.media_type)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.0.media_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_told_by_its_first_bytes() {
        let table: [(&[u8], &str); 30] = [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpg"),
            (b"GIF89a\x01\0", "gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
            (b"II*\0\x08\0\0\0", "tiff"),
            (b"MM\0*\0\0\0\x08", "tiff"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", "mp4"),
            (b"\0\0\0\x20ftypM4V \0\0\x02\0", "mp4"),
            (b"\0\0\0\x14ftypqt  \0\0\x02\0", "mov"),
            (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
            (b"\0\0\0\x18ftyp3gp5\0\0\0\0", "3gp"),
            (b"\0\0\0\x20ftypM4A \0\0\0\0", "m4a"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "webm"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "mkv"),
            (b"RIFF\x24\0\0\0AVI LIST", "avi"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
            (b"\0\0\x01\xba\x44\0", "mpeg"),
            (b"\0\0\x01\xb3\x14\0", "mpeg"),
            (b"\x47\x40\x00\x10\0\0", "ts"),
            (b"FLV\x01\x05", "flv"),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "wmv"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis", "ogg"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x2a\x80theora", "ogv"),
            (b"fLaC\0\0\0\x22", "flac"),
            (b"ID3\x04\0\0", "mp3"),
            (b"\xff\xfb\x90\x64", "mp3"),
            (b"\xff\xf3\x40\xc4", "mp3"),
            (b"\xff\xf1\x50\x80", "aac"),
            (b"\xff\xf9\x50\x80", "aac"),
            (b"%PDF-1.7\n", "pdf"),
        ];
        for (head, extension) in table {
            assert_eq!(Format::of_bytes(head).map(|format| format.extension()), Some(extension), "{head:?}");
        }
        let nothing: [&[u8]; 11] = [
            b"",
            b"\xff",
            b"\xff\xff\xff\xff",
            b"<html>",
            b" %PDF-1.7",
            b"\0\0\0\x20ftypavif",
            b"\0\0\0\x20ftyphe",
            b"PK\x03\x04",
            b"RIFF\x24\0\0\0ACON",
            b"MZ\x90\0",
            b"\x7fELF",
        ];
        for head in nothing {
            assert_eq!(Format::of_bytes(head), None, "{head:?}");
        }
    }

    #[test]
    fn headers_without_a_magic_number_are_looked_at_bit_by_bit() {
        let told = |head: &[u8]| Format::of_bytes(head).map(|format| format.extension());
        for (head, expected) in [
            // Reserved version, layer, bit rate and sampling rate.
            (&[0xff, 0xeb, 0x90, 0x64][..], None),
            (&[0xff, 0xff, 0x90, 0x64], None),
            (&[0xff, 0xfd, 0x90, 0x64], None),
            (&[0xff, 0xfb, 0xf0, 0x64], None),
            (&[0xff, 0xfb, 0x9c, 0x64], None),
            (&[0xff, 0xe3, 0x18, 0xc4], Some("mp3")),
            (&[0xff, 0xfa, 0x90, 0x64], Some("mp3")),
            // The highest sampling rate of ADTS, and one beyond it.
            (&[0xff, 0xf1, 0x70, 0x80], Some("aac")),
            (&[0xff, 0xf1, 0x34, 0x80], None),
            (&[0xff, 0xf3, 0x50, 0x80], Some("mp3")),
            // A transport error, and scrambled.
            (&[0x47, 0xc0, 0x00, 0x10], None),
            (&[0x47, 0x40, 0x00, 0xd0], None),
            (&[0x47, 0x1f, 0xff, 0x3f], Some("ts")),
            (&[0x47, 0x40, 0x00], None),
            (b"MM\0+\0\x08\0\0", Some("tiff")),
            (b"II+\0\x08\0\0\0", Some("tiff")),
            (b"\0\0\x10\0moov", Some("mov")),
            (b"\0\0\x10\0mdat", Some("mov")),
            (b"\0\0\0\x08free", Some("mov")),
        ] {
            assert_eq!(told(head), expected, "{head:x?}");
        }
    }

    #[test]
    fn every_format_is_told_by_its_extension_once() {
        let all: Vec<_> = ALL.iter().flat_map(|row| row.extensions).collect();
        for extension in &all {
            assert_eq!(all.iter().filter(|other| other == &extension).count(), 1, "{extension}");
            let name = format!("a.b.{}", extension.to_uppercase());
            assert!(Format::of_name(&name).unwrap().0.extensions.contains(extension));
        }
        // What the documentation lists for audio may be a video by its extension.
        for name in ["a.mp3", "a.wav", "a.ogg", "a.flac", "a.aac", "a.3gp", "a.m4a", "a.m4b", "a.m4p", "a.m4r", "a.mp4"]
        {
            assert!(Format::of_name(name).unwrap().fits("audio"), "{name}");
        }
        for name in ["a.png", "a.jpeg", "a.jpg", "a.gif", "a.webp", "a.tif", "a.tiff"] {
            let format = Format::of_name(name).unwrap();
            assert!(format.fits("image") && !format.fits("video") && !format.fits("audio"), "{name}");
        }
        for name in ["", "png", "a.txt", "a.", ".", "a.png.exe"] {
            assert_eq!(Format::of_name(name), None, "{name}");
        }
        assert!(!Format::of_name("a.mp3").unwrap().fits("video") && Format::of_name("a.ogg").unwrap().fits("video"));
        assert!(!Format::of_name("a.avi").unwrap().fits("audio") && !Format::of_name("a.mp4").unwrap().fits("image"));
    }

    #[test]
    fn what_may_be_both_contradicts_nothing() {
        let agree = |one: &str, two: &str| {
            let [one, two] = [one, two].map(|name| Format::of_name(name).unwrap());
            assert_eq!(one.agrees_with(two), two.agrees_with(one));
            one.agrees_with(two)
        };
        assert!(
            agree("a.png", "b.png") && agree("a.mp4", "b.m4a") && agree("a.ogg", "b.ogv") && agree("a.mkv", "b.webm")
        );
        assert!(!agree("a.png", "b.jpg") && !agree("a.wav", "b.avi") && !agree("a.mp4", "b.ogg"));
    }
}
