//! What is told of a picture beside its size.

use crate::maker::{compressed, info, jpeg, orientation, pixels, png, png_with_chunk, with_exif, with_segment};
use crate::stage::{codes, details, fixture, is_complete, said};
use png::{BitDepth, ColorType};

#[test]
fn what_the_camera_wrote_is_told() {
    let told = said(&fixture("media/jpeg-camera-gps.jpg"));
    assert!(is_complete(&told), "{told:?}");
    let read = details(&told);
    let exif = read.exif.unwrap();
    assert_eq!(exif.make.as_deref(), Some("Assay"));
    assert_eq!(exif.model.as_deref(), Some("Procedural One"));
    assert_eq!(exif.lens.as_deref(), Some("Imaginary 35mm F1.8"));
    assert_eq!(exif.taken_at.as_deref(), Some("2026-05-04T07:08:09+02:00"));
    assert_eq!((exif.exposure_s, exif.f_number, exif.iso, exif.focal_length_mm), (Some(0.004), Some(5.6), Some(200), Some(35.0)));
    let gps = exif.gps.unwrap();
    assert!((gps.latitude - 31.1499).abs() < 1e-5 && (gps.longitude + 4.0062).abs() < 1e-5, "{gps:?}");
    assert_eq!(gps.altitude_m, Some(713.5));
}

#[test]
fn broken_exif_is_a_warning() {
    let whole = jpeg(20, 20, |_, _| [1, 2, 3]);
    for broken in [b"nonsense".to_vec(), orientation(3)[..14].to_vec(), b"II*\0\xff\xff\xff\x7f".to_vec()] {
        let told = said(&with_exif(&whole, &broken));
        assert_eq!(codes(&told), ["exif-unreadable"], "{broken:?}");
        assert_eq!(told.thumbnails.len(), 2);
    }
}

#[test]
fn densities_become_dots_an_inch() {
    let mut plain = jpeg(8, 8, |_, _| [0; 3]);
    assert_eq!(details(&said(&plain)).dpi, None);
    // JFIF's unit lies 13 bytes in, the densities follow.
    plain[13..18].copy_from_slice(&[1, 1, 44, 0, 150]);
    assert_eq!(details(&said(&plain)).dpi, Some([300.0, 150.0]));
    plain[13..18].copy_from_slice(&[2, 0, 100, 0, 100]);
    assert_eq!(details(&said(&plain)).dpi, Some([254.0, 254.0]));
    let mut header = info(1, 1, ColorType::Grayscale, BitDepth::Eight);
    header.pixel_dims = Some(png::PixelDimensions { xppu: 11_811, yppu: 11_811, unit: png::Unit::Meter });
    assert!((details(&said(&png(header, &[0]))).dpi.unwrap()[0] - 300.0).abs() < 0.01);
}

#[test]
fn each_jpeg_tells_its_model_depth_and_channels() {
    use turbojpeg::PixelFormat::{GRAY, RGB};
    use turbojpeg::Subsamp;
    for subsampling in [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Sub1x2, Subsamp::Sub4x1] {
        let file = compressed(50, 30, &[99; 4500], RGB, |it| it.set_subsamp(subsampling).unwrap());
        let told = said(&file);
        assert!(is_complete(&told), "{told:?}");
        let read = details(&told);
        assert_eq!((read.color_model.as_deref(), read.bit_depth, read.channels), (Some("ycbcr"), Some(8), Some(3)));
    }
    let told = said(&compressed(50, 30, &[99; 1500], GRAY, |it| it.set_subsamp(Subsamp::Gray).unwrap()));
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((details(&told).color_model.as_deref(), details(&told).channels), (Some("gray"), Some(1)));
}

#[test]
fn high_dynamic_range_is_named() {
    let header = || info(4, 4, ColorType::Rgb, BitDepth::Eight);
    for (transfer, want) in [(16, Some("pq")), (18, Some("hlg")), (13, None)] {
        let file = png_with_chunk(header(), Some((*b"cICP", &[9, transfer, 0, 1])), &[50; 48]);
        assert_eq!(details(&said(&file)).hdr.as_deref(), want);
    }
    let plain = jpeg(16, 16, |_, _| [5; 3]);
    assert_eq!(details(&said(&plain)).hdr, None);
    let ultra = with_segment(&plain, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version=\"1.0\"/>");
    assert_eq!(details(&said(&ultra)).hdr.as_deref(), Some("gain-map"));
    let iso = with_segment(&plain, 0xe2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0");
    assert_eq!(details(&said(&iso)).hdr.as_deref(), Some("gain-map"));
}

#[test]
fn a_png_of_high_dynamic_range_is_toned_down() {
    let shown = |transfer| {
        // Code 148 of 255 is 203 nits in PQ: diffuse white.
        let file = png_with_chunk(info(4, 4, ColorType::Rgb, BitDepth::Eight), Some((*b"cICP", &[9, transfer, 0, 1])), &[148; 48]);
        let told = said(&file);
        assert!(is_complete(&told), "{told:?}");
        crate::stage::preview(&told).at(0.5, 0.5)[0]
    };
    assert!(shown(16) > 200, "{}", shown(16));
    assert!(shown(13).abs_diff(148) < 4, "{}", shown(13));
}

#[test]
fn a_gain_map_in_a_second_picture_is_found() {
    let plain = jpeg(16, 16, |_, _| [5; 3]);
    let second = with_segment(&plain, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x HDRGainMap:HDRGainMapVersion=\"65536\"/>");
    let index = |offset: u32| {
        let mut index = b"MPF\0II*\0\x08\0\0\0\x01\0\x02\xb0\x07\0\x20\0\0\0\x1a\0\0\0\0\0\0\0".to_vec();
        index.extend([0; 24]);
        index.extend(offset.to_le_bytes());
        index.extend([0; 4]);
        index
    };
    let first = with_segment(&plain, 0xe2, &index(0));
    // Offsets count from the index's own byte order mark: marker, length and "MPF\0" lie before it.
    let first = with_segment(&plain, 0xe2, &index(u32::try_from(first.len() - 10).unwrap()));
    assert_eq!(details(&said(&[first.clone(), second].concat())).hdr.as_deref(), Some("gain-map"));
    assert_eq!(details(&said(&[first, plain].concat())).hdr, None);
}

#[test]
fn a_bmp_tells_its_bits() {
    let mut file = std::io::Cursor::new(Vec::new());
    let rgb = pixels(5, 4, |x, y| [x as u8 * 50, y as u8 * 50, 200]);
    image::codecs::bmp::BmpEncoder::new(&mut file).encode(&rgb, 5, 4, image::ExtendedColorType::Rgb8).unwrap();
    let told = said(&file.into_inner());
    assert!(is_complete(&told), "{told:?}");
    let read = details(&told);
    assert_eq!((read.format.as_str(), read.bit_depth, read.channels, read.has_alpha), ("bmp", Some(8), Some(3), Some(false)));
}
