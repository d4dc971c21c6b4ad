//! Text and what is written in it: told so that a web page named `.jpg` gets a failure that says what it is.

use super::Sniffed;
use assay_contract::AssetKind;

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
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
    if begin.starts_with(b"<!doctype html") || begin.starts_with(b"<html") {
        return Some(Sniffed::unread("text/html", Some(AssetKind::Html)));
    }
    if begin.starts_with(b"<?xml") || begin.starts_with(b"<svg") || begin.starts_with(b"<!--") || begin.starts_with(b"<!doctype svg") {
        let within = text.get(..4096).unwrap_or(text);
        if within.windows(4).any(|four| four.eq_ignore_ascii_case(b"<svg")) {
            return Some(Sniffed::image("image/svg+xml"));
        }
        if within.windows(5).any(|five| five.eq_ignore_ascii_case(b"<html")) {
            return Some(Sniffed::unread("text/html", Some(AssetKind::Html)));
        }
        if begin.starts_with(b"<?xml") {
            return Some(Sniffed::unread("application/xml", None));
        }
    }
    if begin.starts_with(b"{\\rtf") {
        return Some(Sniffed::unread("application/rtf", None));
    }
    if matches!(begin.first(), Some(b'{' | b'[')) && is_text(head) {
        return Some(Sniffed::unread("application/json", None));
    }
    None
}

/// The last guess: no byte that text does not have.
pub(super) fn plain(head: &[u8]) -> Option<Sniffed> {
    (!head.is_empty() && is_text(head)).then_some(Sniffed::unread("text/plain", Some(AssetKind::Text)))
}

fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

/// Whether a head holds no control characters but white space. UTF-16 is known by its mark.
fn is_text(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe") && head.len().is_multiple_of(2)
        || head.starts_with(b"\xfe\xff") && head.len().is_multiple_of(2)
        || head.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}
