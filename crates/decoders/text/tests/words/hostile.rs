//! Words that want to be too much: time and memory stay bounded, and what is known is said.
#![allow(clippy::format_collect, reason = "a test's file is made once, and short to read")]

use super::{codes, looked_at, page, talk, text};
use std::time::{Duration, Instant};

/// Generous: tests share their machine.
const SOON: Duration = Duration::from_secs(25);

#[test]
fn ten_million_marks_on_one_letter_are_one_word() {
    let began = Instant::now();
    let said = looked_at(format!("a{}", "\u{301}".repeat(10_000_000)));
    assert_eq!((text(&said).characters, text(&said).words, said.thumbnails.len()), (10_000_001, Some(1), 2));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn a_line_of_60_megabytes_is_counted() {
    let began = Instant::now();
    let said = looked_at("0123456789".repeat(6_000_000));
    assert_eq!((text(&said).characters, text(&said).lines, said.thumbnails.len()), (60_000_000, 1, 2));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn ten_million_nested_tags_are_a_page() {
    let began = Instant::now();
    let said = looked_at(format!("<html><title>deep</title>{}", "<div>".repeat(10_000_000)));
    assert_eq!((page(&said).title.as_deref(), page(&said).characters), (Some("deep"), 0));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn signs_that_begin_and_end_nothing_cost_no_step_each() {
    const MANY: usize = 2_000_000;
    let words = "<b>shown</b><a href=x>link</a>";
    for (page_text, characters) in [
        (format!("<!doctype html>{}{words}", "<".repeat(MANY)), MANY as u64 + 9),
        (format!("<!doctype html><!-- {}-->{words}", ">".repeat(MANY)), 9),
        (format!("<!doctype html><script>{}</script>{words}", "</".repeat(MANY / 2)), 9),
    ] {
        let began = Instant::now();
        let said = looked_at(page_text);
        assert_eq!((page(&said).characters, page(&said).links, codes(&said)), (characters, 1, vec![]));
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
}

#[test]
fn a_sign_before_a_tag_is_text_and_the_tag_is_one() {
    let said = looked_at("<!doctype html>1 < 2 <<b>3</b> <3 <<<a href=x>4</a><!-- > - > -! >--><!--><a href=x>5</a><!--->6<!--x--!>7 <");
    assert_eq!((page(&said).links, page(&said).characters), (2, "1 < 2 <3 <3 <<4567 <".len() as u64));
}

/// So many different attributes.
fn attributes(count: u32) -> String {
    (0..count).map(|number| format!(" a{number:x}")).collect()
}

#[test]
fn attributes_beyond_the_limit_cost_nothing_and_are_told() {
    let many = attributes(1_000_000);
    for (before, after) in [
        ("<p", ">shown <a href=x>link</a>"),
        ("</p", ">shown <a href=x>link</a>"),
        // As the end of a text of its own, also where a script only seems to end.
        ("<title>t</title", ">shown <a href=x>link</a>"),
        ("<script><!--<script></script \"</script", "> </script>--></script>shown <a href=x>link</a>"),
        // Behind what looks like the end of a comment or of a declaration, and is none.
        ("<!-- > <a b='--><p", ">shown <a href=x>link</a>"),
        ("<!x <a b='> <p", ">shown <a href=x>link</a>"),
    ] {
        let began = Instant::now();
        let said = looked_at(format!("<html>{before}{many}{after}"));
        assert_eq!((page(&said).links, codes(&said)), (1, vec!["limit-exceeded"]), "{before}");
        assert!(said.issues.iter().any(|issue| issue.message.contains("html_attributes: asked 1000")), "{:?}", said.issues);
        assert!(began.elapsed() < SOON, "{before}: {:?}", began.elapsed());
    }
}

#[test]
fn as_many_attributes_as_are_allowed_are_read() {
    for (count, issues) in [(255, vec![]), (256, vec!["limit-exceeded"])] {
        let said = looked_at(format!("<html><a{} href=x>{}</a>", attributes(count), "shown"));
        // The link's address comes last, and goes with what is too much.
        assert_eq!((page(&said).links, page(&said).characters, codes(&said)), (u64::from(issues.is_empty()), 5, issues));
    }
}

#[test]
fn a_page_of_many_tags_full_of_attributes_costs_as_much_for_each() {
    let began = Instant::now();
    let said = looked_at(format!("<html>{}", format!("<p{}>", attributes(256)).repeat(2_000)));
    assert_eq!(codes(&said), Vec::<&str>::new());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn json_of_any_depth_is_read_without_recursion() {
    let deep = format!("{{\"messages\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(looked_at(deep).facts.unwrap().media_attributes.mime_type, "application/json");
    let endless = looked_at("[".repeat(1_000_000));
    assert_eq!(endless.facts.unwrap().media_attributes.mime_type, "text/plain");
}

#[test]
fn branches_in_circles_end() {
    let json = r#"{"type":"application/vnd.labelbox.conversational.model-chat-evaluation","version":2,"actors":{},
        "messages":{"a":{"childMessageIds":["b","a"]},"b":{"childMessageIds":["a"]}},"rootMessageIds":["a","b"]}"#;
    assert_eq!(talk(&looked_at(json)).message_count, 2);
}

#[test]
fn a_million_messages_are_counted_and_their_faults_bounded() {
    let said = looked_at(format!(
        r#"{{"type":"application/vnd.labelbox.conversational","version":1,"messages":[{}{{}}]}}"#,
        "{},".repeat(999_999)
    ));
    assert_eq!(talk(&said).message_count, 1_000_000);
    assert!(codes(&said).len() <= 32);
}

#[test]
fn marks_that_turn_the_direction_do_not_stop_the_picture() {
    let said = looked_at(format!("{}abc", "\u{202e}\u{2066}\u{2067}\u{202b}".repeat(100_000)));
    assert_eq!(said.thumbnails.len(), 2);
}
