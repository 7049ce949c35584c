//! Tests of the detection of formats by content, by name, and by both.

use std::io::Cursor;

use super::rows::ALL;
use super::*;

/// Builds a box of an ISO base media file.
fn iso(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes(), kind, body].concat()
}

/// Builds an `ftyp` box from the major brand and the compatible brands.
fn ftyp(major: &[u8], compatible: &[&[u8; 4]]) -> Vec<u8> {
    let mut body = [major, &[0, 0, 2, 0]].concat();
    body.extend(compatible.iter().copied().flatten());
    iso(b"ftyp", &body)
}

/// Builds a track of a movie, up to the handler that names its type.
fn track(handler: &[u8]) -> Vec<u8> {
    let handler = iso(b"hdlr", &[&[0; 8], handler, &[0; 12]].concat());
    iso(b"trak", &[iso(b"tkhd", &[0; 84]), iso(b"mdia", &[iso(b"mdhd", &[0; 24]), handler].concat())].concat())
}

/// Builds an ID3v2.4 tag with a body of `len` bytes.
fn id3(len: usize) -> Vec<u8> {
    let digit = |shift: usize| u8::try_from(len >> shift & 0x7f).unwrap();
    let head = [b'I', b'D', b'3', 4, 0, 0, digit(21), digit(14), digit(7), digit(0)];
    head.into_iter().chain(std::iter::repeat_n(b'x', len)).collect()
}

/// Builds frames of MP3 with 128 kbit/s at 44.1 kHz, of 417 bytes each.
fn mp3() -> Vec<u8> {
    [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat().repeat(3)
}

/// Builds frames of MPEG-1 layer II with 128 kbit/s at 44.1 kHz.
fn mp2() -> Vec<u8> {
    [&[0xff, 0xfd, 0x80, 0x04][..], &[0; 413]].concat().repeat(3)
}

/// Builds ADTS frames of 100 bytes.
fn aac() -> Vec<u8> {
    [&[0xff, 0xf1, 0x50, 0x80, 0x0c, 0x9f, 0xfc][..], &[0; 93]].concat().repeat(3)
}

/// Builds packets of MPEG-TS, with `before` bytes before and `after` bytes after each packet.
fn transport_stream(before: usize, after: usize) -> Vec<u8> {
    [&vec![0; before][..], &[0x47, 0x40, 0x00, 0x10], &[0xff; 184], &vec![0; after]].concat().repeat(4)
}

/// Builds the first page of a stream of an Ogg file.
fn page(packet: &[u8]) -> Vec<u8> {
    let len = u8::try_from(packet.len()).unwrap();
    [b"OggS\0\x02", &[0; 20][..], &[1, len], packet].concat()
}

/// Builds an ASF header with one stream, whose type begins with `stream`.
fn asf(stream: [u8; 4]) -> Vec<u8> {
    let kind = [&stream[..], b"\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b"].concat();
    let size = 100_u64.to_le_bytes();
    let mut header = [b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c", &size[..], &kind].concat();
    header.resize(5_000, 0);
    header
}

/// Builds an EBML element with a body of less than 127 bytes.
fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &[0x80 | u8::try_from(body.len()).unwrap()], body].concat()
}

/// Builds a track of Matroska. The first letter of the codec determines the type of the track.
fn matroska_track(codec: &str) -> Vec<u8> {
    let kind = if codec.starts_with('A') { 2 } else { 1 };
    element(b"\xae", &[element(b"\x86", codec.as_bytes()), element(b"\x83", &[kind])].concat())
}

/// Builds a Matroska file with one track.
fn matroska(kind: &str, codec: &str) -> Vec<u8> {
    let header = [element(b"\x42\x86", b"\x01"), element(b"\x42\x82", kind.as_bytes())].concat();
    let tracks = [element(b"\xec", b""), element(b"\x16\x54\xae\x6b", &matroska_track(codec))].concat();
    [element(b"\x1a\x45\xdf\xa3", &header), element(b"\x18\x53\x80\x67", &tracks)].concat()
}

