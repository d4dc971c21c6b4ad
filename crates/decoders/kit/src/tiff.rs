//! A TIFF's directories, entry by entry (TIFF 6.0, section 2; `BigTIFF`), for what a library doesn't tell.

use crate::Input;
use std::io;

/// Tags that give a place on earth: `ModelPixelScale`, `ModelTiepoint`, `ModelTransformation`, `GeoKeyDirectory` (OGC 19-008r4), and the
/// rational polynomial coefficients of STDI-0002. GDAL's own tags (42112, 42113) stand in plain pictures too. A TIFF whose first directory
/// has one is imagery, any other a picture: the two decoders must agree.
pub const PLACES: [u16; 5] = [33_550, 33_922, 34_264, 34_735, 50_844];

/// Entries that are looked at; TIFF's own count has two bytes, `BigTIFF`'s eight.
const MOST_ENTRIES: u64 = 4096;

/// How a file writes its numbers and directories.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    is_little: bool,
    /// `BigTIFF`.
    is_big: bool,
}

/// An entry of a directory.
#[derive(Debug)]
pub struct Entry {
    /// Its number.
    pub tag: u16,
    /// Bytes of one value; `None` where they are no whole numbers of two to eight bytes.
    pub value_bytes: Option<u64>,
    /// How many values there are.
    pub values: u64,
    /// Where they lie in the file.
    pub values_at: u64,
    /// The first value where all fit into the entry; else where they lie.
    pub number: u64,
}

impl Form {
    /// By a file's header, with the place of its first directory. `None` where this is no TIFF.
    pub fn of(input: &mut Input) -> io::Result<Option<(Self, u64)>> {
        let mut header = [0; 16];
        input.read_at(0, &mut header)?;
        let (is_little, is_big) = match header.first_chunk::<4>() {
            Some(b"II*\0") => (true, false),
            Some(b"MM\0*") => (false, false),
            Some(b"II+\0") => (true, true),
            Some(b"MM\0+") => (false, true),
            _ => return Ok(None),
        };
        let form = Self { is_little, is_big };
        Ok(Some((form, form.number(if is_big { header.get(8..16) } else { header.get(4..8) }))))
    }

    /// Whether it is a `BigTIFF`.
    pub const fn is_big(self) -> bool {
        self.is_big
    }

    /// The entries of the directory at `at`, one behind the other. `None` where it lies beyond the end.
    pub fn entries(self, input: &mut Input, at: u64) -> io::Result<Option<Vec<u8>>> {
        let mut count = [0; 8];
        let got = input.read_at(at, count.get_mut(..self.count_bytes()).unwrap_or_default())?;
        if at == 0 || got < self.count_bytes() {
            return Ok(None);
        }
        let count = self.number(count.get(..self.count_bytes())).min(MOST_ENTRIES);
        let mut entries = vec![0; usize::try_from(count).unwrap_or(0) * self.entry_bytes()];
        let got = input.read_at(at.saturating_add(self.count_bytes() as u64), &mut entries)?;
        entries.truncate(got);
        Ok(Some(entries))
    }

    /// The entry of this number in the directory at `at`.
    pub fn entry(self, bytes: &[u8], at: u64, number: u64) -> Entry {
        let half = if self.is_big { 8 } else { 4 };
        let value = bytes.get(4 + half..).unwrap_or_default();
        let value_bytes = match self.number(bytes.get(2..4)) {
            3 => Some(2),
            4 | 13 => Some(4),
            16 | 18 => Some(8),
            _ => None,
        };
        let (values, place) = (self.number(bytes.get(4..4 + half)), self.number(Some(value)));
        let is_here = value_bytes.is_some_and(|bytes| values.saturating_mul(bytes) <= half as u64);
        let here = at.saturating_add((self.count_bytes() + 4 + half) as u64).saturating_add(number * self.entry_bytes() as u64);
        let first = value_bytes.and_then(|bytes| usize::try_from(bytes).ok()).and_then(|bytes| value.get(..bytes));
        Entry {
            tag: u16::try_from(self.number(bytes.get(..2))).unwrap_or(0),
            value_bytes,
            values,
            values_at: if is_here { here } else { place },
            number: if is_here { self.number(first) } else { place },
        }
    }

    /// Bytes of a directory's count of entries.
    const fn count_bytes(self) -> usize {
        if self.is_big { 8 } else { 2 }
    }

    /// Bytes of an entry.
    pub const fn entry_bytes(self) -> usize {
        if self.is_big { 20 } else { 12 }
    }

    /// A number of up to eight bytes; 0 of none.
    pub fn number(self, bytes: Option<&[u8]>) -> u64 {
        let bytes = bytes.unwrap_or_default();
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    }
}

impl Entry {
    /// A single number; 0 where it is none, the most there can be where it is larger.
    pub fn short_or_long(&self) -> u32 {
        self.value_bytes.map_or(0, |_| u32::try_from(self.number).unwrap_or(u32::MAX))
    }
}
