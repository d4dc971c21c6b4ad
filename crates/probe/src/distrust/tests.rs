//! Lies that a compromised decoder might tell.

use super::picture::tests::{jpeg_of, webp_of};
use super::*;
use assay_contract::details::{AudioDetails, AudioTrack, ConversationDetails, Details, ImageDetails, Ratio, VideoDetails};
use assay_contract::exchange::{DerivativeHead, InputKind, Task, ThumbnailHead};
use assay_contract::frame_index::{FrameIndex, IndexedFrame};
use assay_contract::profile::Profile;
use assay_contract::storyboard;

fn said() -> Facts {
    let mut media_attributes = MediaAttributes::new(AssetKind::Image, "image/jpeg", 7);
    media_attributes.width = Some(10);
    media_attributes.height = Some(20);
    Facts { media_attributes, details: Details::Image(Box::new(ImageDetails { format: "jpeg".into(), ..ImageDetails::default() })) }
}

fn task() -> Task {
    let profile = Profile::standard();
    Task {
        mime_type: "image/jpeg".into(),
        kind: Some(AssetKind::Image),
        content_length: 7,
        input: InputKind::Memory,
        thumbnails: profile.thumbnails,
        derivatives: profile.derivatives,
        identifiers: profile.identifiers,
        limits: profile.decode,
    }
}

#[test]
fn the_length_and_the_words_are_ours_not_the_child_s() {
    let mut lie = said();
    lie.media_attributes.asset_type = "passwd".into();
    lie.media_attributes.content_length = 1;
    let believed = facts(&lie, Family::Image, 99).unwrap();
    assert_eq!((believed.media_attributes.asset_type.as_str(), believed.media_attributes.content_length), ("image", 99));
}

#[test]
fn facts_of_another_family_are_not_believed() {
    assert_eq!(facts(&said(), Family::Media, 7), Err(Lie::Kind { family: "media", kind: AssetKind::Image }));
}

#[test]
fn numbers_and_types_that_can_not_be_are_not_believed() {
    let mut lie = said();
    lie.media_attributes.width = Some(0);
    assert!(facts(&lie, Family::Image, 7).is_err());
    let mut lie = said();
    for mime_type in ["image/jpeg\r\nSet-Cookie: a", "x/y", "text/html", "video/mp4", ""] {
        lie.media_attributes.mime_type = mime_type.into();
        assert_eq!(facts(&lie, Family::Image, 7), Err(Lie::MimeType), "{mime_type}");
    }
}

#[test]
fn an_index_of_frames_is_one_or_is_dropped() {
    let frames = [0, 40, 80].map(|ticks| IndexedFrame { ticks, is_key: true });
    let bytes = FrameIndex::write(Ratio { num: 1, den: 1000 }, frames).unwrap();
    let head = |mime_type: &str| DerivativeHead { name: DerivativeName::FrameIndex, mime_type: mime_type.into() };
    let (honest, mut task) = (head(FrameIndex::MIME_TYPE), task());
    assert_eq!(derivative(&honest, &bytes, &task), Ok(()));
    assert!(matches!(derivative(&honest, &bytes[1..], &task), Err(Lie::FrameIndex(_))));
    assert!(matches!(derivative(&honest, b"<html>", &task), Err(Lie::FrameIndex(_))));
    assert!(derivative(&head("image/jpeg"), &bytes, &task).is_err());
    task.limits.frames = 3;
    assert_eq!(derivative(&honest, &bytes, &task), Ok(()));
    task.limits.frames = 2;
    assert!(derivative(&honest, &bytes, &task).is_err());
}

#[test]
fn a_text_layer_must_be_one() {
    let mut task = task();
    let head = |mime: &str| DerivativeHead { name: DerivativeName::TextLayer, mime_type: mime.into() };
    let honest = br#"[{"number":1,"units":"POINTS","width":612,"height":792,"groups":[]}]"#;
    assert_eq!(derivative(&head("application/json"), honest, &task), Ok(()));
    assert!(matches!(derivative(&head("application/json"), &honest[1..], &task), Err(Lie::TextLayer(_))));
    assert_eq!(derivative(&head("text/vtt"), honest, &task), Err(Lie::MimeType));
    task.derivatives.clear();
    assert!(derivative(&head("application/json"), honest, &task).is_err(), "not asked for");
}

