//! The table of formats.

/// The kind of file that a ticket may be.
pub(crate) const TICKET: &str = "image or PDF";

/// A format: one line of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) medium: &'static str,
    pub(super) media_type: &'static str,
    /// In lower case; the first is the usual one.
    pub(super) extensions: &'static [&'static str],
    pub(super) family: Family,
    /// `true` if the service documents that it takes it.
    pub(super) is_documented: bool,
}

/// Formats that share a container or a way to begin, so that content alone does not always tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Alone,
    /// ISO base media files: MP4 and its kin.
    Iso,
    Ogg,
    Matroska,
    /// Windows Media.
    Asf,
    /// MPEG streams, with video or without.
    Mpeg,
    /// TIFF, and what cameras write in its structure.
    Tiff,
    /// Zip archives, and documents that are such archives.
    Zip,
    /// Microsoft's compound files.
    Ole,
}

macro_rules! rows {
    ($($name:ident: $documented:literal, $medium:literal, $media_type:literal, $extensions:expr, $family:ident;)*) => {
        $(pub(super) static $name: Row = Row {
            medium: $medium,
            media_type: $media_type,
            extensions: &$extensions,
            family: Family::$family,
            is_documented: $documented,
        };)*
        /// Every row. Of two with the same extension, the first is the one that the extension stands for.
        pub(super) static ALL: &[&Row] = &[$(&$name),*];
    };
}

// Images and audio: what the documentation lists. Videos: it says "any video/*", so these are the usual ones. Documents
// are for tickets. What follows is known only to be refused under its own name.
rows! {
    PNG: true, "image", "image/png", ["png", "apng"], Alone;
    JPEG: true, "image", "image/jpeg", ["jpg", "jpeg", "jpe", "jfif"], Alone;
    GIF: true, "image", "image/gif", ["gif"], Alone;
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
    FLV: true, "video", "video/x-flv", ["flv"], Alone;
    WMV: true, "video", "video/x-ms-wmv", ["wmv"], Asf;
    ASF: true, "video", "video/x-ms-asf", ["asf"], Asf;
    DV: true, "video", "video/x-dv", ["dv"], Alone;
    OGV: true, "video", "video/ogg", ["ogv", "ogm"], Ogg;
    MP3: true, "audio", "audio/mpeg", ["mp3"], Mpeg;
    WAV: true, "audio", "audio/wav", ["wav", "wave", "bwf", "rf64"], Alone;
    OGG: true, "audio", "audio/ogg", ["ogg", "ogx"], Ogg;
    OGA: true, "audio", "audio/ogg", ["oga", "opus", "spx"], Ogg;
    FLAC: true, "audio", "audio/flac", ["flac"], Alone;
    AAC: true, "audio", "audio/aac", ["aac", "adts"], Mpeg;
    M4A: true, "audio", "audio/mp4", ["m4a", "m4b", "m4p", "m4r", "f4a", "f4b"], Iso;
    THREE_GP_AUDIO: true, "audio", "audio/3gpp", ["3gp", "3ga"], Iso;
    PDF: true, "document", "application/pdf", ["pdf"], Alone;

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
    ], Tiff;
    BMP: false, "image", "image/bmp", ["bmp", "dib"], Alone;
    ICO: false, "image", "image/x-icon", ["ico", "cur"], Alone;
    ICNS: false, "image", "image/x-icns", ["icns"], Alone;
    SVG: false, "image", "image/svg+xml", ["svg", "svgz"], Alone;
    PSD: false, "image", "image/vnd.adobe.photoshop", ["psd", "psb"], Alone;
    XCF: false, "image", "image/x-xcf", ["xcf"], Alone;
    JXL: false, "image", "image/jxl", ["jxl"], Alone;
    JP2: false, "image", "image/jp2", ["jp2", "j2k", "jpf", "jpx", "jpm", "j2c", "jpc"], Alone;
    JXR: false, "image", "image/jxr", ["jxr", "wdp", "hdp"], Alone;
    EXR: false, "image", "image/x-exr", ["exr"], Alone;
    HDR: false, "image", "image/vnd.radiance", ["hdr"], Alone;
    TGA: false, "image", "image/x-tga", ["tga"], Alone;
    PNM: false, "image", "image/x-portable-anymap", ["pnm", "pbm", "pgm", "ppm", "pam"], Alone;
    PCX: false, "image", "image/x-pcx", ["pcx"], Alone;
    DDS: false, "image", "image/vnd.ms-dds", ["dds"], Alone;
    DJVU: false, "image", "image/vnd.djvu", ["djvu", "djv"], Alone;
    QOI: false, "image", "image/qoi", ["qoi"], Alone;
    WMF: false, "image", "image/wmf", ["wmf", "emf"], Alone;
    DICOM: false, "image", "application/dicom", ["dcm"], Alone;
    WMA: false, "audio", "audio/x-ms-wma", ["wma"], Asf;
    MKA: false, "audio", "audio/x-matroska", ["mka"], Matroska;
    WEBA: false, "audio", "audio/webm", ["weba"], Matroska;
    MP2: false, "audio", "audio/mp2", ["mp2", "mp1", "mpa", "m2a"], Mpeg;
    AIFF: false, "audio", "audio/aiff", ["aiff", "aif", "aifc"], Alone;
    AMR: false, "audio", "audio/amr", ["amr", "awb"], Alone;
    APE: false, "audio", "audio/x-ape", ["ape"], Alone;
    WAVPACK: false, "audio", "audio/x-wavpack", ["wv"], Alone;
    CAF: false, "audio", "audio/x-caf", ["caf"], Alone;
    MIDI: false, "audio", "audio/midi", ["mid", "midi", "kar", "rmi"], Alone;
    AC3: false, "audio", "audio/ac3", ["ac3", "eac3", "ec3"], Alone;
    DTS: false, "audio", "audio/vnd.dts", ["dts", "dtshd"], Alone;
    AU: false, "audio", "audio/basic", ["au", "snd"], Alone;
    REAL_AUDIO: false, "audio", "audio/x-realaudio", ["ra", "ram"], Alone;
    TTA: false, "audio", "audio/x-tta", ["tta"], Alone;
    MUSEPACK: false, "audio", "audio/x-musepack", ["mpc", "mp+"], Alone;
    DSD: false, "audio", "audio/x-dsd", ["dsf", "dff"], Alone;
    WAVE64: false, "audio", "audio/x-w64", ["w64"], Alone;
    VOC: false, "audio", "audio/x-voc", ["voc"], Alone;
    GSM: false, "audio", "audio/x-gsm", ["gsm"], Alone;
    AUDIBLE: false, "audio", "audio/vnd.audible.aax", ["aa", "aax", "aaxc"], Alone;
    PLAYLIST: false, "audio", "audio/x-mpegurl", ["m3u", "m3u8", "pls"], Alone;
    REAL_MEDIA: false, "video", "application/vnd.rn-realmedia", ["rm", "rmvb", "rv"], Alone;
    MXF: false, "video", "application/mxf", ["mxf"], Alone;
    SWF: false, "video", "application/x-shockwave-flash", ["swf"], Alone;
    MPEG_DASH: false, "video", "application/dash+xml", ["mpd", "m4s"], Alone;
    WORD: false, "document", "application/msword", ["doc", "dot"], Ole;
    EXCEL: false, "document", "application/vnd.ms-excel", ["xls"], Ole;
    POWERPOINT: false, "document", "application/vnd.ms-powerpoint", ["ppt", "pps"], Ole;
    DOCX: false, "document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["docx"], Zip;
    XLSX: false, "document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["xlsx"], Zip;
    PPTX: false, "document", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ["pptx"], Zip;
    ODT: false, "document", "application/vnd.oasis.opendocument", ["odt", "ods", "odp", "odg"], Zip;
    EPUB: false, "document", "application/epub+zip", ["epub"], Zip;
    RTF: false, "document", "application/rtf", ["rtf"], Alone;
    POSTSCRIPT: false, "document", "application/postscript", ["ps", "eps", "ai"], Alone;
    ZIP: false, "other", "application/zip", ["zip", "cbz", "jar", "apk"], Zip;
    GZIP: false, "other", "application/gzip", ["gz", "tgz"], Alone;
    TAR: false, "other", "application/x-tar", ["tar"], Alone;
    SEVEN_ZIP: false, "other", "application/x-7z-compressed", ["7z"], Alone;
    RAR: false, "other", "application/vnd.rar", ["rar", "cbr"], Alone;
    BZIP2: false, "other", "application/x-bzip2", ["bz2"], Alone;
    XZ: false, "other", "application/x-xz", ["xz"], Alone;
    ZSTD: false, "other", "application/zstd", ["zst"], Alone;
}

