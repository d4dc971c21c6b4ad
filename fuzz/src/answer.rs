//! What a child says: frames, an index of frames, a thumbnail; all of it may be a lie.

use assay_contract::Facts;
use assay_contract::exchange::{Death, DerivativeHead, InputKind, ReadAt, Refusal, Task, ThumbnailHead};
use assay_contract::failure::Issue;
use assay_contract::frame::{Frame, FrameKind, MAX_HEAD_BYTES};
use assay_contract::frame_index::FrameIndex;
use assay_contract::profile::Profile;
use assay_probe::distrust;
use assay_probe::sniff::Family;
use serde_json::Value;

const FAMILIES: [Family; 6] = [Family::Image, Family::Media, Family::Document, Family::Dicom, Family::Geo, Family::Text];
const MOST_BODY: u32 = 1 << 16;
/// Characters of a text, and bytes of all facts, that a record may get from a child.
const MOST_TEXT: usize = 4_000;
const MOST_FACTS: usize = 129 << 10;

/// Whatever a child writes is a bounded frame or none, and whatever its frames say is believed, cleaned or refused.
pub fn frame(bytes: &[u8]) {
    let task = task(bytes.len());
    let (mut rest, mut issues) = (bytes, Vec::new());
    while let Ok(frame) = Frame::read_from(&mut rest, MOST_BODY) {
        assert!(frame.head.len() <= MAX_HEAD_BYTES as usize && frame.body.len() <= MOST_BODY as usize);
        match frame.kind {
            FrameKind::Facts => frame.head().iter().for_each(believed),
            FrameKind::Issue => issues.extend(frame.head::<Issue>()),
            FrameKind::Thumbnail => {
                if let Ok(head) = frame.head::<ThumbnailHead>() {
                    let _ = pictured(&head, &frame.body, &task);
                }
            }
            FrameKind::Derivative => {
                if let Ok(head) = frame.head::<DerivativeHead>() {
                    let _ = distrust::derivative(&head, &frame.body, &task);
                }
            }
            FrameKind::ReadAt => drop(frame.head::<ReadAt>()),
            FrameKind::Refused => drop(frame.head::<Refusal>()),
            FrameKind::Died => drop(frame.head::<Death>()),
            _ => {}
        }
    }
    let issues = distrust::issues(issues);
    assert!(issues.len() <= 33);
    assert!(is_clean(&serde_json::to_value(issues).expect("issues can be written")));
}

fn believed(said: &Facts) {
    for family in FAMILIES {
        let Ok(facts) = distrust::facts(said, family, 7) else { continue };
        assert!(family.knows(facts.details.kind()));
        assert_eq!(facts.media_attributes.content_length, 7);
        let written = serde_json::to_value(&facts).expect("facts can be written");
        assert!(is_clean(&written), "{written}");
        assert!(written.to_string().len() <= MOST_FACTS);
    }
}

/// Whether each text is bounded and free of what a terminal obeys and of the marks that turn the writing direction.
fn is_clean(value: &Value) -> bool {
    let may_stand = |c: char| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c) && !('\u{2066}'..='\u{2069}').contains(&c);
    let is_clean_text = |text: &str| text.chars().count() <= MOST_TEXT && text.chars().all(|c| may_stand(c) || c == '\n' || c == '\t');
    match value {
        Value::String(text) => is_clean_text(text),
        Value::Array(items) => items.iter().all(is_clean),
        Value::Object(fields) => fields.iter().all(|(name, value)| name.chars().all(may_stand) && is_clean(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// An index of frames is whole or none; a whole one has the frames that it announces and survives being written again.
pub fn frame_index(bytes: &[u8]) {
    let Ok(index) = FrameIndex::read(bytes) else { return };
    let frames: Vec<_> = index.frames().collect();
    assert_eq!(frames.len(), index.frame_count() as usize);
    let written = FrameIndex::write(index.tick(), frames.iter().copied()).expect("what was read can be written");
    let again = FrameIndex::read(&written).expect("what was written can be read");
    assert!(again.frames().eq(frames));
}

/// A thumbnail is believed only where its own header says the size that its head says. The first five bytes are the head's.
pub fn thumbnail(bytes: &[u8]) {
    is_believed(bytes);
}

/// Whether a seed of [`thumbnail`] is believed.
pub fn is_believed(bytes: &[u8]) -> bool {
    let Some(([which, w0, w1, h0, h1], picture)) = bytes.split_first_chunk() else { return false };
    let task = task(picture.len());
    let Some(spec) = task.thumbnails.get(usize::from(which & 1)) else { return false };
    let (width, height) = (u16::from_le_bytes([*w0, *w1]).into(), u16::from_le_bytes([*h0, *h1]).into());
    let head = ThumbnailHead { name: spec.name.clone(), mime_type: spec.format.mime_type().to_owned(), width, height };
    pictured(&head, picture, &task)
}

fn pictured(head: &ThumbnailHead, picture: &[u8], task: &Task) -> bool {
    let Ok(spec) = distrust::thumbnail(head, picture, task) else { return false };
    assert_eq!(spec.name, head.name);
    assert!(head.width.max(head.height) <= spec.max_px && head.width.min(head.height) > 0);
    assert!(picture.len() as u64 <= task.limits.thumbnail_bytes);
    true
}

fn task(content_length: usize) -> Task {
    let Profile { thumbnails, derivatives, identifiers, decode, .. } = Profile::standard();
    let (mime_type, content_length) = ("image/jpeg".to_owned(), content_length as u64);
    Task { mime_type, kind: None, content_length, input: InputKind::Memory, thumbnails, derivatives, identifiers, limits: decode }
}
