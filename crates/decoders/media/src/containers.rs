//! The containers that are read, and what each is called.

use assay_contract::kind::AssetKind;
use assay_kit::Input;

/// One of FFmpeg's demuxers.
#[derive(Debug)]
pub(crate) struct Container {
    /// FFmpeg's name of the demuxer, or one of its names.
    demuxer: &'static str,
    /// The short name in `details.container`.
    name: &'static str,
    /// MIME type with moving pictures.
    video: &'static str,
    /// MIME type with sound alone.
    audio: &'static str,
}

const fn one(demuxer: &'static str, name: &'static str, video: &'static str, audio: &'static str) -> Container {
    Container { demuxer, name, video, audio }
}

/// What is allowed. Left out on purpose: everything that names other files (hls, dash, concat, sdp, rtsp, imf, playlists),
/// image sequences and pictures (another decoder's), subtitles and text, devices, and raw formats that any bytes match.
static CONTAINERS: &[Container] = &[
    one("mov", "mp4", "video/mp4", "audio/mp4"),
    one("matroska", "matroska", "video/x-matroska", "audio/x-matroska"),
    one("avi", "avi", "video/x-msvideo", "audio/x-msvideo"),
    one("mpegts", "mpegts", "video/mp2t", "video/mp2t"),
    one("mpeg", "mpeg", "video/mpeg", "video/mpeg"),
    one("mpegvideo", "mpegvideo", "video/mpeg", "video/mpeg"),
    one("flv", "flv", "video/x-flv", "video/x-flv"),
    one("asf", "asf", "video/x-ms-wmv", "audio/x-ms-wma"),
    one("ogg", "ogg", "video/ogg", "audio/ogg"),
    one("mp3", "mp3", "video/mpeg", "audio/mpeg"),
    one("wav", "wav", "video/x-wav", "audio/x-wav"),
    one("w64", "w64", "video/x-w64", "audio/x-w64"),
    one("flac", "flac", "video/flac", "audio/flac"),
    one("aac", "aac", "video/aac", "audio/aac"),
    one("loas", "loas", "video/mp4", "audio/x-loas"),
    one("aiff", "aiff", "video/x-aiff", "audio/x-aiff"),
    one("ape", "ape", "video/x-ape", "audio/x-ape"),
    one("wv", "wavpack", "video/x-wavpack", "audio/x-wavpack"),
    one("tta", "tta", "video/x-tta", "audio/x-tta"),
    one("tak", "tak", "video/x-tak", "audio/x-tak"),
    one("mpc", "musepack", "video/x-musepack", "audio/x-musepack"),
    one("mpc8", "musepack", "video/x-musepack", "audio/x-musepack"),
    one("amr", "amr", "video/3gpp", "audio/amr"),
    one("caf", "caf", "video/x-caf", "audio/x-caf"),
    one("au", "au", "video/basic", "audio/basic"),
    one("dsf", "dsf", "video/x-dsf", "audio/x-dsf"),
    // FFmpeg reads DSDIFF as one of the IFFs.
    one("iff", "dff", "video/x-dff", "audio/x-dff"),
    one("voc", "voc", "video/x-voc", "audio/x-voc"),
    one("xwma", "xwma", "video/x-ms-wmv", "audio/x-ms-wma"),
    one("ac3", "ac3", "video/ac3", "audio/ac3"),
    one("eac3", "eac3", "video/eac3", "audio/eac3"),
    one("dts", "dts", "video/vnd.dts", "audio/vnd.dts"),
    one("dtshd", "dtshd", "video/vnd.dts.hd", "audio/vnd.dts.hd"),
    one("truehd", "truehd", "video/vnd.dolby.mlp", "audio/vnd.dolby.mlp"),
    one("mlp", "mlp", "video/vnd.dolby.mlp", "audio/vnd.dolby.mlp"),
    one("mxf", "mxf", "application/mxf", "application/mxf"),
    one("gxf", "gxf", "application/gxf", "application/gxf"),
    one("dv", "dv", "video/x-dv", "video/x-dv"),
    one("rm", "realmedia", "video/vnd.rn-realvideo", "audio/vnd.rn-realaudio"),
    one("nsv", "nsv", "video/x-nsv", "audio/x-nsv"),
    one("nut", "nut", "video/x-nut", "audio/x-nut"),
    one("ivf", "ivf", "video/x-ivf", "video/x-ivf"),
    one("yuv4mpegpipe", "y4m", "video/x-yuv4mpeg", "video/x-yuv4mpeg"),
    one("h264", "h264", "video/h264", "video/h264"),
    one("hevc", "hevc", "video/h265", "video/h265"),
    one("m4v", "m4v", "video/mp4v-es", "video/mp4v-es"),
    one("h263", "h263", "video/h263", "video/h263"),
    one("av1", "av1", "video/av1", "video/av1"),
    one("obu", "av1", "video/av1", "video/av1"),
    one("vc1", "vc1", "video/vc1", "video/vc1"),
    one("mjpeg", "mjpeg", "video/x-motion-jpeg", "video/x-motion-jpeg"),
];

