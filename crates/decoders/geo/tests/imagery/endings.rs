//! A NITF that ends before its segments do says so; a length that is wrong or not yet known is no cut.

use super::{codes, details, fixture, looked_at};

const TWO: &str = "media/nitf-two-segments.ntf";
/// Where the file's own length stands in a header of 2.1 (MIL-STD-2500C, table A-1).
const FILE_LENGTH: usize = 342;

#[test]
fn a_file_that_ends_in_a_segment_says_so_and_tells_no_segment_without_a_size() {
    let whole = fixture(TWO);
    assert_eq!(
        (details(&looked_at(whole.clone())).nitf.as_ref().unwrap().image_segments.len(), codes(&looked_at(whole.clone())).len()),
        (2, 0)
    );
    for length in (FILE_LENGTH + 62..whole.len()).step_by(331).chain([whole.len() - 1]) {
        let said = looked_at(whole[..length].to_vec());
        assert!(codes(&said).contains(&"truncated-asset"), "{length} bytes: {:?}", codes(&said));
        let segments = &details(&said).nitf.as_ref().unwrap().image_segments;
        assert!(segments.iter().all(|image| image.width > 0 && image.height > 0), "{length} bytes: {segments:?}");
    }
}

#[test]
fn a_length_that_is_wrong_or_not_yet_known_is_no_cut() {
    for length in ["999999999999", "999999999998", "000000099999", "000000000000", "            ", "not a number"] {
        for name in [TWO, "media/nitf-jpeg-2000.ntf", "media/nsif-jpeg.nsf", "media/nitf-no-image.ntf"] {
            let mut bytes = fixture(name);
            bytes[FILE_LENGTH..FILE_LENGTH + 12].copy_from_slice(length.as_bytes());
            let said = looked_at(bytes);
            assert!(!codes(&said).contains(&"truncated-asset"), "{name} with {length:?}: {:?}", codes(&said));
        }
    }
    let longer = [fixture(TWO), vec![0; 900]].concat();
    assert_eq!(codes(&looked_at(longer)), [""; 0], "something behind it");
}
