//! Containers that may hold video: told apart by their brands, marks and structure.

use super::{Sniffed, at, marks, words};
use assay_contract::AssetKind;

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    if marks(head, 4, b"ftyp") {
        return Some(by_brand(head.get(8..12).unwrap_or_default()));
    }
    // Motion JPEG 2000: a JPEG 2000 signature, then its brand.
    if at(head, 4, b"jP  ") && at(head, 20, b"mjp2") {
        return Some(Sniffed::video("video/mj2"));
    }
    // QuickTime files from before `ftyp` begin with any of these atoms.
    let mut atoms = [b"moov".as_slice(), b"mdat", b"wide", b"free", b"skip", b"pnot"].into_iter();
    if atoms.any(|atom| marks(head, 4, atom)) && atom_size_is_sane(head) {
        return Some(Sniffed::either("video/quicktime"));
    }
    if at(head, 0, b"\x1a\x45\xdf\xa3") {
        let doc_type = head.get(..256).unwrap_or(head);
        let webm = doc_type.windows(4).any(|four| four == b"webm");
        return Some(Sniffed::either(if webm { "video/webm" } else { "video/x-matroska" }));
    }
    if at(head, 0, b"RIFF") && (at(head, 8, b"AVI ") || at(head, 8, b"AVIX")) {
        return Some(Sniffed::video("video/x-msvideo"));
    }
    if at(head, 0, b"FLV\x01") {
        return Some(Sniffed::either("video/x-flv"));
    }
    if at(head, 0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c") {
        return Some(Sniffed::either("video/x-ms-asf"));
    }
    if marks(head, 0, b"OggS") {
        return Some(Sniffed::either("application/ogg"));
    }
    if at(head, 0, b"\0\0\x01\xba") || at(head, 0, b"\0\0\x01\xb3") {
        return Some(Sniffed::either("video/mpeg"));
    }
    if marks(head, 0, b".RMF") {
        return Some(Sniffed::either("application/vnd.rn-realmedia"));
    }
    if at(head, 0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01") {
        return Some(Sniffed::either("application/mxf"));
    }
    if uncompressed(head) {
        return Some(Sniffed::video("video/x-yuv4mpeg"));
    }
    if marks(head, 0, b"DKIF") {
        return Some(Sniffed::video("video/x-ivf"));
    }
    if marks(head, 0, b"NSVf") || marks(head, 0, b"NSVs") {
        return Some(Sniffed::either("video/x-nsv"));
    }
    if transport_stream(head) && !words::is_text(head) {
        return Some(Sniffed::either("video/mp2t"));
    }
    if digital_video(head) {
        return Some(Sniffed::video("video/x-dv"));
    }
    // AV1 without a container: an empty temporal delimiter, then a sequence header, both with their sizes (AV1, 5.3 and 7.5).
    if matches!(head, [0x12, 0, 0x0a, 1..=0x7f, ..]) {
        return Some(Sniffed::video("video/av1"));
    }
    if let Some(bare) = bare_video(head) {
        return Some(bare);
    }
    if at(head, 0, b"\0\0\x01\xb0") || at(head, 0, b"\0\0\x01\xb6") {
        return Some(Sniffed::video("video/mpeg"));
    }
    None
}

/// A recording that begins in the middle of a packet: heads of packets at the same place of many, whose sync bytes do not stand
/// everywhere. Asked last: a picture's rows may be as long as a packet.
pub(super) fn within_a_packet(head: &[u8]) -> Option<Sniffed> {
    /// So many heads are no accident in any of the places together.
    const PACKETS: usize = 8;
    let first = head.get(..188)?;
    let has_heads = |place: usize| (0..PACKETS).all(|packet| head.get(place + packet * 188..).is_some_and(is_packet));
    let is_stream = first.iter().any(|byte| *byte != 0x47)
        && (1..188).any(|place| has_heads(place) && head.get(place + 1) != Some(&0x47))
        && !words::is_text(head);
    is_stream.then_some(Sniffed::either("video/mp2t"))
}

/// DV: the header block of the first sequence of blocks, then that of its subcodes (IEC 61834-2, figure 28; SMPTE 314M, 5.1).
fn digital_video(head: &[u8]) -> bool {
    let [0x1f, 0x07, 0, 0x3f | 0xbf, ..] = *head else { return false };
    matches!(head.get(80), None | Some(0x20..=0x3f)) && !words::is_text(head)
}

