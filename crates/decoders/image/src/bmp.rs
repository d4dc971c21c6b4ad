//! BMP (OS/2 to version 5): facts from its header, pixels from the image crate.

use crate::bytes::{le16, le32, place, slice};
use crate::format::Wish;
use crate::samples::{Decoded, check_memory};
use crate::seen::Seen;
use crate::whole;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use image::codecs::bmp::BmpDecoder;
use std::borrow::Cow;
use std::io::Cursor;

/// Dots a metre as dots an inch.
const INCH_M: f64 = 0.0254;
/// Bytes of the file header before the bitmap's own.
const FILE_HEADER: usize = 14;
/// `BI_ALPHABITFIELDS` of Windows CE: masks of red, green, blue and alpha.
const ALPHA_MASKS: u32 = 6;
/// `LCS_PROFILE_EMBEDDED` of a version 5 header.
const EMBEDDED: u32 = u32::from_be_bytes(*b"MBED");

/// The signature and a header of a known size: two letters alone begin many a text.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM") && matches!(le32(bytes, FILE_HEADER), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// Reads the header.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let header = Header::read(bytes).ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    if header.width == 0 || header.height == 0 {
        return Err(Refusal::corrupt("the header gives no usable size"));
    }
    let mut seen = Seen::still(header.width, header.height);
    let details = &mut seen.details;
    let indexed = header.bits <= 8;
    details.color_model = Some(if indexed { "indexed" } else { "rgb" }.to_owned());
    details.has_alpha = Some(header.has_alpha);
    details.channels = Some(if indexed { 1 } else { 3 + u8::from(header.has_alpha) });
    details.bit_depth = match header.bits {
        1..=8 => u8::try_from(header.bits).ok(),
        16 => Some(5),
        24 | 32 => Some(8),
        _ => None,
    };
    details.dpi = header.density.map(|density| density.map(|dots| f64::from(dots) * INCH_M));
    seen.icc = header.icc.filter(|icc| icc.len() as u64 <= limits.metadata_bytes).map(<[u8]>::to_vec);
    Ok(seen)
}

struct Header<'a> {
    width: u32,
    height: u32,
    bits: u16,
    has_alpha: bool,
    density: Option<[u32; 2]>,
    icc: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(FILE_HEADER..)?;
        let size = le32(header, 0)?;
        if size == 12 {
            let (width, height) = (le16(header, 4)?.into(), le16(header, 6)?.into());
            return Some(Self { width, height, bits: le16(header, 10)?, has_alpha: false, density: None, icc: None });
        }
        // A negative height says that rows go from top to bottom; a negative width says nothing.
        let width = le32(header, 4)?.cast_signed().max(0).unsigned_abs();
        let height = le32(header, 8)?.cast_signed().unsigned_abs();
        let bits = le16(header, 14)?;
        let density = (size >= 40).then(|| le32(header, 24).zip(le32(header, 28))).flatten().map(|(x, y)| [x, y]);
        // A mask of alpha is part of the header, or stands behind a short one (`BI_ALPHABITFIELDS`).
        let has_mask = match le32(header, 16) {
            Some(3) => size >= 56,
            Some(ALPHA_MASKS) => true,
            _ => false,
        };
        let has_alpha = has_mask && le32(header, 52).is_some_and(|mask| mask != 0);
        let icc = (size >= 124 && le32(header, 56) == Some(EMBEDDED))
            .then(|| slice(header, place(le32(header, 112)?), place(le32(header, 116)?)))
            .flatten();
        Some(Self { width, height, bits, has_alpha, density: density.filter(|[x, y]| *x > 0 && *y > 0), icc })
    }
}

/// Decodes it whole.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let bytes = in_order(bytes, wish.limits)?;
    whole::decode(BmpDecoder::new(Cursor::new(bytes.as_ref())).map_err(|error| whole::refusal(&error))?, seen, wish)
}

/// What the crate refuses and others read, written as it wants it: masks behind a short header are the longer header's own, and of a palette
/// no more colours are read than pixels can name.
fn in_order<'a>(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Cow<'a, [u8]>, Refusal> {
    let (Some(size), Some(bits), Some(compression), Some(used)) =
        (le32(bytes, FILE_HEADER), le16(bytes, FILE_HEADER + 14), le32(bytes, FILE_HEADER + 16), le32(bytes, FILE_HEADER + 32))
    else {
        return Ok(Cow::Borrowed(bytes));
    };
    let has_masks = size >= 40 && compression == ALPHA_MASKS;
    let most = if size >= 40 && bits <= 8 { 1 << bits } else { u32::MAX };
    if !has_masks && used <= most {
        return Ok(Cow::Borrowed(bytes));
    }
    check_memory(limits, bytes.len() as u64)?;
    let mut own = bytes.to_vec();
    let mut put = |at: usize, number: u32| {
        for (to, byte) in own.iter_mut().skip(FILE_HEADER + at).zip(number.to_le_bytes()) {
            *to = byte;
        }
    };
    if has_masks {
        put(0, size.max(56));
        put(16, 3);
    }
    put(32, used.min(most));
    Ok(Cow::Owned(own))
}
