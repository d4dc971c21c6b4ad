//! Texts in many encodings are read alike, and their damage is told.

use super::{codes, looked_at, text};
use assay_contract::Code;

const GERMAN: &str =
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.\nFalsches Üben von Xylophonmusik quält jeden größeren Zwerg.\n";
const JAPANESE: &str = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n";

fn utf_16(text: &str, turn: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(turn).collect()
}

fn encoded(text: &str, label: &str) -> Vec<u8> {
    encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
}

#[test]
fn the_same_text_has_the_same_counts_in_every_encoding() {
    let german = [
        ("utf-8", false, GERMAN.as_bytes().to_vec()),
        ("utf-8", true, format!("\u{feff}{GERMAN}").into_bytes()),
        ("utf-16le", true, utf_16(&format!("\u{feff}{GERMAN}"), u16::to_le_bytes)),
        ("utf-16be", true, utf_16(&format!("\u{feff}{GERMAN}"), u16::to_be_bytes)),
        ("utf-16le", false, utf_16(GERMAN, u16::to_le_bytes)),
        ("utf-16be", false, utf_16(GERMAN, u16::to_be_bytes)),
        ("windows-1252", false, encoded(GERMAN, "windows-1252")),
    ];
    for (encoding, has_bom, bytes) in german {
        let said = looked_at(bytes);
        let details = text(&said);
        assert_eq!((details.encoding.as_str(), details.has_bom), (encoding, has_bom));
        assert_eq!((details.characters, details.words, details.lines), (GERMAN.chars().count() as u64, Some(18), 2), "{encoding}");
        assert_eq!((details.newline.as_deref(), details.language.as_deref()), (Some("lf"), Some("deu")), "{encoding}");
        assert_eq!(said.facts.unwrap().media_attributes.character_count, Some(GERMAN.chars().count() as u64));
        assert!(said.issues.is_empty(), "{encoding}: {:?}", said.issues);
    }
}

#[test]
fn east_asian_encodings_are_told_apart() {
    for label in ["shift_jis", "euc-jp", "iso-2022-jp"] {
        let details = text(&looked_at(encoded(&JAPANESE.repeat(4), label)));
        assert_eq!((details.encoding.as_str(), details.language.as_deref()), (label, Some("jpn")));
    }
    let chinese = "学而时习之，不亦说乎？有朋自远方来，不亦乐乎？我们每天都要学习新的知识。\n".repeat(3);
    let details = text(&looked_at(encoded(&chinese, "gb18030")));
    assert!(matches!(details.encoding.as_str(), "gbk" | "gb18030"), "{}", details.encoding);
    assert_eq!(details.characters, chinese.chars().count() as u64);
}

#[test]
fn a_cut_character_and_damaged_ones_are_told_and_the_rest_stands() {
    let cut = looked_at(&GERMAN.as_bytes()[..=GERMAN.find('ß').unwrap()]);
    assert_eq!((text(&cut).encoding.as_str(), codes(&cut)), ("utf-8", vec!["truncated-asset"]));
    let mut damaged = GERMAN.repeat(20).into_bytes();
    damaged[0] = 0xff;
    let damaged = looked_at(damaged);
    assert_eq!((text(&damaged).encoding.as_str(), codes(&damaged)), ("utf-8", vec!["damaged-stream"]));
    let odd = looked_at(b"\xff\xfeH\0i\0!".to_vec());
    assert_eq!(codes(&odd), ["truncated-asset"]);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(looked_at(noise).refusal.unwrap().code, Code::UnsupportedFormat);
    let begins_as_text = [b"words ".repeat(1000), vec![0; 60_000]].concat();
    assert_eq!(looked_at(begins_as_text).refusal.unwrap().code, Code::UnsupportedFormat);
    assert_eq!(looked_at("").refusal.unwrap().code, Code::EmptyAsset);
}

#[test]
fn json_that_is_no_conversation_is_text_of_its_own_type() {
    for (json, mime_type) in
        [("{\"a\": [1, 2]}", "application/json"), ("[]", "application/json"), ("{\"a\": ", "text/plain"), ("[link]", "text/plain")]
    {
        assert_eq!(looked_at(json).facts.unwrap().media_attributes.mime_type, mime_type, "{json}");
    }
}

#[test]
fn xml_is_text_in_the_encoding_that_it_declares() {
    let note = "<title>\u{416}\u{438}\u{437}\u{43d}\u{44c}</title>\n";
    for label in ["utf-8", "koi8-r", "windows-1251", "iso-8859-5"] {
        let xml = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>\n{note}");
        let said = looked_at(encoded(&xml, label));
        let details = text(&said);
        assert_eq!((details.encoding.as_str(), details.characters, details.lines), (label, xml.chars().count() as u64, 2));
        assert_eq!((details.language, said.thumbnails.len(), said.issues.len()), (None, 2, 0), "{label}");
        assert_eq!(said.facts.unwrap().media_attributes.mime_type, "application/xml", "{label}");
    }
}

#[test]
fn a_mark_alone_is_an_empty_text() {
    let said = looked_at("\u{feff}");
    assert_eq!((text(&said).characters, text(&said).lines, said.thumbnails.len()), (0, 0, 2));
}
