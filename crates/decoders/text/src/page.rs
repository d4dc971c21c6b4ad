//! Web pages: title, language, counts of what is in them, and the text that a reader sees. No tree is built, so none can be too deep.

mod feed;
mod tokens;

use crate::decoder::Room;
use crate::encoding::Decoded;
use crate::sheet::{self, Passage};
use crate::{excerpt, language};
use assay_contract::Code;
use assay_contract::details::{Details, HtmlDetails};
use assay_contract::exchange::Refusal;
use assay_contract::kind::AssetKind;
use assay_contract::limits::LimitHit;
use assay_contract::{Facts, MediaAttributes};
use assay_kit::Stop;
use feed::{Feed, MOST_ATTRIBUTES, Read};
use std::time::Instant;

/// Characters of a title in a record.
const LONGEST_TITLE: usize = 1_000;

/// Facts, then the picture.
pub(crate) fn look(decoded: &Decoded<'_>, room: &mut Room<'_>) -> Result<(), Stop> {
    let mut feed = Feed::new(decoded.text.as_ref(), || {
        room.answer.progress()?;
        Ok(if Instant::now() >= room.late { Read::Partly } else { Read::Whole })
    });
    let read = feed.run()?;
    let most_attributes = feed.most_attributes;
    let seen = feed.finish().finish();
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
    if let Some(asked) = most_attributes {
        room.answer.refuse_output(&Refusal::limit(Code::LimitExceeded, LimitHit::new("html_attributes", asked, MOST_ATTRIBUTES)))?;
    }
    if read == Read::Partly {
        let reason = "reading all of the page would take too long: counts and text are of its beginning";
        room.answer.refuse_output(&Refusal::new(Code::DecoderTimeout, reason))?;
    }
    let mut passages: Vec<Passage> = title.into_iter().map(|title| Passage::title(excerpt::of(&title, 200))).collect();
    passages.extend(seen.passages.into_iter().map(|passage| Passage { text: excerpt::of(&passage.text, passage.text.len()), ..passage }));
    sheet::show(&passages, room)
}
