//! How many tiles of a codestream are not in it, by its markers alone (ISO/IEC 15444-1, annex A): the library leaves those black,
//! without a word.

use std::io;
use std::ops::Range;

/// The markers that are met on the way (table A.2).
const BEGIN: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
const TILE_PART: u16 = 0xff90;
const END: u16 = 0xffd9;
/// Bytes of a marker and what is needed behind it.
const MARK_BYTES: usize = 12;
/// Bytes of a codestream's begin that tell its size and how many components it has, and those of each component behind them (A.5.1).
const SIZE_BYTES: usize = 42;
const COMPONENT_BYTES: usize = 3;
/// Ways of taking samples that are told apart: of a codestream with more nothing is said.
const MOST_STEPS: usize = 16;
/// Most tiles that a codestream can name (A.4.2).
const MOST_TILES: u64 = 65_535;
/// Markers that are followed: tiles of up to 255 parts each could be sixteen times as many, and of such a codestream nothing is said.
const MOST_MARKS: u32 = 1 << 20;

/// The signature box of a file, and the box that holds its codestream (I.5.1, I.5.4).
const BOXES: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";
const CODESTREAM: &[u8; 4] = b"jp2c";
const MOST_BOXES: u32 = 1 << 10;

/// What there is of a tile.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    seen: u32,
    /// By its own tile parts; 0 where none tells.
    told: u32,
}

/// How many tiles of a codestream, and of how many, have no data, or less than their own tile parts say. The codestream lies, bare or in
/// boxes, in the bytes from `range`'s start up to its end, which `read` gives by their offset: as many as it says, fewer at the end only.
///
/// `None` where no tile lacks, and where the road from tile part to tile part leads nowhere: then the library has its own words.
pub fn lacking_tiles(range: Range<u64>, mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>) -> io::Result<Option<(u64, u64)>> {
    let Some(begin) = begin(&range, &mut read)? else { return Ok(None) };
    let mut head = [0; SIZE_BYTES];
    read(begin, &mut head)?;
    let mut components = vec![0; COMPONENT_BYTES * usize::from(short(&head, SIZE_BYTES - 2).unwrap_or(0))];
    read(begin + SIZE_BYTES as u64, &mut components)?;
    let Some(has_samples) = tiles(&head, &components) else { return Ok(None) };
    let mut parts = vec![Parts::default(); has_samples.len()];
    if !follow(begin + 2, range.end, &mut parts, &mut read)? {
        return Ok(None);
    }
    let needed = || parts.iter().zip(&has_samples).filter(|(_, has_samples)| **has_samples);
    let lacking = needed().filter(|(tile, _)| tile.seen == 0 || tile.seen < tile.told).count() as u64;
    Ok((lacking > 0).then(|| (lacking, needed().count() as u64)))
}

/// The same of a codestream in memory.
pub(crate) fn lacking(bytes: &[u8]) -> Option<(u64, u64)> {
    let read = |at: u64, into: &mut [u8]| {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let taken = rest.iter().zip(into.iter_mut()).map(|(from, to)| *to = *from).count();
        Ok(taken)
    };
    // Nothing fails to read memory.
    lacking_tiles(0..bytes.len() as u64, read).ok().flatten()
}

/// Where the codestream begins.
fn begin(range: &Range<u64>, read: &mut impl FnMut(u64, &mut [u8]) -> io::Result<usize>) -> io::Result<Option<u64>> {
    let (mut at, mut head) = (range.start, [0; MARK_BYTES]);
    read(at, &mut head)?;
    if head.starts_with(&BEGIN) {
        return Ok(Some(at));
    }
    for _ in 0..if head == BOXES { MOST_BOXES } else { 0 } {
        let mut head = [0; 16];
        if at >= range.end || read(at, &mut head)? < 8 {
            break;
        }
        let (short, long) = (long(&head, 0), head.last_chunk().copied().map_or(0, u64::from_be_bytes));
        let (header, length) = if short == Some(1) { (16, long) } else { (8, u64::from(short.unwrap_or(0))) };
        if head.get(4..8) == Some(CODESTREAM.as_slice()) {
            return Ok(Some(at + header));
        }
        // A length of 0 is that of the last box.
        if length < header {
            break;
        }
        at = at.saturating_add(length);
    }
    Ok(None)
}

