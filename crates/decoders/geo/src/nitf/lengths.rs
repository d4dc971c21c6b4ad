//! How long a NITF is by the lists of its segments: its own length is often wrong.

use super::{Fields, LENGTHS};
use assay_kit::Input;
use std::io;

/// Digits of how many segments there are of a kind.
const DIGITS_OF_COUNT: usize = 3;
/// The same of every kind, in the order of their lists: images, graphics (2.0: symbols), labels (2.1: none), texts, extensions of data and
/// reserved ones (MIL-STD-2500C, table A-1; MIL-STD-2500A, table I).
const SEGMENTS: [(usize, usize); 6] = [LENGTHS, (4, 6), (4, 3), (4, 5), (4, 9), (4, 7)];

/// What the lists of segments come to.
pub(super) enum Lists {
    /// The file ends in them.
    Cut,
    /// A length is no number, or nines: the file was written before it was known (MIL-STD-2500C, 5.2.1.4, streaming).
    Unknown,
    Bytes(u64),
}

/// Adds up the lengths of all segments: of the images, whose count is read already, then of each further kind a count and a list.
pub(super) fn of_all(input: &mut Input, at: u64, images: usize) -> io::Result<Lists> {
    let (mut at, mut count, mut bytes) = (at, images, 0_u64);
    for (place, (digits_of_header, digits)) in SEGMENTS.into_iter().enumerate() {
        let next = if place + 1 < SEGMENTS.len() { DIGITS_OF_COUNT } else { 0 };
        let length = count * (digits_of_header + digits);
        let mut list = Fields::at(input, at, length + next)?;
        if list.bytes.len() < length + next {
            return Ok(Lists::Cut);
        }
        for _ in 0..count {
            let (Some(header), Some(body)) = (list.length(digits_of_header), list.length(digits)) else { return Ok(Lists::Unknown) };
            bytes = bytes.saturating_add(header).saturating_add(body);
        }
        if next > 0 {
            let Some(further) = list.number(next).and_then(|number| usize::try_from(number).ok()) else { return Ok(Lists::Unknown) };
            count = further;
        }
        at = at.saturating_add((length + next) as u64);
    }
    Ok(Lists::Bytes(bytes))
}
