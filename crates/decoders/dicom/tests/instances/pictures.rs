//! What is shown: the middle frame, in the shades and colours that the instance wants.

use crate::maker::{EXPLICIT, Maker};
use crate::stage::{assert_near, codes, details, fixture, preview, said};

/// A pixel of a fixture's preview at parts of the sides, from 0 to 1.
fn at(name: &str, across: f64, down: f64) -> [u8; 3] {
    let (width, height, pixels) = preview(&said(&fixture(&format!("media/dicom-{name}.dcm"))));
    pixels[(down * height as f64) as usize * width + (across * width as f64) as usize]
}

#[test]
fn every_way_to_write_a_slice_shows_the_same_picture() {
    let (_, _, want) = preview(&said(&fixture("media/dicom-ct-explicit.dcm")));
    for name in ["ct-implicit", "ct-big-endian", "ct-deflated", "no-preamble", "no-meta", "no-meta-implicit"] {
        let (_, _, got) = preview(&said(&fixture(&format!("media/dicom-{name}.dcm"))));
        assert!(got == want, "{name}");
    }
    // Air is black, the body grey, the rod white; 40 ± 200 units.
    assert_near(at("ct-explicit", 0.02, 0.02), [0; 3]);
    assert_near(at("ct-explicit", 0.5, 0.775), [255; 3]);
    // These two are without a window: most of their values are seen.
    for name in ["ct-rle", "ct-jpeg2000"] {
        assert_near(at(name, 0.02, 0.02), [0; 3]);
        assert!(at(name, 0.5, 0.5)[0] > at(name, 0.32, 0.5)[0], "{name}: the body is lighter than its hollows");
    }
    assert_eq!(preview(&said(&fixture("media/dicom-ct-rle.dcm"))), preview(&said(&fixture("media/dicom-ct-jpeg2000.dcm"))));
}

#[test]
fn monochrome1_is_turned_over() {
    for (across, down) in [(0.02, 0.02), (0.5, 0.5), (0.32, 0.5), (0.5, 0.775)] {
        let (dark, light) = (at("cr-monochrome1", across, down), at("cr-jpeg", across, down));
        assert!(dark[0].abs_diff(light[0]) < 24, "{dark:?} {light:?}");
    }
}

#[test]
fn colours_are_red_green_and_blue_however_they_are_stored() {
    for name in ["xc-rgb", "xc-planes", "xc-jpeg-ybr"] {
        assert_near(at(name, 0.1, 0.1), [25, 25, 243]);
        assert_near(at(name, 0.9, 0.9), [230, 224, 140]);
    }
    // The palette: red rises, green falls, blue is lowest in the middle.
    let [red, green, _] = at("pt-palette", 0.02, 0.02);
    assert!(red < 20 && green > 235, "{red} {green}");
}

#[test]
fn the_frame_in_the_middle_is_found_by_every_table_and_without_one() {
    let all: Vec<_> = ["mr-offsets", "mr-extended-offsets", "mr-fragments"]
        .map(|name| preview(&said(&fixture(&format!("media/dicom-{name}.dcm")))))
        .into_iter()
        .collect();
    assert!(all[0] == all[1] && all[1] == all[2]);
    let many = details(&said(&fixture("media/dicom-mr-multi-frame.dcm")));
    assert_eq!((many.frame_count, many.pixel_spacing_mm, many.slice_thickness_mm), (Some(9), Some([1.2, 1.2]), Some(5.0)));
    assert_eq!((many.window_center, many.window_width), (Some(1004.0), Some(500.0)), "the window of the fifth frame");
}

#[test]
fn names_that_may_be_drawn_into_pixels_are_not_shown() {
    for name in ["burned-in", "ultrasound", "endoscopy"] {
        let said = said(&fixture(&format!("media/dicom-{name}.dcm")));
        assert_eq!((codes(&said), said.thumbnails.len()), (vec!["burned-in-annotation"], 0), "{name}");
    }
    let harmless = Maker::default()
        .with(8, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.7")
        .short(0x28, 2, 1)
        .short(0x28, 0x10, 2)
        .short(0x28, 0x11, 2)
        .short(0x28, 0x100, 8)
        .with(0x28, 0x301, "CS", b"NO")
        .with(0x7fe0, 0x10, "OB", &[0, 1, 2, 3]);
    assert_eq!(said(&harmless.file(EXPLICIT)).thumbnails.len(), 2);
}

#[test]
fn single_bits_and_wide_numbers_have_their_own_way() {
    let bits = |rows: u16, allocated: u16| {
        Maker::default()
            .with(8, 0x60, "CS", b"SEG")
            .short(0x28, 2, 1)
            .short(0x28, 0x10, rows)
            .short(0x28, 0x11, 8)
            .short(0x28, 0x100, allocated)
    };
    let mask = bits(2, 1).with(0x7fe0, 0x10, "OB", &[0b0000_1111, 0b1111_0000]);
    let (_, _, pixels) = preview(&said(&mask.file(EXPLICIT)));
    assert!(pixels[0][0] > 200 && pixels[7][0] < 55 && pixels[8][0] < 55 && pixels[15][0] > 200, "{pixels:?}");
    let dose: Vec<u8> = (0..64_u32).flat_map(|n| (n * 60_000_000).to_le_bytes()).collect();
    let (_, _, pixels) = preview(&said(&bits(8, 32).with(0x7fe0, 0x10, "OW", &dose).file(EXPLICIT)));
    assert!(pixels[0][0] < 16 && pixels[63][0] > 239 && (96..160).contains(&pixels[32][0]), "{pixels:?}");
    let floats: Vec<u8> = (0..64_u8).flat_map(|n| (f32::from(n) / 1000.0).to_le_bytes()).collect();
    let (_, _, pixels) = preview(&said(&bits(8, 32).with(0x7fe0, 0x08, "OF", &floats).file(EXPLICIT)));
    assert!(pixels[0][0] < 16 && pixels[63][0] > 239, "{pixels:?}");
}

#[test]
fn tables_of_the_modality_and_of_interest_are_looked_up() {
    let table = |element: u16, entries: [u16; 4]| {
        let data: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let descriptor: Vec<u8> = [4_u16, 0, 16].iter().flat_map(|number| number.to_le_bytes()).collect();
        let inside = Maker::default().with(0x28, 0x3002, "US", &descriptor).with(0x28, 0x3006, "OW", &data).0;
        let item = [&[0xfe, 0xff, 0, 0xe0], (inside.len() as u32).to_le_bytes().as_slice(), &inside].concat();
        Maker::default().with(0x28, element, "SQ", &item).0
    };
    let image = Maker::gray(1, 4);
    let file = [image.0.clone(), table(0x3000, [3, 2, 1, 0]), table(0x3010, [0, 21_845, 43_690, 65_535])].concat();
    let (_, _, pixels) = preview(&said(&Maker(file).with(0x7fe0, 0x10, "OB", &[0, 1, 2, 3]).file(EXPLICIT)));
    let shades: Vec<u8> = pixels.iter().map(|pixel| pixel[0]).collect();
    assert!(shades.iter().zip([255_u8, 170, 85, 0]).all(|(got, want)| got.abs_diff(want) < 12), "{shades:?}");
}
