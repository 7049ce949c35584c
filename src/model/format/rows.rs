//! The table of formats.

/// The kind of file that is accepted as a ticket. It is used in messages, like the name of a medium.
pub(crate) const TICKET: &str = "image or PDF";

/// A format: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) medium: &'static str,
    pub(super) mime_type: &'static str,
    /// The file name extensions, in lower case. The first is the usual one.
    pub(super) extensions: &'static [&'static str],
    pub(super) family: Family,
    /// The magic numbers with which a file may begin. If plain text could begin with the letters of a magic number, it
    /// includes the bytes that follow.
    pub(super) magic: &'static [&'static [u8]],
    /// `true` if the service documents that it accepts the format.
    pub(super) is_documented: bool,
}

/// A family of formats that share a container or the first bytes. Content alone does not always distinguish the formats
/// of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// The format does not belong to a family.
    Alone,
    /// ISO base media files, such as MP4.
    Iso,
    Ogg,
    Matroska,
    /// Windows Media.
    Asf,
    /// MPEG streams, with or without video.
    Mpeg,
    /// TIFF, and the raw formats of cameras that have the structure of TIFF.
    Tiff,
    /// Zip archives, and the document formats that are Zip archives.
    Zip,
    /// Microsoft's compound files.
    Ole,
}

macro_rules! rows {
    ($($name:ident: $documented:literal, $medium:literal, $mime_type:literal, $extensions:expr, $family:ident
        $(, [$($magic:literal),+])?;)*) => {
        $(pub(super) static $name: Row = Row {
            medium: $medium,
            mime_type: $mime_type,
            extensions: &$extensions,
            family: Family::$family,
            magic: &[$($($magic),+)?],
            is_documented: $documented,
        };)*
        /// All rows. If two rows have the same extension, the extension stands for the first one.
        pub(super) static ALL: &[&Row] = &[$(&$name),*];
    };
}