/// Detects the medium of a file and chooses its format, as a submit without an explicit medium does. Returns the
/// medium, the media type, and the corrected extension if the name is wrong. The error is the reason of the refusal.
fn sent(content: &[u8], name: &str) -> Result<(&'static str, &'static str, Option<&'static str>), String> {
    let detected = Format::from_file(&mut Cursor::new(content), name).unwrap().or_else(|| Format::from_extension(name));
    let kind = detected.ok_or("unknown")?.medium();
    as_medium(kind, content, name)
}

/// Chooses the format of a file for an explicit medium, with the same result as [`sent`].
fn as_medium(
    kind: &'static str,
    content: &[u8],
    name: &str,
) -> Result<(&'static str, &'static str, Option<&'static str>), String> {
    let content = detect_content(&mut Cursor::new(content)).unwrap();
    let Choice { format, is_misnamed } = choose(kind, content, Format::from_extension(name))?;
    Ok((kind, format.mime_type(), is_misnamed.then(|| format.extension())))
}

/// Asserts that a file is refused for a reason that contains `expected`.
fn is_refused(content: &[u8], name: &str, expected: &str) {
    let outcome = sent(content, name);
    assert!(outcome.as_ref().is_err_and(|reason| reason.contains(expected)), "{name}: {outcome:?}");
}

#[test]
fn formats_are_detected_by_first_bytes() {
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
        assert_eq!(Format::from_bytes(head).map(|format| format.extension()), Some(extension), "{head:?}");
    }
    let unknown: [&[u8]; 9] = [
        b"",
        b"\xff",
        b"\xff\xff\xff\xff",
        b"<html>",
        b" %PDF-1.7",
        b"\0\0\0\x20ftyphe",
        b"RIFF\x24\0\0\0ACON",
        b"MZ\x90\0",
        b"\x7fELF",
    ];
    for head in unknown {
        assert_eq!(Format::from_bytes(head), None, "{head:?}");
    }
}

#[test]
fn single_headers_are_checked_for_reserved_values() {
    let detected = |head: &[u8]| Format::from_bytes(head).map(|format| format.extension());
    for (head, expected) in [
        // The first row has a reserved version. The next rows have a reserved layer, a single header of layer I, a
        // single header of layer II, a reserved bit rate and a reserved sampling rate.
        (&[0xff, 0xeb, 0x90, 0x64][..], None),
        (&[0xff, 0xe1, 0x90, 0x64], None),
        (&[0xff, 0xff, 0x90, 0x64], None),
        (&[0xff, 0xfd, 0x90, 0x64], None),
        (&[0xff, 0xfb, 0xf0, 0x64], None),
        (&[0xff, 0xfb, 0x9c, 0x64], None),
        (&[0xff, 0xe3, 0x18, 0xc4], Some("mp3")),
        (&[0xff, 0xfa, 0x90, 0x64], Some("mp3")),
        // The highest sampling rate index of ADTS, and a reserved one.
        (&[0xff, 0xf1, 0x70, 0x80], Some("aac")),
        (&[0xff, 0xf1, 0x34, 0x80], None),
        (&[0xff, 0xf3, 0x50, 0x80], Some("mp3")),
        // A packet with a transport error, and a scrambled packet.
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
        assert_eq!(detected(head), expected, "{head:x?}");
    }
}

#[test]
fn extensions_are_unique_and_ignore_case() {
    let all: Vec<_> = ALL.iter().flat_map(|row| row.extensions).collect();
    for extension in &all {
        // Videos and recordings in 3GP share the extension.
        let count = if extension == &&"3gp" { 2 } else { 1 };
        assert_eq!(all.iter().filter(|other| other == &extension).count(), count, "{extension}");
        let name = format!("a.b.{}", extension.to_uppercase());
        assert!(Format::from_extension(&name).unwrap().0.extensions.contains(extension));
    }
    assert_eq!(Format::from_extension("a.3gp").unwrap().medium(), "video");
    for name in ["", "png", "a.txt", "a.", ".", "a.png.exe", "a.mp4/b"] {
        assert_eq!(Format::from_extension(name), None, "{name}");
    }
}

