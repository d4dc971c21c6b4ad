//! Each colour model that a TIFF may have, and each way its samples may lie.

use crate::maker::{jpeg, page, pixels, tiff};
use crate::stage::{assert_near, codes, details, fixture, grid, is_complete, preview, said};
use tiff::encoder::colortype::{CMYK8, Gray32Float, RGB16};
use tiff::encoder::{Compression, TiffEncoder};

#[test]
fn gray_may_begin_at_black_or_at_white() {
    for (photometric, want) in [(1, 40), (0, 215)] {
        let told = said(&page([8, 8], &[8], photometric, &[], &[40; 64]));
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.5), &[want; 3]);
    }
}

#[test]
fn one_strip_may_be_told_to_have_any_number_of_rows() {
    for rows in [8, 9, u32::MAX] {
        let told = said(&page([8, 8], &[8], 1, &[(278, 4, vec![rows])], &[40; 64]));
        assert!(is_complete(&told), "{rows}: {told:?}");
        assert_near(preview(&told).at(0.5, 0.9), &[40; 3]);
    }
}

#[test]
fn few_bits_are_spread() {
    // Rows of 5 samples of 4 bits begin at a byte each.
    let told = said(&page([5, 2], &[4], 1, &[], &[0xff, 0xff, 0xf0, 0, 0, 0]));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).bit_depth, Some(4));
    assert_near(preview(&told).at(0.9, 0.1), &[255; 3]);
    assert_near(preview(&told).at(0.9, 0.9), &[0; 3]);
}

/// Samples of 12 bits, each row from a byte's begin.
fn packed(rows: &[Vec<u16>]) -> Vec<u8> {
    let in_row = |row: &Vec<u16>| {
        let bits: Vec<u8> = row.iter().flat_map(|sample| (0..12).rev().map(move |place| u8::from(sample >> place & 1 == 1))).collect();
        let byte = |bits: &[u8]| bits.iter().zip((0..8).rev()).map(|(bit, place)| bit << place).sum::<u8>();
        bits.chunks(8).map(byte).collect::<Vec<u8>>()
    };
    rows.iter().flat_map(in_row).collect()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn twelve_bits_are_shown() {
    let pixel: [u16; 4] = [0xc85, 0x643, 0x0a1, 0xfff];
    let want = [0xc8, 0x64, 0x0a];
    for (samples, photometric, more, shown) in [
        (1, 1, vec![], [0xc8; 3]),
        (1, 0, vec![], [0x37; 3]),
        (3, 2, vec![], want),
        (4, 2, vec![(338, 3, vec![0])], want),
        (4, 2, vec![(338, 3, vec![2])], want),
    ] {
        // An odd count of samples, so that rows end within a byte.
        let data = packed(&vec![pixel[..samples].repeat(25); 16]);
        for (compression, data) in [(8, deflated(&data)), (1, data)] {
            let more = [more.clone(), vec![(259, 3, vec![compression])]].concat();
            let told = said(&page([25, 16], &vec![12; samples], photometric, &more, &data));
            assert!(is_complete(&told), "{samples}, {photometric}, {compression}: {told:?}");
            assert_eq!(details(&told).bit_depth, Some(12));
            assert_near(preview(&told).at(0.9, 0.9), &shown);
        }
    }
}

#[test]
fn twelve_bits_that_end_early_are_shown_as_far_as_they_go() {
    let rows: Vec<Vec<u16>> = (0..64).map(|y| (0..25).map(|x| (x * 163 + y * 491 + x * y) & 0xfff).collect()).collect();
    let data = deflated(&packed(&rows));
    let deflate = [(259, 3, vec![8])];
    let (whole, cut) =
        (said(&page([25, 64], &[12], 1, &deflate, &data)), said(&page([25, 64], &[12], 1, &deflate, &data[..data.len() / 2])));
    assert!(is_complete(&whole), "{whole:?}");
    assert_eq!((codes(&cut), cut.thumbnails.len(), details(&cut).bit_depth), (vec!["corrupt-asset"], 2, Some(12)), "{:?}", cut.issues);
    let empty = said(&page([25, 64], &[12], 1, &deflate, &data[..2]));
    assert_eq!((codes(&empty), empty.thumbnails.len()), (vec!["corrupt-asset"], 0), "{:?}", empty.issues);
}

#[test]
fn bits_may_lie_the_other_way_round() {
    let turned = (266, 3, vec![2]);
    for (bits, sample) in [(8, [0b0000_0011].as_slice()), (16, &[0, 0b0000_0011])] {
        let told = said(&page([8, 8], &[bits], 1, std::slice::from_ref(&turned), &sample.repeat(64)));
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.5), &[0b1100_0000; 3]);
    }
}

