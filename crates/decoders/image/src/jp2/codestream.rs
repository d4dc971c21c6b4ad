//! The main header of a JPEG 2000 codestream (ISO/IEC 15444-1, annex A): size, components, how often it can be halved.

use crate::bytes::{be16, be32, slice};

/// What SIZ and the coding styles tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codestream {
    /// Of the largest component.
    pub(super) size: [u32; 2],
    pub(super) components: u16,
    /// Of the first component.
    pub(super) bits: u8,
    /// Wavelet levels that every component has.
    pub(super) halvings: u32,
}

const SIZ: u16 = 0xff51;
const COD: u16 = 0xff52;
const COC: u16 = 0xff53;
/// The first tile's begin, and the end.
const AFTER_HEADER: [u16; 3] = [0xff90, 0xff93, 0xffd9];

impl Codestream {
    /// Reads the main header; `None` where SIZ is not whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut at = 2;
        while let (Some(marker), Some(length @ 2..)) = (be16(bytes, at), be16(bytes, at + 2)) {
            if marker < 0xff00 || AFTER_HEADER.contains(&marker) {
                break;
            }
            let body = slice(bytes, at + 4, usize::from(length) - 2);
            match (marker, body, &mut found) {
                (SIZ, Some(body), None) => found = Some(size(body)?),
                // A style byte, then progression, layers and transform; the levels come first of the parameters.
                (COD, Some(body), Some(found)) => found.limit(body.get(5)),
                // Its component has one byte or two.
                (COC, Some(body), Some(found)) => found.limit(body.get(if found.components < 257 { 2 } else { 3 })),
                _ => {}
            }
            at += 2 + usize::from(length);
        }
        found
    }

    fn limit(&mut self, levels: Option<&u8>) {
        self.halvings = self.halvings.min(levels.copied().unwrap_or(0).into());
    }
}

fn size(body: &[u8]) -> Option<Codestream> {
    let [right, bottom, left, top] = [2, 6, 10, 14].map(|at| be32(body, at));
    let (right, bottom, left, top) = (right?, bottom?, left?, top?);
    let components = be16(body, 34)?;
    let mut largest = [0, 0];
    for component in 0..usize::from(components) {
        let (across, down) = (u32::from(*body.get(37 + 3 * component)?), u32::from(*body.get(38 + 3 * component)?));
        let steps = |from: u32, to: u32, step: u32| to.div_ceil(step.max(1)).saturating_sub(from.div_ceil(step.max(1)));
        let [width, height] = largest;
        largest = [steps(left, right, across).max(width), steps(top, bottom, down).max(height)];
    }
    let bits = (*body.get(36)? & 0x7f) + 1;
    Some(Codestream { size: largest, components, bits, halvings: 32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(levels: u8) -> Vec<u8> {
        let mut file = b"\xff\x4f\xff\x51\0\x2f\0\0".to_vec();
        for number in [110_u32, 60, 10, 0, 200, 200, 0, 0] {
            file.extend(number.to_be_bytes());
        }
        file.extend(b"\0\x03\x8b\x01\x01\x07\x02\x02\x07\x02\x02");
        file.extend([0xff, 0x52, 0, 12, 0, 0, 0, 1, 1, levels, 4, 4, 0, 0]);
        file.extend(b"\xff\x90\0\x0a");
        file
    }

    #[test]
    fn size_depth_and_levels_are_read() {
        let read = Codestream::read(&header(5)).unwrap();
        assert_eq!(read, Codestream { size: [100, 60], components: 3, bits: 12, halvings: 5 });
    }

    #[test]
    fn a_component_of_fewer_levels_limits_all() {
        let mut file = header(5);
        let tail = file.split_off(file.len() - 4);
        file.extend([0xff, 0x53, 0, 9, 1, 0, 2, 4, 4, 0, 0]);
        file.extend(tail);
        assert_eq!(Codestream::read(&file).unwrap().halvings, 2);
    }

    #[test]
    fn a_cut_header_is_none_and_never_a_panic() {
        let whole = header(5);
        for length in 0..51 {
            assert_eq!(Codestream::read(&whole[..length]), None, "{length}");
        }
    }
}
