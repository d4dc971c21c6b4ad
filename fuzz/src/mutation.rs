//! Altered copies of seeds.

use fastrand::Rng;

/// Longer copies are cut: many small ones find more than few large ones.
pub(crate) const MOST_BYTES: usize = 256 << 10;
/// Half of all changes are made here: headers decide what a parser believes.
const HEAD_BYTES: usize = 512;
/// Longest piece that is changed, doubled or taken away, and that comes out of another seed.
const PIECE_BYTES: usize = 64;
const FOREIGN_BYTES: usize = 512;
/// Numbers at which lengths and counts break.
const ODD: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, u64::MAX];
/// Words at which text breaks.
const WORDS: [&str; 16] = ["\"", "\\", "{", "}", "[[", "]", "null", "-1", "1e999", "\\u0000", "\u{202e}", "%00", "?", "://", "@", "\n"];

/// A copy of a seed with one to eight changes; the same for the same dice.
pub(crate) fn altered(dice: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = dice.choice(seeds).cloned().unwrap_or_default();
    for _ in 0..dice.u32(1..=8) {
        change(dice, seeds, &mut bytes);
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

fn change(dice: &mut Rng, seeds: &[Vec<u8>], bytes: &mut Vec<u8>) {
    let reach = if dice.bool() { bytes.len().min(HEAD_BYTES) } else { bytes.len() };
    let begin = dice.usize(0..=reach);
    let end = (begin + dice.usize(1..=PIECE_BYTES)).min(bytes.len());
    match dice.u8(0..16) {
        0 => bytes.truncate(begin),
        1..=3 => {
            if let Some(byte) = bytes.get_mut(begin) {
                *byte ^= 1 << dice.u8(0..8);
            }
        }
        4..=5 => dice.fill(bytes.get_mut(begin..end).unwrap_or_default()),
        6..=7 => {
            let twice = bytes.get(begin..end).unwrap_or_default().to_vec();
            bytes.splice(begin..begin, twice);
        }
        8 => drop(bytes.drain(begin..end)),
        9..=12 => {
            let width = 1 << dice.u32(0..=3);
            let number = dice.choice(ODD).unwrap_or_default();
            let (little, big) = (number.to_le_bytes(), (number << (64 - 8 * width)).to_be_bytes());
            let number = if dice.bool() { little } else { big };
            if let (Some(place), Some(number)) = (bytes.get_mut(begin..begin + width), number.get(..width)) {
                place.copy_from_slice(number);
            }
        }
        13 => drop(bytes.splice(begin..begin, dice.choice(WORDS).unwrap_or_default().bytes())),
        _ => {
            let other = dice.choice(seeds).map(Vec::as_slice).unwrap_or_default();
            let from = dice.usize(0..=other.len());
            let piece = other.get(from..(from + dice.usize(0..=FOREIGN_BYTES)).min(other.len())).unwrap_or_default();
            bytes.splice(begin..end, piece.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_dice_make_the_same_copies_and_no_copy_is_too_long() {
        let seeds = [Vec::new(), b"{\"a\":1}".to_vec(), vec![7; MOST_BYTES]];
        let copies = |seed| {
            let mut dice = Rng::with_seed(seed);
            (0..2_000).map(|_| altered(&mut dice, &seeds)).collect::<Vec<_>>()
        };
        let first = copies(1);
        assert!(first == copies(1) && first != copies(2));
        assert!(first.iter().all(|copy| copy.len() <= MOST_BYTES));
        assert!(first.iter().filter(|copy| !seeds.contains(copy)).count() > 1_500);
    }
}
