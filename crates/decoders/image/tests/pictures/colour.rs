//! Thumbnails have the colours that the file means.

use crate::maker::{compressed, info, jpeg, pixels, png, png_with_chunk, with_segment};
use crate::stage::{assert_near, codes, details, fixture, grid, is_complete, preview, said};
use moxcms::{ColorProfile, ToneReprCurve};
use png::{BitDepth, ColorType};

/// sRGB's red as Display P3 writes it (CSS Color 4: `color(display-p3 0.9175 0.2003 0.1386)`).
const RED_IN_P3: [u8; 3] = [234, 51, 35];

#[test]
fn a_display_p3_picture_is_shown_in_srgb() {
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let mut header = info(300, 200, ColorType::Rgb, BitDepth::Eight);
    header.icc_profile = Some(icc.clone().into());
    let file = png(header, &RED_IN_P3.repeat(60_000));
    let told = said(&file);
    assert!(is_complete(&told), "{told:?}");
    assert_near(preview(&told).at(0.5, 0.5), &[255, 0, 0]);
    assert!(details(&told).icc_profile.unwrap().contains("P3"));

    let file = with_segment(&jpeg(300, 200, |_, _| RED_IN_P3), 0xe2, &[b"ICC_PROFILE\0\x01\x01", icc.as_slice()].concat());
    assert_near(preview(&said(&file)).at(0.5, 0.5), &[255, 0, 0]);
    assert_near(preview(&said(&jpeg(300, 200, |_, _| RED_IN_P3))).at(0.5, 0.5), &RED_IN_P3);
}

#[test]
fn a_gray_profile_bends_gray() {
    let mut profile = ColorProfile::new_gray_with_gamma(1.0);
    profile.gray_trc = Some(ToneReprCurve::Parametric(vec![1.0]));
    let mut header = info(64, 64, ColorType::Grayscale, BitDepth::Eight);
    header.icc_profile = Some(profile.encode().unwrap().into());
    // Linear 0.2159 is sRGB 128.
    assert_near(preview(&said(&png(header, &[55; 64 * 64]))).at(0.5, 0.5), &[128; 3]);
}

#[test]
fn a_gamma_without_a_profile_is_applied() {
    let header = || info(64, 64, ColorType::Grayscale, BitDepth::Eight);
    let linear = png_with_chunk(header(), Some((*b"gAMA", &100_000_u32.to_be_bytes())), &[55; 64 * 64]);
    assert_near(preview(&said(&linear)).at(0.5, 0.5), &[128; 3]);
    let usual = png_with_chunk(header(), Some((*b"gAMA", &45_455_u32.to_be_bytes())), &[55; 64 * 64]);
    assert_near(preview(&said(&usual)).at(0.5, 0.5), &[55; 3]);
}

#[test]
fn a_broken_profile_is_a_warning_and_the_picture_stands() {
    let file = with_segment(&jpeg(40, 40, |_, _| [9, 200, 9]), 0xe2, b"ICC_PROFILE\0\x01\x01 this is no profile at all");
    let told = said(&file);
    assert_eq!(codes(&told), ["color-profile-unusable"]);
    assert_eq!(told.thumbnails.len(), 2);
    assert_near(preview(&told).at(0.5, 0.5), &[9, 200, 9]);
}

#[test]
fn inks_of_adobes_programs_are_inverted_back() {
    // What libjpeg-turbo writes as CMYK is Adobe's: 0 is full ink.
    let cyan = compressed(64, 64, &[0, 255, 255, 255].repeat(64 * 64), turbojpeg::PixelFormat::CMYK, |_| {});
    let told = said(&cyan);
    assert!(is_complete(&told), "{told:?}");
    let read = details(&told);
    assert_eq!((read.color_model.as_deref(), read.channels), (Some("ycck"), Some(4)));
    assert_near(preview(&told).at(0.5, 0.5), &[0, 255, 255]);
}

#[test]
fn ink_of_a_fixture_looks_like_paper_not_like_a_negative() {
    let told = said(&fixture("media/jpeg-cmyk.jpg"));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).channels, Some(4));
    // The scene's sky is bright.
    assert!(preview(&told).at(0.5, 0.05).iter().map(|c| u32::from(*c)).sum::<u32>() > 300);
}

#[test]
fn transparency_is_kept_in_webp_and_laid_on_white_in_jpeg() {
    let half = pixels(200, 100, |x, _| if x < 100 { [0, 0, 0, 0] } else { [0, 0, 200, 255] });
    let told = said(&png(info(200, 100, ColorType::Rgba, BitDepth::Eight), &half));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).has_alpha, Some(true));
    assert_eq!(grid(&told).at(0.2, 0.5)[3], 0);
    assert_eq!(grid(&told).at(0.8, 0.5)[3], 255);
    assert_near(preview(&told).at(0.2, 0.5), &[255; 3]);
    assert_near(preview(&told).at(0.8, 0.5), &[0, 0, 200]);
}

#[test]
fn sixteen_bits_show_as_eight() {
    let deep: Vec<u8> = pixels(256, 64, |x, _| [x as u8, 255, 128, 0, 0, 77]);
    let told = said(&png(info(256, 64, ColorType::Rgb, BitDepth::Sixteen), &deep));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).bit_depth, Some(16));
    assert_near(preview(&told).at(0.5, 0.5), &[128, 128, 0]);
}

#[test]
fn a_palette_and_a_transparent_colour_are_read() {
    let mut header = info(64, 64, ColorType::Indexed, BitDepth::Two);
    header.palette = Some(vec![255, 0, 0, 0, 255, 0].into());
    header.trns = Some(vec![255, 0].into());
    let told = said(&png(header, &[0b0000_0000; 8].into_iter().chain([0b0101_0101; 8]).collect::<Vec<u8>>().repeat(64)));
    assert!(is_complete(&told), "{told:?}");
    let read = details(&told);
    assert_eq!(
        (read.color_model.as_deref(), read.bit_depth, read.channels, read.has_alpha),
        (Some("indexed"), Some(2), Some(1), Some(true))
    );
    assert_near(grid(&told).at(0.2, 0.5), &[255, 0, 0, 255]);
    assert_eq!(grid(&told).at(0.8, 0.5)[3], 0);
}

#[test]
fn the_dominant_colour_and_the_hash_come_with_the_last_facts() {
    let read = details(&said(&jpeg(300, 300, |x, _| if x < 200 { [200, 40, 40] } else { [20, 20, 200] })));
    let colour = read.dominant_color.unwrap();
    let red = u8::from_str_radix(&colour[1..3], 16).unwrap();
    assert!(red.abs_diff(200) < 8, "{colour}");
    assert!(read.thumbhash.unwrap().len() > 10);
}
