//! JPEG frames (ISO/IEC 10918-1): baseline, extended with 12 bits, progressive and lossless, by libjpeg-turbo.

use crate::ffi::turbo::{self, Ask};
use crate::frame::{Frame, Model, Order, Shape, check_memory};
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};

/// What is wanted of a JPEG's segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    width: u32,
    height: u32,
    precision: u8,
    channels: u32,
    is_lossless: bool,
    /// Whether colours are coarser than luma.
    is_subsampled: bool,
    /// Whether the components are named by letters.
    says_rgb: bool,
    is_jfif: bool,
    adobe: Option<u8>,
}

/// Decodes a frame.
pub(crate) fn decode(jpeg: &[u8], shape: Shape, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    let (header, begin) = header(jpeg).ok_or_else(|| Refusal::corrupt("a JPEG frame has no readable header"))?;
    if !matches!(header.channels, 1 | 3) || !(2..=16).contains(&header.precision) || header.width == 0 || header.height == 0 {
        return Err(Refusal::unsupported("a JPEG frame of an unusual kind"));
    }
    let shape = Shape { channels: header.channels, order: Order::Pixels, shift: 0, ..shape.sized(header.width, header.height)? };
    let sample_bytes = if header.precision > 8 { 2 } else { 1 };
    // Twice: a progressive frame is kept as coefficients.
    check_memory(limits, shape.samples() * sample_bytes * 2 + shape.pixels() * 3)?;
    let (bytes, model) = if header.channels == 1 { (None, gray(shape.model)) } else { colours(jpeg, begin, header, shape.model) };
    let ask = Ask {
        width: header.width,
        height: header.height,
        channels: header.channels,
        precision: header.precision,
        scans: limits.jpeg_scans,
        memory_bytes: limits.memory_bytes / 2,
    };
    let (samples, damage) = turbo::decompress(bytes.as_deref().unwrap_or(jpeg), &ask).map_err(|why| refusal(why, limits))?;
    // Colours use all their bits; of grey only those that the data set says: above them may lie copies of the sign.
    let stored = if header.channels == 3 { header.precision.into() } else { shape.stored };
    Frame::new(Shape { model, stored, ..shape }, samples, damage)
}

fn gray(model: Model) -> Model {
    if matches!(model, Model::Gray | Model::Inverted | Model::Palette) { model } else { Model::Gray }
}

/// The frame with its own word on colours replaced by ours, and what its samples are once decoded.
fn colours(jpeg: &[u8], begin: usize, header: Header, model: Model) -> (Option<Vec<u8>>, Model) {
    let luma = matches!(model, Model::Ybr | Model::YbrPartial);
    // A lossless frame is never changed by the library.
    let is_luma = match header {
        Header { is_lossless: true, .. } => false,
        Header { adobe: Some(transform), .. } => transform != 0,
        Header { says_rgb: true, .. } => false,
        Header { is_jfif, is_subsampled, .. } => luma || is_jfif || is_subsampled,
    };
    let word = [0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, u8::from(is_luma)];
    let mut rewritten = Vec::with_capacity(jpeg.len() + word.len());
    rewritten.extend_from_slice(&[0xff, 0xd8]);
    rewritten.extend_from_slice(&word);
    for segment in segments(jpeg).filter(|segment| !matches!(segment.marker, 0xe0 | 0xee)) {
        rewritten.extend_from_slice(segment.bytes);
    }
    rewritten.extend_from_slice(jpeg.get(begin..).unwrap_or_default());
    let model = if header.is_lossless && luma && !header.says_rgb && header.adobe != Some(0) { model } else { Model::Rgb };
    (Some(rewritten), model)
}

/// One segment before the first scan.
struct Segment<'a> {
    marker: u8,
    at: usize,
    /// With its marker and length.
    bytes: &'a [u8],
}

/// The segments up to the first scan.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut at = 2_usize;
    std::iter::from_fn(move || {
        // Any number of filling bytes may stand before a marker.
        while matches!(jpeg.get(at..at.saturating_add(2)), Some([0xff, 0xff])) {
            at += 1;
        }
        let [0xff, marker, high, low] = jpeg.get(at..at.saturating_add(4))? else { return None };
        let end = at.saturating_add(2).saturating_add(u16::from_be_bytes([*high, *low]).into());
        let segment = Segment { marker: *marker, at, bytes: jpeg.get(at..end)? };
        if *marker == 0xda {
            return None;
        }
        at = end;
        Some(segment)
    })
}

