//! What stands behind the pixels is heard wherever it is, and a file that ends there or in the pixels says so.

use crate::maker::{DEFLATED, EXPLICIT, Maker};
use crate::stage::{codes, said};
use flate2::write::DeflateEncoder;
use std::io::Write;

const ENCAPSULATED: &str = "1.2.840.10008.1.2.1.98";
const ITEM: [u8; 4] = [0xfe, 0xff, 0, 0xe0];
const ITEM_END: [u8; 8] = [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0];
const SEQUENCE_END: [u8; 8] = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];

fn word(word: &[u8]) -> Vec<u8> {
    Maker::default().with(0x28, 0x301, "CS", word).0
}

/// A sequence of undefined length with an item of undefined length.
fn open_sequence(group: u16, element: u16, inside: &[u8]) -> Vec<u8> {
    let mut maker = Maker::default();
    maker.head(group, element, "SQ", u32::MAX);
    [&maker.0, &ITEM[..], &[0xff; 4], inside, &ITEM_END, &SEQUENCE_END].concat()
}

/// A slice with native pixels and something behind them.
fn slice(behind: &[u8]) -> Vec<u8> {
    [Maker::gray(2, 2).with(0x7fe0, 0x10, "OB", &[0, 80, 160, 240]).0.as_slice(), behind].concat()
}

/// Frames in a fragment each.
fn fragments(count: usize, behind: &[u8]) -> Vec<u8> {
    let mut image = Maker::gray(2, 2).with(0x28, 8, "IS", count.to_string().as_bytes());
    image.head(0x7fe0, 0x10, "OB", u32::MAX);
    let frame = [&ITEM[..], &[4, 0, 0, 0, 0, 80, 160, 240]].concat();
    [&image.0, &ITEM[..], &[0; 4], &frame.repeat(count), &SEQUENCE_END, behind].concat()
}

fn plain(data_set: Vec<u8>) -> Vec<u8> {
    Maker(data_set).file(EXPLICIT)
}

fn deflated(data_set: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(data_set).unwrap();
    [Maker::default().file(DEFLATED), packer.finish().unwrap()].concat()
}

#[track_caller]
fn assert_withheld(file: &[u8], what: &str) {
    let said = said(file);
    assert!(said.thumbnails.is_empty() && codes(&said).contains(&"burned-in-annotation"), "{what}: {said:?}");
}

#[track_caller]
fn assert_shown(file: &[u8], told: &[&str], what: &str) {
    let said = said(file);
    assert_eq!((said.thumbnails.len(), codes(&said)), (2, told.to_vec()), "{what}: {said:?}");
}

#[test]
fn a_deflated_data_set_is_read_to_its_end_and_then_shown() {
    assert_shown(&deflated(&slice(&[])), &[], "nothing behind");
    assert_shown(&deflated(&slice(&word(b"NO"))), &[], "NO");
    assert_shown(&deflated(&slice(&Maker::default().with(0xfffc, 0xfffc, "OB", &[0; 900]).0)), &[], "padding");
    assert_withheld(&deflated(&slice(&word(b"YES"))), "YES");
    assert_withheld(&deflated(&slice(&[open_sequence(0x7fe1, 0x1010, &[]), word(b"YES")].concat())), "YES behind a sequence");
    // Numbers that can't be packed, so that the cut is in them.
    let noise: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let long = deflated(&slice(&Maker::default().with(0x7fe1, 0x1010, "OB", &noise).0));
    assert_shown(&long[..long.len() - 500], &["truncated-asset"], "cut behind the pixels");
}

#[test]
fn sequences_of_undefined_length_hide_nothing() {
    let inner = open_sequence(8, 0x1140, &Maker::default().with(8, 0x60, "CS", b"US").0);
    for (behind, what) in [
        (open_sequence(0x7fe1, 0x1010, &Maker::default().with(8, 0x60, "CS", b"CT").0), "one"),
        (open_sequence(0xfffa, 0xfffa, &inner), "two in one another"),
    ] {
        assert_shown(&plain(slice(&behind)), &[], what);
        assert_withheld(&plain(slice(&[behind, word(b"YES")].concat())), what);
    }
    let unclosed = open_sequence(0x7fe1, 0x1010, &[]);
    assert_withheld(&plain(slice(&[&unclosed[..unclosed.len() - 16], &word(b"YES")].concat())), "without its delimiters");
}

