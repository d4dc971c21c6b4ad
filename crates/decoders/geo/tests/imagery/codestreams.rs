//! JPEG 2000 that is not whole, or not what its segment says: told, and never shown as if it were.

use super::{codes, fixture, looked_at};

const WHOLE: &str = "media/nitf-jpeg-2000.ntf";
/// Where the size of a codestream and of its tiles stand behind its first byte (ISO/IEC 15444-1, A.5.1).
const WIDTH: usize = 8;
const OFFSET: usize = 16;
const TILE: usize = 24;

fn begin(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]).unwrap()
}

/// The fixture with two numbers of its codestream's size altered.
fn altered(at: usize, numbers: [u32; 2]) -> Vec<u8> {
    let mut bytes = fixture(WHOLE);
    let at = begin(&bytes) + at;
    bytes[at..at + 8].copy_from_slice(&numbers.map(u32::to_be_bytes).concat());
    bytes
}

#[test]
fn a_codestream_of_which_the_rest_is_zeros_is_told_to_be_damaged() {
    let whole = fixture(WHOLE);
    let begin = begin(&whole);
    for kept in [2_000, 8_000, 20_000] {
        for end in [&[][..], &[0xff, 0xd9]] {
            let mut bytes = whole.clone();
            bytes[begin + kept..].fill(0);
            bytes[begin + kept..begin + kept + end.len()].copy_from_slice(end);
            let said = looked_at(bytes);
            assert_eq!((said.thumbnails.len(), codes(&said)), (2, vec!["corrupt-asset"]), "{kept} bytes: {:?}", said.issues);
        }
    }
    assert_eq!(codes(&looked_at(whole)), [""; 0]);
}

#[test]
fn a_codestream_of_another_size_than_its_segment_is_damage_and_not_shown() {
    for (at, numbers) in [(WIDTH, [255, 257]), (WIDTH, [128, 96]), (WIDTH, [1_024, 1]), (OFFSET, [255, 191]), (WIDTH, [60_000, 60_000])] {
        let said = looked_at(altered(at, numbers));
        assert_eq!((said.thumbnails.len(), codes(&said)), (0, vec!["corrupt-asset"]), "{numbers:?}: {:?}", said.issues);
    }
    // As large as is told, and as many tiles as pixels: for it no picture of another size is made.
    let tiles = looked_at(altered(TILE, [1, 1]));
    assert!(tiles.thumbnails.iter().all(|(head, _)| (head.width, head.height) == (256, 192)), "{:?}", tiles.thumbnails.len());
}

#[test]
fn a_codestream_without_some_of_its_tiles_is_told_to_be_damaged() {
    // As many tiles as pixels, of which one is there.
    let said = looked_at(altered(TILE, [1, 1]));
    assert!(codes(&said).contains(&"corrupt-asset"), "{:?}", said.issues);
    // A quarter of the tiles, each as large as before: the library shows what there is of the first.
    let said = looked_at(altered(TILE, [128, 96]));
    assert_eq!(codes(&said), ["corrupt-asset"], "{:?}", said.issues);
}

#[test]
fn a_jpeg_within_that_ends_early_is_told_to_be_damaged() {
    let whole = fixture("media/nsif-jpeg.nsf");
    let begin = whole.windows(3).position(|three| three == [0xff, 0xd8, 0xff]).unwrap();
    for part in 2..5 {
        let mut bytes = whole.clone();
        let kept = begin + (whole.len() - begin) * part / 5;
        bytes[kept..].fill(0);
        let said = looked_at(bytes);
        assert_eq!((said.thumbnails.len(), codes(&said)), (2, vec!["corrupt-asset"]), "{kept} bytes: {:?}", said.issues);
    }
    assert_eq!(codes(&looked_at(whole)), [""; 0]);
}

/// The fixture's JPEG twice, one below the other, in two blocks (MIL-STD-2500C, tables ).
fn two_blocks() -> (Vec<u8>, usize) {
    let mut bytes = fixture("media/nsif-jpeg.nsf");
    let begin = bytes.windows(3).position(|three| three == [0xff, 0xd8, 0xff]).unwrap();
    let length: usize = std::str::from_utf8(&bytes[369..379]).unwrap().parse().unwrap();
    let jpeg = bytes[begin..begin + length].to_vec();
    bytes.truncate(begin + length);
    bytes.extend(jpeg);
    bytes[369..379].copy_from_slice(format!("{:010}", 2 * length).as_bytes());
    let segment = bytes.windows(2).position(|two| two == b"IM").unwrap();
    bytes[segment + 333..segment + 341].copy_from_slice(b"00000256");
    let blocks = bytes.windows(16).position(|sixteen| sixteen == b"0001000101600128").unwrap();
    bytes[blocks + 4..blocks + 8].copy_from_slice(b"0002");
    (bytes, begin + length)
}

#[test]
fn a_block_without_its_jpeg_is_missing() {
    let (whole, second) = two_blocks();
    let said = looked_at(whole.clone());
    assert_eq!((said.thumbnails.len(), codes(&said)), (2, vec![]), "{:?}", said.issues);
    let mut bytes = whole;
    bytes[second..].fill(0);
    let said = looked_at(bytes);
    assert_eq!((said.thumbnails.len(), codes(&said)), (2, vec!["corrupt-asset"]), "{:?}", said.issues);
    assert!(said.issues[0].message.ends_with("(1 of 2 blocks missing or incomplete)."), "{}", said.issues[0].message);
}
