//! Web pages: title, language, counts of what is in them, and the text that a reader sees. No tree is built, so none can be too deep.

mod tokens;

use crate::decoder::Room;
use crate::encoding::Decoded;
use crate::sheet::{self, Passage};
use crate::{excerpt, language};
use assay_contract::Code;
use assay_contract::details::{Details, HtmlDetails};
use assay_contract::exchange::Refusal;
use assay_contract::kind::AssetKind;
use assay_contract::{Facts, MediaAttributes};
use assay_kit::Stop;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use std::time::Instant;
use tokens::Reader;

/// Bytes between two looks at the clock.
const PIECE_BYTES: usize = 16 << 10;
/// Characters of a title in a record.
const LONGEST_TITLE: usize = 1_000;

/// Facts, then the picture.
pub(crate) fn look(decoded: &Decoded<'_>, room: &mut Room<'_>) -> Result<(), Stop> {
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    let mut rest = decoded.text.as_ref();
    let mut is_whole = true;
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE_BYTES);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(piece));
        let _ = tokenizer.feed(&queue);
        room.answer.progress()?;
        // A tag of a million attributes costs more with each of them.
        if Instant::now() >= room.late && !rest.is_empty() {
            is_whole = false;
            break;
        }
    }
    if is_whole {
        tokenizer.end();
    }
    let seen = tokenizer.sink.finish();
    let title = seen.title.map(|title| title.chars().take(LONGEST_TITLE).collect::<String>());
    let body: String = seen.passages.iter().flat_map(|passage| [passage.text.as_str(), "\n"]).collect();
    let details = HtmlDetails {
        title: title.clone(),
        language: seen.language.or_else(|| language::of(&body)),
        encoding: decoded.name(),
        characters: seen.characters,
        images: seen.images,
        links: seen.links,
        scripts: seen.scripts,
    };
    let mut media_attributes = MediaAttributes::new(AssetKind::Html, "text/html", room.task.content_length);
    media_attributes.character_count = Some(details.characters);
    room.answer.facts(&Facts { media_attributes, details: Details::Html(Box::new(details)) })?;
    if let Some(issue) = decoded.issue() {
        room.answer.issue(&issue)?;
    }
    if !is_whole {
        let reason = "reading all of the page would take too long: counts and text are of its beginning";
        room.answer.refuse_output(&Refusal::new(Code::DecoderTimeout, reason))?;
    }
    let mut passages: Vec<Passage> = title.into_iter().map(|title| Passage::title(excerpt::of(&title, 200))).collect();
    passages.extend(seen.passages.into_iter().map(|passage| Passage { text: excerpt::of(&passage.text, passage.text.len()), ..passage }));
    sheet::show(&passages, room)
}