// The first block contains the documented formats. For images and audio, these are the formats that the documentation
// lists. For videos, it says "any video/*", so these are the usual ones. PDF is for tickets. The second block contains
// formats that are not documented. They are only used to name the format of a refused file in errors.
rows! {
    PNG: true, "image", "image/png", ["png", "apng"], Alone, [b"\x89PNG\r\n\x1a\n"];
    JPEG: true, "image", "image/jpeg", ["jpg", "jpeg", "jpe", "jfif"], Alone, [b"\xff\xd8\xff"];
    GIF: true, "image", "image/gif", ["gif"], Alone, [b"GIF87a", b"GIF89a"];
    WEBP: true, "image", "image/webp", ["webp"], Alone;
    TIFF: true, "image", "image/tiff", ["tiff", "tif"], Tiff;
    MP4: true, "video", "video/mp4", ["mp4", "mp4v", "mpg4"], Iso;
    M4V: true, "video", "video/mp4", ["m4v", "f4v", "f4p"], Iso;
    MOV: true, "video", "video/quicktime", ["mov", "qt"], Iso;
    THREE_GP: true, "video", "video/3gpp", ["3gp", "3g2", "3gpp", "3gpp2"], Iso;
    WEBM: true, "video", "video/webm", ["webm"], Matroska;
    MKV: true, "video", "video/x-matroska", ["mkv", "mk3d"], Matroska;
    AVI: true, "video", "video/x-msvideo", ["avi", "divx"], Alone;
    MPEG: true, "video", "video/mpeg", ["mpeg", "mpg", "mpe", "m1v", "m2v", "vob"], Mpeg;
    MPEG_TS: true, "video", "video/mp2t", ["ts", "mts", "m2ts", "m2t"], Mpeg;
    FLV: true, "video", "video/x-flv", ["flv"], Alone, [b"FLV\x01"];
    WMV: true, "video", "video/x-ms-wmv", ["wmv"], Asf;
    ASF: true, "video", "video/x-ms-asf", ["asf"], Asf;
    DV: true, "video", "video/x-dv", ["dv"], Alone, [b"\x1f\x07\0"];
    OGV: true, "video", "video/ogg", ["ogv", "ogm"], Ogg;
    MP3: true, "audio", "audio/mpeg", ["mp3"], Mpeg;
    WAV: true, "audio", "audio/wav", ["wav", "wave", "bwf", "rf64"], Alone;
    OGG: true, "audio", "audio/ogg", ["ogg", "ogx"], Ogg;
    OGA: true, "audio", "audio/ogg", ["oga", "opus", "spx"], Ogg;
    FLAC: true, "audio", "audio/flac", ["flac"], Alone, [b"fLaC"];
    AAC: true, "audio", "audio/aac", ["aac", "adts"], Mpeg;
    M4A: true, "audio", "audio/mp4", ["m4a", "m4b", "m4p", "m4r", "f4a", "f4b"], Iso;
    THREE_GP_AUDIO: true, "audio", "audio/3gpp", ["3gp", "3ga"], Iso;
    PDF: true, "document", "application/pdf", ["pdf"], Alone, [b"%PDF-"];

    HEIC: false, "image", "image/heic", ["heic", "heif", "hif", "heics", "heifs"], Alone;
    AVIF: false, "image", "image/avif", ["avif", "avifs"], Alone;
    CR3: false, "image", "image/x-canon-cr3", ["cr3"], Alone;
    CR2: false, "image", "image/x-canon-cr2", ["cr2"], Tiff;
    DNG: false, "image", "image/x-adobe-dng", ["dng"], Tiff;
    NEF: false, "image", "image/x-nikon-nef", ["nef", "nrw"], Tiff;
    ARW: false, "image", "image/x-sony-arw", ["arw", "sr2", "srf"], Tiff;
    RAW: false, "image", "image/x-dcraw", [
        "raw", "raf", "rw2", "rwl", "orf", "pef", "srw", "crw", "3fr", "fff", "iiq", "erf", "kdc", "dcr", "k25", "mef",
        "mos", "mrw", "x3f", "gpr",
    ], Tiff, [b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM"];
    BMP: false, "image", "image/bmp", ["bmp", "dib"], Alone;
    ICO: false, "image", "image/x-icon", ["ico", "cur"], Alone;
    ICNS: false, "image", "image/x-icns", ["icns"], Alone, [b"icns\0"];
    SVG: false, "image", "image/svg+xml", ["svg", "svgz"], Alone;
    PSD: false, "image", "image/vnd.adobe.photoshop", ["psd", "psb"], Alone, [b"8BPS\0"];
    XCF: false, "image", "image/x-xcf", ["xcf"], Alone, [b"gimp xcf"];
    JXL: false, "image", "image/jxl", ["jxl"], Alone, [b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a"];
    JP2: false, "image", "image/jp2", ["jp2", "j2k", "jpf", "jpx", "jpm", "j2c", "jpc"], Alone,
        [b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"];
    JXR: false, "image", "image/jxr", ["jxr", "wdp", "hdp"], Alone, [b"II\xbc\x01"];
    EXR: false, "image", "image/x-exr", ["exr"], Alone, [b"\x76\x2f\x31\x01"];
    HDR: false, "image", "image/vnd.radiance", ["hdr"], Alone, [b"#?RADIANCE"];
    TGA: false, "image", "image/x-tga", ["tga"], Alone;
    PNM: false, "image", "image/x-portable-anymap", ["pnm", "pbm", "pgm", "ppm", "pam"], Alone;
    PCX: false, "image", "image/x-pcx", ["pcx"], Alone;
    DDS: false, "image", "image/vnd.ms-dds", ["dds"], Alone, [b"DDS \x7c"];
    DJVU: false, "image", "image/vnd.djvu", ["djvu", "djv"], Alone, [b"AT&TFORM"];
    QOI: false, "image", "image/qoi", ["qoi"], Alone, [b"qoif\0"];
    WMF: false, "image", "image/wmf", ["wmf", "emf"], Alone;
    DICOM: false, "image", "application/dicom", ["dcm"], Alone;
    WMA: false, "audio", "audio/x-ms-wma", ["wma"], Asf;
    MKA: false, "audio", "audio/x-matroska", ["mka"], Matroska;
    WEBA: false, "audio", "audio/webm", ["weba"], Matroska;
    MP2: false, "audio", "audio/mp2", ["mp2", "mp1", "mpa", "m2a"], Mpeg;
    AIFF: false, "audio", "audio/aiff", ["aiff", "aif", "aifc"], Alone;
    AMR: false, "audio", "audio/amr", ["amr", "awb"], Alone, [b"#!AMR"];
    APE: false, "audio", "audio/x-ape", ["ape"], Alone, [b"MAC \x86", b"MAC \x96"];
    WAVPACK: false, "audio", "audio/x-wavpack", ["wv"], Alone, [b"wvpk"];
    CAF: false, "audio", "audio/x-caf", ["caf"], Alone, [b"caff\0"];
    MIDI: false, "audio", "audio/midi", ["mid", "midi", "kar", "rmi"], Alone, [b"MThd\0\0\0\x06"];
    AC3: false, "audio", "audio/ac3", ["ac3", "eac3", "ec3"], Alone;
    DTS: false, "audio", "audio/vnd.dts", ["dts", "dtshd"], Alone, [b"\x7f\xfe\x80\x01", b"DTSHDHDR"];
    AU: false, "audio", "audio/basic", ["au", "snd"], Alone, [b".snd\0"];
    REAL_AUDIO: false, "audio", "audio/x-realaudio", ["ra", "ram"], Alone, [b".ra\xfd"];
    TTA: false, "audio", "audio/x-tta", ["tta"], Alone, [b"TTA1"];
    MUSEPACK: false, "audio", "audio/x-musepack", ["mpc", "mp+"], Alone, [b"MPCK", b"MP+"];
    DSD: false, "audio", "audio/x-dsd", ["dsf", "dff"], Alone, [b"DSD \x1c", b"FRM8"];
    WAVE64: false, "audio", "audio/x-w64", ["w64"], Alone, [b"riff\x2e\x91\xcf\x11"];
    VOC: false, "audio", "audio/x-voc", ["voc"], Alone, [b"Creative Voice File\x1a"];
    GSM: false, "audio", "audio/x-gsm", ["gsm"], Alone;
    AUDIBLE: false, "audio", "audio/vnd.audible.aax", ["aa", "aax", "aaxc"], Alone;
    PLAYLIST: false, "audio", "audio/x-mpegurl", ["m3u", "m3u8", "pls"], Alone;
    REAL_MEDIA: false, "video", "application/vnd.rn-realmedia", ["rm", "rmvb", "rv"], Alone, [b".RMF\0"];
    MXF: false, "video", "application/mxf", ["mxf"], Alone, [b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"];
    SWF: false, "video", "application/x-shockwave-flash", ["swf"], Alone;
    MPEG_DASH: false, "video", "application/dash+xml", ["mpd", "m4s"], Alone;
    WORD: false, "document", "application/msword", ["doc", "dot"], Ole, [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
    EXCEL: false, "document", "application/vnd.ms-excel", ["xls"], Ole;
    POWERPOINT: false, "document", "application/vnd.ms-powerpoint", ["ppt", "pps"], Ole;
    DOCX: false, "document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["docx"], Zip;
    XLSX: false, "document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["xlsx"], Zip;
    PPTX: false, "document", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ["pptx"], Zip;
    ODT: false, "document", "application/vnd.oasis.opendocument", ["odt", "ods", "odp", "odg"], Zip;
    EPUB: false, "document", "application/epub+zip", ["epub"], Zip;
    RTF: false, "document", "application/rtf", ["rtf"], Alone, [b"{\\rtf"];
    POSTSCRIPT: false, "document", "application/postscript", ["ps", "eps", "ai"], Alone, [b"%!PS"];
    ZIP: false, "other", "application/zip", ["zip", "cbz", "jar", "apk"], Zip, [b"PK\x03\x04"];
    GZIP: false, "other", "application/gzip", ["gz", "tgz"], Alone, [b"\x1f\x8b\x08"];
    TAR: false, "other", "application/x-tar", ["tar"], Alone;
    SEVEN_ZIP: false, "other", "application/x-7z-compressed", ["7z"], Alone, [b"7z\xbc\xaf\x27\x1c"];
    RAR: false, "other", "application/vnd.rar", ["rar", "cbr"], Alone, [b"Rar!\x1a\x07"];
    BZIP2: false, "other", "application/x-bzip2", ["bz2"], Alone, [b"BZh"];
    XZ: false, "other", "application/x-xz", ["xz"], Alone, [b"\xfd7zXZ\0"];
    ZSTD: false, "other", "application/zstd", ["zst"], Alone, [b"\x28\xb5\x2f\xfd"];
}

impl Row {
    /// Returns the format that a file of this format has if it is submitted as `medium`, which may also be [`TICKET`].
    ///
    /// This is usually the format itself. A container for videos may also hold a recording, which has another media
    /// type. Returns `None` if the format does not fit the medium.
    pub(super) fn as_medium(&'static self, medium: &str) -> Option<&'static Self> {
        if medium == self.medium || (medium == TICKET && matches!(self.medium, "image" | "document")) {
            return Some(self);
        }
        let is_sound_of_video = (medium, self.medium) == ("audio", "video");
        self.siblings().filter(|_| is_sound_of_video).map(|(_, recording)| recording)
    }

    /// Returns the video format with the same container, if this is the format of a recording.
    pub(super) fn as_video(&'static self) -> Option<&'static Self> {
        if self.medium == "video" { Some(self) } else { self.siblings().map(|(video, _)| video) }
    }

    /// Returns the video format and the audio format that have the same container as this format.
    fn siblings(&self) -> Option<(&'static Self, &'static Self)> {
        Some(match self.family {
            Family::Iso if [&THREE_GP, &THREE_GP_AUDIO].contains(&self) => (&THREE_GP, &THREE_GP_AUDIO),
            Family::Iso => (&MP4, &M4A),
            Family::Ogg => (&OGV, &OGG),
            Family::Matroska if [&WEBM, &WEBA].contains(&self) => (&WEBM, &WEBA),
            Family::Matroska => (&MKV, &MKA),
            Family::Asf => (&WMV, &WMA),
            _ => return None,
        })
    }

    /// Returns `true` if the extension is used for videos as well as for recordings.
    pub(super) fn has_ambiguous_extension(&self) -> bool {
        [&MP4, &THREE_GP, &OGG].contains(&self)
    }

    /// Returns `true` if both are the same format or belong to the same family.
    pub(super) fn is_related_to(&self, other: &Self) -> bool {
        self == other || (self.family != Family::Alone && self.family == other.family)
    }
}
