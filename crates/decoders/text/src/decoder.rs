//! The road of one asset of words: decode its characters, see what they are, describe, show.

use crate::encoding::{self, Decoded};
use crate::json::{self, Json};
use crate::pen::Pen;
use crate::{characters, page, plain, talk};
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::profile::{Profile, ThumbnailSpec};
use assay_kit::{Answer, Decoder, Input, Picture, Pixels, Stop, thumbnail};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The part of a child's time that reading may take; the rest is for pictures.
const READING_SHARE: u64 = 2;

/// The decoder of text, web pages and conversations.
#[derive(Default)]
pub struct Text {
    /// Made in the fork server, once.
    pen: RefCell<Option<Pen>>,
}

impl Decoder for Text {
    fn family(&self) -> &'static str {
        "text"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        // A test holds these against Cargo.lock.
        LIBRARIES.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    fn warm(&self) {
        self.pen.borrow_mut().get_or_insert_with(Pen::new).warm();
        // One thumbnail of each kind touches both encoders' tables. A failure would show at the first asset.
        if let Ok(picture) = Picture::new(64, 64, Pixels::Rgb8, vec![128; 64 * 64 * 3]) {
            for spec in Profile::standard().thumbnails {
                drop(thumbnail::encode(&picture, &ThumbnailSpec { max_px: 64, ..spec }));
            }
        }
    }

    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
        if input.length() == 0 {
            return Err(Refusal::new(Code::EmptyAsset, "0 bytes").into());
        }
        let late = Instant::now() + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / READING_SHARE);
        let bytes = input.whole(task.limits.memory_bytes / 2)?;
        let decoded = encoding::decode(&bytes, task)?;
        answer.progress()?;
        let mut pen = self.pen.borrow_mut();
        let mut room = Room { task, answer, pen: pen.get_or_insert_with(Pen::new), late };
        match what_it_is(&decoded, task) {
            Words::Page => page::look(&decoded, &mut room),
            Words::Talk(json) => talk::look(&decoded, &json, &mut room),
            Words::Plain(mime_type) => plain::look(&decoded, mime_type, &mut room),
        }
    }
}

/// What each kind of words needs to speak and to draw.
pub(crate) struct Room<'r> {
    pub(crate) task: &'r Task,
    pub(crate) answer: &'r mut Answer,
    pub(crate) pen: &'r mut Pen,
    /// When reading stops, finished or not.
    pub(crate) late: Instant,
}

enum Words {
    Page,
    Talk(Json),
    Plain(&'static str),
}

/// By the words themselves; what the head was taken for decides only about a page that begins with something else.
fn what_it_is(decoded: &Decoded<'_>, task: &Task) -> Words {
    let text = decoded.text.as_ref();
    if task.mime_type == "text/html" || characters::begins_page(text) {
        return Words::Page;
    }
    if text.trim_start().starts_with("<?xml") {
        // `text/xml` is but another name of it (RFC 7303, 9.2).
        return Words::Plain("application/xml");
    }
    if !text.trim_start().starts_with(['{', '[']) {
        return Words::Plain("text/plain");
    }
    match json::read(text) {
        Ok(json) if talk::is_one(&json) => Words::Talk(json),
        Ok(_) => Words::Plain("application/json"),
        Err(_) => Words::Plain("text/plain"),
    }
}

/// The libraries that look at an asset's bytes.
const LIBRARIES: &[(&str, &str)] = &[
    ("chardetng", "1.0.0"),
    ("cosmic-text", "0.19.0"),
    ("encoding_rs", "0.8.44"),
    ("html5ever", "0.40.1"),
    ("serde_json", "1.0.154"),
    ("unicode-segmentation", "1.13.3"),
    ("whatlang", "0.18.0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_in_records_are_the_ones_that_are_linked() {
        let lock = include_str!("../../../../Cargo.lock");
        for (name, version) in LIBRARIES {
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")), "{name} {version}");
        }
    }
}
