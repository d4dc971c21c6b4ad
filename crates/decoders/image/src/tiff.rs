//! TIFF 6.0 and BigTIFF: facts from its directories, pixels chunk by chunk.

mod chunks;
pub(crate) mod directory;
mod disguise;
mod jbig;
mod numbers;
mod packed;
mod pixels;
mod placed;
mod reading;
mod second;
pub(crate) mod small;

use crate::seen::Seen;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::DecodeLimits;
use directory::{Directory, tag};

pub(crate) use pixels::{decode, from_lab};
pub(crate) use placed::has_place;

/// Byte order and version, 42 or BigTIFF's 43.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    [b"II*\0".as_slice(), b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| bytes.starts_with(magic))
}

/// Reads the first directory, and counts the others.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let first = Directory::first(bytes).ok_or_else(|| Refusal::corrupt("the file ends before its first directory"))?;
    let side = |name| first.number(name).and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
    let (Some(width), Some(height)) = (side(tag::WIDTH), side(tag::HEIGHT)) else {
        return Err(Refusal::corrupt("the first directory gives no usable size"));
    };
    let mut seen = Seen::still(width, height);
    seen.details.exif = small::of(bytes).and_then(|tiff| crate::exif::read(&tiff, limits.metadata_bytes).exif);
    let details = &mut seen.details;
    details.orientation = first.number(tag::ORIENTATION).and_then(|n| u8::try_from(n).ok()).filter(|n| (1..=8).contains(n)).unwrap_or(1);
    details.color_model = match first.number(tag::PHOTOMETRIC) {
        Some(0 | 1 | 4) => Some("gray"),
        Some(2) => Some("rgb"),
        Some(3) => Some("indexed"),
        Some(5) => Some("cmyk"),
        Some(6) => Some("ycbcr"),
        Some(8..=10) => Some("lab"),
        _ => None,
    }
    .map(str::to_owned);
    // Left out, the standard's default is 1, which JPEG doesn't have.
    let is_jpeg = first.number(tag::COMPRESSION).is_some_and(|compression| tag::JPEG.contains(&compression));
    details.bit_depth = u8::try_from(first.number(tag::BITS).unwrap_or(if is_jpeg { 8 } else { 1 })).ok();
    details.channels = u8::try_from(first.number(tag::SAMPLES).unwrap_or(1)).ok();
    details.has_alpha = Some(first.alpha().is_some());
    details.dpi = dpi(&first);
    let (pages, is_whole) = Directory::count_pages(bytes, limits.frames);
    details.frame_count = Some(pages.max(1));
    if !is_whole {
        seen.issues
            .push(Issue::warning("frames-not-counted", "The list of pages is damaged or longer than is counted; there may be more."));
    }
    seen.icc = first.bytes(tag::ICC).filter(|icc| icc.len() as u64 <= limits.metadata_bytes).map(<[u8]>::to_vec);
    Ok(seen)
}

/// `ResolutionUnit`: 2 is inch (and the default), 3 is centimetre.
fn dpi(first: &Directory<'_>) -> Option<[f64; 2]> {
    let factor = match first.number(tag::RESOLUTION_UNIT) {
        None | Some(2) => 1.0,
        Some(3) => 2.54,
        Some(_) => return None,
    };
    let (across, down) = (first.rational(tag::X_RESOLUTION)?, first.rational(tag::Y_RESOLUTION)?);
    Some([across * factor, down * factor]).filter(|[x, y]| *x > 0.0 && *y > 0.0)
}
