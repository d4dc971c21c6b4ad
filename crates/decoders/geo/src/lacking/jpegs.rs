//! How many of a NITF's JPEGs are there: one for each block, one behind the other (MIL-STD-188-198A).

use super::{Lack, Part, end};
use assay_kit::Input;
use std::io;

/// How a JPEG begins: the start of an image, and whatever marker comes next.
const BEGIN: [u8; 3] = [0xff, 0xd8, 0xff];
const PIECE_BYTES: usize = 64 << 10;

/// Counts the JPEGs of an image that has so many blocks. Reads all of it, as the library does.
pub(super) fn lack(input: &mut Input, place: (u64, u64), blocks: u64) -> io::Result<Option<Lack>> {
    if blocks < 2 {
        return Ok(None);
    }
    let (mut at, end) = (place.0, end(input, place));
    let (mut piece, mut found) = (vec![0; PIECE_BYTES], 0);
    while at < end && found < blocks {
        let wanted = usize::try_from(end - at).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let got = input.read_at(at, piece.get_mut(..wanted).unwrap_or_default())?;
        let bytes = piece.get(..got).unwrap_or_default();
        found += bytes.windows(BEGIN.len()).filter(|three| *three == BEGIN).count() as u64;
        if got < PIECE_BYTES {
            break;
        }
        // One may begin in the last two bytes.
        at += (got - (BEGIN.len() - 1)) as u64;
    }
    Ok(Lack::of(blocks.saturating_sub(found), blocks, Part::Blocks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(bytes: Vec<u8>, blocks: u64) -> Option<Lack> {
        lack(&mut Input::whole_in_memory(bytes), (0, u64::MAX), blocks).unwrap()
    }

    #[test]
    fn each_block_needs_a_jpeg_wherever_it_lies() {
        for between in [0, 1, PIECE_BYTES - 4, PIECE_BYTES - 3, PIECE_BYTES - 2, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES] {
            let bytes = [&BEGIN[..], &vec![0; between], &BEGIN, &[0xff, 0xd8]].concat();
            assert_eq!((lacking(bytes.clone(), 1), lacking(bytes.clone(), 2)), (None, None), "{between}");
            assert_eq!(lacking(bytes, 5), Lack::of(3, 5, Part::Blocks), "{between}");
        }
        assert_eq!(lacking(Vec::new(), 4), Lack::of(4, 4, Part::Blocks));
    }
}
