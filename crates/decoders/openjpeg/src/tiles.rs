//! How many tiles of a codestream are in it: the library leaves those black that are not, without a word.

/// The markers that are met on the way (ISO/IEC 15444-1, table A.2).
const BEGIN: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
const TILE_PART: u16 = 0xff90;
const END: u16 = 0xffd9;
/// Most tiles that a codestream can name (A.4.2).
const MOST_TILES: u64 = 65_535;

/// How many tiles lack, and of how many; `None` where none lacks, or where the road from tile part to tile part does not lead to the
/// codestream's end: then the library has its own words.
pub(crate) fn missing(bytes: &[u8]) -> Option<(u64, u64)> {
    let begin = bytes.windows(BEGIN.len()).position(|four| four == BEGIN)?;
    let stream = bytes.get(begin..)?;
    let told = told(stream).filter(|told| *told <= MOST_TILES)?;
    let mut seen = vec![false; usize::try_from(told).ok()?];
    let mut at = 2_usize;
    loop {
        let marker = short(stream, at)?;
        match marker {
            END => break,
            TILE_PART => {
                let tile = short(stream, at.checked_add(4)?)?;
                *seen.get_mut(usize::from(tile))? = true;
                // Where no length is told it is the last one, and ends with the codestream.
                match long(stream, at.checked_add(6)?)? {
                    0 => break,
                    length @ 14.. => at = at.checked_add(usize::try_from(length).ok()?)?,
                    _ => return None,
                }
            }
            0xff00.. => at = at.checked_add(2 + usize::from(short(stream, at.checked_add(2)?)?))?,
            _ => return None,
        }
    }
    let missing = seen.iter().filter(|is_there| !**is_there).count() as u64;
    (missing > 0).then_some((missing, told))
}

/// Tiles by the codestream's size, their own size and their places (A.5.1, B.3).
fn told(stream: &[u8]) -> Option<u64> {
    let number = |place: usize| long(stream, 8 + 4 * place).map(u64::from);
    let along = |axis: usize| -> Option<u64> {
        let (end, size, begin) = (number(axis)?, number(axis + 4)?, number(axis + 6)?);
        Some(end.checked_sub(begin)?.div_ceil(Some(size).filter(|size| *size > 0)?))
    };
    along(0)?.checked_mul(along(1)?)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    /// A codestream of 4 x 4 pixels in four tiles, with tile parts of these tiles.
    fn stream(tiles: &[u16]) -> Vec<u8> {
        let mut bytes = [&BEGIN[..], &[0, 41, 0, 0]].concat();
        bytes.extend([4_u32, 4, 0, 0, 2, 2, 0, 0].iter().flat_map(|number| number.to_be_bytes()));
        bytes.extend([0, 1, 7, 1, 1]);
        // A comment.
        bytes.extend([0xff, 0x64, 0, 6, 0, 1, b'h', b'i']);
        for tile in tiles {
            bytes.extend([0xff, 0x90, 0, 10]);
            bytes.extend(tile.to_be_bytes());
            bytes.extend([0, 0, 0, 17, 0, 1, 0xff, 0x93, 1, 2, 3]);
        }
        bytes.extend(END.to_be_bytes());
        bytes
    }

    #[test]
    fn tiles_that_lack_are_counted() {
        assert_eq!(missing(&stream(&[0, 1, 2, 3])), None);
        assert_eq!(missing(&stream(&[3, 0, 0, 2, 1])), None, "in any order and in parts");
        assert_eq!(missing(&stream(&[0, 2])), Some((2, 4)));
        assert_eq!(missing(&stream(&[])), Some((4, 4)));
        assert_eq!(missing(&[&b"a box"[..], &stream(&[0])].concat()), Some((3, 4)));
    }

    #[test]
    fn a_road_that_leads_nowhere_says_nothing() {
        let whole = stream(&[0, 1]);
        for length in 0..whole.len() {
            assert_eq!(missing(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(missing(&stream(&[0, 9])), None, "a tile that there can't be");
        let mut sizeless = stream(&[0]);
        sizeless[24..28].fill(0);
        assert_eq!(missing(&sizeless), None);
    }
}