#[test]
fn documented_formats_are_accepted_for_their_media() {
    let fits = |name: &str, medium| {
        Format::from_extension(name).unwrap().0.as_medium(medium).is_some_and(|row| row.is_documented)
    };
    // Some of the formats that the documentation lists for audio have an extension that stands for a video.
    for name in ["a.mp3", "a.wav", "a.ogg", "a.flac", "a.aac", "a.3gp", "a.m4a", "a.m4b", "a.m4p", "a.m4r", "a.mp4"] {
        assert!(fits(name, "audio"), "{name}");
    }
    for name in ["a.png", "a.jpeg", "a.jpg", "a.gif", "a.webp", "a.tif", "a.tiff"] {
        assert!(fits(name, "image") && fits(name, TICKET) && !fits(name, "video") && !fits(name, "audio"), "{name}");
    }
    assert!(!fits("a.mp3", "video") && !fits("a.avi", "audio") && !fits("a.mp4", "image") && fits("a.pdf", TICKET));
    for name in ["a.wma", "a.mka", "a.heic", "a.dng", "a.docx", "a.webm"] {
        assert!(!fits(name, "audio") && !fits(name, "image") && !fits(name, TICKET), "{name}");
    }
}

#[test]
fn video_container_with_audio_extension_is_audio() {
    for brand in [b"dash", b"isom", b"mp42", b"iso6", b"iso2", b"mp41", b"3gp4", b"qt  ", b"M4A\0", b"M4A ", b"MSNV"] {
        for name in ["a.m4a", "a.M4B", "a.m4p", "a.m4r", "a.f4a", "a.f4b"] {
            let (medium, mime_type, new_extension) = sent(&ftyp(brand, &[]), name).unwrap();
            assert_eq!((medium, new_extension), ("audio", None), "{name}");
            assert_eq!(mime_type, "audio/mp4", "{name}");
        }
        let medium = sent(&ftyp(brand, &[]), "a.mp4").unwrap().0;
        assert_eq!(medium, if brand.starts_with(b"M4A") { "audio" } else { "video" });
    }
    assert_eq!(sent(&ftyp(b"3gp5", &[]), "a.3ga").unwrap(), ("audio", "audio/3gpp", None));
    assert_eq!(sent(&ftyp(b"3gp5", &[]), "a.3gp").unwrap(), ("video", "video/3gpp", None));
    assert_eq!(sent(&ftyp(b"isom", &[]), "a.mp3").unwrap(), ("audio", "audio/mp4", Some("m4a")));
    is_refused(&ftyp(b"M4V ", &[]), "a.mp3", "the extension stands for audio/mpeg, but the content is video/mp4");
    for name in ["a.oga", "a.opus", "a.ogg", "a.spx"] {
        assert_eq!(sent(&page(b"fishead\0"), name).unwrap(), ("audio", "audio/ogg", None), "{name}");
    }
    for (content, name, mime_type) in [
        (matroska("matroska", "V_VP9"), "a.mka", "audio/x-matroska"),
        (matroska("webm", "V_VP9"), "a.weba", "audio/webm"),
        (matroska("webm", "A_OPUS"), "a.mp3", "audio/webm"),
        (asf([0; 4]), "a.wma", "audio/x-ms-wma"),
        (asf([0x40, 0x9e, 0x69, 0xf8]), "a", "audio/x-ms-wma"),
    ] {
        is_refused(&content, name, &format!("{mime_type} is not a documented audio format"));
    }
}

