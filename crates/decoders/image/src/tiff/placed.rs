//! Whether a TIFF has a place on earth: then it is imagery, and not ours. Reads its first directory and nothing else.

use assay_kit::Input;
use assay_kit::tiff::{Form, PLACES};
use std::io;

/// Whether the asset is a TIFF whose first directory gives it a place. No TIFF, or a damaged one, has none.
pub(crate) fn has_place(input: &mut Input) -> io::Result<bool> {
    let Some((form, at)) = Form::of(input)? else { return Ok(false) };
    let Some(entries) = form.entries(input, at)? else { return Ok(false) };
    let mut entries = entries.chunks_exact(form.entry_bytes()).zip(0..);
    Ok(entries.any(|(bytes, number)| PLACES.contains(&form.entry(bytes, at, number).tag)))
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
