//! A child's answer is untrusted: everything in it is checked, bounded or made anew before it goes into a record.

mod imagery;

use crate::sniff::Family;
use assay_contract::exchange::{DerivativeHead, Task, ThumbnailHead};
use assay_contract::failure::{Issue, Severity};
use assay_contract::frame_index::{FrameIndex, FrameIndexError};
use assay_contract::profile::{DerivativeName, ThumbnailFormat, ThumbnailSpec};
use assay_contract::record::MAX_RECORD_BYTES;
use assay_contract::storyboard::{self, StoryboardError};
use assay_contract::text_layer::{self, TextLayerError};
use assay_contract::{AssetKind, Facts, MediaAttributes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Longest text of one field, characters.
const MAX_TEXT_CHARACTERS: usize = 4_000;
/// Most issues of one asset.
const MAX_ISSUES: usize = 32;
/// Largest facts, bytes of JSON: what is left of a record is for its labels (16 KiB at most), issues, addresses and pictures.
const MAX_FACTS_BYTES: usize = MAX_RECORD_BYTES / 4 * 3;
/// Longest text of one field where facts would be larger, characters, tried in this order. An id has 200 and stays whole.
const SHORTER_TEXT_CHARACTERS: [usize; 3] = [1_000, 500, 250];

/// Why an answer is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// The kind is none of the family's.
    #[error("a decoder of the family {family} spoke of {kind}")]
    Kind {
        /// Who spoke.
        family: &'static str,
        /// Of what.
        kind: AssetKind,
    },
    /// The MIME type is none.
    #[error("the MIME type is malformed")]
    MimeType,
    /// A number that can't be.
    #[error("{0} can not be")]
    Number(&'static str),
    /// Larger than any honest answer.
    #[error("the facts have {0} bytes; {MAX_FACTS_BYTES} are allowed")]
    TooLong(usize),
    /// Not readable after clean-up.
    #[error("the facts do not survive being cleaned")]
    Unreadable,
    /// A picture that was not asked for, came twice, or is not what its head says.
    #[error("a picture {0}")]
    Picture(&'static str),
    /// An index of frames that is none.
    #[error("an index of frames is none: {0}")]
    FrameIndex(#[from] FrameIndexError),
    /// A text layer that is none.
    #[error("a text layer is none: {0}")]
    TextLayer(#[from] TextLayerError),
    /// Cues of a storyboard that are none.
    #[error("the cues of a storyboard are none: {0}")]
    Storyboard(#[from] StoryboardError),
}

/// Facts as they may go into a record: right kind, finite numbers, clean bounded text, the length that we counted. Where they are
/// too large for a record, long texts are cut and end in `…`.
pub fn facts(said: &Facts, family: Family, content_length: u64) -> Result<Facts, Lie> {
    let kind = said.details.kind();
    if !family.knows(kind) {
        return Err(Lie::Kind { family: family.as_str(), kind });
    }
    let attributes = &said.media_attributes;
    if !is_mime_type(&attributes.mime_type) {
        return Err(Lie::MimeType);
    }
    for (name, number) in [("duration", attributes.duration), ("frame_rate", attributes.frame_rate)] {
        if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
            return Err(Lie::Number(name));
        }
    }
    if attributes.width == Some(0) || attributes.height == Some(0) {
        return Err(Lie::Number("a side of 0 pixels"));
    }
    imagery::place(said)?;
    let words = MediaAttributes::new(kind, &attributes.mime_type, content_length);
    let mut cleaned: Facts = clean(said)?;
    cleaned.media_attributes.asset_type = words.asset_type;
    cleaned.media_attributes.super_type = words.super_type;
    cleaned.media_attributes.sub_type = words.sub_type;
    cleaned.media_attributes.content_length = content_length;
    Ok(cleaned)
}

/// Issues, cleaned, at most 32; what is left out is said.
pub fn issues(said: Vec<Issue>) -> Vec<Issue> {
    let left_out = said.len().saturating_sub(MAX_ISSUES);
    let mut issues: Vec<Issue> = said.into_iter().take(MAX_ISSUES).filter_map(|issue| clean(&issue).ok()).collect();
    for issue in &mut issues {
        if issue.code.is_empty()
            || issue.code.len() > 64
            || !issue.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            "decoder-note".clone_into(&mut issue.code);
        }
    }
    if left_out > 0 {
        issues.push(Issue {
            code: "issues-left-out".to_owned(),
            severity: Severity::Warning,
            message: format!("{left_out} more issues were found and left out."),
        });
    }
    issues
}

/// Whether a picture is what the task asked for: its spec, or why it is refused.
pub fn thumbnail<'t>(head: &ThumbnailHead, bytes: &[u8], task: &'t Task) -> Result<&'t ThumbnailSpec, Lie> {
    let spec = task.thumbnails.iter().find(|spec| spec.name == head.name).ok_or(Lie::Picture("was not asked for"))?;
    if bytes.len() as u64 > task.limits.thumbnail_bytes {
        return Err(Lie::Picture("is larger than a thumbnail may be"));
    }
    let format = match imagesize::image_type(bytes) {
        Ok(imagesize::ImageType::Jpeg) => ThumbnailFormat::Jpeg,
        Ok(imagesize::ImageType::Webp) => ThumbnailFormat::Webp,
        _ => return Err(Lie::Picture("is neither JPEG nor WebP")),
    };
    let size = imagesize::blob_size(bytes).map_err(|_| Lie::Picture("has no size in its header"))?;
    if format != spec.format || (size.width, size.height) != (head.width as usize, head.height as usize) {
        return Err(Lie::Picture("is not what its head says"));
    }
    if head.width == 0 || head.height == 0 || head.width.max(head.height) > spec.max_px {
        return Err(Lie::Picture("has a side that was not asked for"));
    }
    Ok(spec)
}

/// Whether a derivative is one that the task asked for, in a type that we serve.
pub fn derivative(head: &DerivativeHead, bytes: &[u8], task: &Task) -> Result<(), Lie> {
    if !task.derivatives.contains(&head.name) || bytes.len() as u64 > task.limits.derivative_bytes {
        return Err(Lie::Picture("or derivative was not asked for, or is too large"));
    }
    if !["application/json", "application/octet-stream", "text/vtt", "image/webp", "image/jpeg"].contains(&head.mime_type.as_str()) {
        return Err(Lie::MimeType);
    }
    if head.name == DerivativeName::FrameIndex {
        let index = FrameIndex::read(bytes)?;
        if head.mime_type != FrameIndex::MIME_TYPE || u64::from(index.frame_count()) > task.limits.frames {
            return Err(Lie::Number("an index of more frames than may be counted, or of another type,"));
        }
    }
    if head.name == DerivativeName::TextLayer {
        text_layer::check(bytes)?;
        if head.mime_type != text_layer::MIME_TYPE {
            return Err(Lie::MimeType);
        }
    }
    if head.name == DerivativeName::Storyboard {
        sheet(bytes)?;
        if head.mime_type != storyboard::SHEET_MIME_TYPE {
            return Err(Lie::MimeType);
        }
    }
    if head.name == DerivativeName::StoryboardCues {
        storyboard::read(bytes)?;
        if head.mime_type != storyboard::CUES_MIME_TYPE {
            return Err(Lie::MimeType);
        }
    }
    Ok(())
}

/// Whether two derivatives that lean on each other agree: each cue of a storyboard names a tile that is in its sheet.
pub fn agreement<B: AsRef<[u8]>>(derivatives: &[(DerivativeHead, B)]) -> Result<(), Lie> {
    let find = |name| derivatives.iter().find(|(head, _)| head.name == name).map(|(_, bytes)| bytes.as_ref());
    if let (Some(picture), Some(cues)) = (find(DerivativeName::Storyboard), find(DerivativeName::StoryboardCues)) {
        storyboard::lie_in(&storyboard::read(cues)?, sheet(picture)?)?;
    }
    Ok(())
}

/// Width and height of a storyboard's sheet, from its header.
fn sheet(bytes: &[u8]) -> Result<(u32, u32), Lie> {
    if !matches!(imagesize::image_type(bytes), Ok(imagesize::ImageType::Webp)) {
        return Err(Lie::Picture("of a storyboard is no WebP"));
    }
    let size = imagesize::blob_size(bytes).map_err(|_| Lie::Picture("has no size in its header"))?;
    let side = |pixels: usize| u32::try_from(pixels).ok().filter(|side| (1..=storyboard::SHEET_PX).contains(side));
    side(size.width).zip(side(size.height)).ok_or(Lie::Picture("of a storyboard is larger than one may be"))
}

fn is_mime_type(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.len() <= 80 && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".+-".contains(&b))
    };
    text.split_once('/').is_some_and(|(left, right)| part(left) && part(right))
}

