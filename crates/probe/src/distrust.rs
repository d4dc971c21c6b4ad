//! A child's answer is untrusted: everything in it is checked, bounded or made anew before it goes into a record.

mod imagery;
mod made;
mod picture;
mod types;

pub(crate) use made::mime_type;
pub use made::{accord, agreement, derivative, thumbnail};

use crate::sniff::Family;
use assay_contract::failure::{Issue, Severity};
use assay_contract::frame_index::FrameIndexError;
use assay_contract::profile::DerivativeName;
use assay_contract::record::MAX_RECORD_BYTES;
use assay_contract::storyboard::StoryboardError;
use assay_contract::text_layer::TextLayerError;
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
    /// The MIME type is none that this family, or this derivative, has.
    #[error("the MIME type is another than it can have")]
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
    /// A waveform that is none.
    #[error("a waveform is not written as ours are")]
    Waveform,
    /// A derivative of another kind of asset.
    #[error("a derivative {name:?} of {kind}")]
    Another {
        /// Which.
        name: DerivativeName,
        /// Of what.
        kind: AssetKind,
    },
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
    if !types::knows(family, &attributes.mime_type) {
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
