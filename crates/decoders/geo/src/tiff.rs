//! A TIFF's first directory, as far as it tells what GDAL does not: whether it has a place, tiles, a coordinate system.

use assay_kit::Input;
use assay_kit::tiff::{Entry, Form, PLACES};
use std::io;

/// Numbers of tags (TIFF 6.0; OGC 19-008r4).
mod tag {
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const GEO_KEYS: u16 = 34_735;
}

/// Keys that name a coordinate system: geographic, projected (OGC 19-008r4, 7.5).
const SYSTEM_KEYS: [u16; 2] = [2048, 3072];
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
    let mut first = First { is_big: form.is_big(), samples: 1, ..First::default() };
    for (bytes, number) in entries.chunks_exact(form.entry_bytes()).zip(0..) {
        let entry = form.entry(bytes, at, number);
        match entry.tag {
            tag::WIDTH => first.width = entry.short_or_long(),
            tag::HEIGHT => first.height = entry.short_or_long(),
            tag::SAMPLES => first.samples = entry.short_or_long(),
            tag::TILE_WIDTH => first.is_tiled = true,
            tag::GEO_KEYS => first.names_system = names_system(form, input, &entry)?,
            _ => {}
        }
        first.has_place |= PLACES.contains(&entry.tag);
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