#[test]
fn a_storyboard_is_a_sheet_and_cues_of_all_its_tiles() {
    let mut task = task();
    task.derivatives = vec![DerivativeName::Storyboard, DerivativeName::StoryboardCues];
    let head = |name, mime_type: &str| DerivativeHead { name, mime_type: mime_type.into() };
    let (sheet, cues) = (head(DerivativeName::Storyboard, "image/webp"), head(DerivativeName::StoryboardCues, "text/vtt"));
    let text = |tiles: &[(u32, u32, u32, u32)]| {
        let tile = |&(x, y, width, height): &_| storyboard::Tile { x, y, width, height };
        let cues = (0..).zip(tiles).map(|(n, at)| storyboard::Cue { start_ms: n * 40, end_ms: n * 40 + 40, tile: tile(at) });
        storyboard::write(&cues.collect::<Vec<_>>()).into_bytes()
    };
    let three = text(&[(0, 0, 160, 90), (160, 0, 160, 90), (0, 90, 160, 90)]);
    assert_eq!(derivative(&sheet, &webp_of(320, 90), &task), Ok(()));
    assert_eq!(derivative(&cues, &three, &task), Ok(()));
    assert_eq!(derivative(&sheet, &webp_of(1600, 1600), &task), Ok(()));
    assert!(derivative(&sheet, &webp_of(1601, 90), &task).is_err(), "too wide");
    assert!(derivative(&sheet, &webp_of(320, 0), &task).is_err(), "nothing");
    assert!(derivative(&sheet, &jpeg_of(320, 90), &task).is_err(), "no WebP");
    assert!(derivative(&sheet, &[webp_of(320, 90), b"more".to_vec()].concat(), &task).is_err(), "more than a picture");
    assert!(derivative(&head(DerivativeName::Storyboard, "image/jpeg"), &webp_of(320, 90), &task).is_err(), "another type");
    assert!(matches!(derivative(&cues, b"WEBVTT\n\nNOTE hello\n", &task), Err(Lie::Storyboard(_))));
    assert_eq!(derivative(&head(DerivativeName::StoryboardCues, "application/json"), &three, &task), Err(Lie::MimeType));
    let together = |width, height| agreement(&[(sheet.clone(), webp_of(width, height)), (cues.clone(), three.clone())]);
    assert_eq!(together(320, 180), Ok(()));
    for (width, height) in [(319, 180), (320, 179), (321, 180), (320, 181), (480, 180), (320, 270)] {
        assert_eq!(together(width, height), Err(Lie::Storyboard(StoryboardError::Tile)), "{width} x {height}");
    }
    assert_eq!(agreement(&[(cues.clone(), three)]), Ok(()), "a profile may ask for one of the two");
    for other in [
        text(&[(160, 0, 160, 90)]),
        text(&[(0, 0, 160, 90), (160, 0, 159, 90)]),
        text(&[(0, 0, 160, 90), (0, 90, 160, 90)]),
        text(&[(0, 0, 160, 90), (0, 0, 160, 90)]),
    ] {
        assert_eq!(derivative(&cues, &other, &task), Err(Lie::Storyboard(StoryboardError::Tile)), "other tiles than were laid");
    }
}

