//! Files of cameras, and documents of Photoshop: the size of the whole, and what is shown of it.

use crate::maker::{jpeg, tiff};
use crate::stage::{assert_near, codes, details, fixture, is_complete, preview, said};

fn text(words: &str) -> Vec<u32> {
    words.bytes().chain([0]).map(u32::from).collect()
}

/// A TIFF of one directory with a sensor's mosaic by a maker, and a JPEG behind it.
fn camera(make: &str, orientation: u32, jpeg: &[u8]) -> Vec<u8> {
    let tags = [
        (256, 4, vec![6000]),
        (257, 4, vec![4000]),
        (258, 3, vec![14]),
        (259, 3, vec![34_713]),
        (262, 3, vec![32_803]),
        (271, 2, text(make)),
        (272, 2, text("Nameless Two")),
        (274, 3, vec![orientation]),
        (277, 3, vec![1]),
        // TIFF/EP: what the camera wrote lies in the first directory.
        (33_437, 5, vec![28, 10]),
        (34_855, 3, vec![400]),
    ];
    let tags = tags.map(|(tag, kind, values): (u16, u16, Vec<u32>)| (tag, kind, values));
    [tiff(&tags, &[0; 64]), jpeg.to_vec()].concat()
}

fn two_tone(width: u32, height: u32) -> Vec<u8> {
    jpeg(width, height, |x, _| if x < width / 2 { [200, 30, 30] } else { [30, 30, 200] })
}

#[test]
fn a_camera_s_file_has_its_sensor_s_size_and_shows_its_largest_preview() {
    let previews = [two_tone(60, 40), two_tone(600, 400), two_tone(160, 120)].concat();
    for (make, format) in
        [("NIKON CORPORATION", "nef"), ("SONY", "arw"), ("PENTAX Corporation", "pef"), ("SAMSUNG", "srw"), ("Leaf", "raw")]
    {
        let told = said(&camera(make, 1, &previews));
        assert!(is_complete(&told), "{make}: {told:?}");
        let read = details(&told);
        assert_eq!((read.format.as_str(), read.stored_width, read.stored_height), (format, 6000, 4000));
        assert_eq!((read.color_model.as_deref(), read.bit_depth, read.channels), (Some("cfa"), Some(14), Some(1)));
        let exif = read.exif.unwrap();
        assert_eq!((exif.make.as_deref(), exif.model.as_deref(), exif.iso), (Some(make), Some("Nameless Two"), Some(400)));
        let shown = preview(&told);
        assert_eq!((shown.width, shown.height), (600, 400));
        assert_near(shown.at(0.2, 0.5), &[200, 30, 30]);
    }
}

#[test]
fn a_preview_is_turned_unless_the_camera_turned_it() {
    let told = said(&camera("SONY", 6, &two_tone(600, 400)));
    let attributes = &told.facts.as_ref().unwrap().media_attributes;
    assert_eq!((attributes.width, attributes.height, attributes.exif_rotation.as_deref()), (Some(4000), Some(6000), Some("6")));
    assert_near(preview(&told).at(0.5, 0.2), &[200, 30, 30]);
    let told = said(&camera("SONY", 6, &two_tone(400, 600)));
    let attributes = &told.facts.as_ref().unwrap().media_attributes;
    assert_eq!((attributes.width, attributes.height), (Some(4000), Some(6000)));
    assert_near(preview(&told).at(0.2, 0.5), &[200, 30, 30]);
}

#[test]
fn a_tiff_that_no_camera_made_stays_one() {
    let told = said(&camera("A microscope", 1, &[]));
    assert_eq!(details(&told).format, "tiff");
    assert_eq!(details(&said(&fixture("media/tiff-lzw.tiff"))).format, "tiff");
}

#[test]
fn a_camera_s_file_without_a_preview_keeps_its_facts() {
    let told = said(&camera("SONY", 1, &[]));
    assert_eq!(details(&told).stored_width, 6000);
    assert_eq!(codes(&told), ["unsupported-format"], "{told:?}");
    assert!(told.thumbnails.is_empty());
}

