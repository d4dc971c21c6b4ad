//! The first page as it is shown.

use super::{done, fixture, good, task_of};
use assay_contract::profile::ThumbnailFormat;
use image::RgbImage;

/// The picture, in the format that the image crate reads here.
fn preview(name: &str) -> RgbImage {
    let bytes = fixture(&format!("media/pdf-{name}.pdf"));
    let mut task = task_of(&bytes);
    task.thumbnails.retain(|spec| spec.name == "preview");
    task.thumbnails[0].format = ThumbnailFormat::Webp;
    let said = done(&task, bytes);
    image::load_from_memory(&said.thumbnails[0].1).unwrap().into_rgb8()
}

fn is_near(pixel: [u8; 3], colour: [u8; 3]) -> bool {
    pixel.iter().zip(colour).all(|(one, other)| one.abs_diff(other) < 40)
}

#[test]
fn both_thumbnails_are_made_and_the_ground_is_white() {
    let said = good("plain");
    let sizes: Vec<_> = said.thumbnails.iter().map(|(head, _)| (head.name.as_str(), head.width, head.height)).collect();
    assert_eq!(sizes, [("preview", 791, 1024), ("grid", 198, 256)]);
    let picture = preview("plain");
    assert!(is_near(picture.get_pixel(5, 5).0, [255, 255, 255]));
    assert!(picture.pixels().any(|pixel| is_near(pixel.0, [0, 0, 0])), "no letter is drawn");
}

#[test]
fn the_crop_box_and_the_rotation_are_those_of_a_reader() {
    let picture = preview("turned-cropped");
    assert_eq!((picture.width(), picture.height()), (1024, 768));
    // A red square in the lower left corner as stored is in the upper left one after a quarter turn.
    assert!(is_near(picture.get_pixel(20, 20).0, [255, 0, 0]), "{:?}", picture.get_pixel(20, 20));
    assert!(is_near(picture.get_pixel(20, 740).0, [255, 255, 255]));
}

#[test]
fn form_fields_are_drawn() {
    let picture = preview("form");
    // The middle of the box that is ticked: 160 points from the left and 142 from above, of 612 x 792.
    let ticked = picture.get_pixel(207, 184).0;
    assert!(is_near(ticked, [0, 153, 0]), "{ticked:?}");
}

#[test]
fn a_scan_is_shown() {
    let picture = preview("scanned");
    let (dark, light) = (picture.get_pixel(400, 256).0, picture.get_pixel(20, 900).0);
    assert!(dark[0] < 80 && light[0] > 180, "{dark:?} {light:?}");
}

#[test]
fn text_in_a_font_that_is_missing_is_drawn_all_the_same() {
    let picture = preview("missing-font");
    let line = (100..150).flat_map(|y| (90..400).map(move |x| (x, y)));
    assert!(line.into_iter().any(|(x, y)| picture.get_pixel(x, y).0[0] < 128));
}