impl Row {
    /// Returns this format as it goes for `medium`, or as a [ticket](TICKET): a container that holds videos
    /// holds recordings, too, under another media type.
    pub(super) fn as_medium(&'static self, medium: &str) -> Option<&'static Self> {
        if medium == self.medium || (medium == TICKET && matches!(self.medium, "image" | "document")) {
            return Some(self);
        }
        if (medium, self.medium) != ("audio", "video") {
            return None;
        }
        Some(match self.family {
            Family::Iso if self == &THREE_GP => &THREE_GP_AUDIO,
            Family::Iso => &M4A,
            Family::Ogg => &OGG,
            Family::Matroska if self == &WEBM => &WEBA,
            Family::Matroska => &MKA,
            Family::Asf => &WMA,
            _ => return None,
        })
    }

    /// Returns the videos that come in the container of this recording.
    pub(super) fn as_video(&'static self) -> Option<&'static Self> {
        Some(match self.family {
            _ if self.medium == "video" => self,
            Family::Iso if self == &THREE_GP_AUDIO => &THREE_GP,
            Family::Iso => &MP4,
            Family::Ogg => &OGV,
            Family::Matroska if self == &WEBA => &WEBM,
            Family::Matroska => &MKV,
            Family::Asf => &WMV,
            _ => return None,
        })
    }

    /// Returns `true` if the extension stands for recordings, too: the service documents some for both.
    pub(super) fn names_either(&self) -> bool {
        [&MP4, &THREE_GP, &OGG].contains(&self)
    }

    pub(super) fn is_kin_of(&self, other: &Self) -> bool {
        self == other || (self.family != Family::Alone && self.family == other.family)
    }
}