/// Goes from tile part to tile part. Whether that led to the codestream's end, or to that of its bytes.
fn follow(begin: u64, end: u64, tiles: &mut [Parts], read: &mut impl FnMut(u64, &mut [u8]) -> io::Result<usize>) -> io::Result<bool> {
    let mut at = begin;
    for _ in 0..MOST_MARKS {
        let mut mark = [0; MARK_BYTES];
        let there = end.saturating_sub(at).min(read(at, &mut mark)? as u64);
        let Some(marker) = short(&mark, 0).filter(|_| there >= 2) else { return Ok(true) };
        let length = match marker {
            END => return Ok(true),
            TILE_PART if there < MARK_BYTES as u64 => return Ok(true),
            TILE_PART => {
                let (tile, length) = (short(&mark, 4).map(usize::from), long(&mark, 6).unwrap_or(0));
                let Some(tile) = tile.and_then(|tile| tiles.get_mut(tile)) else { return Ok(false) };
                tile.told = tile.told.max(mark.last().copied().unwrap_or(0).into());
                match length {
                    // Where no length is told it is the last one, and ends with the codestream.
                    0 => {
                        tile.seen += 1;
                        return Ok(true);
                    }
                    14.. if u64::from(length) > end - at => return Ok(true),
                    14.. => tile.seen += 1,
                    _ => return Ok(false),
                }
                u64::from(length)
            }
            // Reserved, and without a length (A.1).
            0xff30..=0xff3f => 2,
            0xff00.. => 2 + u64::from(short(&mark, 2).unwrap_or(0)),
            _ => return Ok(false),
        };
        at = at.saturating_add(length);
    }
    Ok(false)
}