#[test]
fn packed_bits_may_lie_the_other_way_round() {
    // PackBits: 64 bytes as they are, the upper half dark.
    let packed: Vec<u8> = [&[63][..], &[0b0001_0000; 32], &[0b1100_0001; 32]].concat().into_iter().map(u8::reverse_bits).collect();
    let told = said(&page([8, 8], &[8], 1, &[(259, 3, vec![32_773]), (266, 3, vec![2])], &packed));
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.5, 0.1), &[0b0001_0000; 3]);
    assert_near(preview(&told).at(0.5, 0.9), &[0b1100_0001; 3]);
}

#[test]
fn jpeg_has_an_order_of_its_own() {
    let jpeg = jpeg(64, 48, |_, _| [200, 200, 200]);
    let said = |more: &[_]| said(&page([64, 48], &[8, 8, 8], 6, &[&[(259, 3, vec![7])], more].concat(), &jpeg));
    for told in [said(&[]), said(&[(266, 3, vec![2])])] {
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.5), &[200; 3]);
    }
}

#[test]
fn a_fax_of_group_3_is_shown() {
    // ITU-T T.4, tables 2 and 3: an end of line, then 64 white pixels, or none and 64 black ones.
    let line = "000000000001";
    let (white, black) = (format!("{line}1101100110101"), format!("{line}0011010100000011110000110111"));
    let bits = white.repeat(32) + &black.repeat(32);
    let bytes: Vec<u8> =
        bits.as_bytes().chunks(8).map(|bits| bits.iter().zip((0..8).rev()).map(|(bit, place)| (bit - b'0') << place).sum()).collect();
    let told = said(&page([64, 64], &[1], 0, &[(259, 3, vec![3])], &bytes));
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.5, 0.2), &[255; 3]);
    assert_near(preview(&told).at(0.5, 0.8), &[0; 3]);
    // Without its second half it is shown as far as it goes.
    let told = said(&page([64, 64], &[1], 0, &[(259, 3, vec![3])], &bytes[..bytes.len() / 3]));
    assert_eq!(codes(&told), ["corrupt-asset"]);
    assert_near(preview(&told).at(0.5, 0.2), &[255; 3]);
}

#[test]
fn colours_may_be_stored_at_half_their_size() {
    // ITU-R BT.601: four of luminance, then both differences.
    let units = [&[76, 76, 76, 76, 85, 255].repeat(8 * 8)[..], &[29, 29, 29, 29, 255, 107].repeat(8 * 8)].concat();
    for (orientation, [first, last]) in [(1, [[254, 0, 0], [0, 0, 254]]), (3, [[0, 0, 254], [254, 0, 0]])] {
        let told = said(&page([16, 32], &[8, 8, 8], 6, &[(274, 3, vec![orientation]), (530, 3, vec![2, 2])], &units));
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.2), &first);
        assert_near(preview(&told).at(0.5, 0.8), &last);
    }
}

