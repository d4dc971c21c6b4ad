//! Pictures without a signature, known by a header that agrees with itself; asked after everything that has one.

use super::{Sniffed, at};

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    truevision(head).then_some(Sniffed::image("image/x-tga"))
}

/// TGA (file format specification, version 2.0): 18 bytes of which each must fit the others.
fn truevision(head: &[u8]) -> bool {
    let [_, has_map, kind, map @ .., _, _, _, _, width_low, width_high, height_low, height_high, bits, descriptor] =
        head.get(..18).unwrap_or_default()
    else {
        return false;
    };
    let colour_bits = map.get(4).copied().unwrap_or(0);
    let bits_fit = match kind {
        1 | 9 => *has_map == 1 && matches!(bits, 8 | 16) && matches!(colour_bits, 15 | 16 | 24 | 32),
        2 | 10 => *has_map <= 1 && matches!(bits, 15 | 16 | 24 | 32),
        3 | 11 => *has_map <= 1 && matches!(bits, 8 | 16),
        _ => false,
    };
    let has_size = (*width_low, *width_high) != (0, 0) && (*height_low, *height_high) != (0, 0);
    let unused_are_zero =
        descriptor >> 6 == 0 && matches!(descriptor & 15, 0 | 1 | 8) && (*has_map == 1 || map.iter().all(|byte| *byte == 0));
    // Version 2 ends with a mark; a small file ends within the head.
    bits_fit && has_size && (unused_are_zero || head.len().checked_sub(18).is_some_and(|footer| at(head, footer, b"TRUEVISION-XFILE.\0")))
}
