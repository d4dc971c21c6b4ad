//! Transfer syntaxes: their names, and how the pixels of each are written (DICOM PS3.5, annex A; PS3.6, annex A).

use dicom_dictionary_std::uids;

/// How pixels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As numbers, in one piece.
    Native,
    /// As numbers, a frame in a fragment.
    NativeInFragments,
    /// Deflated numbers, a frame in a fragment.
    DeflatedFrames,
    Rle,
    Jpeg,
    JpegLs,
    Jpeg2000,
    JpegXl,
    /// Frames that lean on one another.
    Video,
    /// Somewhere else.
    Referenced,
    Unknown,
}

/// One syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) name: &'static str,
    pub(crate) coding: Coding,
}

/// A private syntax whose data sets are little endian and whose pixels are not.
pub(crate) const GE_PRIVATE: &str = "1.2.840.113619.5.2";

/// Finds a syntax.
pub(crate) fn of(uid: &str) -> Syntax {
    let unknown = Syntax { name: "a private or unknown syntax", coding: Coding::Unknown };
    SYNTAXES.iter().find(|(known, ..)| *known == uid).map_or(unknown, |(_, name, coding)| Syntax { name, coding: *coding })
}

/// How a frame is written, by its first bytes: some files say another syntax than they use.
pub(crate) fn by_mark(frame: &[u8]) -> Option<Coding> {
    match frame {
        [0xff, 0xd8, 0xff, ..] => Some(if has_ls_frame(frame) { Coding::JpegLs } else { Coding::Jpeg }),
        [0xff, 0x4f, 0xff, 0x51, ..] | [0, 0, 0, 0x0c, b'j', b'P', b' ', b' ', ..] => Some(Coding::Jpeg2000),
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', ..] => Some(Coding::JpegXl),
        _ => None,
    }
}

/// Whether the first frame header among a JPEG's segments is JPEG-LS's (ISO/IEC 14495-1, C.1.1).
fn has_ls_frame(jpeg: &[u8]) -> bool {
    let mut at = 2_usize;
    while let Some([0xff, marker, high, low]) = jpeg.get(at..at.saturating_add(4)) {
        match marker {
            0xf7 => return true,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => return false,
            _ => at = at.saturating_add(2).saturating_add(usize::from(u16::from_be_bytes([*high, *low]))),
        }
    }
    false
}