#[test]
fn shared_container_without_audio_name_is_video() {
    for (content, name, mime_type) in [
        (ftyp(b"isom", &[]), "a", "video/mp4"),
        (ftyp(b"isom", &[]), "a.mov", "video/quicktime"),
        (ftyp(b"qt  ", &[]), "a.mp4", "video/mp4"),
        (ftyp(b"avc1", &[]), "a.MP4", "video/mp4"),
        (ftyp(b"3g2a", &[]), "a.3g2", "video/3gpp"),
        (matroska("webm", "V_VP9"), "a", "video/webm"),
        (matroska("matroska", "V_VP9"), "a", "video/x-matroska"),
        (asf([0xc0, 0xef, 0x19, 0xbc]), "a", "video/x-ms-wmv"),
        ([page(b"fishead\0"), page(b"\x01vorbis"), page(b"\x80theora")].concat(), "a.ogg", "video/ogg"),
        (page(b"fishead\0"), "a.ogv", "video/ogg"),
        (transport_stream(4, 0), "a.m2ts", "video/mp2t"),
        (transport_stream(0, 16), "a.ts", "video/mp2t"),
    ] {
        assert_eq!(sent(&content, name).unwrap(), ("video", mime_type, None), "{name}");
    }
}

#[test]
fn movie_with_sound_tracks_only_is_audio() {
    let description = |tracks: &[Vec<u8>]| iso(b"moov", &[iso(b"mvhd", &[0; 100]), tracks.concat()].concat());
    let sound = description(&[track(b"soun"), track(b"text")]);
    let [both, cover, layer] = [b"vide", b"pict", b"auxv"].map(|other| description(&[track(b"soun"), track(other)]));
    // The description of the tracks may precede or follow the media data.
    for (brand, mime_type) in [(b"iso5", "audio/mp4"), (b"3gp5", "audio/3gpp")] {
        for before in [vec![], iso(b"mdat", &vec![7; 100_000])] {
            let file = |movie: &[u8]| [&ftyp(brand, &[]), &before, movie].concat();
            for name in ["a", if brand == b"iso5" { "a.mp4" } else { "a.3gp" }] {
                assert_eq!(sent(&file(&sound), name).unwrap(), ("audio", mime_type, None), "{name}");
                for other in [&both, &cover, &layer, &description(&[]), &sound[..200], &[]] {
                    assert_eq!(sent(&file(other), name).unwrap().0, "video", "{name}");
                }
            }
            for name in ["a.m4v", "a.MOV", "a.f4v"] {
                let (medium, sent, corrected) = sent(&file(&sound), name).unwrap();
                assert_eq!((medium, sent, corrected.is_some()), ("audio", mime_type, true), "{name}");
            }
            assert_eq!(
                as_medium("video", &file(&sound), "a.mp4").unwrap().0,
                "video",
                "an explicit medium takes precedence"
            );
        }
    }
    // The search ends after a limited number of boxes.
    let endless = [ftyp(b"isom", &[]), iso(b"free", &[]).repeat(100_000)].concat();
    assert_eq!(sent(&endless, "a").unwrap().0, "video");
}

#[test]
fn explicit_medium_decides_for_shared_container() {
    let mp4 = ftyp(b"isom", &[]);
    assert_eq!(as_medium("video", &mp4, "a.m4a").unwrap(), ("video", "video/mp4", None));
    assert_eq!(as_medium("audio", &mp4, "a.mp4").unwrap(), ("audio", "audio/mp4", None));
    assert_eq!(as_medium("audio", &ftyp(b"3gp4", &[]), "a.3gp").unwrap(), ("audio", "audio/3gpp", None));
    assert_eq!(as_medium("audio", &page(b"\x80theora"), "a.ogv").unwrap(), ("audio", "audio/ogg", None));
    assert_eq!(as_medium("video", &asf([0; 4]), "a.wma").unwrap(), ("video", "video/x-ms-wmv", None));
    for (kind, content, name, expected) in [
        ("video", ftyp(b"M4A ", &[]), "a.m4a", "expected video, found audio/mp4"),
        ("video", page(b"OpusHead"), "a.ogg", "expected video, found audio/ogg"),
        ("video", mp4.clone(), "a.mp3", "the extension stands for audio/mpeg, but the content is video/mp4"),
        ("audio", matroska("webm", "V_VP9"), "a.webm", "audio/webm is not a documented audio format"),
        ("image", mp4, "a", "expected image, found video/mp4"),
    ] {
        assert!(as_medium(kind, &content, name).unwrap_err().contains(expected), "{kind} {name}");
    }
}

