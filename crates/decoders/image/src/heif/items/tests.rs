//! Lists of places that lie.

use super::*;

fn boxed(name: [u8; 4], version: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).unwrap();
    [&length.to_be_bytes()[..], &name, &[version, 0, 0, 0], body].concat()
}

/// A file with item 1 and a list of places.
fn file(version: u8, places: &[u8]) -> Vec<u8> {
    boxed(*b"meta", 0, &[boxed(*b"pitm", 0, &[0, 1]), boxed(*b"iloc", version, places)].concat())
}

#[test]
fn an_item_in_two_pieces_is_put_together() {
    // Offsets of four bytes, lengths of one; item 2 comes first.
    let places = [0x41, 0, 0, 2, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 9, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 2, 0, 0, 0, 8, 2];
    let file = file(0, &places);
    let items = Items::read(&file).unwrap();
    assert_eq!(items.bytes(1, 4), Some([&file[4..6], &file[8..10]].concat()));
    assert_eq!(items.bytes(1, 3), None, "more than is allowed");
    assert_eq!(items.bytes(3, 4), None);
}

#[test]
fn a_piece_longer_than_any_file_is_none() {
    let places = [&[0x48, 0, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0][..], &1_u64.to_be_bytes(), &[0; 4], &u64::MAX.to_be_bytes()].concat();
    let file = file(0, &places);
    assert_eq!(Items::read(&file).unwrap().bytes(1, u64::MAX), None);
}

/// Walked one by one, these would take minutes.
#[test]
fn pieces_that_have_no_bytes_cost_no_time() {
    let entries = 4_000_000_u32;
    let mut places = [&[0, 0][..], &entries.to_be_bytes()].concat();
    for _ in 0..entries {
        places.extend([0, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff]);
    }
    let file = file(2, &places);
    assert_eq!(Items::read(&file).unwrap().bytes(1, u64::MAX), None);
}