/// The same value with every text free of control characters and bounded.
fn clean<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, Lie> {
    let mut json = serde_json::to_value(value).map_err(|_| Lie::Unreadable)?;
    scrub(&mut json);
    let mut size = bytes_of(&json);
    for longest in SHORTER_TEXT_CHARACTERS {
        if size <= MAX_FACTS_BYTES {
            break;
        }
        shorten(&mut json, longest);
        size = bytes_of(&json);
    }
    if size > MAX_FACTS_BYTES {
        return Err(Lie::TooLong(size));
    }
    serde_json::from_value(json).map_err(|_| Lie::Unreadable)
}

fn bytes_of(json: &Value) -> usize {
    serde_json::to_vec(json).map_or(usize::MAX, |bytes| bytes.len())
}

/// Cuts every text that is longer than so many characters, and lets it say so.
fn shorten(value: &mut Value, longest: usize) {
    match value {
        Value::String(text) => {
            if text.chars().nth(longest).is_some() {
                *text = text.chars().take(longest.saturating_sub(1)).chain(['…']).collect();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, longest)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shorten(field, longest)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn scrub(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.chars().count() > MAX_TEXT_CHARACTERS || text.chars().any(unwelcome) {
                *text = text.chars().take(MAX_TEXT_CHARACTERS).map(|c| if unwelcome(c) { '\u{fffd}' } else { c }).collect();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.chars().any(unwelcome)) {
                *fields = std::mem::take(fields).into_iter().filter(|(name, _)| !name.chars().any(unwelcome)).collect();
            }
            fields.values_mut().for_each(scrub);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Control characters (a terminal or a log may obey them) and the marks that turn the writing direction.
pub(crate) fn unwelcome(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
