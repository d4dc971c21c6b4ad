//! Whether a TIFF has a place on earth: then it is imagery, and not ours. Reads its first directory and nothing else.

use assay_kit::Input;
use std::io;

/// Tags that give a place: `ModelPixelScale`, `ModelTiepoint`, `ModelTransformation`, `GeoKeyDirectory` (OGC 19-008r4), and the
/// rational polynomial coefficients of STDI-0002. GDAL's own tags (42112, 42113) stand in plain pictures too.
const PLACES: [u16; 5] = [33_550, 33_922, 34_264, 34_735, 50_844];
/// Entries that are looked at: `BigTIFF` can announce any number.
const MOST_ENTRIES: usize = 4096;

/// Whether the asset is a TIFF whose first directory gives it a place. No TIFF, or a damaged one, has none.
pub(crate) fn has_place(input: &mut Input) -> io::Result<bool> {
    let mut header = [0; 16];
    input.read_at(0, &mut header)?;
    let (is_little, is_big) = match header.first_chunk::<4>() {
        Some(b"II*\0") => (true, false),
        Some(b"MM\0*") => (false, false),
        Some(b"II+\0") => (true, true),
        Some(b"MM\0+") => (false, true),
        _ => return Ok(false),
    };
    let number = |bytes: Option<&[u8]>| {
        let bytes = bytes.unwrap_or_default();
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    };
    let (at, count_bytes, entry_bytes) = if is_big { (number(header.get(8..16)), 8, 20) } else { (number(header.get(4..8)), 2, 12) };
    let mut count = [0; 8];
    let got = input.read_at(at, count.get_mut(..count_bytes).unwrap_or_default())?;
    let entries = usize::try_from(number(count.get(..got))).unwrap_or(MOST_ENTRIES).min(MOST_ENTRIES);
    let mut list = vec![0; entries * entry_bytes];
    let got = input.read_at(at.saturating_add(count_bytes as u64), &mut list)?;
    let mut tags = list.get(..got).unwrap_or_default().chunks_exact(entry_bytes).map(|entry| number(entry.get(..2)));
    Ok(tags.any(|tag| PLACES.iter().any(|place| u64::from(*place) == tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiff(is_big: bool, tags: &[u16]) -> Vec<u8> {
        let mut bytes = if is_big { b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x14junk".to_vec() } else { b"II*\0\x0c\0\0\0junk".to_vec() };
        if is_big {
            bytes.extend((tags.len() as u64).to_be_bytes());
        } else {
            bytes.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
        }
        for tag in tags {
            bytes.extend(if is_big { tag.to_be_bytes() } else { tag.to_le_bytes() });
            bytes.extend(vec![0; if is_big { 18 } else { 10 }]);
        }
        bytes
    }

    fn is_placed(bytes: Vec<u8>) -> bool {
        has_place(&mut Input::whole_in_memory(bytes)).unwrap()
    }

    #[test]
    fn one_tag_of_a_place_is_enough_wherever_the_directory_lies() {
        for is_big in [false, true] {
            assert!(!is_placed(tiff(is_big, &[256, 257, 42_113, 700])));
            for tag in PLACES {
                assert!(is_placed(tiff(is_big, &[256, 257, tag])), "{tag}");
            }
        }
    }

    #[test]
    fn damage_and_other_formats_have_no_place() {
        assert!(!is_placed(b"II*\0\xff\xff\xff\xff".to_vec()));
        assert!(!is_placed(b"II*\0\x08\0\0\0\xff\xff".to_vec()));
        assert!(!is_placed(b"\x89PNG".to_vec()));
        assert!(!is_placed(Vec::new()));
    }
}
