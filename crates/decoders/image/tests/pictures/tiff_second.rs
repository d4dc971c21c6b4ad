//! TIFF by its second reader: what is damaged or missing is said, and nothing is shown in its place.

use crate::maker::{page, tiff};
use crate::stage::{assert_near, codes, details, is_complete, preview, said};
use assay_kit::rehearse::Rehearsed;

/// Bits as bytes, the first one highest.
fn bytes(bits: &str) -> Vec<u8> {
    bits.as_bytes().chunks(8).map(|bits| bits.iter().zip((0..8).rev()).map(|(bit, place)| (bit - b'0') << place).sum()).collect()
}

/// Rows of a fax of group 4 (ITU-T T.6, 2.2): 16 white pixels, 16 black ones and 32 white ones, and the same again where the row above ends.
const ROW: &str = "001101010000001011111";
const SAME: &str = "111";
const END: &str = "000000000001000000000001";

fn fax(size: [u32; 2], more: &[(u16, u16, Vec<u32>)], bits: &str) -> Rehearsed {
    said(&page(size, &[1], 0, &[&[(259, 3, vec![4])], more].concat(), &bytes(bits)))
}

#[test]
fn a_fax_of_group_4_is_shown() {
    let told = fax([64, 64], &[], &[ROW, &SAME.repeat(63), END].concat());
    assert!(is_complete(&told), "{told:?}");
    for (across, want) in [(0.1, 255), (0.37, 0), (0.8, 255)] {
        assert_near(preview(&told).at(across, 0.9), &[want; 3]);
    }
    // Its end need not be marked.
    assert!(is_complete(&fax([64, 64], &[], &[ROW, &SAME.repeat(63)].concat())));
}

#[test]
fn a_fax_that_lost_its_place_is_shown_to_there() {
    // One bit of the row in the middle.
    let damaged = fax([64, 64], &[], &[ROW, &SAME.repeat(31), "101", &SAME.repeat(31), END].concat());
    let cut = fax([64, 64], &[], &[ROW, &SAME.repeat(31)].concat());
    for told in [damaged, cut] {
        assert_eq!(codes(&told), ["corrupt-asset"], "{told:?}");
        assert_near(preview(&told).at(0.37, 0.2), &[0; 3]);
        assert_near(preview(&told).at(0.37, 0.9), &[128; 3]);
    }
    // A reader that goes on finds a code at every bit, and another picture to the end.
    let (before, after) = ROW.split_at(12);
    let told = fax([64, 64], &[], &[before, "1", &after[1..], &SAME.repeat(63), END].concat());
    assert_eq!((codes(&told), told.thumbnails.len()), (vec!["corrupt-asset"], 0), "{told:?}");
}

#[test]
fn a_fax_may_lie_in_tiles() {
    let size = [(256, 4, vec![80]), (257, 4, vec![64]), (322, 4, vec![64]), (323, 4, vec![64]), (259, 3, vec![4]), (262, 3, vec![0])];
    let (left, right) = (bytes(&[ROW, &SAME.repeat(63), END].concat()), bytes(&["1".repeat(64).as_str(), END].concat()));
    let lengths = [left.len(), right.len()].map(|length| u32::try_from(length).unwrap());
    let data = [left, right].concat();
    let places = [(324, 4, vec![8, 8 + lengths[0]]), (325, 4, lengths.to_vec())];
    let told = said(&tiff(&[&size[..], &places].concat(), &[]));
    assert_eq!(codes(&told), ["corrupt-asset"], "{told:?}");
    // The same with its data before the directory.
    let mut file = tiff(&[&size[..], &places].concat(), &data);
    for tag in [273_u16, 279] {
        let at = (0..file.len()).rfind(|at| file[*at..].starts_with(&[tag.to_le_bytes(), 4_u16.to_le_bytes()].concat())).unwrap();
        // A tag that nobody knows.
        file[at..at + 2].copy_from_slice(&(tag + 20).to_le_bytes());
    }
    let told = said(&file);
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.3, 0.9), &[0; 3]);
    assert_near(preview(&told).at(0.95, 0.9), &[255; 3]);
}

/// A gray page with numbers of one type, most significant byte first.
fn big_endian(kind: u16, photometric: u32, data: &[u8]) -> Vec<u8> {
    let tags = [
        (256_u16, 4_u16, 16_u32),
        (257, 4, 16),
        (258, 3, 8),
        (259, 3, 1),
        (262, kind, photometric),
        (273, 4, 8),
        (274, kind, 1),
        (277, 3, 1),
        (278, 4, 16),
        (279, 4, u32::try_from(data.len()).unwrap()),
    ];
    let mut file = [b"MM\0*".as_slice(), &u32::try_from(8 + data.len()).unwrap().to_be_bytes(), data].concat();
    file.extend(u16::try_from(tags.len()).unwrap().to_be_bytes());
    for (tag, kind, value) in tags {
        file.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
        file.extend(1_u32.to_be_bytes());
        let bytes = value.to_be_bytes();
        let mut value = bytes[if kind == 1 {
            3
        } else if kind == 3 {
            2
        } else {
            0
        }..]
            .to_vec();
        value.resize(4, 0);
        file.extend(value);
    }
    file.extend([0; 4]);
    file
}

