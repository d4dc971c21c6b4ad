//! Icons and cursors (ICO, CUR): a list of pictures, of which the largest is shown; each is a PNG, or a BMP without its file header.

use crate::bytes::{le16, le32, place, slice};
use crate::format::Wish;
use crate::png;
use crate::samples::Decoded;
use crate::seen::Seen;
use crate::whole;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::DecodeLimits;
use image::codecs::ico::IcoDecoder;
use std::io::Cursor;

const HEADER_BYTES: usize = 6;
const ENTRY_BYTES: usize = 16;

/// An icon's mark, and an entry.
pub(crate) fn begins_icon(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0\0\x01\0") && begins(bytes)
}

/// A cursor's mark, and an entry.
pub(crate) fn begins_cursor(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0\0\x02\0") && begins(bytes)
}

/// Four bytes alone are found in other files: the first entry must lie behind the list.
fn begins(bytes: &[u8]) -> bool {
    let count = usize::from(le16(bytes, 4).unwrap_or(0));
    let entry = slice(bytes, HEADER_BYTES, ENTRY_BYTES).unwrap_or_default();
    count > 0
        && matches!(entry.get(3), Some(0 | 255))
        && le32(entry, 8).is_some_and(|length| length > 8)
        && le32(entry, 12).is_some_and(|offset| place(offset) >= HEADER_BYTES + ENTRY_BYTES * count)
}

/// Reads the list, and the header of its largest picture.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let entries: Vec<Entry<'_>> = entries(bytes).collect();
    let listed = u64::from(le16(bytes, 4).unwrap_or(0));
    let largest = largest(&entries).ok_or_else(|| Refusal::corrupt("none of its pictures is there"))?;
    let mut seen = if png::begins(largest.body) {
        png::look(largest.body, limits)?
    } else {
        let mut seen = Seen::still(largest.size.0, largest.size.1);
        let bits = le16(largest.body, 14).unwrap_or(0);
        seen.details.color_model = Some(if bits <= 8 { "indexed" } else { "rgb" }.to_owned());
        seen.details.channels = Some(if bits <= 8 { 1 } else { 3 + u8::from(bits == 32) });
        seen.details.bit_depth = Some(match bits {
            0 => 1,
            16 => 5,
            bits => u8::try_from(bits.min(8)).unwrap_or(8),
        });
        // Each has a mask, whatever its bits.
        seen.details.has_alpha = Some(true);
        seen
    };
    seen.details.frame_count = Some(listed);
    if (entries.len() as u64) < listed {
        let sentence = format!("It lists {listed} pictures, of which {} are there.", entries.len());
        seen.issues.push(Issue::warning("frames-not-counted", sentence));
    }
    Ok(seen)
}

/// Decodes the largest picture.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let entries: Vec<Entry<'_>> = entries(bytes).collect();
    let largest = largest(&entries).ok_or_else(|| Refusal::corrupt("none of its pictures is there"))?;
    if png::begins(largest.body) {
        return png::decode(largest.body, seen, wish);
    }
    // The library wants a whole icon: one that holds this picture alone, listed with the size that its own header tells.
    let side = |side: u32| u8::try_from(side).unwrap_or(0);
    let length = u32::try_from(largest.body.len()).map_err(|_| Refusal::corrupt("a picture of 4 GiB"))?;
    let mut icon = vec![0, 0, 1, 0, 1, 0, side(largest.size.0), side(largest.size.1), 0, 0, 1, 0, 32, 0];
    icon.extend(length.to_le_bytes());
    icon.extend(22_u32.to_le_bytes());
    icon.extend_from_slice(largest.body);
    whole::decode(IcoDecoder::new(Cursor::new(icon)).map_err(|error| whole::refusal(&error))?, seen, wish)
}

/// A picture of the list that is there.
struct Entry<'a> {
    size: (u32, u32),
    bits: u16,
    body: &'a [u8],
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let count = usize::from(le16(bytes, 4).unwrap_or(0));
    (0..count).filter_map(|number| Entry::read(bytes, HEADER_BYTES + ENTRY_BYTES * number))
}

impl<'a> Entry<'a> {
    /// Sizes in the list end at 256 and are often wrong: those of the picture's own header count.
    fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        let (length, offset) = (place(le32(bytes, at + 8)?), place(le32(bytes, at + 12)?));
        let rest = bytes.get(offset..)?;
        let body = rest.get(..length).unwrap_or(rest);
        let (size, bits) = if png::begins(body) {
            ((crate::bytes::be32(body, 16)?, crate::bytes::be32(body, 20)?), 32)
        } else {
            // Two pictures lie one above the other in a BMP: the colours and the mask.
            ((le32(body, 4)?, le32(body, 8)?.cast_signed().unsigned_abs() / 2), le16(body, 14)?)
        };
        (size.0 > 0 && size.1 > 0 && body.len() > 40).then_some(Self { size, bits, body })
    }
}

/// The most pixels; of two alike the one of more colours.
fn largest<'a, 'b>(entries: &'b [Entry<'a>]) -> Option<&'b Entry<'a>> {
    entries.iter().max_by_key(|entry| (u64::from(entry.size.0) * u64::from(entry.size.1), entry.bits))
}
