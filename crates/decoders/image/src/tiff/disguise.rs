//! A TIFF in which a few bytes read otherwise, for libraries that refuse by what it says and not by what they can't read.

use super::directory::{Directory, tag};
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// A file in which a few bytes read otherwise. The library refuses palettes, Lab and subsampled JPEG by their colour model alone, though it
/// can read their samples: told another model it hands them out raw, and what they mean is decided here. And it refuses a first page whose
/// successor is nonsense: told that there is none, it reads the page.
pub(super) struct Disguised<'a> {
    file: Cursor<&'a [u8]>,
    /// Where, and what is read instead.
    masks: Vec<(u64, Vec<u8>)>,
    /// From where to where the bits of each byte lie the other way round, one behind the other.
    turned: Vec<(u64, u64)>,
}

/// In which order a byte's bits are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bits {
    AsStored,
    /// Those of strips and tiles the other way round.
    Turned,
}

impl<'a> Disguised<'a> {
    /// Its first page alone, with another number in one place.
    pub(super) fn told(bytes: &'a [u8], first: &Directory<'_>, number: (u64, Vec<u8>), bits: Bits) -> Self {
        let turned = if bits == Bits::Turned { chunks(first) } else { Vec::new() };
        // One strip of any height is told by the largest number there is, which the library counts with.
        let height = first.number(tag::HEIGHT).filter(|height| first.number(tag::ROWS_PER_STRIP).is_some_and(|rows| rows > *height));
        let rows = height.and_then(|height| first.another(tag::ROWS_PER_STRIP, height));
        Self { file: Cursor::new(bytes), masks: rows.into_iter().chain([number, first.end_of_list()]).collect(), turned }
    }

    /// Its first page alone, whose rows are told to lie as they are stored, and whose samples to end where the file does: `cut` is another number
    /// for the strip or tile that goes on behind it, of which the library would read nothing.
    pub(super) fn upright(bytes: &'a [u8], first: &Directory<'_>, cut: Option<(u64, Vec<u8>)>) -> Self {
        // Where no orientation is told it is so by default.
        let masks = first.another(tag::ORIENTATION, 1).into_iter().chain(cut).chain([first.end_of_list()]).collect();
        Self { file: Cursor::new(bytes), masks, turned: Vec::new() }
    }
}

impl Read for Disguised<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let begin = self.file.position();
        let count = self.file.read(into)?;
        let read = into.get_mut(..count).unwrap_or_default();
        for (place, byte) in self.masks.iter().flat_map(|(at, bytes)| (*at..).zip(bytes)) {
            let inside = place.checked_sub(begin).and_then(|offset| usize::try_from(offset).ok());
            if let Some(there) = inside.and_then(|offset| read.get_mut(offset)) {
                *there = *byte;
            }
        }
        let first = self.turned.partition_point(|(_, end)| *end <= begin);
        for (from, to) in self.turned.iter().skip(first).take_while(|(from, _)| *from < begin + count as u64) {
            let inside = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX).min(count);
            into.get_mut(inside(*from)..inside(*to)).unwrap_or_default().iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        Ok(count)
    }
}

impl Seek for Disguised<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Where the strips or tiles lie, in order and none in another.
fn chunks(first: &Directory<'_>) -> Vec<(u64, u64)> {
    let placed = [(tag::STRIP_PLACES, tag::STRIP_BYTES), (tag::TILE_PLACES, tag::TILE_BYTES)];
    let mut chunks: Vec<(u64, u64)> = placed
        .iter()
        .flat_map(|(places, bytes)| first.numbers(*places).zip(first.numbers(*bytes)))
        .map(|(from, bytes)| (from, from.saturating_add(bytes)))
        .collect();
    chunks.sort_unstable();
    // A byte in two of them would be turned back.
    let mut end = 0;
    chunks.retain_mut(|(from, to)| {
        *from = end.max(*from);
        end = end.max(*to);
        from < to
    });
    chunks
}
