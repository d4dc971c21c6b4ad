//! Lies that a compromised decoder might tell.

use super::*;
use assay_contract::details::{AudioDetails, AudioTrack, ConversationDetails, Details, ImageDetails, Ratio, VideoDetails};
use assay_contract::exchange::InputKind;
use assay_contract::frame_index::IndexedFrame;
use assay_contract::profile::Profile;

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
    lie.media_attributes.mime_type = "image/jpeg\r\nSet-Cookie: a".into();
    assert_eq!(facts(&lie, Family::Image, 7), Err(Lie::MimeType));
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

/// The head of a lossy WebP (RFC 9649): a size and no picture.
fn webp(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width.to_le_bytes(), height.to_le_bytes()];
    [&b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\x10\0\0\x9d\x01\x2a"[..], &w, &h, &[0; 8]].concat()
}

#[test]
fn a_storyboard_is_a_sheet_and_cues_that_lie_in_it() {
    let mut task = task();
    task.derivatives = vec![DerivativeName::Storyboard, DerivativeName::StoryboardCues];
    let head = |name, mime_type: &str| DerivativeHead { name, mime_type: mime_type.into() };
    let (sheet, cues) = (head(DerivativeName::Storyboard, "image/webp"), head(DerivativeName::StoryboardCues, "text/vtt"));
    let tile = storyboard::Tile { x: 160, y: 0, width: 160, height: 90 };
    let text = storyboard::write(&[storyboard::Cue { start_ms: 0, end_ms: 40, tile }]);
    assert_eq!(derivative(&sheet, &webp(320, 90), &task), Ok(()));
    assert_eq!(derivative(&cues, text.as_bytes(), &task), Ok(()));
    assert_eq!(derivative(&sheet, &webp(1600, 1600), &task), Ok(()));
    assert!(derivative(&sheet, &webp(1601, 90), &task).is_err(), "too wide");
    assert!(derivative(&sheet, &webp(320, 0), &task).is_err(), "nothing");
    assert!(derivative(&sheet, b"<script>", &task).is_err(), "no picture");
    assert!(derivative(&head(DerivativeName::Storyboard, "image/jpeg"), &webp(320, 90), &task).is_err(), "another type");
    assert!(matches!(derivative(&cues, b"WEBVTT\n\nNOTE hello\n", &task), Err(Lie::Storyboard(_))));
    assert_eq!(derivative(&head(DerivativeName::StoryboardCues, "application/json"), text.as_bytes(), &task), Err(Lie::MimeType));
    let together = |width, height| agreement(&[(sheet.clone(), webp(width, height)), (cues.clone(), text.clone().into_bytes())]);
    assert_eq!(together(320, 90), Ok(()));
    assert_eq!(together(319, 90), Err(Lie::Storyboard(StoryboardError::Tile)));
    assert_eq!(together(320, 89), Err(Lie::Storyboard(StoryboardError::Tile)));
    assert_eq!(agreement(&[(cues.clone(), text.clone())]), Ok(()), "a profile may ask for one of the two");
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
    // SOI, APP0 cut short is not needed: SOF0 of 8 x 6 pixels, then scan data.
    let jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08\x00\x06\x00\x08\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda";
    assert_eq!(thumbnail(&head("preview", 8, 6), jpeg, &task()).unwrap().name, "preview");
    assert!(thumbnail(&head("other", 8, 6), jpeg, &task()).is_err(), "not asked for");
    assert!(thumbnail(&head("preview", 9, 6), jpeg, &task()).is_err(), "another size");
    assert!(thumbnail(&head("grid", 8, 6), jpeg, &task()).is_err(), "another format");
    assert!(thumbnail(&head("preview", 8, 6), b"<script>", &task()).is_err(), "no picture");
}