#[test]
fn fujifilm_and_panasonic_tell_the_size_in_tables_of_their_own() {
    let picture = two_tone(300, 200);
    let mut raf = b"FUJIFILMCCD-RAW 0201FF119504Imaginary".to_vec();
    raf.resize(84, 0);
    raf.extend(
        [112_u32, u32::try_from(picture.len()).unwrap(), u32::try_from(112 + picture.len()).unwrap(), 28, 0, 0, 0]
            .map(u32::to_be_bytes)
            .concat(),
    );
    raf.extend(&picture);
    raf.extend(b"\0\0\0\x02\x01\0\0\x04\x0f\xd0\x17\x88\x01\x11\0\x04\x0f\xc0\x17\x80");
    let told = said(&raf);
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((details(&told).stored_width, details(&told).stored_height), (6016, 4032));
    let mut rw2 =
        tiff(&[(2, 3, vec![3792]), (4, 3, vec![8]), (5, 3, vec![10]), (6, 3, vec![2744]), (7, 3, vec![3658]), (10, 3, vec![12])], &[]);
    rw2[2] = b'U';
    let told = said(&[rw2, picture].concat());
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((details(&told).stored_width, details(&told).stored_height, details(&told).bit_depth), (3648, 2736, Some(12)));
}

#[test]
fn phase_one_tells_the_size_in_a_directory_of_its_own() {
    let mut file = b"II*\0\x40\0\0\0IIIICwaR\x0c\0\0\0".to_vec();
    file.extend([2_u32, 0, 0x010c, 1, 4, 7320, 0x010d, 1, 4, 5484].map(u32::to_le_bytes).concat());
    file.resize(64, 0);
    file.extend([0; 6]);
    file.extend(two_tone(300, 200));
    let told = said(&file);
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((details(&told).format.as_str(), details(&told).stored_width, details(&told).stored_height), ("iiq", 7320, 5484));
}

#[test]
fn a_document_shows_its_merged_picture() {
    for (path, model, bits) in [("media/psd-rgb.psd", "rgb", 8), ("media/psd-cmyk.psd", "cmyk", 8), ("media/psb-16-bit.psb", "rgb", 16)] {
        let told = said(&fixture(path));
        assert!(is_complete(&told), "{path}: {told:?}");
        let read = details(&told);
        assert_eq!((read.color_model.as_deref(), read.bit_depth, read.has_alpha), (Some(model), Some(bits), Some(false)), "{path}");
        assert_eq!(read.dpi, Some([300.0, 300.0]));
    }
}

#[test]
fn a_document_without_a_merged_picture_keeps_its_facts() {
    let told = said(&fixture("hostile/not-merged.psd"));
    assert_eq!((details(&told).stored_width, codes(&told)), (90, vec!["unsupported-format"]));
    let whole = fixture("media/psd-rgb.psd");
    let told = said(&whole[..40]);
    assert_eq!((details(&told).stored_width, codes(&told)), (240, vec!["unsupported-format"]));
}

/// A document of one layer list: gray, and what a count of layers below 0 says of the second channel.
fn document(layers: i16) -> Vec<u8> {
    let head = b"8BPS\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\x08\0\x01\0\0\0\0\0\0\0\0";
    let list = [&[0, 0, 0, 6, 0, 0, 0, 2], layers.to_be_bytes().as_slice()].concat();
    [head.as_slice(), &list, &[0, 0, 255, 127, 255, 128]].concat()
}

#[test]
fn the_transparency_of_a_document_is_told_from_a_saved_selection() {
    let told = said(&document(1));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((details(&told).has_alpha, details(&told).channels), (Some(false), Some(2)));
    let told = said(&document(-1));
    assert_eq!(details(&told).has_alpha, Some(true));
    let shown = crate::stage::grid(&told);
    // Black at half, which lay on white.
    assert!(shown.at(0.9, 0.5)[0] < 20 && shown.at(0.9, 0.5)[3].abs_diff(128) < 6, "{:?}", shown.at(0.9, 0.5));
}