#[test]
fn a_waveform_is_one_or_is_dropped() {
    let head = |mime_type: &str| DerivativeHead { name: DerivativeName::Waveform, mime_type: mime_type.into() };
    let honest = br#"{"version":2,"channels":1,"sample_rate":8000,"samples_per_pixel":64,"bits":8,"length":1,"data":[-1,1]}"#;
    assert_eq!(derivative(&head("application/json"), honest, &task()), Ok(()));
    assert_eq!(derivative(&head("application/json"), b"Patient SMITH", &task()), Err(Lie::Waveform));
    assert_eq!(derivative(&head("application/json"), br#"{"patient":"SMITH"}"#, &task()), Err(Lie::Waveform));
    assert_eq!(derivative(&head("text/vtt"), honest, &task()), Err(Lie::MimeType));
}

/// A video that tells these counts, and how its frames were counted.
fn film(frames: u64, packets: u64, keys: u64, method: &str) -> Facts {
    let mut media_attributes = MediaAttributes::new(AssetKind::Video, "video/mp4", 7);
    media_attributes.frame_count = Some(frames);
    let details = VideoDetails {
        frame_count_method: Some(method.into()),
        packet_count: Some(packets),
        keyframe_count: Some(keys),
        ..VideoDetails::default()
    };
    Facts { media_attributes, details: Details::Video(Box::new(details)) }
}

#[test]
fn an_index_has_the_frames_that_the_facts_tell() {
    let frames = [0, 40, 80].map(|ticks| IndexedFrame { ticks, is_key: ticks != 40 });
    let bytes = FrameIndex::write(Ratio { num: 1, den: 1000 }, frames).unwrap();
    let head = DerivativeHead { name: DerivativeName::FrameIndex, mime_type: FrameIndex::MIME_TYPE.into() };
    let agrees = |facts: &Facts| accord(&head, &bytes, facts).is_ok();
    assert!(agrees(&film(3, 3, 2, "packets")));
    assert!(agrees(&film(3, 5, 3, "packets")), "an edit list hides some");
    assert!(agrees(&film(90, 3, 2, "sample-table")), "the file ends early");
    for (facts, why) in [
        (film(4, 4, 2, "packets"), "more were counted"),
        (film(2, 4, 2, "packets"), "fewer were counted"),
        (film(3, 2, 2, "packets"), "more frames than packets"),
        (film(90, 2, 2, "sample-table"), "more frames than packets"),
        (film(3, 3, 1, "packets"), "more keyframes than were counted"),
        (film(3, 3, 2, "declared"), "nothing was counted"),
        (said(), "a picture has no frames"),
    ] {
        assert!(!agrees(&facts), "{why}");
    }
}

#[test]
fn a_derivative_is_of_the_kind_that_has_it() {
    let head = |name| DerivativeHead { name, mime_type: String::new() };
    for (name, of_picture, of_film) in [
        (DerivativeName::Waveform, false, false),
        (DerivativeName::TextLayer, false, false),
        (DerivativeName::Storyboard, false, true),
        (DerivativeName::StoryboardCues, false, true),
    ] {
        assert_eq!(accord(&head(name), b"", &said()).is_ok(), of_picture, "{name:?}");
        assert_eq!(accord(&head(name), b"", &film(1, 1, 1, "packets")).is_ok(), of_film, "{name:?}");
    }
}

#[test]
fn control_characters_do_not_reach_a_record() {
    let mut lie = said();
    let Details::Image(details) = &mut lie.details else { unreachable!() };
    details.icc_profile = Some("\u{1b}[31mred\u{202e}".into());
    let believed = facts(&lie, Family::Image, 7).unwrap();
    let Details::Image(details) = believed.details else { unreachable!() };
    assert_eq!(details.icc_profile.as_deref(), Some("\u{fffd}[31mred\u{fffd}"));
}

fn tagged(letter: char, tags: usize) -> Facts {
    let tags = (0..tags).map(|n| (format!("K{n:02}"), letter.to_string().repeat(1_000))).collect();
    let media_attributes = MediaAttributes::new(AssetKind::Audio, "audio/flac", 7);
    Facts { media_attributes, details: Details::Audio(Box::new(AudioDetails { tags, ..AudioDetails::default() })) }
}

fn talk(ids: Vec<String>) -> Facts {
    let mut media_attributes = MediaAttributes::new(AssetKind::Conversation, "application/json", 7);
    media_attributes.labelable_ids = Some(ids.clone());
    let details = ConversationDetails { participants: ids.clone(), labelable_ids: ids, ..ConversationDetails::default() };
    Facts { media_attributes, details: Details::Conversation(Box::new(details)) }
}

#[test]
fn as_many_facts_as_a_decoder_may_tell_are_kept_whole() {
    let chinese = tagged('漢', 60);
    assert_eq!(facts(&chinese, Family::Media, 7).as_ref(), Ok(&chinese));
    let track = AudioTrack {
        codec_name: "pcm_s24le_planar".into(),
        sample_rate_hz: Some(192_000),
        channels: Some(8),
        channel_layout: Some("7.1(wide)".into()),
        bit_rate_bps: Some(36_864_000),
        language: Some("eng".into()),
        duration_s: Some(5_025.678_901_234_5),
    };
    let details = VideoDetails { audio: vec![track; 999], ..VideoDetails::default() };
    let media_attributes = MediaAttributes::new(AssetKind::Video, "video/quicktime", 7);
    let many = Facts { media_attributes, details: Details::Video(Box::new(details)) };
    assert_eq!(facts(&many, Family::Media, 7).as_ref(), Ok(&many));
    // 16 KiB of ids, told three times, and three bytes for each of their control characters.
    let ids = (0..84).map(|n| format!("{}{n:05}", "\u{1}".repeat(190))).collect();
    let Details::Conversation(kept) = facts(&talk(ids), Family::Text, 7).unwrap().details else { unreachable!() };
    assert_eq!(kept.labelable_ids[83], format!("{}00083", "\u{fffd}".repeat(190)));
}

#[test]
fn texts_too_long_for_a_record_are_cut_and_end_in_dots() {
    let Details::Audio(kept) = facts(&tagged('😀', 64), Family::Media, 7).unwrap().details else { unreachable!() };
    assert_eq!(kept.tags.len(), 64);
    assert!(kept.tags.values().all(|tag| tag.chars().count() == 500 && tag.ends_with("😀…")));
}

#[test]
fn facts_have_a_largest_size() {
    let size = |facts: &Facts| serde_json::to_vec(facts).unwrap().len();
    let lengthen = |facts: &mut Facts, letters| {
        let Details::Conversation(details) = &mut facts.details else { unreachable!() };
        details.participants[0].push_str(&"b".repeat(letters));
    };
    // An id has 50 characters and three bytes around it, and is told three times.
    let fitting = (MAX_FACTS_BYTES - size(&talk(vec![String::new()]))) / 159;
    let mut said = talk(vec!["a".repeat(50); fitting]);
    let left = MAX_FACTS_BYTES - size(&said);
    lengthen(&mut said, left - 1);
    assert_eq!(facts(&said, Family::Text, 7).as_ref(), Ok(&said));
    lengthen(&mut said, 1);
    assert_eq!(facts(&said, Family::Text, 7).as_ref(), Ok(&said));
    lengthen(&mut said, 1);
    assert_eq!(facts(&said, Family::Text, 7), Err(Lie::TooLong(MAX_FACTS_BYTES + 1)));
}

#[test]
fn a_flood_of_issues_is_cut_and_said() {
    let many = vec![Issue::warning("UPPER", "x".repeat(9_000)); 40];
    let kept = issues(many);
    assert_eq!(kept.len(), MAX_ISSUES + 1);
    assert_eq!(kept[0].code, "decoder-note");
    assert_eq!(kept[0].message.chars().count(), MAX_TEXT_CHARACTERS);
    assert_eq!(kept[MAX_ISSUES].code, "issues-left-out");
}

#[test]
fn a_thumbnail_must_be_what_was_asked_for() {
    let head = |name: &str, width, height| ThumbnailHead { name: name.into(), mime_type: "image/jpeg".into(), width, height };
    let jpeg = jpeg_of(8, 6);
    assert_eq!(thumbnail(&head("preview", 8, 6), &jpeg, &task()).unwrap().name, "preview");
    assert!(thumbnail(&head("other", 8, 6), &jpeg, &task()).is_err(), "not asked for");
    assert!(thumbnail(&head("preview", 9, 6), &jpeg, &task()).is_err(), "another size");
    assert!(thumbnail(&head("grid", 8, 6), &jpeg, &task()).is_err(), "another format");
    assert!(thumbnail(&head("preview", 8, 6), b"<script>", &task()).is_err(), "no picture");
    assert!(thumbnail(&head("preview", 8, 6), &[&jpeg[..], b"Patient SMITH"].concat(), &task()).is_err(), "more than a picture");
    assert!(thumbnail(&head("preview", 1025, 6), &jpeg_of(1025, 6), &task()).is_err(), "larger than asked for");
}
