//! A TIFF's directories, read from their bytes so that facts stand where no library reads the pixels.

use crate::bytes::{be16, be32, be64, le16, le32, le64, place, slice};
use std::collections::HashSet;

/// Numbers of tags (TIFF 6.0, part 1 and 2; 34675 is ICC.1, annex B.3).
pub(crate) mod tag {
    pub(crate) const SUBFILE_TYPE: u16 = 254;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    /// Values of [`COMPRESSION`] that are JPEG: the old style and the one that took its place.
    pub(crate) const JPEG: [u64; 2] = [6, 7];
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const MAKE: u16 = 271;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES: u16 = 277;
    /// Where each strip, each tile begins, and its bytes as stored.
    pub(crate) const STRIP_PLACES: u16 = 273;
    pub(crate) const TILE_PLACES: u16 = 324;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_BYTES: u16 = 279;
    pub(crate) const TILE_BYTES: u16 = 325;
    pub(crate) const X_RESOLUTION: u16 = 282;
    pub(crate) const Y_RESOLUTION: u16 = 283;
    pub(crate) const PLANAR: u16 = 284;
    pub(crate) const RESOLUTION_UNIT: u16 = 296;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SUBSAMPLING: u16 = 530;
    pub(crate) const ICC: u16 = 34675;
    /// More directories, of pictures.
    pub(crate) const SUB: u16 = 330;
    /// EXIF's directory, GPS' directory (CIPA DC-008), and the picture's size in the former.
    pub(crate) const EXIF: u16 = 34665;
    pub(crate) const GPS: u16 = 34853;
    pub(crate) const PIXELS_ACROSS: u16 = 40962;
    pub(crate) const PIXELS_DOWN: u16 = 40963;
}

/// Most directories that [`Directory::all`] gives, and most below one.
const MOST_DIRECTORIES: usize = 32;
const MOST_BELOW: usize = 8;
/// Entries of one directory that are looked at: there are no more tags than this, though `BigTIFF` can announce any number.
const MOST_ENTRIES: usize = 65_536;

/// One directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directory<'a> {
    file: File<'a>,
    /// Where the first entry is.
    entries_at: usize,
    entries: usize,
}

#[derive(Debug, Clone, Copy)]
struct File<'a> {
    bytes: &'a [u8],
    little: bool,
    big: bool,
}

impl File<'_> {
    fn short(self, at: usize) -> Option<u16> {
        if self.little { le16(self.bytes, at) } else { be16(self.bytes, at) }
    }

    fn long(self, at: usize) -> Option<u32> {
        if self.little { le32(self.bytes, at) } else { be32(self.bytes, at) }
    }

    fn long8(self, at: usize) -> Option<u64> {
        if self.little { le64(self.bytes, at) } else { be64(self.bytes, at) }
    }

    /// An offset: 4 bytes, 8 in `BigTIFF`.
    fn offset(self, at: usize) -> Option<u64> {
        if self.big { self.long8(at) } else { self.long(at).map(u64::from) }
    }

    const fn entry_bytes(self) -> usize {
        if self.big { 20 } else { 12 }
    }
}

/// Extra samples that are alpha (tag 338).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alpha {
    /// Colours are multiplied by it.
    Premultiplied,
    /// Colours are their own.
    Straight,
}

impl<'a> Directory<'a> {
    pub(crate) fn is_big(bytes: &[u8]) -> bool {
        bytes.get(2) == Some(&43) || bytes.get(3) == Some(&43)
    }

    /// The first directory.
    pub(crate) fn first(bytes: &'a [u8]) -> Option<Self> {
        let file = File { bytes, little: bytes.starts_with(b"II"), big: Self::is_big(bytes) };
        Self::at(file, file.offset(if file.big { 8 } else { 4 })?)
    }

    /// The first directories of the list and those below them, at most 32: a camera's file has fewer.
    pub(crate) fn all(bytes: &'a [u8]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut next = Self::first(bytes);
        while let Some(directory) =
            next.filter(|directory| all.len() < MOST_DIRECTORIES && !all.iter().any(|seen| seen.entries_at == directory.entries_at))
        {
            all.push(directory);
            all.extend(directory.numbers(tag::SUB).take(MOST_BELOW).filter_map(|offset| Self::at(directory.file, offset)));
            next = directory.next().filter(|offset| *offset > 0).and_then(|offset| Self::at(directory.file, offset));
        }
        all
    }