/// The header, and where the first scan begins.
fn header(jpeg: &[u8]) -> Option<(Header, usize)> {
    let (mut found, mut is_jfif, mut adobe, mut begin) = (None, false, None, 2);
    for segment in segments(jpeg) {
        begin = segment.at + segment.bytes.len();
        let body = segment.bytes.get(4..).unwrap_or_default();
        match segment.marker {
            0xe0 => is_jfif |= body.starts_with(b"JFIF\0"),
            0xee if body.starts_with(b"Adobe") => adobe = body.get(11).copied(),
            0xc0..=0xcf if !matches!(segment.marker, 0xc4 | 0xc8 | 0xcc) => found = Some((segment.marker, body)),
            _ => {}
        }
    }
    let (marker, body) = found?;
    let [precision, h0, h1, w0, w1, channels, components @ ..] = body else { return None };
    let components = components.as_chunks::<3>().0;
    let factors: Vec<u8> = components.iter().map(|[_, factors, _]| *factors).collect();
    let header = Header {
        width: u16::from_be_bytes([*w0, *w1]).into(),
        height: u16::from_be_bytes([*h0, *h1]).into(),
        precision: *precision,
        channels: (*channels).into(),
        is_lossless: matches!(marker, 0xc3 | 0xcb),
        is_subsampled: factors.iter().any(|factor| Some(factor) != factors.first()),
        says_rgb: components.iter().map(|[name, ..]| *name).eq(*b"RGB"),
        is_jfif,
        adobe,
    };
    Some((header, begin))
}

fn refusal(why: String, limits: &DecodeLimits) -> Refusal {
    let limit = |name: &str, allowed: u64| Refusal::limit(Code::LimitExceeded, LimitHit::new(name, allowed.saturating_add(1), allowed));
    if why.contains("scans") {
        limit("jpeg_scans", limits.jpeg_scans.into())
    } else if why.contains("nsufficient memory") {
        limit("memory_bytes", limits.memory_bytes)
    } else if why.contains("nsupported") || why.contains("not implemented") {
        Refusal::unsupported(why)
    } else {
        Refusal::corrupt(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOI, then a frame header of three components with some names and factors, and the head of a scan.
    fn jpeg(before: &[u8], marker: u8, names: [u8; 3], luma: u8) -> Vec<u8> {
        let [a, b, c] = names;
        let frame = [0xff, marker, 0, 17, 8, 0, 2, 0, 3, 3, a, luma, 0, b, 0x11, 0, c, 0x11, 0];
        [&[0xff, 0xd8], before, &frame, &[0xff, 0xda, 0, 2, 9, 9]].concat()
    }

    const JFIF: &[u8] = b"\xff\xe0\0\x07JFIF\0";
    const ADOBE_RGB: &[u8] = b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\0";

    /// Whether the library is told that the samples are luma and chromas.
    fn is_luma(jpeg: &[u8], model: Model) -> bool {
        let (header, begin) = header(jpeg).unwrap();
        let (rewritten, _) = colours(jpeg, begin, header, model);
        let rewritten = rewritten.unwrap();
        let (again, _) = super::header(&rewritten).unwrap();
        assert!(!again.is_jfif && rewritten.ends_with(&[0xff, 0xda, 0, 2, 9, 9]));
        again.adobe == Some(1)
    }

    #[test]
    fn a_frames_own_word_on_colours_goes_before_the_data_sets() {
        let plain = jpeg(&[], 0xc0, [1, 2, 3], 0x11);
        assert!(!is_luma(&plain, Model::Rgb), "nothing speaks against RGB");
        assert!(is_luma(&plain, Model::Ybr));
        assert!(is_luma(&jpeg(JFIF, 0xc0, [1, 2, 3], 0x11), Model::Rgb), "JFIF knows no RGB");
        assert!(is_luma(&jpeg(&[], 0xc0, [1, 2, 3], 0x22), Model::Rgb), "nobody makes green coarser than red");
        assert!(!is_luma(&jpeg(ADOBE_RGB, 0xc0, [1, 2, 3], 0x11), Model::Ybr));
        assert!(!is_luma(&jpeg(&[], 0xc0, *b"RGB", 0x11), Model::Ybr));
        assert!(!is_luma(&jpeg(&[], 0xc3, [1, 2, 3], 0x11), Model::Ybr), "what is lossless stays as it is");
    }
}