#[test]
fn however_many_fragments_and_elements_there_are_what_follows_is_heard() {
    for count in [1, 5_000, 20_000] {
        assert_shown(&Maker(fragments(count, &[])).file(ENCAPSULATED), &[], "fragments");
        assert_withheld(&Maker(fragments(count, &word(b"YES"))).file(ENCAPSULATED), "fragments");
    }
    let many = Maker::default().with(0x7fe1, 0x10, "LO", b"A").0.repeat(20_000);
    assert_shown(&plain(slice(&many)), &[], "elements");
    assert_withheld(&plain(slice(&[many, word(b"YES")].concat())), "elements");
    let none: Vec<u8> = Maker::default().with(0x7fe1, 0x10, "LO", b"").0.repeat((1 << 20) + 1);
    assert_withheld(&plain(slice(&none)), "more than are looked at");
}

#[test]
fn a_file_that_is_cut_in_the_word_itself_is_withheld() {
    let whole = plain(slice(&word(b"YES")));
    for cut in 1..=10 {
        assert_withheld(&whole[..whole.len() - cut], &format!("without its last {cut} bytes"));
    }
    let behind = word(b"YES");
    for there in 1..behind.len() {
        assert_withheld(&deflated(&slice(&behind[..there])), &format!("the first {there} of its bytes, deflated"));
    }
    assert_withheld(&plain(slice(b"\0\x28\x03\x01CS\0\x04YES ")), "in the other order of bytes");
    let modality = plain(slice(&Maker::default().with(8, 0x60, "CS", b"US").0));
    assert_withheld(&modality[..modality.len() - 1], "a modality");
}

#[test]
fn what_is_no_element_is_padding_unless_the_word_is_in_it() {
    for padding in [vec![0; 4096], vec![0xff; 4099], vec![b' '; 700], b"\r\n".to_vec(), b"not an element".repeat(9_000)] {
        assert_shown(&plain(slice(&padding)), &[], "padding");
        assert_withheld(&plain(slice(&[padding, word(b"YES")].concat())), "padding, then the word");
    }
    // It says more bytes than there are.
    let mut long = Maker::default();
    long.head(0x7fe1, 0x1010, "OB", 0xffff_fff0);
    assert_withheld(&plain(slice(&[long.0, word(b"YES")].concat())), "a wrong length");
    // More bytes of pixels are told than there are, and the word is among them.
    let mut image = Maker::gray(2, 2);
    image.head(0x7fe0, 0x10, "OB", 4_000);
    assert_withheld(&plain([&image.0, &[0, 80, 160, 240][..], &word(b"YES")].concat()), "a wrong length of the pixels");
}

#[test]
fn a_file_that_ends_behind_the_frame_that_is_shown_says_so() {
    let frames = |count: usize| {
        let image = Maker::gray(2, 2).with(0x28, 8, "IS", b"9");
        let whole = plain(image.with(0x7fe0, 0x10, "OB", &[0, 80, 160, 240].repeat(9)).0);
        whole[..whole.len() - 4 * (9 - count)].to_vec()
    };
    assert_shown(&frames(9), &[], "whole");
    assert_shown(&frames(6), &["truncated-asset"], "native");
    let fragments = Maker(fragments(9, &[])).file(ENCAPSULATED);
    assert_shown(&fragments[..fragments.len() - 8 - 3], &["truncated-asset"], "in the last fragment");
    let private = plain(slice(&Maker::default().with(0x7fe1, 0x1010, "OB", &[7; 40]).0));
    assert_shown(&private[..private.len() - 9], &["truncated-asset"], "behind the pixels");
    // Without its two delimiters, with a half of one, and with a part of what is in it.
    let sequence = plain(slice(&open_sequence(0xfffa, 0xfffa, &Maker::default().with(0x400, 5, "US", &[1, 0]).0)));
    for cut in [3, 8, 12, 16, 17, 26] {
        assert_shown(&sequence[..sequence.len() - cut], &["truncated-asset"], &format!("without its last {cut} bytes"));
    }
}
