//! HEIC, AVIF, JPEG XL and JPEG 2000: turns, transparency, deep colours, sequences, and codecs that are not there.

use crate::stage::{assert_near, codes, details, fixture, grid, is_complete, preview, said, said_for, task};
use assay_contract::details::ImageDetails;
use assay_kit::rehearse::Rehearsed;

fn read(path: &str) -> (Rehearsed, ImageDetails) {
    let told = said(&fixture(path));
    assert!(is_complete(&told), "{path}: {told:?}");
    let details = details(&told);
    (told, details)
}

/// The same file with four letters changed wherever they stand.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "a literal of four letters is a reference")]
fn renamed(path: &str, from: &[u8; 4], to: [u8; 4]) -> Vec<u8> {
    let mut file = fixture(path);
    for place in 0..file.len() - 3 {
        if file[place..place + 4] == *from {
            file[place..place + 4].copy_from_slice(&to);
        }
    }
    file
}

#[test]
fn a_container_that_turns_its_picture_is_not_turned_again_by_exif() {
    let (told, read) = read("media/heic-turned.heic");
    let attributes = &told.facts.as_ref().unwrap().media_attributes;
    assert_eq!((attributes.width, attributes.height, attributes.exif_rotation.as_deref()), (Some(320), Some(480), Some("6")));
    assert_eq!((read.stored_width, read.stored_height, read.orientation), (480, 320, 6));
    assert_eq!((told.thumbnails[0].0.width, told.thumbnails[0].0.height), (320, 480));
    assert_eq!(read.exif.unwrap().model.as_deref(), Some("Procedural One"));
    // Upright the sky is above the sea.
    let picture = preview(&told);
    assert!(picture.at(0.5, 0.05)[2] > 60 && picture.height > picture.width);
}

#[test]
fn transparency_of_every_codec_is_kept() {
    for path in ["media/heic-alpha.heic", "media/avif-alpha.avif", "media/jxl-alpha.jxl"] {
        let (told, read) = read(path);
        assert_eq!((read.has_alpha, read.channels), (Some(true), Some(4)), "{path}");
        // The scene has a hole in its middle that fades to nothing.
        let picture = grid(&told);
        assert!(picture.at(0.5, 0.45)[3] < 30, "{path}");
        assert_eq!(picture.at(0.02, 0.02)[3], 255, "{path}");
    }
}

#[test]
fn high_dynamic_range_is_noted_and_made_to_fit() {
    let (told, read) = read("media/avif-pq-10-bit.avif");
    assert_eq!((read.bit_depth, read.hdr.as_deref()), (Some(10), Some("pq")));
    let brightest = (0..20).map(|n| preview(&told).at(f64::from(n) / 20.0, 0.1)[1]).max().unwrap();
    assert!(brightest > 200, "{brightest}");
}

#[test]
fn colours_told_by_numbers_are_turned_into_srgb() {
    let wide = fixture("media/avif-p3-10-bit.avif");
    // The same samples under BT.709's primaries (H.273, table 2), in the box and in nothing else that libheif asks.
    let colours = wide.windows(4).position(|four| four == b"nclx").unwrap();
    let mut narrow = wide.clone();
    narrow[colours + 5] = 1;
    let most_red = |file: &[u8]| {
        let told = said(file);
        assert!(is_complete(&told), "{told:?}");
        let picture = preview(&told);
        (0..40).map(|n| picture.at(f64::from(n) / 40.0, 0.1)).map(|p| i32::from(p[0]) - i32::from(p[1])).max().unwrap()
    };
    assert!(most_red(&wide) >= most_red(&narrow), "wide colours look paler when they are taken as narrow ones");
    assert_ne!(preview(&said(&wide)).at(0.3, 0.1), preview(&said(&narrow)).at(0.3, 0.1));
}

#[test]
fn sequences_tell_frames_and_seconds() {
    let (_, avif) = read("media/avif-sequence.avif");
    assert_eq!((avif.frame_count, avif.duration_s), (Some(12), Some(0.96)));
    let (_, jxl) = read("media/jxl-animated.jxl");
    assert_eq!((jxl.frame_count, jxl.duration_s, jxl.loop_count), (Some(12), Some(0.96), Some(0)));
}

#[test]
fn a_codec_that_is_not_there_is_named_and_the_facts_stand() {
    for (letters, name) in [(*b"vvc1", "VVC"), (*b"jpeg", "JPEG"), (*b"zzz9", "zzz9")] {
        let told = said(&renamed("media/heic-still.heic", b"hvc1", letters));
        assert_eq!(codes(&told), ["unsupported-format"], "{told:?}");
        assert!(told.issues[0].message.contains(name), "{}", told.issues[0].message);
        assert_eq!(details(&told).stored_width, 480);
        assert!(told.thumbnails.is_empty());
    }
}

#[test]
fn a_file_without_a_picture_is_corrupt() {
    for (path, name) in [("media/heic-still.heic", b"pitm"), ("media/avif-still.avif", b"ispe")] {
        let told = said(&renamed(path, name, *b"gone"));
        assert_eq!(told.refusal.as_ref().unwrap().code, assay_contract::Code::CorruptAsset, "{told:?}");
    }
    let told = said(b"\0\0\0\x10ftypmif3avif\0\0\0\x0cmini\x08\xf8\x80\xff");
    assert_eq!(told.refusal.unwrap().code, assay_contract::Code::UnsupportedFormat);
}

