//! Plain text, and JSON and XML that are nothing else: counts, language, a picture of the first lines.

use crate::decoder::Room;
use crate::encoding::Decoded;
use crate::{counting, excerpt, language, sheet};
use assay_contract::details::{Details, TextDetails};
use assay_contract::failure::Issue;
use assay_contract::kind::AssetKind;
use assay_contract::{Facts, MediaAttributes};
use assay_kit::Stop;

/// Characters that the largest page shows.
const SHOWN: usize = 6_000;

/// Facts, then the picture.
pub(crate) fn look(decoded: &Decoded<'_>, mime_type: &str, room: &mut Room<'_>) -> Result<(), Stop> {
    let text = decoded.text.as_ref();
    let lines = counting::lines(text);
    let mut details = TextDetails {
        encoding: decoded.name(),
        has_bom: decoded.has_bom,
        newline: lines.newline.map(str::to_owned),
        characters: text.chars().count() as u64,
        words: None,
        lines: lines.count,
        // Names and brackets would only be guessed at.
        language: if mime_type == "text/plain" { language::of(text) } else { None },
    };
    let facts = |details: &TextDetails| {
        let mut media_attributes = MediaAttributes::new(AssetKind::Text, mime_type, room.task.content_length);
        media_attributes.character_count = Some(details.characters);
        Facts { media_attributes, details: Details::Text(Box::new(details.clone())) }
    };
    // Before words are counted, which takes longest.
    room.answer.facts(&facts(&details))?;
    if let Some(issue) = decoded.issue() {
        room.answer.issue(&issue)?;
    }
    details.words = counting::words(text, room.late, room.answer)?;
    if details.words.is_some() {
        room.answer.facts(&facts(&details))?;
    } else {
        room.answer.issue(&Issue::warning("words-not-counted", "Counting its words would take too long."))?;
    }
    sheet::show(&[sheet::Passage::body(excerpt::of(text, SHOWN))], room)
}
