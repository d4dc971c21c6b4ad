//! A TIFF's first directory, as far as it tells what GDAL does not: whether it has a place, tiles, a coordinate system.

use assay_kit::Input;
use std::io;

/// Numbers of tags (TIFF 6.0; OGC 19-008r4 for the geographic ones; STDI-0002 for RPC).
mod tag {
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const PIXEL_SCALE: u16 = 33_550;
    pub(super) const TIE_POINTS: u16 = 33_922;
    pub(super) const TRANSFORMATION: u16 = 34_264;
    pub(super) const GEO_KEYS: u16 = 34_735;
    pub(super) const RPC: u16 = 50_844;
}

/// Keys that name a coordinate system: geographic, projected (OGC 19-008r4, 7.5).
const SYSTEM_KEYS: [u16; 2] = [2048, 3072];
/// Entries that are looked at; TIFF's own count has two bytes, `BigTIFF`'s eight.
const MOST_ENTRIES: u64 = 4096;
const MOST_KEYS: usize = 512;

/// What the first directory says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct First {
    /// `BigTIFF`.
    pub(crate) is_big: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bands, as told; 1 where nothing is.
    pub(crate) samples: u32,
    pub(crate) is_tiled: bool,
    /// Whether any tag gives it a place on earth.
    pub(crate) has_place: bool,
    /// Whether a tag names a coordinate system, whatever it is worth.
    pub(crate) names_system: bool,
}

/// Reads the first directory. `None` where this is no TIFF or the directory lies beyond its end.
pub(crate) fn look(input: &mut Input) -> io::Result<Option<First>> {
    let Some((form, at)) = Form::of(input)? else { return Ok(None) };
    let Some(entries) = form.entries(input, at)? else { return Ok(None) };
    let mut first = First { is_big: form.is_big, samples: 1, ..First::default() };
    for (bytes, number) in entries.chunks_exact(form.entry_bytes()).zip(0..) {
        let entry = form.entry(bytes, at, number);
        match entry.tag {
            tag::WIDTH => first.width = entry.short_or_long(),
            tag::HEIGHT => first.height = entry.short_or_long(),
            tag::SAMPLES => first.samples = entry.short_or_long(),
            tag::TILE_WIDTH => first.is_tiled = true,
            tag::PIXEL_SCALE | tag::TIE_POINTS | tag::TRANSFORMATION | tag::RPC => first.has_place = true,
            tag::GEO_KEYS => {
                first.has_place = true;
                first.names_system = names_system(form, input, &entry)?;
            }
            _ => {}
        }
    }
    Ok(Some(first))
}

fn names_system(form: Form, input: &mut Input, entry: &Entry) -> io::Result<bool> {
    let keys = usize::try_from(entry.values / 4).unwrap_or(0).min(MOST_KEYS);
    let mut list = vec![0; keys * 8];
    // Four numbers are the list's own head; a list that short names nothing, and alone fits into an entry.
    let got = input.read_at(entry.values_at, &mut list)?;
    let named = list.get(..got).unwrap_or_default().chunks_exact(8).skip(1).map(|key| form.number(key.get(..2)));
    Ok(named.filter_map(|key| u16::try_from(key).ok()).any(|key| SYSTEM_KEYS.contains(&key)))
}

/// How a file writes its numbers and directories.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    is_little: bool,
    /// `BigTIFF`.
    is_big: bool,
}

/// An entry of a directory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) tag: u16,
    /// Bytes of one value; `None` where they are no whole numbers of two to eight bytes.
    pub(crate) value_bytes: Option<u64>,
    /// How many values there are.
    pub(crate) values: u64,
    /// Where they lie in the file.
    pub(crate) values_at: u64,
    /// The first value where all fit into the entry; else where they lie.
    pub(crate) number: u64,
}

impl Form {
    /// By a file's header, with the place of its first directory. `None` where this is no TIFF.
    pub(crate) fn of(input: &mut Input) -> io::Result<Option<(Self, u64)>> {
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

    /// The entries of the directory at `at`, one behind the other. `None` where it lies beyond the end.
    pub(crate) fn entries(self, input: &mut Input, at: u64) -> io::Result<Option<Vec<u8>>> {
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
    pub(crate) fn entry(self, bytes: &[u8], at: u64, number: u64) -> Entry {
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
    pub(crate) const fn entry_bytes(self) -> usize {
        if self.is_big { 20 } else { 12 }
    }

    /// A number of up to eight bytes; 0 of none.
    pub(crate) fn number(self, bytes: Option<&[u8]>) -> u64 {
        let bytes = bytes.unwrap_or_default();
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    }
}

impl Entry {
    /// A single number; 0 where it is none, the most there can be where it is larger.
    fn short_or_long(&self) -> u32 {
        self.value_bytes.map_or(0, |_| u32::try_from(self.number).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiff(entries: &[(u16, u16, u32, u32)], tail: &[u8]) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        for (tag, kind, count, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes.extend(tail);
        bytes
    }

    fn seen(bytes: Vec<u8>) -> Option<First> {
        look(&mut Input::whole_in_memory(bytes)).unwrap()
    }

    #[test]
    fn a_plain_tiff_has_no_place_and_one_geographic_tag_is_enough() {
        let plain = seen(tiff(&[(256, 3, 1, 7), (257, 4, 1, 5), (277, 3, 1, 3)], b"")).unwrap();
        assert_eq!(plain, First { width: 7, height: 5, samples: 3, ..First::default() });
        for tag in [33_550, 33_922, 34_264, 34_735, 50_844] {
            assert!(seen(tiff(&[(256, 3, 1, 7), (tag, 12, 2, 8)], b"")).unwrap().has_place, "{tag}");
        }
    }

    #[test]
    fn a_named_system_is_told_from_a_list_without_one() {
        let keys: Vec<u8> = [1_u16, 1, 0, 1, 3072, 0, 1, 32_633].iter().flat_map(|number| number.to_le_bytes()).collect();
        let at = 8 + 2 + 12 + 4;
        assert!(seen(tiff(&[(34_735, 3, 8, at)], &keys)).unwrap().names_system);
        let keys: Vec<u8> = [1_u16, 1, 0, 1, 1025, 0, 1, 1].iter().flat_map(|number| number.to_le_bytes()).collect();
        assert!(!seen(tiff(&[(34_735, 3, 8, at)], &keys)).unwrap().names_system);
    }

    #[test]
    fn a_directory_beyond_the_end_or_of_endless_length_is_no_trouble() {
        assert_eq!(seen(b"II*\0\xff\xff\xff\xff".to_vec()), None);
        assert_eq!(
            seen(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
            Some(First { is_big: true, samples: 1, ..First::default() })
        );
        assert_eq!(seen(b"GIF89a".to_vec()), None);
    }
}
