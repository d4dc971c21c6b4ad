//! Text and what is written in it: by the first words, and where there are none, by having no byte that text does not have.

use super::{Family, Sniffed, markup};
use assay_contract::AssetKind;

/// The elements with which a page may begin (<https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type>).
const PAGES: [&[u8]; 16] = [
    b"!doctype html",
    b"html",
    b"head",
    b"body",
    b"title",
    b"script",
    b"iframe",
    b"style",
    b"table",
    b"div",
    b"font",
    b"h1",
    b"br",
    b"a",
    b"b",
    b"p",
];
/// Units of UTF-16 that are looked at.
const TRIED_UNITS: usize = 4096;

impl Sniffed {
    const fn words(mime_type: &'static str, kind: Option<AssetKind>) -> Self {
        Self { mime_type, kind, family: Some(Family::Text) }
    }
}

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    if is_wide_drawing(head) {
        return Some(Sniffed::image("image/svg+xml"));
    }
    let text = without_mark(head);
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let text = text.get(start..)?;
    let begin = text.get(..512).unwrap_or(text).to_ascii_lowercase();
    if begin.starts_with(b"#extm3u") {
        return Some(Sniffed::unread("application/vnd.apple.mpegurl", None));
    }
    if begin.starts_with(b"ffconcat version") {
        return Some(Sniffed::unread("text/plain", None));
    }
    if begins_page(&begin) {
        return Some(Sniffed::words("text/html", Some(AssetKind::Html)));
    }
    let is_xml = begin.starts_with(b"<?xml");
    match markup::root(text).as_deref() {
        Some(b"svg") => return Some(Sniffed::image("image/svg+xml")),
        Some(root) if root == b"html" || !is_xml && PAGES.contains(&root) => {
            return Some(Sniffed::words("text/html", Some(AssetKind::Html)));
        }
        // A list of what to play (DASH) is no text, as one of HLS is none.
        Some(b"mpd") => return Some(Sniffed::unread("application/xml", None)),
        _ if is_xml && is_text(head) => return Some(Sniffed::words("application/xml", Some(AssetKind::Text))),
        _ if is_xml => return Some(Sniffed::unread("application/xml", None)),
        _ => {}
    }
    if begin.starts_with(b"{\\rtf") {
        return Some(Sniffed::unread("application/rtf", None));
    }
    if matches!(begin.first(), Some(b'{' | b'[')) && is_text(head) {
        // Text, or a conversation.
        return Some(Sniffed::words("application/json", None));
    }
    None
}

/// Whether it is a drawing in UTF-16, with its mark or without, as drawing programs write it too.
fn is_wide_drawing(head: &[u8]) -> bool {
    let read: fn([u8; 2]) -> u16 = match head {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] | [0, b'<', ..] => u16::from_be_bytes,
        _ => return false,
    };
    let units = head.as_chunks::<2>().0.iter().map(|unit| read(*unit));
    let letters = char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER));
    let text: String = letters.skip_while(|letter| *letter == '\u{feff}').collect();
    markup::root(text.as_bytes()).as_deref() == Some(b"svg")
}

/// The last guess: no byte that text does not have.
pub(super) fn plain(head: &[u8]) -> Option<Sniffed> {
    (!head.is_empty() && is_text(head)).then_some(Sniffed::words("text/plain", Some(AssetKind::Text)))
}

fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

/// `begin` is in small letters.
fn begins_page(begin: &[u8]) -> bool {
    let Some(begin) = begin.strip_prefix(b"<") else { return false };
    PAGES
        .iter()
        .any(|name| begin.strip_prefix(*name).and_then(<[u8]>::first).is_some_and(|next| next.is_ascii_whitespace() || *next == b'>'))
}

/// Whether a head holds no control characters but white space, byte by byte or in units of UTF-16.
pub(super) fn is_text(head: &[u8]) -> bool {
    let is_byte_of_text = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    let (units, _) = head.as_chunks::<2>();
    if head.starts_with(b"\xff\xfe") {
        return is_utf_16(units, u16::from_le_bytes);
    }
    if head.starts_with(b"\xfe\xff") {
        return is_utf_16(units, u16::from_be_bytes);
    }
    head.iter().all(is_byte_of_text) || is_unmarked(units, u16::from_le_bytes) || is_unmarked(units, u16::from_be_bytes)
}

/// Whether no unit is a control character, and surrogates come in pairs. The last one may be cut.
fn is_utf_16(units: &[[u8; 2]], read: fn([u8; 2]) -> u16) -> bool {
    let all = units.len();
    let decoded = char::decode_utf16(units.iter().map(|unit| read(*unit)));
    let mut seen = 0;
    for letter in decoded {
        let is_text = match letter {
            Ok(c) => !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}'),
            Err(_) => seen + 1 >= all,
        };
        seen += letter.map_or(1, char::len_utf16);
        if !is_text {
            return false;
        }
    }
    all > 0
}

/// UTF-16 without its mark: nearly all of it is below U+0100, as no other text has its zeros, and all of it is text.
fn is_unmarked(units: &[[u8; 2]], read: fn([u8; 2]) -> u16) -> bool {
    let tried = units.get(..TRIED_UNITS).unwrap_or(units);
    let is_letter = |unit: u16| matches!(unit, 0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0..=0xff);
    let letters = tried.iter().filter(|unit| is_letter(read(**unit))).count();
    tried.len() > 1 && letters * 10 > tried.len() * 7 && is_utf_16(units, read)
}