/// The same file with another first `ispe`: width and height behind the name, version and flags.
fn resized(path: &str, size: [u32; 2]) -> Vec<u8> {
    let mut file = fixture(path);
    let at = file.windows(4).position(|four| four == b"ispe").unwrap() + 8;
    file[at..at + 4].copy_from_slice(&size[0].to_be_bytes());
    file[at + 4..at + 8].copy_from_slice(&size[1].to_be_bytes());
    file
}

/// The still of one item with a clean aperture of 64 x 32 as its fifth property.
fn cut(mut file: Vec<u8>) -> Vec<u8> {
    let clap: Vec<u8> =
        [8 + 32, u32::from_be_bytes(*b"clap"), 64, 1, 32, 1, 0, 1, 0, 1].iter().flat_map(|word| word.to_be_bytes()).collect();
    let place = |file: &[u8], name: &[u8]| file.windows(4).position(|four| four == name).unwrap();
    let [meta, iprp, ipco, ipma, iloc] = [b"meta", b"iprp", b"ipco", b"ipma", b"iloc"].map(|name| place(&file, name));
    // Each box's size lies before its name; the item's first byte is told 16 bytes behind the begin of `iloc`.
    for (at, more) in [(meta - 4, 41), (iprp - 4, 41), (ipco - 4, 40), (ipma - 4, 1), (iloc + 16, 41)] {
        let number = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) + more;
        file[at..at + 4].copy_from_slice(&number.to_be_bytes());
    }
    let associations = ipma + 14;
    file[associations] += 1;
    let end = associations + usize::from(file[associations]);
    file.insert(end, 0x85);
    file.splice(ipma - 4..ipma - 4, clap);
    file
}

#[test]
fn a_size_that_the_coded_picture_does_not_have_makes_the_record_partial() {
    for (path, size) in
        [("media/avif-still.avif", [12_000, 9000]), ("media/avif-still.avif", [320, 480]), ("media/heic-turned.heic", [482, 320])]
    {
        let told = said(&resized(path, size));
        assert_eq!([details(&told).stored_width, details(&told).stored_height], size, "{path}");
        assert_eq!(codes(&told), ["corrupt-asset"], "{path} {size:?}: {told:?}");
    }
}

#[test]
fn a_cut_does_not_hide_that_the_size_is_a_lie() {
    for (size, issues) in [([480, 320], vec![]), ([4800, 3200], vec!["corrupt-asset"])] {
        let file = cut(resized("media/avif-still.avif", size));
        let told = said(&file);
        let attributes = &told.facts.as_ref().unwrap().media_attributes;
        assert_eq!((attributes.width, attributes.height), (Some(64), Some(32)));
        assert_eq!((codes(&told), told.thumbnails.len()), (issues, 2), "{size:?}: {told:?}");
    }
}

#[test]
fn what_is_there_of_a_cut_file_is_shown() {
    for path in ["media/jxl-lossy.jxl", "media/jp2-lossy.jp2", "media/jp2-tiled.jp2", "media/j2k-gray.j2k"] {
        let whole = fixture(path);
        let told = said(&whole[..whole.len() * 7 / 10]);
        assert_eq!(codes(&told), ["corrupt-asset"], "{path}: {told:?}");
        assert_eq!(told.thumbnails.len(), 2, "{path}");
    }
    for path in ["media/heic-still.heic", "media/avif-still.avif"] {
        let whole = fixture(path);
        let told = said(&whole[..whole.len() * 7 / 10]);
        assert_eq!(codes(&told), ["corrupt-asset"], "{path}: {told:?}");
        assert_eq!(details(&told).stored_width, 480, "{path}");
    }
}

#[test]
fn bombs_of_every_codec_are_told_by_their_headers() {
    for path in ["media/heic-still.heic", "media/avif-still.avif", "media/jxl-lossy.jxl", "media/jp2-lossy.jp2", "media/j2k-gray.j2k"] {
        let file = fixture(path);
        let mut task = task(&file);
        let (width, height) = (details(&said(&file)).stored_width, details(&said(&file)).stored_height);
        task.limits.pixels = u64::from(width) * u64::from(height);
        assert!(is_complete(&said_for(&task, &file)), "{path}");
        task.limits.pixels -= 1;
        let told = said_for(&task, &file);
        assert_eq!(codes(&told), ["too-many-pixels"], "{path}");
        assert!(told.thumbnails.is_empty());
        task.limits.pixels += 1;
        task.limits.memory_bytes = 300_000;
        assert_eq!(codes(&said_for(&task, &file)), ["limit-exceeded"], "{path}");
    }
}

#[test]
fn a_codestream_without_levels_is_answered() {
    // SIZ alone: nothing says how often the picture can be halved.
    let whole = fixture("media/j2k-gray.j2k");
    let told = said(&whole[..60]);
    assert_eq!(codes(&told), ["corrupt-asset"]);
    assert_eq!(details(&told).stored_width, 400);
}

#[test]
fn a_small_thumbnail_of_a_large_codestream_needs_few_levels() {
    let file = fixture("media/j2k-gray.j2k");
    let whole = said(&file);
    let mut task = task(&file);
    task.thumbnails.retain(|spec| spec.name == "preview");
    task.thumbnails[0].max_px = 64;
    let small = said_for(&task, &file);
    assert!(small.issues.is_empty(), "{small:?}");
    assert_eq!((small.thumbnails[0].0.width, small.thumbnails[0].0.height), (64, 48));
    assert_near(preview(&small).at(0.02, 0.02), preview(&whole).at(0.02, 0.02));
}
