//! What thumbnails show.

use super::{details, said};
use assay_kit::rehearse::Rehearsed;
use image::{ImageFormat, RgbaImage};

/// The smallest picture, decoded by another library.
fn grid(said: &Rehearsed) -> RgbaImage {
    let (_, bytes) = said.thumbnails.iter().find(|(head, _)| head.name == "grid").unwrap();
    image::load_from_memory_with_format(bytes, ImageFormat::WebP).unwrap().to_rgba8()
}

fn darkest_and_brightest(picture: &RgbaImage) -> (u8, u8) {
    let shown = || picture.pixels().filter(|pixel| pixel[3] == 255).map(|pixel| pixel[1]);
    (shown().min().unwrap(), shown().max().unwrap())
}

#[test]
fn numbers_of_16_bits_and_floating_point_fill_the_range_and_are_gray() {
    for name in ["geo-16-bit.tif", "geo-bigtiff.tif", "geo-float-nodata.tif", "geo-float-nan.tif"] {
        let picture = grid(&said(&format!("media/{name}")));
        let (dark, bright) = darkest_and_brightest(&picture);
        assert!(dark < 16 && bright > 240, "{name}: {dark} to {bright}");
        assert!(picture.pixels().filter(|pixel| pixel[3] == 255).all(|pixel| pixel[0].abs_diff(pixel[2]) < 6), "{name}");
    }
}

#[test]
fn what_is_no_data_lets_the_ground_through() {
    for name in ["geo-float-nodata.tif", "geo-float-nan.tif", "geo-alpha.tif", "geo-mask.tif", "geo-palette.tif"] {
        let picture = grid(&said(&format!("media/{name}")));
        let (width, height) = picture.dimensions();
        let (middle, corner) = (picture.get_pixel(width / 2, height / 2)[3], picture.get_pixel(1, 1)[3]);
        // Holes lie in the middle of the floating-point ones, around the others.
        let (hole, shown) = if name.contains("float") { (middle, corner) } else { (corner, middle) };
        assert_eq!((hole, shown), (0, 255), "{name}");
    }
}

#[test]
fn a_palette_gives_its_colours() {
    let picture = grid(&said("media/geo-palette.tif"));
    let (width, height) = picture.dimensions();
    let middle = picture.get_pixel(width / 2, height / 2);
    let wanted = [60, 150, 60];
    assert!(middle.0.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) < 12), "{middle:?}");
}

#[test]
fn pictures_are_made_from_overviews_and_never_enlarged() {
    let said = said("media/geo-cog.tif");
    let sizes: Vec<_> = said.thumbnails.iter().map(|(head, _)| (head.width, head.height)).collect();
    // 1,100 x 800.
    assert_eq!(sizes, [(1024, 745), (256, 186)]);
    let small = super::said("media/geo-utm.tif");
    assert_eq!(small.thumbnails.iter().map(|(head, _)| (head.width, head.height)).collect::<Vec<_>>(), [(320, 240), (256, 192)]);
}

#[test]
fn many_bands_are_shown_by_their_first_three() {
    let said = said("media/geo-six-bands.tif");
    assert_eq!(details(&said).bands.len(), 6);
    assert_eq!(said.thumbnails.len(), 2);
}

#[test]
fn too_many_bands_have_facts_and_no_picture() {
    let said = said("hostile/geo-65000-bands.tif");
    let flat = &said.facts.as_ref().unwrap().media_attributes;
    assert_eq!((flat.band_count, details(&said).bands.len(), said.thumbnails.len()), (Some(65_000), 256, 0));
    assert!(said.issues[0].message.contains("bands: asked 65000, allowed 256"), "{}", said.issues[0].message);
}

#[test]
fn a_jpeg_2000_within_a_nitf_is_shown_in_colour() {
    let picture = grid(&said("media/nitf-jpeg-2000.ntf"));
    let (dark, bright) = darkest_and_brightest(&picture);
    assert!(bright - dark > 60, "{dark} to {bright}");
}

#[test]
fn a_jpeg_2000_that_gdal_does_not_open_is_shown_in_its_colours() {
    let said = said("regression/nitf-jpeg-2000-half-as-large.ntf");
    assert!(said.issues.is_empty(), "{:?}", said.issues);
    let flat = &said.facts.as_ref().unwrap().media_attributes;
    assert_eq!((flat.width, flat.height), (Some(64), Some(48)));
    let picture = grid(&said);
    let at = |across: u32, down: u32| picture.get_pixel(picture.width() * across / 10, picture.height() * down / 10).0;
    assert!(at(9, 5)[0] > at(1, 5)[0] + 100, "red grows to the right");
    assert!(at(5, 9)[1] > at(5, 1)[1] + 100, "green grows downwards");
}
