//! Pictures are shown upright, whatever way they are stored.

use crate::maker::{jpeg, orientation, tiff, with_exif};
use crate::stage::{assert_near, details, grid, preview, said};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

/// What lies in the corners of the stored rows (top left, top right, bottom left, bottom right), for a picture that upright is
/// red, green / blue, white: by CIPA DC-008, which says where the 0th row and the 0th column are to be seen.
const STORED: [(u8, [[u8; 3]; 4]); 8] = [
    (1, [RED, GREEN, BLUE, WHITE]),
    (2, [GREEN, RED, WHITE, BLUE]),
    (3, [WHITE, BLUE, GREEN, RED]),
    (4, [BLUE, WHITE, RED, GREEN]),
    (5, [RED, BLUE, GREEN, WHITE]),
    (6, [GREEN, WHITE, RED, BLUE]),
    (7, [WHITE, GREEN, BLUE, RED]),
    (8, [BLUE, RED, WHITE, GREEN]),
];

#[test]
fn every_orientation_is_shown_upright_and_sized_as_seen() {
    for (number, corners) in STORED {
        let turned = number >= 5;
        let (width, height) = if turned { (400, 600) } else { (600, 400) };
        let stored = jpeg(width, height, |x, y| corners[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)]);
        let said = said(&with_exif(&stored, &orientation(number)));
        let facts = &said.facts.as_ref().unwrap().media_attributes;
        assert_eq!((facts.width, facts.height, facts.exif_rotation.as_deref()), (Some(600), Some(400), Some(number.to_string().as_str())));
        let told = details(&said);
        assert_eq!((told.stored_width, told.stored_height, told.orientation), (width, height, number));
        for shown in [preview(&said), grid(&said)] {
            assert!(shown.width > shown.height, "{number}");
            for (across, down, want) in [(0.2, 0.2, RED), (0.8, 0.2, GREEN), (0.2, 0.8, BLUE), (0.8, 0.8, WHITE)] {
                assert_near(shown.at(across, down), &want);
            }
        }
    }
}

#[test]
fn an_orientation_that_does_not_exist_is_none() {
    for number in [0, 9, 255] {
        let said = said(&with_exif(&jpeg(30, 20, |_, _| RED), &orientation(number)));
        assert_eq!(said.facts.unwrap().media_attributes.exif_rotation.as_deref(), Some("1"));
    }
}

#[test]
fn a_tiff_and_a_webp_and_a_png_are_turned_too() {
    let page = tiff(
        &[
            (256, 4, vec![2]),
            (257, 4, vec![1]),
            (258, 3, vec![8]),
            (259, 3, vec![1]),
            (262, 3, vec![1]),
            (274, 3, vec![6]),
            (277, 3, vec![1]),
            (278, 4, vec![1]),
        ],
        &[10, 240],
    );
    let turned = said(&page);
    assert_eq!(turned.facts.as_ref().unwrap().media_attributes.height, Some(2));
    // 6: the 0th row is the visual right side, so what was left is at the top.
    assert_near(preview(&turned).at(0.5, 0.0), &[10; 3]);

    let mut info = png::Info::with_size(2, 1);
    info.exif_metadata = Some(orientation(6).into());
    let turned = said(&crate::maker::png(info, &[10, 240]));
    assert_eq!(turned.facts.as_ref().unwrap().media_attributes.exif_rotation.as_deref(), Some("6"));
    assert_near(preview(&turned).at(0.5, 0.0), &[10; 3]);

    let simple = webp::Encoder::from_rgb(&[10, 10, 10, 240, 240, 240], 2, 1).encode_lossless();
    let exif = orientation(8);
    let mut file = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\x01\0\0\0\0\0".to_vec();
    file.extend(&simple[12..]);
    file.extend([b"EXIF".as_slice(), &u32::try_from(exif.len()).unwrap().to_le_bytes(), &exif].concat());
    let length = u32::try_from(file.len() - 8).unwrap().to_le_bytes();
    file[4..8].copy_from_slice(&length);
    let turned = said(&file);
    assert_eq!(turned.facts.as_ref().unwrap().media_attributes.height, Some(2));
    assert_near(preview(&turned).at(0.5, 0.9), &[10; 3]);
}
