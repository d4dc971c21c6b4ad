//! The second form: messages by their ids, with answers as branches, spoken by actors who are people or models.

use super::faults::{Faults, step};
use super::messages::too_long;
use super::{Message, Side};
use crate::json::Json;
use std::collections::{HashMap, HashSet};

/// Reads messages in the order of a reader who follows each branch to its end.
pub(super) fn read(json: &Json, faults: &mut Faults) -> Vec<Message> {
    match json.get("version") {
        Some(Json::Number(number)) if number.to_bits() == 2.0_f64.to_bits() => {}
        None => faults.warn("/version", "there is none; it is read as 2"),
        Some(_) => faults.warn("/version", "the version is not known; it is read as 2"),
    }
    let Some(members) = json.get("messages").and_then(Json::members) else {
        faults.err("/messages", "there is no object of messages");
        return Vec::new();
    };
    let by_id: HashMap<&str, &Json> = members.iter().map(|(id, message)| (id.as_str(), message)).collect();
    if by_id.len() < members.len() {
        faults.err("/messages", "an id is there more than once; the last message counts");
    }
    let actors = actors(json, faults);
    let roots = references(json, "rootMessageIds", "", &by_id, faults);
    if roots.is_empty() && !by_id.is_empty() {
        faults.err("/rootMessageIds", "no message of it is there to begin with");
    }
    let mut messages = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting: Vec<&str> = roots.into_iter().rev().collect();
    // Those that nothing leads to come last, in the order of the file.
    let mut rest = members.iter().map(|(id, _)| id.as_str());
    let mut is_reached = true;
    loop {
        let id = match waiting.pop() {
            Some(id) => id,
            None => match rest.find(|id| !seen.contains(id)) {
                Some(id) => {
                    is_reached = false;
                    id
                }
                None => break,
            },
        };
        let Some(message) = by_id.get(id).filter(|_| seen.insert(id)) else { continue };
        let pointer = format!("/messages{}", step(id));
        if !is_reached {
            faults.warn(&pointer, "no other message leads to it");
        }
        messages.push(one(id, message, &pointer, &actors, faults));
        waiting.extend(references(message, "childMessageIds", &pointer, &by_id, faults).into_iter().rev());
    }
    messages
}

struct Actor {
    name: Option<String>,
    side: Side,
}

fn actors<'j>(json: &'j Json, faults: &mut Faults) -> HashMap<&'j str, Actor> {
    let Some(members) = json.get("actors").and_then(Json::members) else {
        faults.err("/actors", "there is no object of actors");
        return HashMap::new();
    };
    let mut actors = HashMap::new();
    for (id, actor) in members {
        let role = actor.get("role").and_then(Json::text);
        let side = match role {
            Some("human") => Side::Right,
            Some("model") => Side::Left,
            Some(_) | None => {
                faults.warn(format!("/actors{}/role", step(id)), "it is neither human nor model");
                Side::Any
            }
        };
        let said = |name: &str| actor.get("metadata").and_then(|metadata| metadata.get(name)).and_then(Json::text);
        let name = said("name").or(said("modelConfigName")).or(role).map(str::to_owned);
        actors.insert(id.as_str(), Actor { name, side });
    }
    actors
}

fn one(id: &str, message: &Json, pointer: &str, actors: &HashMap<&str, Actor>, faults: &mut Faults) -> Message {
    let actor = if let Some(actor) = message.get("actorId").and_then(Json::text) {
        let known = actors.get(actor);
        if known.is_none() {
            faults.err(format!("{pointer}/actorId"), "there is no such actor");
        }
        known
    } else {
        faults.err(format!("{pointer}/actorId"), "there is none");
        None
    };
    let content = content(message.get("content"), pointer, faults);
    too_long(&content, &format!("{pointer}/content"), faults);
    Message {
        id: Some(id.to_owned()),
        content,
        speaker: actor.and_then(|actor| actor.name.clone()),
        side: actor.map_or(Side::Any, |actor| actor.side),
        // This form does not say.
        may_be_labelled: false,
        at_us: None,
    }
}

/// The texts of its parts, a line each; a part without text stands as its type in brackets.
fn content(content: Option<&Json>, pointer: &str, faults: &mut Faults) -> String {
    match content {
        Some(Json::Text(text)) => text.clone(),
        Some(Json::List(parts, _)) => {
            let part = |part: &Json| match (part.get("content").and_then(Json::text), part.get("type").and_then(Json::text)) {
                (Some(text), _) => text.to_owned(),
                (None, Some(kind)) => format!("[{kind}]"),
                (None, None) => String::new(),
            };
            parts.iter().map(part).collect::<Vec<_>>().join("\n")
        }
        Some(_) => {
            faults.err(format!("{pointer}/content"), "it is no list of parts");
            String::new()
        }
        None => {
            faults.err(format!("{pointer}/content"), "there is none");
            String::new()
        }
    }
}

/// The messages that a list of ids names; each that is not there is a fault.
fn references<'j>(of: &'j Json, name: &str, pointer: &str, by_id: &HashMap<&str, &Json>, faults: &mut Faults) -> Vec<&'j str> {
    let Some(items) = of.get(name).and_then(Json::items) else { return Vec::new() };
    let mut ids = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        match item.text().filter(|id| by_id.contains_key(id)) {
            Some(id) => ids.push(id),
            None => faults.err(format!("{pointer}/{name}/{place}"), "there is no such message"),
        }
    }
    ids
}
