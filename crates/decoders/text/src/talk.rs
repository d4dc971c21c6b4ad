//! Conversations: what is said by whom, what of it may be labelled, and each fault with its place.
//!
//! Two forms: `application/vnd.labelbox.conversational`, a list of messages (<https://docs.labelbox.com/reference/import-conversational-text-data>),
//! and its sibling `….model-chat-evaluation`, whose messages refer to each other as branches do.

mod branches;
mod faults;
mod messages;

use crate::bubbles;
use crate::decoder::Room;
use crate::encoding::Decoded;
use crate::json::Json;
use assay_contract::details::{ConversationDetails, Details};
use assay_contract::kind::AssetKind;
use assay_contract::{Facts, MediaAttributes};
use assay_kit::Stop;
use faults::Faults;
use std::collections::HashSet;

/// The type of both forms, and the MIME type of records.
const TYPE: &str = "application/vnd.labelbox.conversational";
/// What the second form adds.
const BRANCHED: &str = ".model-chat-evaluation";
/// Messages that a conversation may have (<https://docs.labelbox.com/docs/limits>).
const MOST_MESSAGES: u64 = 250;
/// Characters that a message may have, likewise.
const LONGEST_MESSAGE: u64 = 10_000;
/// Speakers and ids that a record tells.
const MOST_TOLD: usize = 250;
/// Bytes of all names, and of all ids, in a record: it has a size too.
const MOST_TOLD_BYTES: usize = 16 << 10;
/// Characters of a name or an id in a record.
const LONGEST_NAME: usize = 200;

/// One message, as far as it could be read.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: Option<String>,
    pub(crate) content: String,
    /// Who speaks, as people call him.
    pub(crate) speaker: Option<String>,
    pub(crate) side: Side,
    pub(crate) may_be_labelled: bool,
    /// Microseconds since 1970.
    pub(crate) at_us: Option<i64>,
}

/// On which side of a picture a message stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    /// Nothing is said: each speaker gets a side of his own.
    #[default]
    Any,
}

/// Whether JSON is a conversation: by its type, or by messages that have ids.
pub(crate) fn is_one(json: &Json) -> bool {
    if let Some(said) = json.get("type") {
        return said.text().is_some_and(|said| said.starts_with(TYPE));
    }
    let first = json.get("messages").and_then(Json::items).and_then(<[Json]>::first);
    first.is_some_and(|first| first.get("messageId").is_some())
}

/// Facts, faults, and a picture of the first messages.
pub(crate) fn look(decoded: &Decoded<'_>, json: &Json, room: &mut Room<'_>) -> Result<(), Stop> {
    let mut faults = Faults::default();
    let is_branched = json.get("type").and_then(Json::text).and_then(|said| said.strip_prefix(TYPE)) == Some(BRANCHED);
    let messages = if is_branched { branches::read(json, &mut faults) } else { messages::read(json, &mut faults) };
    let count = json.get("messages").map_or(0, Json::count);
    if count > MOST_MESSAGES {
        faults.warn("/messages", format!("there are {count} messages; labelling tools take {MOST_MESSAGES}"));
    }
    let details = described(json, &messages, count, &mut faults);
    let mut media_attributes = MediaAttributes::new(AssetKind::Conversation, TYPE, room.task.content_length);
    media_attributes.message_count = Some(count);
    media_attributes.labelable_ids = Some(details.labelable_ids.clone());
    room.answer.facts(&Facts { media_attributes, details: Details::Conversation(Box::new(details)) })?;
    for issue in decoded.issue().into_iter().chain(faults.issues()) {
        room.answer.issue(&issue)?;
    }
    room.answer.progress()?;
    bubbles::show(&messages, room)
}

fn described(json: &Json, messages: &[Message], count: u64, faults: &mut Faults) -> ConversationDetails {
    let mut seen = HashSet::new();
    let speakers: Vec<&str> = messages.iter().filter_map(|message| message.speaker.as_deref()).filter(|name| seen.insert(*name)).collect();
    let ids: Vec<&str> = messages.iter().filter(|message| message.may_be_labelled).filter_map(|message| message.id.as_deref()).collect();
    let (participants, labelable_ids) = (told(&speakers), told(&ids));
    if labelable_ids.len() < ids.len() {
        faults.left_out((ids.len() - labelable_ids.len()) as u64);
    }
    let times = || messages.iter().filter_map(|message| message.at_us);
    ConversationDetails {
        version: version(json),
        message_count: count,
        participants,
        labelable_ids,
        first_timestamp: times().min().and_then(iso),
        last_timestamp: times().max().and_then(iso),
        longest_message_characters: messages.iter().map(|message| message.content.chars().count() as u64).max(),
    }
}

/// What it says; the first form is `1` where it says nothing.
fn version(json: &Json) -> Option<String> {
    match json.get("version") {
        Some(Json::Number(number)) => Some(number.to_string()),
        Some(Json::Text(text)) => Some(text.chars().take(LONGEST_NAME).collect()),
        Some(_) => None,
        None => Some("1".to_owned()),
    }
}

/// As many as a record takes, each whole.
fn told(names: &[&str]) -> Vec<String> {
    let mut bytes = 0;
    let fits = names.iter().filter(|name| name.chars().count() <= LONGEST_NAME).take_while(|name| {
        bytes += name.len();
        bytes <= MOST_TOLD_BYTES
    });
    fits.take(MOST_TOLD).map(|name| (*name).to_owned()).collect()
}

fn iso(microseconds: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(microseconds).ok().map(|time| time.to_string())
}
