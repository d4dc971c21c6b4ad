//! Conversations: what is said of them, and where their faults are.

use super::{codes, looked_at, talk, text};
use assay_contract::failure::Severity;

const TYPE: &str = "application/vnd.labelbox.conversational";

fn message(id: &str, name: &str, content: &str) -> String {
    format!(
        r#"{{"messageId":"{id}","timestampUsec":"1732190400000000","content":"{content}","user":{{"userId":"u-{name}","name":"{name}"}},"align":"left","canLabel":true}}"#
    )
}

fn conversation(messages: &[String]) -> String {
    format!(r#"{{"type":"{TYPE}","version":1,"messages":[{}]}}"#, messages.join(","))
}

/// Severity and sentence of each issue.
fn faults(json: &str) -> Vec<(Severity, String)> {
    looked_at(json).issues.into_iter().map(|issue| (issue.severity, issue.message)).collect()
}

#[test]
fn a_sound_conversation_has_no_fault() {
    let said = looked_at(conversation(&[message("a", "Ada", "Hello?"), message("b", "Bot", "Yes, please."), message("c", "Ada", "¡Sí!")]));
    let details = talk(&said);
    assert_eq!((details.version.as_deref(), details.message_count), (Some("1"), 3));
    assert_eq!(
        (details.participants, details.labelable_ids),
        (vec!["Ada".to_owned(), "Bot".to_owned()], vec!["a".into(), "b".into(), "c".into()])
    );
    assert_eq!(details.first_timestamp.as_deref(), Some("2024-11-21T12:00:00Z"));
    assert_eq!(details.longest_message_characters, Some(12));
    let attributes = said.facts.as_ref().unwrap().media_attributes.clone();
    assert_eq!(
        (attributes.asset_type.as_str(), attributes.mime_type.as_str(), attributes.message_count),
        ("conversational", TYPE, Some(3))
    );
    assert_eq!(attributes.labelable_ids.unwrap().len(), 3);
    assert_eq!((codes(&said), said.thumbnails.len()), (vec![], 2));
}

#[test]
fn each_fault_is_told_with_its_place() {
    let mut messages = vec![message("a", "Ada", "one"), message("a", "Ada", "two")];
    messages.push(r#"{"messageId":7,"content":null,"canLabel":"yes","align":"top","timestampUsec":1530718491}"#.to_owned());
    messages.push("3".to_owned());
    let found = faults(&conversation(&messages));
    let places: Vec<(Severity, &str)> = found.iter().map(|(severity, message)| (*severity, message.split_once(':').unwrap().0)).collect();
    assert_eq!(
        places,
        [
            (Severity::Error, "/messages/1/messageId"),
            (Severity::Error, "/messages/2/messageId"),
            (Severity::Error, "/messages/2/content"),
            (Severity::Error, "/messages/2/canLabel"),
            (Severity::Warning, "/messages/2/align"),
            (Severity::Error, "/messages/2/user"),
            (Severity::Warning, "/messages/2/timestampUsec"),
            (Severity::Error, "/messages/3"),
        ]
    );
}

#[test]
fn limits_of_labelling_tools_warn_from_the_first_message_or_character_too_many() {
    let many = |count: usize| conversation(&(0..count).map(|n| message(&format!("m{n}"), "Ada", "x")).collect::<Vec<_>>());
    assert!(faults(&many(250)).is_empty());
    let (severity, said) = faults(&many(251)).remove(0);
    assert_eq!(severity, Severity::Warning);
    assert!(said.starts_with("/messages: there are 251 messages"), "{said}");
    assert_eq!(talk(&looked_at(many(251))).labelable_ids.len(), 250);
    let long = |count: usize| conversation(&[message("a", "Ada", &"ü".repeat(count))]);
    assert!(faults(&long(10_000)).is_empty());
    assert!(
        matches!(faults(&long(10_001)).as_slice(), [(Severity::Warning, said)] if said.starts_with("/messages/0/content: it has 10001"))
    );
}

#[test]
fn branches_are_read_in_the_order_of_a_reader() {
    let json = format!(
        r#"{{"type":"{TYPE}.model-chat-evaluation","version":2,
        "actors":{{"u":{{"role":"human","metadata":{{"name":"User"}}}},"m/1":{{"role":"model","metadata":{{"modelConfigName":"A"}}}}}},
        "messages":{{
            "answer":{{"actorId":"m/1","content":[{{"type":"text","content":"Lisbon"}},{{"type":"image"}}],"childMessageIds":["gone"]}},
            "question":{{"actorId":"u","content":[{{"type":"text","content":"Where?"}}],"childMessageIds":["answer"]}},
            "a~b/c":{{"actorId":"nobody","content":7}}}},
        "rootMessageIds":["question"]}}"#
    );
    let said = looked_at(json.as_str());
    let details = talk(&said);
    assert_eq!((details.version.as_deref(), details.message_count), (Some("2"), 3));
    assert_eq!(details.participants, ["User", "A"]);
    let places: Vec<String> = faults(&json).into_iter().map(|(_, message)| message.split_once(": ").unwrap().0.to_owned()).collect();
    assert_eq!(
        places,
        ["/messages/answer/childMessageIds/0", "/messages/a~0b~1c", "/messages/a~0b~1c/actorId", "/messages/a~0b~1c/content"]
    );
}

#[test]
fn json_without_messages_that_have_ids_is_no_conversation() {
    for json in [r#"{"messages":[{"role":"user","content":"hi"}]}"#, r#"{"type":"FeatureCollection"}"#, r#"["messageId"]"#] {
        assert_eq!(text(&looked_at(json)).encoding, "utf-8", "{json}");
    }
    let said = looked_at(r#"{"messages":[{"messageId":"a"}]}"#);
    assert_eq!((talk(&said).message_count, codes(&said).contains(&"conversation-fault")), (1, true));
}

#[test]
fn names_and_ids_that_would_fill_a_record_are_left_out_and_said() {
    let long: Vec<String> =
        (0..250).map(|n| message(&format!("{n}{}", "i".repeat(190)), &format!("{n}{}", "s".repeat(190)), "x")).collect();
    let said = looked_at(conversation(&long));
    let details = talk(&said);
    assert!(details.labelable_ids.len() < 100 && details.participants.len() < 100);
    assert_eq!(codes(&said), ["labelable-ids-left-out"]);
}
