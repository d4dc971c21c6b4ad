//! Parts of a raster that are not there: told, though the library gives black for them without a word.

use super::{codes, fixture, looked_at};
use assay_geo::Geo;
use assay_kit::rehearse::{rehearse, task};

const UTM: &str = "media/geo-utm.tif";
const COG: &str = "media/geo-cog.tif";
const TILE_OFFSETS: u16 = 324;
const TILE_LENGTHS: u16 = 325;

fn number(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Where the table of a tag begins, in the first directory of a little-endian file, and the bytes of each of its numbers.
fn table(bytes: &[u8], tag: u16) -> (usize, usize) {
    let directory = number(bytes, 4);
    let count = usize::from(bytes[directory]) + 256 * usize::from(bytes[directory + 1]);
    let mut entries = (0..count).map(|entry| directory + 2 + 12 * entry);
    let entry = entries.find(|at| bytes[*at..at + 2] == tag.to_le_bytes()).unwrap();
    (number(bytes, entry + 8), if bytes[entry + 2] == 3 { 2 } else { 4 })
}

/// The file with one number of some tables set to zero.
fn without(name: &str, tags: &[u16], tile: usize) -> Vec<u8> {
    let mut bytes = fixture(name);
    for tag in tags {
        let (at, width) = table(&bytes, *tag);
        bytes[at + tile * width..at + (tile + 1) * width].fill(0);
    }
    bytes
}

#[test]
fn a_tile_with_an_offset_or_a_length_alone_is_missing_and_with_neither_left_out_on_purpose() {
    let said = looked_at(without(UTM, &[TILE_LENGTHS], 3));
    assert_eq!((said.thumbnails.len(), codes(&said)), (2, vec!["corrupt-asset"]));
    assert!(said.issues[0].message.ends_with("(1 of 20 tiles missing or incomplete)."), "{}", said.issues[0].message);
    assert_eq!(codes(&looked_at(without(UTM, &[TILE_OFFSETS], 3))), ["corrupt-asset"]);
    assert_eq!(codes(&looked_at(without(UTM, &[TILE_OFFSETS, TILE_LENGTHS], 3))), [""; 0]);
}

#[test]
fn a_table_behind_the_end_of_the_file_is_damage() {
    let mut bytes = fixture(UTM);
    let (at, _) = table(&bytes, TILE_OFFSETS);
    let entry = bytes.windows(4).position(|four| four == u32::try_from(at).unwrap().to_le_bytes()).unwrap();
    bytes[entry..entry + 4].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
    assert_eq!(codes(&looked_at(bytes)), ["corrupt-asset"]);
}

#[test]
fn a_file_that_ends_behind_its_overviews_says_so_though_its_pictures_are_whole() {
    let whole = fixture(COG);
    let (at, width) = table(&whole, TILE_OFFSETS);
    let last = number(&whole, at + 9 * width);
    let bytes = whole[..last].to_vec();
    let mut task = task("image/tiff", None, bytes.len() as u64);
    for spec in &mut task.thumbnails {
        // An overview is large enough.
        spec.max_px = spec.max_px.min(256);
    }
    let said = rehearse(&Geo, &task, bytes);
    assert_eq!((said.thumbnails.len(), codes(&said)), (2, vec!["truncated-asset"]), "{:?}", said.issues);
}