    /// The directory whose place a tag tells.
    pub(crate) fn at_offset_in(&self, tag: u16) -> Option<Self> {
        Self::at(self.file, self.number(tag)?)
    }

    fn at(file: File<'a>, offset: u64) -> Option<Self> {
        let at = place(offset);
        let (entries, head) = if file.big { (place(file.long8(at)?), 8) } else { (usize::from(file.short(at)?), 2) };
        Some(Self { file, entries_at: at.checked_add(head)?, entries })
    }

    fn next(&self) -> Option<u64> {
        self.file.offset(self.next_at()?)
    }

    fn next_at(&self) -> Option<usize> {
        self.entries.checked_mul(self.file.entry_bytes())?.checked_add(self.entries_at)
    }

    /// Where the next directory's offset is, and how none is written.
    pub(crate) fn end_of_list(&self) -> (u64, Vec<u8>) {
        (self.next_at().unwrap_or(usize::MAX) as u64, vec![0; if self.file.big { 8 } else { 4 }])
    }

    /// How many pages there are, without reduced copies (subfile type, bit 0), and whether all could be counted within `most` steps.
    pub(crate) fn count_pages(bytes: &'a [u8], most: u64) -> (u64, bool) {
        let (mut pages, mut steps, mut seen) = (0, 0_u64, HashSet::new());
        let Some(mut directory) = Self::first(bytes) else { return (0, false) };
        loop {
            steps = steps.saturating_add(directory.entries as u64).saturating_add(1);
            if steps > most || !seen.insert(directory.entries_at) {
                return (pages, false);
            }
            pages += u64::from(directory.number(tag::SUBFILE_TYPE).unwrap_or(0) & 1 == 0);
            match directory.next() {
                Some(0) => return (pages, true),
                Some(offset) => match Self::at(directory.file, offset) {
                    Some(next) => directory = next,
                    None => return (pages, false),
                },
                None => return (pages, false),
            }
        }
    }

    /// Where a tag's entry is.
    fn entry(&self, tag: u16) -> Option<usize> {
        let size = self.file.entry_bytes();
        // No more entries than bytes, whatever the count says.
        let there = self.file.bytes.len().saturating_sub(self.entries_at) / size;
        (0..self.entries.min(there).min(MOST_ENTRIES)).map(|n| self.entries_at + n * size).find(|at| self.file.short(*at) == Some(tag))
    }

    /// Type, count and place of a tag's values.
    fn values(&self, tag: u16) -> Option<(u16, usize, usize)> {
        let at = self.entry(tag)?;
        let kind = self.file.short(at + 2)?;
        let (count, inside, room) =
            if self.file.big { (place(self.file.long8(at + 4)?), at + 12, 8) } else { (place(self.file.long(at + 4)?), at + 8, 4) };
        let bytes = size_of_type(kind)?.checked_mul(count)?;
        let values = if bytes <= room { inside } else { place(self.file.offset(inside)?) };
        Some((kind, count, values))
    }