#[test]
fn an_orientation_that_lies_on_the_width_changes_no_size() {
    let units = [76, 76, 76, 76, 85, 255].repeat(8 * 16);
    // Four numbers do not fit into an entry: what stands there is their place, which here is the upper half of the width's.
    let mut file = page([16, 32], &[8, 8, 8], 6, &[(274, 3, vec![1; 4]), (530, 3, vec![2, 2])], &units);
    let entry =
        |tag: u16, file: &[u8]| (0..file.len()).find(|at| file[*at..].starts_with(&tag.to_le_bytes()) && file[*at + 2] < 5).unwrap();
    let directory = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize + 2;
    let (width, orientation) = (directory, directory + entry(274, &file[directory..]));
    let place = u32::try_from(width + 8 + 2).unwrap();
    file[orientation + 8..orientation + 12].copy_from_slice(&place.to_le_bytes());
    let told = said(&file);
    assert_eq!((details(&told).stored_width, details(&told).stored_height), (16, 32));
    assert_near(preview(&told).at(0.9, 0.9), &[254, 0, 0]);
}

#[test]
fn a_jpeg_of_the_old_style_is_shown() {
    // TIFF 6.0, section 22: the whole JPEG, and where it lies.
    let jpeg = jpeg(64, 48, |x, _| if x < 32 { [200, 40, 40] } else { [40, 40, 200] });
    let length = u32::try_from(jpeg.len()).unwrap();
    let size = [(256, 4, vec![64]), (257, 4, vec![48]), (277, 3, vec![3]), (278, 4, vec![48])];
    let style = [(259, 3, vec![6]), (262, 3, vec![6]), (513, 4, vec![8]), (514, 4, vec![length])];
    // Some writers leave the bits out: JPEG of this style has no other.
    for bits in [vec![(258, 3, vec![8, 8, 8])], Vec::new()] {
        let told = said(&tiff(&[&size[..], &style, &bits].concat(), &jpeg));
        assert_eq!(details(&told).bit_depth, Some(8));
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.2, 0.5), &[200, 40, 40]);
        assert_near(preview(&told).at(0.8, 0.5), &[40, 40, 200]);
    }
}

#[test]
fn a_palette_is_looked_up() {
    let mut map = vec![0; 768];
    (map[3], map[256 + 3], map[512 + 3]) = (0xc8c8, 0x6464, 0x0a0a);
    let told = said(&page([4, 4], &[8], 3, &[(320, 3, map)], &[3; 16]));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).color_model.as_deref(), Some("indexed"));
    assert_near(preview(&told).at(0.5, 0.5), &[200, 100, 10]);
}

#[test]
fn lab_is_converted_in_both_ways_of_writing() {
    // CIE L*a*b* 53.2, 80.1, 67.2 (D65) is sRGB's red; adapted to D50 it is 54.3, 80.8, 69.9 (CSS Color 4).
    let (lightness, a, b) = (138, 81, 70);
    for (photometric, zero) in [(8, 0), (9, 128)] {
        let told = said(&page([4, 4], &[8, 8, 8], photometric, &[], &[lightness, a + zero, b + zero].repeat(16)));
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.5), &[255, 0, 0]);
    }
}

#[test]
fn alpha_is_kept_and_taken_out_of_premultiplied_colours() {
    for (kind, stored) in [(2, 200), (1, 100)] {
        let told = said(&page([16, 16], &[8, 8, 8, 8], 2, &[(338, 3, vec![kind])], &[stored, 0, 0, 128].repeat(256)));
        assert!(is_complete(&told), "{told:?}");
        assert_eq!(details(&told).has_alpha, Some(true));
        assert_near(grid(&told).at(0.5, 0.5), &[200, 0, 0, 128]);
    }
}

