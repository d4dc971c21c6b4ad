//! Radiance pictures (`.hdr`, <https://radsite.lbl.gov/radiance/refer/filefmts.pdf>): facts from the header's lines, light from the image crate.

use crate::format::Wish;
use crate::light::Light;
use crate::samples::{Decoded, Layout, buffer};
use crate::seen::Seen;
use crate::whole;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use image::ImageDecoder;
use image::codecs::hdr::HdrDecoder;

/// No header is longer.
const MOST_HEADER_BYTES: usize = 64 << 10;

/// Either signature.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#?RADIANCE\n") || bytes.starts_with(b"#?RGBE\n")
}

/// Reads the header.
pub(crate) fn look(bytes: &[u8], _: &DecodeLimits) -> Result<Seen, Refusal> {
    let header = Header::read(bytes).ok_or_else(|| Refusal::corrupt("the header gives no usable size"))?;
    let (width, height) = header.size;
    let mut seen = Seen::still(width, height);
    let details = &mut seen.details;
    // Of CIE XYZ there is no word in the table.
    details.color_model = (!header.is_xyz).then(|| "rgb".to_owned());
    details.channels = Some(3);
    details.has_alpha = Some(false);
    // Eight bits of each colour share an exponent.
    details.bit_depth = Some(8);
    details.hdr = Some("scene-linear".to_owned());
    Ok(seen)
}

/// Decodes it whole, then makes it smaller.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let (width, height) = (seen.details.stored_width, seen.details.stored_height);
    if Header::read(bytes).is_some_and(|header| header.is_xyz) {
        return Err(Refusal::unsupported("its colours are CIE XYZ"));
    }
    let decoder = HdrDecoder::new_nonstrict(bytes).map_err(|error| whole::refusal(&error))?;
    if decoder.dimensions() != (width, height) {
        return Err(Refusal::corrupt("the header gives two sizes"));
    }
    let mut light = Light::new(width, height, wish)?;
    let mut floats = buffer(wish.limits, width, height, 12)?;
    let why = decoder.read_image(&mut floats).err();
    if let Some(error) = why.as_ref().filter(|_| floats.iter().all(|byte| *byte == 0)) {
        return Err(whole::refusal(error));
    }
    for (y, row) in floats.chunks_exact(width as usize * 12).enumerate() {
        for (x, pixel) in row.as_chunks::<4>().0.as_chunks::<3>().0.iter().enumerate() {
            let [red, green, blue] = pixel.map(f32::from_ne_bytes);
            light.add(x, y, [red, green, blue, 1.0]);
        }
    }
    Ok(light.shown(Layout::Rgb, why.map(|error| whole::words(&error).to_owned())))
}

struct Header {
    size: (u32, u32),
    is_xyz: bool,
}

impl Header {
    /// Lines up to an empty one, then the size: rows from the top, columns from the left, or any other way.
    fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..MOST_HEADER_BYTES).unwrap_or(bytes);
        let mut lines = head.split(|byte| *byte == b'\n');
        let mut is_xyz = false;
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            is_xyz |= line == b"FORMAT=32-bit_rle_xyze";
        }
        let words: Vec<&str> = std::str::from_utf8(lines.next()?).ok()?.split_ascii_whitespace().collect();
        let [first, first_px, second, second_px] = words.as_slice() else { return None };
        let sides: (u32, u32) = (first_px.parse().ok()?, second_px.parse().ok()?);
        let size = match (first.get(1..)?, second.get(1..)?) {
            ("Y", "X") => (sides.1, sides.0),
            ("X", "Y") => sides,
            _ => return None,
        };
        (size.0 > 0 && size.1 > 0).then_some(Self { size, is_xyz })
    }
}
