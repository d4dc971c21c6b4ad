//! Posters and waveforms, looked at pixel by pixel.

use super::{fixture, looked_at, video};
use assay_contract::details::{AudioDetails, Details, Ratio};
use assay_contract::profile::DerivativeName;
use assay_kit::rehearse::{rehearse, task};
use assay_media::Media;
use image::GenericImageView;
use serde_json::Value;

const LOUDNESS: [(&str, f64); 5] = [
    ("media/flac.flac", -19.9),
    ("media/opus.opus", -15.8),
    ("media/m4a-aac.m4a", -15.9),
    ("media/wav-pcm-24.wav", -19.9),
    ("media/mp3-cover-art.mp3", -16.3),
];

fn grid(name: &str) -> image::DynamicImage {
    let said = looked_at(fixture(name));
    let (head, bytes) = said.thumbnails.into_iter().find(|(head, _)| head.name == "grid").unwrap();
    let picture = image::load_from_memory(&bytes).unwrap();
    assert_eq!(picture.dimensions(), (head.width, head.height), "{name}");
    picture
}

fn mean(picture: &image::DynamicImage) -> f64 {
    let gray = picture.to_luma8();
    gray.as_raw().iter().map(|value| f64::from(*value)).sum::<f64>() / gray.as_raw().len() as f64
}

#[test]
fn a_black_intro_is_passed_over() {
    assert!(mean(&grid("media/mp4-black-intro.mp4")) > 30.0);
}

#[test]
fn a_turned_video_has_a_turned_thumbnail() {
    let (turned, upright) = (grid("media/mp4-rotated-90.mp4"), grid("media/mp4-h264-faststart.mp4"));
    assert_eq!(turned.dimensions(), (144, 256));
    assert_eq!(upright.dimensions(), (256, 144));
}

#[test]
fn a_high_dynamic_range_video_looks_as_it_did_before_it_was_coded_so() {
    // The film is a standard one, coded as light in BT.2020 and PQ: a warm sky above, dark ridges below.
    let picture = grid("media/mp4-hdr10.mp4").to_rgb8();
    assert!((60.0..200.0).contains(&mean(&picture.clone().into())), "{}", mean(&picture.clone().into()));
    let saturation = |pixel: &image::Rgb<u8>| {
        let [least, most] = [pixel.0.iter().min(), pixel.0.iter().max()].map(|value| f64::from(*value.unwrap()));
        (most - least) / most.max(1.0)
    };
    let saturated = picture.pixels().filter(|pixel| saturation(pixel) > 0.95 && pixel.0.iter().any(|value| *value > 60)).count();
    assert!(saturated * 100 < picture.pixels().len(), "{saturated} of {} pixels are as colourful as a lamp", picture.pixels().len());
}

#[test]
fn wide_pixels_are_told_by_their_ratio_and_make_a_wide_thumbnail() {
    let flat = looked_at(fixture("media/mp4-anamorphic.mp4")).facts.unwrap().media_attributes;
    assert_eq!((flat.width, flat.height), (Some(288), Some(288)));
    let details = video("media/mp4-anamorphic.mp4");
    assert_eq!((details.stored_width, details.stored_height), (288, 288));
    assert_eq!((details.sample_aspect_ratio, details.display_aspect_ratio), (Ratio::new(16, 9), Ratio::new(16, 9)));
    assert_eq!(grid("media/mp4-anamorphic.mp4").dimensions(), (256, 144));
}

#[test]
fn woven_fields_make_no_combs() {
    assert_eq!(video("media/ts-interlaced.ts").field_order.as_deref(), Some("tt"));
    let bytes = fixture("media/ts-interlaced.ts");
    let mut task = task("video/mp2t", None, bytes.len() as u64);
    task.thumbnails.retain(|spec| spec.name == "grid");
    task.thumbnails[0].max_px = 320;
    let said = rehearse(&Media, &task, bytes);
    let picture = image::load_from_memory(&said.thumbnails[0].1).unwrap().to_luma8();
    assert_eq!(picture.dimensions(), (320, 240), "not made smaller: that would blur the combs away");
    // A comb: a line unlike both its neighbours, which are alike.
    let (width, height) = picture.dimensions();
    let at = |x: u32, y: u32| i32::from(picture.get_pixel(x, y).0[0]);
    let is_comb = |x: u32, y: u32| {
        let (above, here, below) = (at(x, y - 1), at(x, y), at(x, y + 1));
        (here - above) * (here - below) > 900 && (above - below).abs() < 12
    };
    let combs = (1..height - 1).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| is_comb(*x, *y)).count();
    // All lines of this film together make some 200; the coding of the thumbnail makes a few.
    assert!(combs < 40, "{combs} combed pixels of {}", width * height);
}

#[test]
fn an_encrypted_video_keeps_its_facts_and_says_why_it_has_no_picture() {
    let said = looked_at(fixture("hostile/encrypted.mp4"));
    assert_eq!(said.issues.iter().map(|issue| issue.code.as_str()).collect::<Vec<_>>(), ["encrypted-asset"]);
    let flat = said.facts.unwrap().media_attributes;
    assert_eq!((flat.width, flat.height, flat.frame_count), (Some(448), Some(252), Some(17)));
    assert!(said.thumbnails.is_empty());
}