/// All allowed demuxers as FFmpeg's option wants them.
pub(crate) fn allowed() -> String {
    CONTAINERS.iter().map(|container| container.demuxer).collect::<Vec<_>>().join(",")
}

/// What a file is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    /// The short name in `details.container`.
    pub(crate) name: String,
    /// MIME type.
    pub(crate) mime_type: String,
}

/// Names a file by its demuxer, its variant (ISO brand or Matroska document type) and its kind.
pub(crate) fn called(demuxer: &str, variant: Option<&str>, kind: AssetKind) -> Called {
    let is = |name: &str| is_called(demuxer, name);
    let sound = kind == AssetKind::Audio;
    let (name, mime_type) = if is_iso(demuxer) {
        let brand = variant.unwrap_or("qt  ");
        match (brand, sound) {
            (brand, true) if brand.starts_with("3g2") => ("3g2", "audio/3gpp2"),
            (brand, false) if brand.starts_with("3g2") => ("3g2", "video/3gpp2"),
            (brand, true) if brand.starts_with("3g") => ("3gp", "audio/3gpp"),
            (brand, false) if brand.starts_with("3g") => ("3gp", "video/3gpp"),
            // There is no audio/quicktime: a QuickTime file with sound alone is still a QuickTime file.
            ("qt  ", _) => ("mov", "video/quicktime"),
            (_, true) => ("mp4", "audio/mp4"),
            (_, false) => ("mp4", "video/mp4"),
        }
    } else if is("matroska") && variant == Some("webm") {
        ("webm", if sound { "audio/webm" } else { "video/webm" })
    } else {
        match CONTAINERS.iter().find(|container| is(container.demuxer)) {
            Some(container) => (container.name, if sound { container.audio } else { container.video }),
            None => (demuxer, if sound { "audio/x-unknown" } else { "video/x-unknown" }),
        }
    };
    Called { name: name.to_owned(), mime_type: mime_type.to_owned() }
}

/// Whether a demuxer reads ISO base media files, QuickTime among them.
pub(crate) fn is_iso(demuxer: &str) -> bool {
    is_called(demuxer, "mov")
}

/// FFmpeg separates the names of one demuxer by commas.
fn is_called(demuxer: &str, name: &str) -> bool {
    demuxer.split(',').any(|one| one == name)
}

/// Reads the document type of a Matroska file: EBML element 0x4282 in its head (RFC 8794, section 11.2.4).
pub(crate) fn document_type(input: &mut Input) -> Option<String> {
    let mut head = [0_u8; 128];
    let length = input.read_at(0, &mut head).ok()?;
    let head = head.get(..length)?;
    let start = head.windows(2).position(|pair| pair == [0x42, 0x82])?;
    // One byte of length: the first bit is the marker of a length that takes one byte.
    let size = usize::from(head.get(start + 2)? & 0x7f);
    let name = head.get(start + 3..start + 3 + size)?;
    String::from_utf8(name.iter().copied().take_while(|byte| *byte != 0).collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_container_that_names_other_files_is_allowed() {
        let allowed = allowed();
        for refused in ["hls", "dash", "concat", "sdp", "rtsp", "image2", "imf", "lavfi", "tty", "srt", "webvtt", "ass", "gif"] {
            assert!(!allowed.split(',').any(|name| name == refused), "{refused}");
        }
    }

    #[test]
    fn a_brand_and_a_kind_decide_the_mime_type() {
        let mov = "mov,mp4,m4a,3gp,3g2,mj2";
        assert_eq!(called(mov, Some("isom"), AssetKind::Video).mime_type, "video/mp4");
        assert_eq!(called(mov, Some("M4A "), AssetKind::Audio).mime_type, "audio/mp4");
        assert_eq!(called(mov, Some("qt  "), AssetKind::Video).mime_type, "video/quicktime");
        assert_eq!(called(mov, None, AssetKind::Video).mime_type, "video/quicktime");
        assert_eq!(called(mov, Some("3gp4"), AssetKind::Video).mime_type, "video/3gpp");
        assert_eq!(called("matroska,webm", Some("webm"), AssetKind::Video).mime_type, "video/webm");
        assert_eq!(called("matroska,webm", Some("matroska"), AssetKind::Video).mime_type, "video/x-matroska");
    }

    #[test]
    fn a_matroska_document_type_is_read_from_its_head() {
        let mut bytes = vec![0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1, 0x42, 0x82, 0x84];
        bytes.extend(b"webm");
        assert_eq!(document_type(&mut Input::whole_in_memory(bytes)).as_deref(), Some("webm"));
        assert_eq!(document_type(&mut Input::whole_in_memory(vec![0x42, 0x82])), None);
    }
}