    /// A tag's numbers, as far as they are there. The tag is looked up once: a directory may have as many entries as a tag has numbers.
    pub(crate) fn numbers(&self, tag: u16) -> impl Iterator<Item = u64> + use<'a> {
        let file = self.file;
        let found = self.values(tag).and_then(|(kind, count, values)| Some((kind, size_of_type(kind)?, count, values)));
        let (kind, size, count, values) = found.unwrap_or_default();
        (0..count).map_while(move |n| {
            let at = values.checked_add(size.checked_mul(n)?)?;
            match kind {
                1 | 7 => file.bytes.get(at).copied().map(u64::from),
                3 => file.short(at).map(u64::from),
                4 | 13 => file.long(at).map(u64::from),
                16 | 18 => file.long8(at),
                _ => None,
            }
        })
    }

    /// How many bytes a tag's values have, there or not.
    pub(crate) fn bytes_said(&self, tag: u16) -> Option<u64> {
        let (kind, count, _) = self.values(tag)?;
        Some(size_of_type(kind)? as u64 * count as u64)
    }

    /// The largest number of a tag, of those that are there.
    pub(crate) fn largest(&self, tag: u16) -> Option<u64> {
        self.numbers(tag).max()
    }

    /// The first number of a tag.
    pub(crate) fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag).next()
    }

    /// The first fraction of a tag.
    pub(crate) fn rational(&self, tag: u16) -> Option<f64> {
        let (5, _, at) = self.values(tag)? else { return None };
        let quotient = f64::from(self.file.long(at)?) / f64::from(self.file.long(at + 4)?);
        Some(quotient).filter(|quotient| quotient.is_finite())
    }

    /// Type, count and bytes of a tag's values.
    pub(crate) fn raw(&self, tag: u16) -> Option<(u16, usize, &'a [u8])> {
        let (kind, count, at) = self.values(tag)?;
        Some((kind, count, slice(self.file.bytes, at, size_of_type(kind)?.checked_mul(count)?)?))
    }

    /// A tag's text, without its end.
    pub(crate) fn text(&self, tag: u16) -> Option<&'a [u8]> {
        let (2, _, bytes) = self.raw(tag)? else { return None };
        bytes.split(|byte| *byte == 0).next()
    }

    /// All bytes of a tag.
    pub(crate) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let (1 | 7, count, at) = self.values(tag)? else { return None };
        slice(self.file.bytes, at, count)
    }

    /// Where the only number of a tag is, and how another is written there: as the tag's type and the file's order of bytes say. `None` where
    /// the tag has more numbers, or one that lies elsewhere and may lie on anything, another tag's value among them.
    pub(crate) fn another(&self, tag: u16, number: u64) -> Option<(u64, Vec<u8>)> {
        let (_, count, at) = self.values(tag)?;
        let inside = self.entry(tag)?..self.entry(tag)?.saturating_add(self.file.entry_bytes());
        (count == 1 && inside.contains(&at)).then(|| self.another_of(tag, 0, number)).flatten()
    }

    /// The same of one of a tag's numbers, wherever they lie.
    pub(crate) fn another_of(&self, tag: u16, n: usize, number: u64) -> Option<(u64, Vec<u8>)> {
        let (kind, count, at) = self.values(tag)?;
        let size = size_of_type(kind).filter(|_| n < count && matches!(kind, 1 | 3 | 4 | 7 | 13 | 16 | 18))?;
        let at = at.checked_add(size.checked_mul(n)?)?;
        let mut bytes = number.to_le_bytes().get(..size)?.to_vec();
        if !self.file.little {
            bytes.reverse();
        }
        Some((at as u64, bytes))
    }

    /// Whether numbers are stored least significant byte first.
    pub(crate) fn is_little(&self) -> bool {
        self.file.little
    }

    /// The first extra sample, where it is alpha.
    pub(crate) fn alpha(&self) -> Option<Alpha> {
        match self.number(tag::EXTRA_SAMPLES)? {
            1 => Some(Alpha::Premultiplied),
            2 => Some(Alpha::Straight),
            _ => None,
        }
    }
}

/// Bytes of one value (TIFF 6.0, section 2; `BigTIFF` adds 16 to 18).
fn size_of_type(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16..=18 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_tag_at_the_end_of_a_full_directory_is_looked_up_once_for_all_its_numbers() {
        // 65,000 entries before a tag of a million numbers: one after the other they are 65 thousand million steps.
        let (entries, count) = (65_000_u16, 1_000_000_u32);
        let mut file = [b"II*\0".as_slice(), &8_u32.to_le_bytes(), &(entries + 1).to_le_bytes()].concat();
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        file.extend(entry(60_000, 3, 1, 0).repeat(entries.into()));
        let values = u32::try_from(file.len() + 12 + 4).unwrap();
        file.extend(entry(tag::STRIP_BYTES, 1, count, values));
        file.extend([0; 4]);
        file.resize(file.len() + count as usize - 1, 7);
        file.push(9);
        let begun = Instant::now();
        assert_eq!(Directory::first(&file).unwrap().largest(tag::STRIP_BYTES), Some(9));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