#[test]
fn deep_floating_and_ink_samples_are_shown() {
    let mut file = std::io::Cursor::new(Vec::new());
    TiffEncoder::new(&mut file).unwrap().write_image::<RGB16>(4, 4, &[0xc800, 0x6400, 0x0a00].repeat(16)).unwrap();
    assert_near(preview(&said(file.get_ref())).at(0.5, 0.5), &[200, 100, 10]);

    let mut file = std::io::Cursor::new(Vec::new());
    TiffEncoder::new(&mut file).unwrap().write_image::<Gray32Float>(4, 1, &[0.0, 0.25, 0.5, 1.0]).unwrap();
    assert_near(preview(&said(file.get_ref())).at(0.6, 0.5), &[128; 3]);

    // What does not lie between 0 and 1 is stretched from its least to its most.
    let mut file = std::io::Cursor::new(Vec::new());
    TiffEncoder::new(&mut file).unwrap().write_image::<Gray32Float>(4, 1, &[-1000.0, f32::NAN, 0.0, 1000.0]).unwrap();
    assert_near(preview(&said(file.get_ref())).at(0.6, 0.5), &[128; 3]);

    let mut file = std::io::Cursor::new(Vec::new());
    TiffEncoder::new(&mut file).unwrap().write_image::<CMYK8>(4, 4, &[255, 0, 0, 0].repeat(16)).unwrap();
    let told = said(file.get_ref());
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).color_model.as_deref(), Some("cmyk"));
    assert_near(preview(&told).at(0.5, 0.5), &[0, 255, 255]);
}

#[test]
fn every_compression_of_the_encoder_and_bigtiff_are_read() {
    let rgb = pixels(90, 70, |x, y| [x as u8 * 2, y as u8 * 3, 99]);
    for compression in
        [Compression::Uncompressed, Compression::Lzw, Compression::Packbits, Compression::Deflate(tiff::encoder::DeflateLevel::Fast)]
    {
        let mut file = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new_big(&mut file).unwrap().with_compression(compression);
        encoder.write_image::<tiff::encoder::colortype::RGB8>(90, 70, &rgb).unwrap();
        let told = said(file.get_ref());
        assert!(is_complete(&told), "{told:?}");
        assert_near(preview(&told).at(0.5, 0.5), &[90, 105, 99]);
    }
}

#[test]
fn planes_are_laid_over_each_other() {
    let planes = [[200; 16], [100; 16], [10; 16]].concat();
    let mut file = page([4, 4], &[8, 8, 8], 2, &[(284, 3, vec![2])], &planes);
    // One strip a plane: both tags point at lists that are put at the file's end.
    for (tag, values) in [(273_u16, [8_u32, 24, 40]), (279, [16; 3])] {
        let end = u32::try_from(file.len()).unwrap();
        let entry = (56..file.len() - 12).find(|at| file[*at..*at + 4] == [tag.to_le_bytes(), 4_u16.to_le_bytes()].concat()).unwrap();
        file[entry + 4..entry + 8].copy_from_slice(&3_u32.to_le_bytes());
        file[entry + 8..entry + 12].copy_from_slice(&end.to_le_bytes());
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    let told = said(&file);
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.5, 0.5), &[200, 100, 10]);
}

#[test]
fn pages_are_counted_and_a_circle_of_them_ends() {
    assert!(details(&said(&fixture("media/tiff-multi-page.tiff"))).frame_count.unwrap() > 1);
    let mut circle = page([1, 1], &[8], 1, &[], &[9]);
    // The next directory is the first one again.
    let directory = u32::from_le_bytes(circle[4..8].try_into().unwrap());
    let end = directory as usize + 2 + 12 * 9;
    circle[end..end + 4].copy_from_slice(&directory.to_le_bytes());
    let told = said(&circle);
    assert_eq!(details(&told).frame_count, Some(1));
    assert_eq!(codes(&told), ["frames-not-counted"]);
    assert_eq!(told.thumbnails.len(), 2);
}

#[test]
fn a_compression_that_is_not_read_keeps_the_facts() {
    let told = said(&page([4, 4], &[8], 1, &[(259, 3, vec![34_712])], &[0; 16]));
    assert_eq!(details(&told).stored_width, 4);
    assert_eq!(codes(&told), ["unsupported-format"]);
}
