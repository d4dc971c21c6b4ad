//! Damaged files: what can be read is shown, the rest is named, and nothing panics.

use crate::stage::{codes, details, fixture, fixtures, preview, said, said_for, task};
use assay_contract::Code;
use assay_contract::profile::ThumbnailSpec;

/// Every picture among the fixtures whose name begins so.
fn all(prefix: &str) -> Vec<Vec<u8>> {
    let folder = fixtures().join("media");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files: Vec<_> = names
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| std::fs::read(entry.path()).unwrap())
        .collect();
    assert!(!files.is_empty(), "no fixture begins with {prefix}");
    files
}

/// Cuts and flips every fixture of a format; each answer must be an orderly one.
fn survives(prefix: &str) {
    for file in all(prefix) {
        for percent in [0, 1, 10, 50, 90, 99] {
            orderly(&file[..file.len() * percent / 100]);
        }
        let mut state = file.len() as u64;
        for _ in 0..20 {
            // xorshift64: the same flips at every run.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut flipped = file.clone();
            // Half of the flips lie in the head, where formats are decided.
            let reach = if state & 1 == 0 { file.len() } else { file.len().min(600) };
            let place = usize::try_from((state >> 8) % reach as u64).unwrap();
            flipped[place] ^= 1 << (state >> 1 & 7);
            orderly(&flipped);
        }
    }
}

fn orderly(bytes: &[u8]) {
    let mut task = task(bytes);
    task.limits.pixels = 20_000_000;
    task.thumbnails = vec![ThumbnailSpec { max_px: 48, ..task.thumbnails.swap_remove(0) }];
    let told = said_for(&task, bytes);
    assert!(told.facts.is_some() || told.refusal.is_some());
    if let Some(refusal) = told.refusal {
        assert_ne!(refusal.code, Code::Internal, "{refusal}");
    }
}

#[test]
fn a_damaged_jpeg_is_answered() {
    survives("jpeg-");
}

#[test]
fn a_damaged_png_is_answered() {
    survives("png-");
}

#[test]
fn a_damaged_gif_is_answered() {
    survives("gif-");
}

#[test]
fn a_damaged_webp_is_answered() {
    survives("webp-");
}

#[test]
fn a_damaged_bmp_is_answered() {
    survives("bmp-");
}

#[test]
fn a_damaged_tiff_is_answered() {
    survives("tiff-");
}

#[test]
fn a_damaged_icon_is_answered() {
    survives("ico-");
    survives("cur");
}

#[test]
fn damaged_rows_of_plain_samples_are_answered() {
    for prefix in ["tga-", "qoi-", "ppm", "pgm", "pbm", "pam-"] {
        survives(prefix);
    }
}

#[test]
fn a_damaged_document_is_answered() {
    survives("psd-");
    survives("psb-");
}

#[test]
fn a_damaged_drawing_is_answered() {
    survives("svg");
}

#[test]
fn damaged_light_is_answered() {
    survives("hdr");
    survives("exr-");
}

#[test]
fn a_damaged_heic_is_answered() {
    survives("heic-");
}

#[test]
fn a_damaged_avif_is_answered() {
    survives("avif-");
}

#[test]
fn a_damaged_jpeg_xl_is_answered() {
    survives("jxl-");
}

#[test]
fn a_damaged_jpeg_2000_file_is_answered() {
    survives("jp2-");
}

#[test]
fn a_damaged_codestream_is_answered() {
    survives("j2k-");
}

#[test]
fn a_cut_picture_shows_its_upper_part_and_says_so() {
    for path in ["media/jpeg-baseline.jpg", "media/png-rgb.png", "media/gif-still.gif", "media/bmp-24-bit.bmp", "media/tiff-tiled.tiff"] {
        let whole = fixture(path);
        let told = said(&whole[..whole.len() * 7 / 10]);
        if path.ends_with("tiff") && told.refusal.is_some() {
            // A TIFF whose directory lies at its end has nothing to be found by.
            continue;
        }
        assert!(codes(&told).contains(&"corrupt-asset"), "{path}: {told:?}");
        assert_eq!(details(&told), crate::damage::with_pixels_of(details(&said(&whole)), &told), "{path}");
        assert_eq!(told.thumbnails.len(), 2, "{path}: {:?}", told.issues);
        let (cut, full) = (preview(&told), preview(&said(&whole)));
        let (across, down) = if path.ends_with("bmp") { (0.3, 0.95) } else { (0.3, 0.05) };
        crate::stage::assert_near(cut.at(across, down), full.at(across, down));
    }
}

#[test]
fn a_cut_jpeg_says_that_it_ends_early_and_keeps_its_facts() {
    let plain = fixture("media/jpeg-baseline.jpg");
    let mut odd_jfif = plain.clone();
    odd_jfif[11] = 9;
    // What libjpeg complains of first, and harmlessly, hides what it would say next.
    let with_rubbish = [&plain[..20], b"rubbish!", &plain[20..]].concat();
    let others = ["progressive", "gray", "cmyk"].map(|kind| fixture(&format!("media/jpeg-{kind}.jpg")));
    for (number, whole) in [plain, odd_jfif, with_rubbish].into_iter().chain(others).enumerate() {
        let sound = said(&whole);
        assert_eq!((sound.thumbnails.len(), codes(&sound)), (2, vec![]), "{number}: {:?}", sound.issues);
        for percent in [10, 50, 90, 99] {
            let told = said(&whole[..whole.len() * percent / 100]);
            assert_eq!((codes(&told), told.thumbnails.len()), (vec!["corrupt-asset"], 2), "{number}, {percent} %: {:?}", told.issues);
            assert!(told.issues[0].message.contains("the file ends early"), "{number}, {percent} %: {:?}", told.issues);
            assert_eq!(details(&told), with_pixels_of(details(&sound), &told), "{number}, {percent} %");
        }
    }
}

#[test]
fn a_jpeg_that_ends_before_its_picture_says_so_and_keeps_its_facts() {
    let whole = fixture("media/jpeg-baseline.jpg");
    let scan = whole.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
    for end in [scan - 1, scan, scan + 2, scan + 9] {
        let told = said(&whole[..end]);
        assert_eq!((details(&told).stored_width, codes(&told), told.thumbnails.len()), (1200, vec!["corrupt-asset"], 0), "{end}");
        assert!(told.issues[0].message.contains("the file ends before its picture begins"), "{:?}", told.issues);
    }
}

/// The whole file's facts with the cut one's colours, which come from other pixels.
fn with_pixels_of(
    mut whole: assay_contract::details::ImageDetails,
    cut: &assay_kit::rehearse::Rehearsed,
) -> assay_contract::details::ImageDetails {
    let cut = details(cut);
    (whole.dominant_color, whole.thumbhash) = (cut.dominant_color, cut.thumbhash);
    whole
}

#[test]
fn rubbish_between_segments_is_passed_over() {
    let whole = fixture("media/jpeg-baseline.jpg");
    let with_rubbish = [&whole[..20], b"rubbish!", &whole[20..]].concat();
    let told = said(&with_rubbish);
    assert_eq!(details(&told).stored_width, 1200);
    assert_eq!(told.thumbnails.len(), 2, "{:?}", told.issues);
}

#[test]
fn a_header_alone_keeps_its_facts() {
    let told = said(&fixture("hostile/header-only.jpg"));
    assert!(details(&told).stored_width > 0);
    assert_eq!(codes(&told), ["corrupt-asset"]);
    assert!(told.thumbnails.is_empty());
}
