//! Pictures.

use super::{Sniffed, at, marks, netpbm};

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    if at(head, 0, b"\xff\xd8\xff") {
        return Some(Sniffed::image("image/jpeg"));
    }
    if at(head, 0, b"\x89PNG\r\n\x1a\n") {
        return Some(Sniffed::image("image/png"));
    }
    if marks(head, 0, b"GIF87a") || marks(head, 0, b"GIF89a") {
        return Some(Sniffed::image("image/gif"));
    }
    if at(head, 0, b"RIFF") && at(head, 8, b"WEBP") {
        return Some(Sniffed::image("image/webp"));
    }
    if at(head, 0, b"BM") && bmp_header_follows(head) {
        return Some(Sniffed::image("image/bmp"));
    }
    if [b"II*\0".as_slice(), b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| at(head, 0, magic)) {
        return Some(Sniffed::tiff());
    }
    if at(head, 0, b"\0\0\0\x0cjP  \r\n\x87\n") {
        // Motion JPEG 2000 begins alike (ISO/IEC 15444-3).
        let is_film = at(head, 20, b"mjp2");
        return (!is_film).then_some(if jpeg_2000_may_have_a_place(head) {
            Sniffed::placed_jpeg_2000()
        } else {
            Sniffed::image("image/jp2")
        });
    }
    if at(head, 0, b"\xff\x0a") || at(head, 0, b"\0\0\0\x0cJXL \r\n\x87\n") {
        return Some(Sniffed::image("image/jxl"));
    }
    if at(head, 0, b"\xff\x4f\xff\x51") {
        return Some(Sniffed::image("image/j2c"));
    }
    if marks(head, 0, b"FUJIFILMCCD-RAW ") {
        return Some(Sniffed::image("image/x-fujifilm-raf"));
    }
    if at(head, 0, b"IIU\0") {
        return Some(Sniffed::image("image/x-panasonic-rw2"));
    }
    if [b"IIRO".as_slice(), b"IIRS", b"MMOR"].iter().any(|magic| marks(head, 0, magic)) {
        return Some(Sniffed::image("image/x-olympus-orf"));
    }
    // Of what is packed only drawings are read; the decoder looks inside.
    if at(head, 0, b"\x1f\x8b\x08") {
        return Some(Sniffed::image("application/gzip"));
    }
    if marks(head, 0, b"qoif") {
        return Some(Sniffed::image("image/qoi"));
    }
    if at(head, 0, b"#?RADIANCE\n") || at(head, 0, b"#?RGBE\n") {
        return Some(Sniffed::image("image/vnd.radiance"));
    }
    if at(head, 0, b"8BPS\0\x01") || at(head, 0, b"8BPS\0\x02") {
        return Some(Sniffed::image("image/vnd.adobe.photoshop"));
    }
    if at(head, 0, b"\x76\x2f\x31\x01") {
        return Some(Sniffed::image("image/x-exr"));
    }
    icon(head).or_else(|| netpbm::sniff(head)).or_else(|| transmission(head))
}

/// Icons and cursors: four bytes alone are found in other files, so the first entry must lie behind the list.
fn icon(head: &[u8]) -> Option<Sniffed> {
    let mime_type = match head.get(..4)? {
        b"\0\0\x01\0" => "image/vnd.microsoft.icon",
        b"\0\0\x02\0" => "image/x-cursor",
        _ => return None,
    };
    let count = u16::from_le_bytes(head.get(4..6)?.try_into().ok()?);
    let offset = u32::from_le_bytes(head.get(18..22)?.try_into().ok()?);
    (count > 0 && matches!(head.get(9)?, 0 | 255) && offset >= 6 + 16 * u32::from(count)).then_some(Sniffed::image(mime_type))
}

/// `BM` alone begins many texts: a BMP's info header has one of a few sizes (Windows GDI, OS/2).
fn bmp_header_follows(head: &[u8]) -> bool {
    matches!(head.get(14..18).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// NITF: letters and digits throughout, so that its version and the two characters of its complexity level must follow (MIL-STD-2500C,
/// table A-1; digits, which a damaged file may not have kept).
fn transmission(head: &[u8]) -> Option<Sniffed> {
    let is_nitf = (at(head, 0, b"NITF0") || at(head, 0, b"NSIF0"))
        && matches!(head.get(5..11), Some([b'0'..=b'9', b'.', b'0'..=b'9', b'0'..=b'9', level @ ..]) if level.iter().all(u8::is_ascii_alphanumeric));
    is_nitf.then_some(Sniffed::imagery("application/vnd.nitf"))
}

/// Whether a box that gives a JPEG 2000 its place is in the head, before the codestream as writers put it: `GeoJP2`'s `uuid`, or the label
/// of `GMLJP2` (OGC 08-085, 7.1). What is in it, the decoder of imagery sees, and hands on what has no place after all.
fn jpeg_2000_may_have_a_place(head: &[u8]) -> bool {
    const GEOJP2: &[u8] = b"\xb1\x4b\xf8\xbd\x08\x3d\x4b\x43\xa5\xae\x8c\xd7\xd5\xa6\xce\x03";
    const GMLJP2: &[u8] = b"lbl gml.data";
    [GEOJP2, GMLJP2].iter().any(|mark| head.windows(mark.len()).any(|bytes| bytes == *mark))
}
