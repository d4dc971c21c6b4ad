//! Cut and flipped files: an answer each time, in the asset's own codes.

use super::{fixture, folder, looked_at};
use assay_contract::Code;
use assay_contract::details::Details;
use assay_kit::rehearse::Rehearsed;

/// What a damaged file may end as; a panic or an abort ends the test itself.
fn assert_sober(said: &Rehearsed, what: &str) {
    if let Some(refusal) = &said.refusal {
        let code = refusal.code;
        assert!(matches!(code, Code::CorruptAsset | Code::UnsupportedFormat | Code::EmptyAsset), "{what}: {refusal:?}");
    } else {
        assert!(said.facts.is_some(), "{what}: neither facts nor a refusal");
    }
}

fn names() -> Vec<String> {
    let formats =
        ["mp4", "mov", "mkv", "webm", "avi", "ts", "flv", "wmv", "3gp", "mp3", "m4a", "wav", "flac", "ogg", "opus", "aac", "aiff", "wma"];
    let mut names: Vec<String> = std::fs::read_dir(folder().join("media"))
        .unwrap()
        .map(|entry| format!("media/{}", entry.unwrap().file_name().into_string().unwrap()))
        .filter(|name| formats.iter().any(|format| name.ends_with(&format!(".{format}"))))
        .collect();
    names.sort();
    assert!(names.len() >= 20);
    names
}

#[test]
fn every_fixture_cut_anywhere_gets_an_answer() {
    for name in names() {
        let whole = fixture(&name);
        for part in [1, 3, 5, 7] {
            let length = whole.len() * part / 8;
            assert_sober(&looked_at(whole[..length].to_vec()), &format!("{name} cut to {length}"));
        }
    }
}

#[test]
fn every_fixture_with_flipped_bytes_gets_an_answer() {
    for name in names() {
        let whole = fixture(&name);
        for seed in 1..4_u32 {
            let (mut bytes, mut state) = (whole.clone(), seed);
            for _ in 0..24 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Half of the flips go where the structure is.
                let reach = if state & 1 == 0 { bytes.len() } else { bytes.len().min(2048) };
                let place = (state >> 8) as usize % reach;
                bytes[place] ^= state.to_le_bytes()[3] | 1;
            }
            assert_sober(&looked_at(bytes), &format!("{name} with seed {seed}"));
        }
    }
}

#[test]
fn a_video_that_ends_early_keeps_its_facts_and_says_so() {
    let whole = fixture("media/mp4-h264-faststart.mp4");
    let said = looked_at(whole[..whole.len() / 2].to_vec());
    let facts = said.facts.unwrap();
    let flat = &facts.media_attributes;
    // Duration, rate and count are those of the film; what is left of it is told beside them.
    assert_eq!((flat.width, flat.height, flat.frame_count), (Some(426), Some(240), Some(75)));
    assert!((flat.duration.unwrap() - 3.0).abs() < 0.05);
    let Details::Video(details) = facts.details else { panic!("no video") };
    assert!(details.packet_count.unwrap() < 75);
    assert_eq!(details.frame_count_method.as_deref(), Some("sample-table"));
    assert_eq!(said.issues[0].code, "truncated-asset", "{:?}", said.issues);
}

#[test]
fn a_sound_that_ends_early_says_how_much_of_it_is_there() {
    for name in ["media/flac.flac", "media/mp3-variable-rate.mp3", "media/m4a-alac.m4a"] {
        let whole = fixture(name);
        // The index of an MP4 lies at its end; here it is cut in the middle of its samples.
        let said = looked_at(if name.ends_with("m4a") { shortened(&whole) } else { whole[..whole.len() / 3].to_vec() });
        let codes: Vec<_> = said.issues.iter().map(|issue| issue.code.as_str()).collect();
        assert!(codes.contains(&"truncated-asset"), "{name}: {codes:?}");
        let duration = said.facts.unwrap().media_attributes.duration.unwrap();
        assert!(duration > 2.9, "{name}: {duration} s of 3 or 4");
    }
}

#[test]
fn a_sound_whose_container_goes_on_without_a_word_is_told_to_end_early() {
    for name in ["media/wav-pcm-16.wav", "media/wma-v2.wma"] {
        let whole = fixture(name);
        assert!(looked_at(whole.clone()).issues.is_empty(), "{name}");
        let said = looked_at(whole[..whole.len() / 2].to_vec());
        let codes: Vec<_> = said.issues.iter().map(|issue| issue.code.as_str()).collect();
        assert!(codes.contains(&"truncated-asset"), "{name}: {codes:?}");
    }
}

/// An MP4 whose index comes before its samples, and whose samples end early: the offsets are not mended, only the count matters.
fn shortened(whole: &[u8]) -> Vec<u8> {
    let at = |kind: &[u8]| whole.windows(4).position(|four| four == kind).unwrap() - 4;
    let (data, movie) = (at(b"mdat"), at(b"moov"));
    [&whole[..data], &whole[movie..], &whole[data..data + 2000]].concat()
}