/// H.264 or HEVC without a container: a start code (ISO/IEC 14496-10 and 23008-2, Annex B), then a parameter set, a delimiter,
/// or supplementary information with a parameter set behind it.
fn bare_video(head: &[u8]) -> Option<Sniffed> {
    if !at(head, 0, b"\0\0\0\x01") && !at(head, 0, b"\0\0\x01") {
        return None;
    }
    let first = unit(head)?;
    let mut later = std::iter::successors(unit(first), |before| unit(before)).take(MOST_UNITS);
    match first {
        // 7 and 9, with any importance.
        [0x09 | 0x27 | 0x47 | 0x67, ..] => Some(Sniffed::video("video/h264")),
        [0x06, ..] => later.any(|unit| matches!(unit, [0x27 | 0x47 | 0x67, ..])).then_some(Sniffed::video("video/h264")),
        // 32 to 35, layer 0.
        [0x40 | 0x42 | 0x44 | 0x46, 0x01, ..] => Some(Sniffed::video("video/h265")),
        [0x4e, 0x01, ..] => later.any(|unit| matches!(unit, [0x40 | 0x42, 0x01, ..])).then_some(Sniffed::video("video/h265")),
        _ => None,
    }
}

/// Units that may stand before the first parameter set.
const MOST_UNITS: usize = 16;

/// What follows the next start code.
fn unit(head: &[u8]) -> Option<&[u8]> {
    let code = head.windows(3).position(|three| three == [0, 0, 1])?;
    head.get(code + 3..)
}

/// Brands of ISO base media files (<https://mp4ra.org/registered-types/brands>).
fn by_brand(brand: &[u8]) -> Sniffed {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" => Sniffed::image("image/heic"),
        b"hevc" | b"hevx" | b"hevm" | b"hevs" => Sniffed::image("image/heic-sequence"),
        b"mif1" | b"mif2" | b"mif3" | b"miaf" | b"avci" | b"vvic" | b"j2ki" | b"jpeg" | b"evbi" | b"unif" => Sniffed::image("image/heif"),
        b"msf1" | b"avcs" | b"vvis" | b"j2is" | b"jpgs" => Sniffed::image("image/heif-sequence"),
        b"avif" | b"avis" | b"avio" => Sniffed::image("image/avif"),
        b"crx " => Sniffed::image("image/x-canon-cr3"),
        b"jp2 " | b"jpx " | b"jpm " => Sniffed::unread("image/jp2", Some(AssetKind::Image)),
        b"qt  " => Sniffed::either("video/quicktime"),
        b"M4A " | b"M4B " | b"M4P " => Sniffed::either("audio/mp4"),
        [b'3', b'g', b'2', _] => Sniffed::either("video/3gpp2"),
        [b'3', b'g', _, _] => Sniffed::either("video/3gpp"),
        _ => Sniffed::either("video/mp4"),
    }
}

/// 0 is "to the end of the file", 1 a size in 64 bits. Only the media themselves are half a gigabyte long: a size that large is
/// made of letters.
fn atom_size_is_sane(head: &[u8]) -> bool {
    let size = head.get(..4).and_then(|size| size.try_into().ok()).map(u32::from_be_bytes);
    size.is_some_and(|size| matches!(size, 0 | 1 | 8..0x2020_2020) || (size >= 8 && at(head, 4, b"mdat")))
}

/// YUV4MPEG2: a line of parameters, of which width and height are required. What follows may look like text: its samples have no
/// order (<https://wiki.multimedia.cx/index.php/YUV4MPEG2>).
fn uncompressed(head: &[u8]) -> bool {
    let Some(line) = head.strip_prefix(b"YUV4MPEG2 ").and_then(|rest| rest.split(|byte| *byte == b'\n').next()) else { return false };
    let says = |letter: u8| {
        let mut parameters = line.split(|byte| *byte == b' ');
        parameters.any(|word| word.split_first().is_some_and(|(first, rest)| *first == letter && is_number(rest)))
    };
    says(b'W') && says(b'H')
}

fn is_number(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Sync bytes in several packets running: 188 bytes, 192 with a time code (M2TS), 204 with error correction.
fn transport_stream(head: &[u8]) -> bool {
    [(188, 0), (192, 4), (204, 0)].into_iter().any(|(size, offset)| {
        let marks = (0..5).map(|packet| head.get(offset + packet * size));
        marks.clone().all(|mark| mark.is_none_or(|byte| *byte == 0x47)) && marks.flatten().count() >= 3
    })
}

/// Whether a packet's head can be one: no error that its receiver marked, and something in it (ISO/IEC 13818-1, 2.4.3.2: an adaptation
/// field control of 0 is reserved).
fn is_packet(head: &[u8]) -> bool {
    matches!(head, [0x47, second, _, fourth, ..] if second & 0x80 == 0 && fourth & 0x30 != 0)
}