#[test]
fn still_image_in_iso_container_is_refused() {
    let stills: [&[u8; 4]; 22] = [
        b"mif1", b"mif2", b"msf1", b"miaf", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs",
        b"avif", b"avis", b"avci", b"avcs", b"jpeg", b"jpgs", b"j2ki", b"MA1A", b"crx ", b"jp2 ",
    ];
    for brand in stills {
        for name in ["a", "a.mp4", "a.heic"] {
            let reason = sent(&ftyp(brand, &[b"isom", b"mp42"]), name).unwrap_err();
            assert!(reason.starts_with("image/") || reason.contains("content is image/"), "{name}: {reason}");
        }
        is_refused(&ftyp(brand, &[]), "a.jpg", "is not a documented image format");
        is_refused(&ftyp(b"isom", &[b"iso8", brand]), "a", "is not a documented image format");
        is_refused(&ftyp(b"abcd", &[b"isom", brand]), "a", "is not a documented image format");
    }
    is_refused(b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "a.mp4", "but the content is image/jp2");
    is_refused(b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", "a", "image/jxl is not");
}

#[test]
fn unknown_brand_falls_back_to_compatible_then_name() {
    for (compatible, medium) in
        [(b"isom", "video"), (b"M4V ", "video"), (b"M4A ", "audio"), (b"3gp4", "video"), (b"qt  ", "video")]
    {
        assert_eq!(sent(&ftyp(b"abcd", &[b"efgh", compatible]), "a").unwrap().0, medium);
    }
    let unknown = ftyp(b"abcd", &[b"efgh"]);
    assert_eq!(sent(&unknown, "a.mp4").unwrap(), ("video", "video/mp4", None));
    assert_eq!(sent(&unknown, "a.m4a").unwrap(), ("audio", "audio/mp4", None));
    is_refused(&unknown, "a", "unknown");
    is_refused(&unknown, "a.dat", "unknown");
    for name in ["a.jpg", "a.avi", "a.mp3"] {
        is_refused(&unknown, name, "but the content does not match");
    }
    assert!(as_medium("image", &unknown, "a").is_err());
    assert_eq!(as_medium("video", &unknown, "a").unwrap().1, "video/mp4");

    // A box with a size of 64 bits, a box to the end of the file, a box that is too short for a brand, and other boxes
    // before `ftyp`.
    let long = [b"\0\0\0\x01ftyp\0\0\0\0\0\0\0\x1cheic\0\0\0\0mif1", &[0; 9][..]].concat();
    is_refused(&long, "a", "image/heic is not");
    is_refused(b"\0\0\0\0ftypavif\0\0\0\0", "a", "image/avif is not");
    is_refused(b"\0\0\0\x08ftypisom\0\0\0\0", "a", "unknown");
    is_refused(&[iso(b"free", &[0; 40]), ftyp(b"heic", &[])].concat(), "a.mp4", "but the content is image/heic");
    assert_eq!(sent(&[iso(b"skip", &[]), ftyp(b"M4A ", &[])].concat(), "a").unwrap().0, "audio");
    assert_eq!(sent(&iso(b"mdat", &[0; 9]), "a.m4a").unwrap(), ("audio", "audio/mp4", None));
    // Segments of a stream.
    for segment in [iso(b"styp", b"msdh\0\0\0\0msdhmsix"), iso(b"moof", &[0; 9]), iso(b"sidx", &[0; 9])] {
        is_refused(&segment, "a", "unknown");
        is_refused(&segment, "a.m4s", "application/dash+xml is not a documented video format");
        assert_eq!(sent(&segment, "a.m4a").unwrap().0, "audio");
        assert_eq!(sent(&segment, "a.mp4").unwrap().0, "video");
    }
}

#[test]
fn undocumented_format_is_refused_and_named() {
    for (content, name, mime_type) in [
        (&b"II*\0\x08\0\0\0"[..], "a.dng", "image/x-adobe-dng"),
        (b"II*\0\x08\0\0\0", "a.NEF", "image/x-nikon-nef"),
        (b"II*\0\x08\0\0\0", "a.arw", "image/x-sony-arw"),
        (b"II*\0\x10\0\0\0CR\x02\0", "a", "image/x-canon-cr2"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0", "a.jpg", "image/bmp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml"),
        (b"8BPS\0\x01", "a.psd", "image/vnd.adobe.photoshop"),
        (b"\0\0\x01\0\x01\0\x10\x10", "a.ico", "image/x-icon"),
        (b"\xff\x0a\xfa\x1f", "a.jxl", "image/jxl"),
        (b"FORM\0\0\0\x10AIFFCOMM", "a.wav", "audio/aiff"),
        (b"#!AMR\n\x3c", "a.amr", "audio/amr"),
        (b"MAC \x96\x0f", "a.mp3", "audio/x-ape"),
        (b"wvpk\0", "a", "audio/x-wavpack"),
        (b"caff\0\x01", "a", "audio/x-caf"),
        (b"MThd\0\0\0\x06\0\x01", "a.mid", "audio/midi"),
        (&mp2(), "a.mp2", "audio/mp2"),
        (&mp2(), "a", "audio/mp2"),
        (b"PK\x03\x04", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ] {
        is_refused(content, name, &format!("{mime_type} is not a documented "));
    }
    is_refused(b"PK\x03\x04", "a.mp3", "the extension stands for audio/mpeg, but the content is application/zip");
    assert_eq!(sent(&mp2(), "a.mp3").unwrap(), ("audio", "audio/mpeg", None));
    // Some cameras and phones export a JPEG under the extension of the original HEIC file.
    assert_eq!(sent(b"\xff\xd8\xff\xe0", "a.heic").unwrap(), ("image", "image/jpeg", Some("jpg")));
}

#[test]
fn id3_tag_before_content_is_skipped() {
    let bodies: [(&[u8], &str); 9] = [
        (&ftyp(b"M4A ", &[]), "audio/mp4"),
        (&ftyp(b"isom", &[]), "video/mp4"),
        (&matroska("webm", "A_OPUS"), "audio/webm"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav"),
        (&aac(), "audio/aac"),
        (&mp3(), "audio/mpeg"),
        (b"MAC \x96\x0f", "audio/x-ape"),
    ];
    let footer = [b"ID3\x04\0\x10\0\0\0\x04....3DI", &[0; 7][..]].concat();
    for (body, mime_type) in bodies {
        for tag in [id3(0), id3(300), id3(5_000_000), [id3(9), id3(9_000)].concat(), footer.clone()] {
            for padding in [0, 1, 5_000] {
                let file = [&tag[..], &vec![0; padding], body].concat();
                let detected = Format::from_file(&mut Cursor::new(&file), "").unwrap().unwrap();
                assert_eq!(detected.mime_type(), mime_type, "{} and {padding}", tag.len());
            }
        }
    }
    // If the content after the tag cannot be reached, the name decides among the formats that may follow a tag.
    let cut = &id3(5_000)[..4_096];
    for (name, mime_type) in
        [("a.flac", "audio/flac"), ("a.WAV", "audio/wav"), ("a.aac", "audio/aac"), ("a", "audio/mpeg")]
    {
        assert_eq!(Format::detect(cut, name).unwrap().mime_type(), mime_type);
        assert_eq!(sent(cut, name).unwrap(), ("audio", mime_type, None));
    }
    assert_eq!(sent(cut, "a.m4a").unwrap(), ("audio", "audio/mpeg", Some("mp3")));
    is_refused(&[id3(9), b"Not found".to_vec()].concat(), "a.mp3", "but the content is plain text");
    assert_eq!(Format::from_bytes(b"ID3 is a format of tags."), None);
    assert_eq!(sent(b"BW64\xff\xff\xff\xffWAVEds64", "a.wav").unwrap(), ("audio", "audio/wav", None));
    // The search ends in files that consist of tags only, or of a tag and padding.
    assert_eq!(sent(&id3(0).repeat(1_000), "a").unwrap().1, "audio/mpeg");
    assert_eq!(sent(&[id3(0), vec![0; 1_000_000]].concat(), "a").unwrap().1, "audio/mpeg");
}

#[test]
fn plain_text_with_media_extension_is_refused() {
    let page = "<!doctype html><title>404</title>".repeat(200);
    let wide = |bytes: fn(u16) -> [u8; 2]| {
        "\u{feff}Nicht gefunden \u{1f408}\r\n".encode_utf16().flat_map(bytes).collect::<Vec<_>>()
    };
    let texts = [
        b"import { a } from 'b';\n".to_vec(),
        b"Good morning".repeat(100),
        b"G".to_vec(),
        page.clone().into_bytes(),
        b"{\"error\": \"not found\"}".to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        wide(u16::to_le_bytes)[..21].to_vec(),
        "\u{feff}text".as_bytes().to_vec(),
        "Grüße aus Köln, 東京".as_bytes().to_vec(),
        "é".repeat(5_000).into_bytes()[..4_095].to_vec(),
        b"Gr\xfc\xdfe aus K\xf6ln, sehr geehrte Damen".to_vec(),
        b"\x1b[31mred".to_vec(),
        b"i'm free to go".to_vec(),
    ];
    for text in &texts {
        for name in ["a.ts", "a.mp3", "a.aac", "a.mpg", "a.M2TS", "a.mp2"] {
            let reason = sent(text, name).unwrap_err();
            assert!(reason.contains("but the content is plain text") || name == "a.mp2", "{name}: {reason}");
        }
        for name in ["a", "a.png", "a.mov", "a.txt", "a.wav"] {
            assert!(sent(text, name).is_err(), "{name}: {text:?}");
        }
    }
    // A part of an MPEG stream may begin with any bytes, so its extension decides.
    for name in ["a.ts", "a.mp3", "a.aac", "a.mpg"] {
        let noise: Vec<u8> =
            (0..4_096_u32).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
        assert!(sent(&noise, name).is_ok() && sent(&[0; 5_000], name).is_ok(), "{name}");
    }
    // A packet of MPEG-TS that is not followed by another one.
    assert_eq!(Format::from_bytes(&[b"G@\0\x10", &[1; 500][..]].concat()), None);
}

#[test]
fn wrong_extension_of_same_medium_is_corrected() {
    let png: &[u8] = b"\x89PNG\r\n\x1a\n";
    let files: [(&[u8], &str, &str, &str); 14] = [
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a.jpg", "image/webp", "webp"),
        (b"\xff\xd8\xff\xe0", "a.PNG", "image/jpeg", "jpg"),
        (png, "a.tiff", "image/png", "png"),
        (b"II*\0\x08\0\0\0", "a.jpeg", "image/tiff", "tiff"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a.mp3", "audio/wav", "wav"),
        (&mp3(), "a.wav", "audio/mpeg", "mp3"),
        (&mp3(), "a.aac", "audio/mpeg", "mp3"),
        (&aac(), "a.m4a", "audio/aac", "aac"),
        (b"fLaC\0\0\0\x22", "a.mp3", "audio/flac", "flac"),
        (&page(b"OpusHead"), "a.m4a", "audio/ogg", "ogg"),
        (&matroska("webm", "V_VP9"), "a.mp4", "video/webm", "webm"),
        (&ftyp(b"isom", &[]), "a.avi", "video/mp4", "mp4"),
        (&transport_stream(0, 0), "a.mpg", "video/mp2t", "ts"),
        (b"\0\0\x01\xba\x44\0", "a.ts", "video/mpeg", "mpeg"),
    ];
    for (content, name, mime_type, extension) in files {
        let (_, sent, corrected) = sent(content, name).unwrap();
        assert_eq!((sent, corrected), (mime_type, Some(extension)), "{name}");
    }
    for (content, name) in [
        (png, "a.mp4"),
        (b"RIFF\x24\0\0\0AVI LIST", "a.mp3"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a.avi"),
        (&mp3(), "a.mpg"),
        (&transport_stream(0, 0), "a.mp3"),
        (&ftyp(b"isom", &[]), "a.png"),
        (b"%PDF-1.7\n", "a.png"),
    ] {
        is_refused(content, name, ", but the content is ");
    }
}
