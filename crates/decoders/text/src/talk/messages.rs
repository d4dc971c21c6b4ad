//! The first form: a list of messages, one after the other.

use super::faults::Faults;
use super::{LONGEST_MESSAGE, Message, Side, TYPE};
use crate::json::Json;
use std::collections::HashMap;

/// Earlier than any chat: a time below it, 1973, is one in seconds or milliseconds.
const EARLIEST_US: i64 = 100_000_000_000_000;

/// Reads all messages that are kept, and finds what is wrong with them.
pub(super) fn read(json: &Json, faults: &mut Faults) -> Vec<Message> {
    match json.get("type").and_then(Json::text) {
        Some(TYPE) => {}
        Some(_) => faults.warn("/type", format!("the type is not known; it is read as {TYPE}")),
        None => faults.err("/type", format!("there is none; {TYPE} is expected")),
    }
    match json.get("version") {
        Some(Json::Number(number)) if number.to_bits() == 1.0_f64.to_bits() => {}
        None => faults.err("/version", "there is none; 1 is expected"),
        Some(_) => faults.warn("/version", "the version is not known; it is read as 1"),
    }
    let Some(items) = json.get("messages").and_then(Json::items) else {
        faults.err("/messages", "there is no list of messages");
        return Vec::new();
    };
    if items.is_empty() {
        faults.err("/messages", "there is no message");
    }
    let mut places = HashMap::new();
    let mut messages = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let message = one(place, item, faults);
        if let Some(id) = &message.id {
            match places.get(id) {
                Some(first) => faults.err(format!("/messages/{place}/messageId"), format!("it is that of /messages/{first} as well")),
                None => drop(places.insert(id.clone(), place)),
            }
        }
        messages.push(message);
    }
    messages
}

fn one(place: usize, item: &Json, faults: &mut Faults) -> Message {
    let at = |name: &str| format!("/messages/{place}{name}");
    if item.members().is_none() {
        faults.err(at(""), "it is no object");
        return Message::default();
    }
    let id = match item.get("messageId") {
        Some(Json::Text(id)) if !id.trim().is_empty() => Some(id.clone()),
        Some(Json::Text(_)) => fault(faults, &at("/messageId"), "it is empty"),
        Some(_) => fault(faults, &at("/messageId"), "it is no text"),
        None => fault(faults, &at("/messageId"), "there is none"),
    };
    let content = match item.get("content") {
        Some(Json::Text(content)) => content.clone(),
        Some(_) => fault(faults, &at("/content"), "it is no text").unwrap_or_default(),
        None => fault(faults, &at("/content"), "there is none").unwrap_or_default(),
    };
    too_long(&content, &at("/content"), faults);
    let may_be_labelled = match item.get("canLabel") {
        Some(Json::Bool(may)) => *may,
        Some(_) => fault(faults, &at("/canLabel"), "it is neither true nor false").unwrap_or_default(),
        None => {
            faults.warn(at("/canLabel"), "there is none; the message is not taken as one that may be labelled");
            false
        }
    };
    let side = match item.get("align").map(Json::text) {
        Some(Some("left")) => Side::Left,
        Some(Some("right")) => Side::Right,
        Some(_) => {
            faults.warn(at("/align"), "it is neither left nor right");
            Side::Any
        }
        None => Side::Any,
    };
    let speaker = speaker(item.get("user"), &at("/user"), faults);
    let at_us = item.get("timestampUsec").and_then(|time| time_us(time, &at("/timestampUsec"), faults));
    Message { id, content, speaker, side, may_be_labelled, at_us }
}

/// The name, else the id.
fn speaker(user: Option<&Json>, pointer: &str, faults: &mut Faults) -> Option<String> {
    let Some(user) = user else { return fault(faults, pointer, "there is none") };
    if user.members().is_none() {
        return fault(faults, pointer, "it is no object");
    }
    let said = |name: &str| match user.get(name) {
        Some(Json::Text(text)) if !text.trim().is_empty() => Some(text.clone()),
        Some(Json::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let (id, name) = (said("userId"), said("name"));
    if id.is_none() {
        faults.err(format!("{pointer}/userId"), "there is none");
    }
    if name.is_none() {
        faults.warn(format!("{pointer}/name"), "there is none");
    }
    name.or(id)
}

/// A number, or a text that is one.
fn time_us(time: &Json, pointer: &str, faults: &mut Faults) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and microseconds of this millennium are below 2^53")]
    let number = match time {
        Json::Number(number) => Some(*number as i64),
        Json::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if number >= EARLIEST_US => Some(number),
        Some(_) => {
            faults.warn(pointer, "it is too early for a number of microseconds, and left out");
            None
        }
        None => {
            faults.warn(pointer, "it is no number of microseconds");
            None
        }
    }
}

/// Warns of a message that labelling tools refuse for its length.
pub(super) fn too_long(content: &str, pointer: &str, faults: &mut Faults) {
    if content.len() as u64 > LONGEST_MESSAGE {
        let characters = content.chars().count() as u64;
        if characters > LONGEST_MESSAGE {
            faults.warn(pointer, format!("it has {characters} characters; labelling tools take {LONGEST_MESSAGE}"));
        }
    }
}

fn fault<T>(faults: &mut Faults, pointer: &str, what: &str) -> Option<T> {
    faults.err(pointer, what);
    None
}
