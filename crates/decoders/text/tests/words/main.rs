//! The decoder of words, rehearsed: the same code as in a child, without the confinement.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod encodings;
mod hostile;
mod pages;
mod pictures;
mod talks;

use assay_contract::details::{ConversationDetails, Details, HtmlDetails, TextDetails};
use assay_kit::rehearse::{Rehearsed, rehearse, task};
use assay_text::Text;

fn looked_at(bytes: impl Into<Vec<u8>>) -> Rehearsed {
    let bytes = bytes.into();
    rehearse(&Text::default(), &task("text/plain", None, bytes.len() as u64), bytes)
}

fn text(said: &Rehearsed) -> TextDetails {
    match said.facts.as_ref().map(|facts| &facts.details) {
        Some(Details::Text(details)) => (**details).clone(),
        other => panic!("no text: {other:?}, {:?}", said.refusal),
    }
}

fn page(said: &Rehearsed) -> HtmlDetails {
    match said.facts.as_ref().map(|facts| &facts.details) {
        Some(Details::Html(details)) => (**details).clone(),
        other => panic!("no page: {other:?}, {:?}", said.refusal),
    }
}

fn talk(said: &Rehearsed) -> ConversationDetails {
    match said.facts.as_ref().map(|facts| &facts.details) {
        Some(Details::Conversation(details)) => (**details).clone(),
        other => panic!("no conversation: {other:?}, {:?}", said.refusal),
    }
}

fn codes(said: &Rehearsed) -> Vec<&str> {
    said.issues.iter().map(|issue| issue.code.as_str()).collect()
}