/// Whether there are samples in each tile, by the codestream's size, its tiles' own and their places (A.5.1, B.3): one at an edge, less wide
/// than the step from sample to sample, may have none, and then it may have no tile part.
fn tiles(head: &[u8], components: &[u8]) -> Option<Vec<bool>> {
    let mut steps: Vec<_> = components.chunks_exact(COMPONENT_BYTES).filter_map(|component| component.last_chunk::<2>().copied()).collect();
    steps.sort_unstable();
    steps.dedup();
    if steps.len() > MOST_STEPS || steps.iter().any(|step| step.contains(&0)) {
        return None;
    }
    let number = |place: usize| long(head, 8 + 4 * place).map(u64::from);
    // Of each tile along an axis, whether there are samples at each of the steps.
    let along = |axis: usize| -> Option<Vec<Vec<bool>>> {
        let (end, begin, size, first) = (number(axis)?, number(axis + 2)?, number(axis + 4)?, number(axis + 6)?);
        let count = end.checked_sub(first)?.div_ceil(Some(size).filter(|size| *size > 0)?);
        let tile = |number: u64| {
            let (from, to) = ((first + number * size).max(begin), (first + (number + 1) * size).min(end));
            let steps = steps.iter().map(|step| step.get(axis).map_or(1, |step| u64::from(*step)));
            steps.map(|step| to.div_ceil(step) > from.div_ceil(step)).collect()
        };
        (count <= MOST_TILES).then(|| (0..count).map(tile).collect())
    };
    let (columns, rows) = (along(0)?, along(1)?);
    let both = |row: &Vec<bool>, column: &Vec<bool>| row.iter().zip(column).any(|(row, column)| *row && *column);
    let count = (rows.len() as u64).checked_mul(columns.len() as u64).filter(|count| *count <= MOST_TILES);
    count.map(|_| rows.iter().flat_map(|row| columns.iter().map(|column| both(row, column))).collect())
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

    /// A codestream of 4 x 4 pixels in four tiles, with tile parts of these tiles, each of which says that there are so many of it.
    fn stream(parts: &[(u16, u8)]) -> Vec<u8> {
        let mut bytes = [&BEGIN[..], &[0, 41, 0, 0]].concat();
        bytes.extend([4_u32, 4, 0, 0, 2, 2, 0, 0].iter().flat_map(|number| number.to_be_bytes()));
        bytes.extend([0, 1, 7, 1, 1]);
        // A comment.
        bytes.extend([0xff, 0x64, 0, 6, 0, 1, b'h', b'i']);
        for (tile, told) in parts {
            bytes.extend([0xff, 0x90, 0, 10]);
            bytes.extend(tile.to_be_bytes());
            bytes.extend([0, 0, 0, 17, 0, *told, 0xff, 0x93, 1, 2, 3]);
        }
        bytes.extend(END.to_be_bytes());
        bytes
    }

    fn lacking(bytes: impl AsRef<[u8]>) -> Option<u64> {
        super::lacking(bytes.as_ref()).map(|(lacking, _)| lacking)
    }

    #[test]
    fn tiles_and_parts_that_lack_are_counted() {
        assert_eq!(lacking(stream(&[(0, 1), (1, 1), (2, 1), (3, 1)])), None);
        assert_eq!(lacking(stream(&[(3, 0), (0, 0), (0, 2), (2, 1), (1, 0)])), None, "in any order and in parts");
        assert_eq!(lacking(stream(&[(0, 1), (2, 1)])), Some(2));
        assert_eq!(lacking(stream(&[(0, 2), (1, 1), (2, 1), (3, 3), (3, 0)])), Some(2), "one part of two, two of three");
        assert_eq!(lacking(stream(&[])), Some(4));
    }

    #[test]
    fn a_tile_without_a_sample_lacks_nothing() {
        let mut right = stream(&[(1, 1), (3, 1)]);
        assert_eq!(lacking(&right), Some(2));
        // The picture begins at the second column and has a sample at every other: in the tiles at the left there is none.
        (right[8 + 4 * 2 + 3], right[43]) = (1, 2);
        assert_eq!(lacking(&right), None);
        right[43] = 1;
        assert_eq!(lacking(&right), Some(2), "a sample in each column");
    }

    #[test]
    fn a_marker_without_a_length_is_passed() {
        let (whole, head) = (stream(&[(0, 1), (1, 1), (2, 1)]), 41 + 4);
        assert_eq!(lacking([&whole[..head], &[0xff, 0x30, 0xff, 0x3f], &whole[head..]].concat()), Some(1));
    }

    #[test]
    fn what_lies_behind_the_end_lacks_and_a_road_that_leads_nowhere_says_nothing() {
        let whole = stream(&[(0, 1), (1, 1), (2, 1), (3, 1)]);
        let parts = whole.len() - 2 - 4 * 17;
        for kept in parts..whole.len() - 2 {
            assert_eq!(lacking(&whole[..kept]), Some(4 - (kept - parts) as u64 / 17), "{kept}");
        }
        assert_eq!(lacking(stream(&[(0, 1), (9, 1)])), None, "a tile that there can't be");
        for sizeless in [24..28, 0..4, 49..58] {
            let mut bytes = stream(&[(0, 1)]);
            bytes[sizeless].fill(0);
            assert_eq!(lacking(bytes), None);
        }
    }

    #[test]
    fn a_codestream_is_found_in_its_boxes() {
        let boxed = |name: &[u8; 4], body: &[u8]| [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), name.as_slice(), body].concat();
        let stream = stream(&[(0, 1)]);
        let before = [BOXES, &boxed(b"ftyp", b"jp2 "), &boxed(b"uuid", &[7; 300])].concat();
        assert_eq!(lacking([&before[..], &boxed(CODESTREAM, &stream)].concat()), Some(3));
        let long = [&1_u32.to_be_bytes()[..], CODESTREAM, &(stream.len() as u64 + 16).to_be_bytes(), &stream].concat();
        assert_eq!(lacking([&before[..], &long].concat()), Some(3));
        assert_eq!(lacking([&before[..], &[0, 0, 0, 0], CODESTREAM, &stream].concat()), Some(3));
        assert_eq!(lacking([&before[..], &[0, 0, 0, 0], b"none", &stream].concat()), None);
    }
}
