//! Posters and waveforms, looked at pixel by pixel.

use super::{fixture, looked_at};
use assay_contract::profile::DerivativeName;
use image::GenericImageView;
use serde_json::Value;

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
fn a_high_dynamic_range_video_has_a_readable_thumbnail() {
    let picture = grid("media/mp4-hdr10.mp4");
    assert!((30.0..235.0).contains(&mean(&picture)), "{}", mean(&picture));
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