#[test]
fn the_cover_is_the_thumbnail_of_a_sound_and_the_sound_is_no_video() {
    let said = looked_at(fixture("media/mp3-cover-art.mp3"));
    let sizes: Vec<_> = said.thumbnails.iter().map(|(head, _)| (head.name.as_str(), head.width, head.height)).collect();
    assert_eq!(sizes, [("preview", 400, 400), ("grid", 256, 256)]);
    assert_eq!(said.facts.unwrap().media_attributes.asset_type, "audio");
    assert_eq!(said.derivatives.len(), 1, "the waveform is made all the same");
}

#[test]
fn a_sound_without_a_cover_has_its_waveform_as_thumbnail() {
    let picture = grid("media/m4a-aac.m4a");
    assert_eq!(picture.dimensions(), (256, 64));
}

#[test]
fn the_waveform_covers_the_whole_sound_and_has_its_peaks() {
    let said = looked_at(fixture("media/wav-pcm-16.wav"));
    let (head, bytes) = said.derivatives.into_iter().next().unwrap();
    assert_eq!((head.name, head.mime_type.as_str()), (DerivativeName::Waveform, "application/json"));
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    let data = json["data"].as_array().unwrap();
    assert_eq!(data.len() as u64, 2 * json["length"].as_u64().unwrap());
    let covered = json["length"].as_f64().unwrap() * json["samples_per_pixel"].as_f64().unwrap() / json["sample_rate"].as_f64().unwrap();
    assert!((covered - 2.0).abs() < 0.01, "{covered} s of 2 s");
    assert!(data.chunks(2).all(|pair| pair[0].as_i64() <= pair[1].as_i64()));
    assert!(data.iter().any(|value| value.as_i64().unwrap() > 8), "it is no silence");
}

/// A WAV file of 16-bit samples, one channel, 8,000 a second.
fn wav(samples: &[i16]) -> Vec<u8> {
    let size = u32::try_from(samples.len() * 2).unwrap();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

fn peaks(samples: &[i16]) -> Vec<i64> {
    let json: Value = serde_json::from_slice(&looked_at(wav(samples)).derivatives[0].1).unwrap();
    json["data"].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
}

#[test]
fn silence_is_flat_and_a_tone_reaches_its_amplitude() {
    assert!(peaks(&vec![0; 16_000]).iter().all(|peak| *peak == 0));
    #[expect(clippy::cast_possible_truncation, reason = "half of full scale")]
    let tone: Vec<i16> = (0..16_000).map(|n| ((f64::from(n) * 0.345).sin() * 16_384.0) as i16).collect();
    let peaks = peaks(&tone);
    assert!(peaks.chunks(2).all(|pair| (-65..=-60).contains(&pair[0]) && (60..=65).contains(&pair[1])), "half of full scale");
}

fn sound(bytes: Vec<u8>) -> AudioDetails {
    match looked_at(bytes).facts.map(|facts| facts.details) {
        Some(Details::Audio(details)) => *details,
        other => panic!("no sound: {other:?}"),
    }
}

#[test]
fn channels_have_their_names_where_a_file_only_counts_them() {
    assert_eq!(sound(wav(&[1000; 8_000])).channel_layout.as_deref(), Some("mono"));
    assert_eq!(sound(fixture("media/wav-pcm-16.wav")).channel_layout.as_deref(), Some("stereo"));
}

#[test]
fn loudness_is_what_an_independent_meter_says() {
    // By ffmpeg's ebur128 filter, to a tenth.
    for (name, lufs) in LOUDNESS {
        let got = sound(fixture(name)).loudness_lufs.unwrap();
        assert!((got - lufs).abs() <= 0.15, "{name}: {got}, not {lufs}");
    }
    assert_eq!(sound(wav(&vec![0; 16_000])).loudness_lufs, None, "silence has none");
}

#[test]
fn a_tag_behind_the_sound_is_read_and_its_picture_is_not_taken_for_sound() {
    let plain = fixture("media/mp3-variable-rate.mp3");
    // The value of the picture is MP3 frames: the worst that could stand there.
    let picture = plain.repeat(3);
    let item = |flags: u32, key: &str, value: &[u8]| {
        [&u32::try_from(value.len()).unwrap().to_le_bytes()[..], &flags.to_le_bytes(), key.as_bytes(), b"\0", value].concat()
    };
    let items = [item(0, "Album", "Späte Funde".as_bytes()), item(2, "Cover Art (Front)", &picture)].concat();
    let size = u32::try_from(items.len() + 32).unwrap();
    let foot = [b"APETAGEX", &2000_u32.to_le_bytes()[..], &size.to_le_bytes(), &2_u32.to_le_bytes(), &[0; 12]].concat();
    let (bare, tagged) = (sound(plain.clone()), sound([plain, items, foot].concat()));
    assert_eq!((tagged.duration_s, tagged.loudness_lufs), (bare.duration_s, bare.loudness_lufs));
    assert_eq!(tagged.has_cover_art, Some(true));
}