#[test]
fn a_number_is_told_in_its_tags_own_type() {
    for kind in [1, 3, 4] {
        for (photometric, want) in [(1, 40), (0, 215)] {
            let told = said(&big_endian(kind, photometric, &[40; 256]));
            assert!(is_complete(&told), "{kind}: {told:?}");
            assert_near(preview(&told).at(0.5, 0.5), &[want; 3]);
        }
    }
}

#[test]
fn strips_that_are_not_there_are_shown_as_missing() {
    let units = [76, 76, 76, 76, 85, 255].repeat(8 * 16);
    let told = said(&page([16, 64], &[8, 8, 8], 6, &[(278, 4, vec![32]), (530, 3, vec![2, 2])], &units));
    assert_eq!(codes(&told), ["corrupt-asset"], "{told:?}");
    assert_near(preview(&told).at(0.5, 0.2), &[254, 0, 0]);
    assert_near(preview(&told).at(0.5, 0.8), &[128; 3]);
    // Of a page without any, the facts are told.
    let told = said(&tiff(&[(256, 4, vec![16]), (257, 4, vec![16]), (258, 3, vec![8; 3]), (262, 3, vec![6]), (277, 3, vec![3])], &[]));
    assert_eq!((codes(&told), details(&told).stored_width, told.thumbnails.len()), (vec!["corrupt-asset"], 16, 0), "{told:?}");
}

/// A page by JBIG (ITU-T T.82, 6.2), white above and black below, whose header says what it likes.
fn jbig(header: [u32; 3]) -> Rehearsed {
    let [planes, wide, high] = header;
    let head = [&[0, 0, planes as u8, 0], &wide.to_be_bytes()[..], &high.to_be_bytes(), &[0, 0, 0, 2, 8, 0, 3, 0x1c]].concat();
    // Stripes of two rows, each ended by its mark. Most are as the one above, and need no more.
    let same = [0xff, 2].repeat(14);
    let stripes = [&[0xf5, 0xa0, 0xff, 2, 0x80, 0xff, 2][..], &same, &[0xd3, 0x40, 0xff, 2, 0xc0, 0xff, 2], &same].concat();
    let turned: Vec<u8> = [head, stripes].concat().into_iter().map(u8::reverse_bits).collect();
    said(&page([64, 64], &[1], 1, &[(259, 3, vec![34_661])], &turned))
}

#[test]
fn jbig_is_read_only_in_the_size_that_the_page_has() {
    let told = jbig([1, 64, 64]);
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.5, 0.2), &[255; 3]);
    assert_near(preview(&told).at(0.5, 0.8), &[0; 3]);
    // The library takes what the header asks for, and ends the process where there is not so much.
    for header in [[1, 0x7fff_ffff, 64], [1, 64, 0x7fff_ffff], [255, 64, 64], [1, 64, 65], [1, 63, 64]] {
        let told = jbig(header);
        assert_eq!((codes(&told), details(&told).stored_width, told.thumbnails.len()), (vec!["corrupt-asset"], 64, 0), "{header:?}");
    }
}

#[test]
fn twelve_bits_may_lie_in_tiles_and_not_as_differences() {
    // Two samples in three bytes: 0xc85 and 0x643.
    let tile = [0xc8, 0x56, 0x43].repeat(16 * 16 / 2);
    let tiles = [(322, 4, vec![16]), (323, 4, vec![16])];
    let told = said(&page([15, 9], &[12], 1, &tiles, &tile));
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.01, 0.9), &[0xc8; 3]);
    assert_near(preview(&told).at(0.1, 0.9), &[0x64; 3]);
    let told = said(&page([16, 16], &[12], 1, &[(317, 3, vec![2]), (259, 3, vec![5])], &tile));
    assert_eq!(codes(&told), ["unsupported-format"], "{told:?}");
}

#[test]
fn a_strip_that_goes_on_behind_the_files_end_is_shown_as_far_as_it_goes() {
    let rows = [0xc8, 0x56, 0x43].repeat(16 * 8);
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut deflate, &rows).unwrap();
    let mut file = page([32, 16], &[12], 1, &[(259, 3, vec![8])], &deflate.finish().unwrap());
    let at = (8..file.len()).rfind(|at| file[*at..].starts_with(&[23, 1, 4, 0])).unwrap();
    file[at + 8..at + 12].copy_from_slice(&(32_u32 * 16 * 3 / 2).to_le_bytes());
    let told = said(&file);
    assert_eq!(codes(&told), ["corrupt-asset"], "{told:?}");
    assert_near(preview(&told).at(0.01, 0.2), &[0xc8; 3]);
    assert_near(preview(&told).at(0.5, 0.9), &[128; 3]);
}

#[test]
fn twelve_bits_whose_runs_go_on_into_the_next_row_are_not_shown_as_noise() {
    // `PackBits`, TIFF 6.0, section 9: each row is packed by itself. libtiff drops what goes on behind one.
    let rows = [0xc8, 0x56, 0x43].repeat(10 * 16);
    let run = |bytes: &[u8]| [&[u8::try_from(bytes.len() - 1).unwrap()], bytes].concat();
    let [by_row, across] = [30, 96].map(|length| rows.chunks(length).flat_map(run).collect::<Vec<u8>>());
    let packed = [(259, 3, vec![32_773])];
    let told = said(&page([20, 16], &[12], 1, &packed, &by_row));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(codes(&said(&page([20, 16], &[12], 1, &packed, &across))), ["corrupt-asset"]);
}
