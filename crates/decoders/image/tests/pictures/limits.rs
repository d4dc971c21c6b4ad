//! Bombs are told by their headers, before anything is allocated for them.

use crate::maker::{compressed, info, jpeg, pixels, png};
use crate::stage::{codes, details, fixture, is_complete, said, said_for, task};
use assay_contract::Code;
use assay_contract::profile::Transparency;
use png::{BitDepth, ColorType};

#[test]
fn pixel_bombs_keep_their_facts_and_show_nothing() {
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\0\0\x01\0\0\0\x01\0\x01\0\x18\0".to_vec();
    bmp.resize(100, 0);
    let tiff = crate::maker::page([65_000, 65_000], &[8], 1, &[], &[0; 4]);
    let mut large = jpeg(8, 8, |_, _| [0; 3]);
    let frame = large.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    large[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0".to_vec();
    for bomb in [fixture("hostile/pixel-bomb-60000.png"), fixture("hostile/pixel-bomb-65535.gif"), bmp, tiff, large, webp] {
        let told = said(&bomb);
        assert!(details(&told).stored_width > 16_000);
        assert!(codes(&told).contains(&"too-many-pixels"), "{told:?}");
        assert!(told.thumbnails.is_empty() && told.refusal.is_none());
    }
}

#[test]
fn the_pixel_limit_is_exact() {
    let file = png(info(100, 50, ColorType::Grayscale, BitDepth::Eight), &[9; 5000]);
    let mut task = task(&file);
    for (allowed, complete) in [(4999, false), (5000, true), (5001, true)] {
        task.limits.pixels = allowed;
        assert_eq!(is_complete(&said_for(&task, &file)), complete, "{allowed}");
    }
    task.limits.side_px = 99;
    assert_eq!(codes(&said_for(&task, &file)), ["too-many-pixels"]);
}

#[test]
fn a_scan_bomb_is_counted_before_it_is_decoded() {
    let told = said(&fixture("hostile/scan-bomb.jpg"));
    assert!(details(&told).stored_width > 0);
    assert_eq!(codes(&told), ["limit-exceeded"]);
    assert!(told.issues[0].message.contains("jpeg_scans: asked "), "{}", told.issues[0].message);
    assert!(told.thumbnails.is_empty());
}

#[test]
fn the_scan_limit_is_exact() {
    let rgb = pixels(64, 64, |x, y| [x as u8, y as u8, 7]);
    let file = compressed(64, 64, &rgb, turbojpeg::PixelFormat::RGB, |it| it.set_progressive(true).unwrap());
    let scans = u32::try_from(file.windows(2).filter(|pair| *pair == [0xff, 0xda]).count()).unwrap();
    let mut task = task(&file);
    for (allowed, complete) in [(scans - 1, false), (scans, true), (scans + 1, true)] {
        task.limits.jpeg_scans = allowed;
        assert_eq!(is_complete(&said_for(&task, &file)), complete, "{allowed}");
    }
}

#[test]
fn a_large_picture_may_have_fewer_scans() {
    // 16 million pixels, 2,500 scans: 93 of them are a second and a half thousand million pixels.
    let told = said(&fixture("hostile/scan-bomb.jpg"));
    assert!(told.issues[0].message.contains("allowed 93"), "{}", told.issues[0].message);
}

#[test]
fn a_picture_that_needs_more_memory_than_a_child_has_is_refused() {
    let rgb = pixels(1200, 1200, |x, y| [x as u8, y as u8, 7]);
    let progressive = compressed(1200, 1200, &rgb, turbojpeg::PixelFormat::RGB, |it| it.set_progressive(true).unwrap());
    let tall_strip = crate::maker::page([1200, 1200], &[8, 8, 8], 2, &[], &rgb);
    for file in [progressive, tall_strip] {
        let mut task = task(&file);
        task.limits.memory_bytes = 4 << 20;
        let told = said_for(&task, &file);
        assert_eq!(details(&told).stored_width, 1200);
        assert_eq!(codes(&told), ["limit-exceeded"], "{told:?}");
        assert!(told.issues[0].message.contains("memory_bytes: asked "), "{}", told.issues[0].message);
    }
}

#[test]
fn a_tiff_that_says_too_much_is_told_what_it_asked_and_what_is_allowed() {
    for (name, limit) in [("tiff-strip-of-4-gigabytes.tiff", "memory_bytes"), ("tiff-counts-of-4-billion.tiff", "metadata_bytes")] {
        let message = said(&fixture(&format!("hostile/{name}"))).issues[0].message.clone();
        assert!(message.contains(&format!("{limit}: asked ")) && message.contains(", allowed "), "{name}: {message}");
    }
}

#[test]
fn transparency_is_laid_on_white_where_the_profile_says_so() {
    let clear = png(info(40, 30, ColorType::Rgba, BitDepth::Eight), &[200, 30, 30, 0].repeat(1200));
    let mut task = task(&clear);
    for (transparency, want) in [(Transparency::Keep, [0; 1]), (Transparency::White, [255; 1])] {
        task.thumbnails.iter_mut().for_each(|spec| spec.transparency = transparency);
        let told = said_for(&task, &clear);
        let grid = &told.thumbnails.iter().find(|(head, _)| head.name == "grid").unwrap().1;
        let grid = image::load_from_memory(grid).unwrap().to_rgba8();
        assert_eq!(grid.get_pixel(20, 15).0[3..], want, "{transparency:?}");
        if transparency == Transparency::White {
            assert!(grid.get_pixel(20, 15).0.iter().all(|channel| *channel > 250), "{:?}", grid.get_pixel(20, 15));
        }
    }
}

#[test]
fn a_large_png_is_reduced_while_it_is_read() {
    // 3,000 x 2,400 pixels are 58 MB as stored and 29 MB as 8 bits: more than this child has.
    let file = png(info(3000, 2400, ColorType::Rgba, BitDepth::Sixteen), &vec![200; 3000 * 2400 * 8]);
    let mut task = task(&file);
    task.limits.memory_bytes = 16 << 20;
    let told = said_for(&task, &file);
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((told.thumbnails[0].0.width, told.thumbnails[0].0.height), (1024, 819));
}

#[test]
fn an_empty_asset_and_one_that_is_no_picture_are_named() {
    assert_eq!(said(b"").refusal.unwrap().code, Code::EmptyAsset);
    assert_eq!(said(b"just some words").refusal.unwrap().code, Code::UnsupportedFormat);
}

#[test]
fn without_thumbnails_nothing_is_decoded() {
    let mut task = task(&fixture("media/png-rgb.png"));
    task.thumbnails.clear();
    let told = said_for(&task, &fixture("media/png-rgb.png"));
    assert!(told.thumbnails.is_empty() && told.issues.is_empty());
    assert_eq!(details(&told).dominant_color, None);
}