const SYNTAXES: &[(&str, &str, Coding)] = &[
    (uids::IMPLICIT_VR_LITTLE_ENDIAN, "Implicit VR Little Endian", Coding::Native),
    (uids::EXPLICIT_VR_LITTLE_ENDIAN, "Explicit VR Little Endian", Coding::Native),
    (crate::opening::BIG_ENDIAN, "Explicit VR Big Endian", Coding::Native),
    (uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, "Deflated Explicit VR Little Endian", Coding::Native),
    (GE_PRIVATE, "GE Private Implicit VR, pixels Big Endian", Coding::Native),
    (uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN, "Encapsulated Uncompressed", Coding::NativeInFragments),
    (uids::DEFLATED_IMAGE_FRAME_COMPRESSION, "Deflated Image Frame Compression", Coding::DeflatedFrames),
    (uids::RLE_LOSSLESS, "RLE Lossless", Coding::Rle),
    (uids::JPEG_BASELINE8_BIT, "JPEG Baseline (Process 1)", Coding::Jpeg),
    (uids::JPEG_EXTENDED12_BIT, "JPEG Extended (Process 2 and 4)", Coding::Jpeg),
    ("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 and 5)", Coding::Jpeg),
    ("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (Process 6 and 8)", Coding::Jpeg),
    ("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection (Process 7 and 9)", Coding::Jpeg),
    ("1.2.840.10008.1.2.4.55", "JPEG Full Progression (Process 10 and 12)", Coding::Jpeg),
    ("1.2.840.10008.1.2.4.56", "JPEG Full Progression (Process 11 and 13)", Coding::Jpeg),
    (uids::JPEG_LOSSLESS, "JPEG Lossless (Process 14)", Coding::Jpeg),
    ("1.2.840.10008.1.2.4.58", "JPEG Lossless (Process 15)", Coding::Jpeg),
    (uids::JPEG_LOSSLESS_SV1, "JPEG Lossless (Process 14, Selection Value 1)", Coding::Jpeg),
    (uids::JPEGLS_LOSSLESS, "JPEG-LS Lossless", Coding::JpegLs),
    (uids::JPEGLS_NEAR_LOSSLESS, "JPEG-LS Near-Lossless", Coding::JpegLs),
    (uids::JPEG2000_LOSSLESS, "JPEG 2000 Lossless", Coding::Jpeg2000),
    (uids::JPEG2000, "JPEG 2000", Coding::Jpeg2000),
    (uids::JPEG2000MC_LOSSLESS, "JPEG 2000 Part 2 Lossless", Coding::Jpeg2000),
    (uids::JPEG2000MC, "JPEG 2000 Part 2", Coding::Jpeg2000),
    (uids::HTJ2K_LOSSLESS, "High-Throughput JPEG 2000 Lossless", Coding::Jpeg2000),
    (uids::HTJ2K_LOSSLESS_RPCL, "High-Throughput JPEG 2000 Lossless with RPCL", Coding::Jpeg2000),
    (uids::HTJ2K, "High-Throughput JPEG 2000", Coding::Jpeg2000),
    (uids::JPEGXL_LOSSLESS, "JPEG XL Lossless", Coding::JpegXl),
    (uids::JPEGXLJPEG_RECOMPRESSION, "JPEG XL JPEG Recompression", Coding::JpegXl),
    (uids::JPEGXL, "JPEG XL", Coding::JpegXl),
    (uids::JPIP_REFERENCED, "JPIP Referenced", Coding::Referenced),
    (uids::JPIP_REFERENCED_DEFLATE, "JPIP Referenced Deflate", Coding::Referenced),
    (uids::JPIPHTJ2K_REFERENCED, "JPIP HTJ2K Referenced", Coding::Referenced),
    (uids::JPIPHTJ2K_REFERENCED_DEFLATE, "JPIP HTJ2K Referenced Deflate", Coding::Referenced),
    (uids::MPEG2MPML, "MPEG-2 Main Profile", Coding::Video),
    (uids::MPEG2MPMLF, "Fragmentable MPEG-2 Main Profile", Coding::Video),
    (uids::MPEG2MPHL, "MPEG-2 High Level", Coding::Video),
    (uids::MPEG2MPHLF, "Fragmentable MPEG-2 High Level", Coding::Video),
    (uids::MPEG4HP41, "MPEG-4 AVC High Profile 4.1", Coding::Video),
    (uids::MPEG4HP41F, "Fragmentable MPEG-4 AVC High Profile 4.1", Coding::Video),
    (uids::MPEG4HP41BD, "MPEG-4 AVC High Profile 4.1, BD-compatible", Coding::Video),
    (uids::MPEG4HP41BDF, "Fragmentable MPEG-4 AVC High Profile 4.1, BD-compatible", Coding::Video),
    (uids::MPEG4HP422D, "MPEG-4 AVC High Profile 4.2 for 2D", Coding::Video),
    (uids::MPEG4HP422DF, "Fragmentable MPEG-4 AVC High Profile 4.2 for 2D", Coding::Video),
    (uids::MPEG4HP423D, "MPEG-4 AVC High Profile 4.2 for 3D", Coding::Video),
    (uids::MPEG4HP423DF, "Fragmentable MPEG-4 AVC High Profile 4.2 for 3D", Coding::Video),
    (uids::MPEG4HP42STEREO, "MPEG-4 AVC Stereo High Profile 4.2", Coding::Video),
    (uids::MPEG4HP42STEREOF, "Fragmentable MPEG-4 AVC Stereo High Profile 4.2", Coding::Video),
    (uids::HEVCMP51, "HEVC Main Profile 5.1", Coding::Video),
    (uids::HEVCM10P51, "HEVC Main 10 Profile 5.1", Coding::Video),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_is_named_and_an_unknown_one_said_to_be_so() {
        assert_eq!(of("1.2.840.10008.1.2.4.80"), Syntax { name: "JPEG-LS Lossless", coding: Coding::JpegLs });
        assert_eq!(of("1.2.3").coding, Coding::Unknown);
    }

    #[test]
    fn a_frames_first_bytes_say_more_than_its_syntax() {
        assert_eq!(by_mark(b"\xff\xd8\xff\xe0\0\x04ab\xff\xf7\0\x0b"), Some(Coding::JpegLs));
        assert_eq!(by_mark(b"\xff\xd8\xff\xe0\0\x04ab\xff\xc3\0\x0b"), Some(Coding::Jpeg));
        assert_eq!(by_mark(b"\xff\x4f\xff\x51"), Some(Coding::Jpeg2000));
        assert_eq!(by_mark(b"\x01\0\0\0\x40\0\0\0"), None);
    }
}
