//! What can be told of characters before they are read: whether bytes are UTF-16, what a page says of itself, where a page begins.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};

/// A page says its encoding within so many bytes (<https://html.spec.whatwg.org/#determining-the-character-encoding>).
const PRESCANNED_BYTES: usize = 1024;
/// Units of UTF-16 that are looked at.
const TRIED_UNITS: usize = 4096;
/// So many of the beginnings name HTML itself.
const NAMING_HTML: usize = 2;
/// The elements with which a page may begin (<https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type>).
const BEGINNINGS: [&str; 16] =
    ["!doctype html", "html", "head", "body", "title", "script", "iframe", "style", "table", "div", "font", "h1", "br", "a", "b", "p"];

/// UTF-16 without a mark: nearly all of it in characters below U+0100, as no other text has its zeros.
pub(crate) fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let units = bytes.as_chunks::<2>().0.get(..TRIED_UNITS.min(bytes.len() / 2))?;
    if units.len() < 2 {
        return None;
    }
    let is_letter = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0xa0..);
    let little = units.iter().filter(|[low, high]| *high == 0 && is_letter(*low)).count();
    let big = units.iter().filter(|[high, low]| *high == 0 && is_letter(*low)).count();
    let most = |count: usize| count * 10 > units.len() * 7;
    match (most(little), most(big)) {
        (true, _) => Some(UTF_16LE),
        (false, true) => Some(UTF_16BE),
        (false, false) => None,
    }
}

/// What a page or an XML file says of its encoding at its begin.
pub(crate) fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..PRESCANNED_BYTES).unwrap_or(bytes).to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head).into_owned();
    let text = head.trim_start();
    let label = if text.starts_with("<?xml") {
        let end = text.find("?>")?;
        after(text.get(..end)?, "encoding")
    } else if begins_page(text) || text.starts_with("<!--") || text.starts_with("<meta") {
        text.match_indices("<meta").find_map(|(at, _)| {
            let tag = text.get(at..)?;
            after(tag.get(..tag.find('>')?)?, "charset")
        })
    } else {
        None
    }?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // The words were readable byte by byte, so it can't be UTF-16: the standard says what is meant.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE || encoding == X_USER_DEFINED { UTF_8 } else { encoding })
}

/// The value after a name and `=`, with or without quotes.
fn after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(name)?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    value.split(['"', '\'', ';', ' ', '/', '\t', '\n']).next().filter(|value| !value.is_empty())
}

/// Whether a text begins as a page does, after comments and an XML declaration: behind that only what names HTML is a page, for any
/// vocabulary may have an `a` or a `table`.
pub(crate) fn begins_page(text: &str) -> bool {
    let mut text = text.trim_start();
    let names = BEGINNINGS.get(..if text.starts_with("<?xml") { NAMING_HTML } else { BEGINNINGS.len() }).unwrap_or_default();
    for _ in 0..8 {
        let end = match () {
            () if text.starts_with("<!--") => "-->",
            () if text.starts_with("<?xml") => "?>",
            () => break,
        };
        let Some((_, rest)) = text.split_once(end) else { return false };
        text = rest.trim_start();
    }
    let Some(text) = text.strip_prefix('<') else { return false };
    names.iter().any(|name| {
        let begin = text.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
        begin && text.get(name.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '>'))
    })
}

/// Characters, and how many of them are control characters that no text has.
pub(crate) fn all_and_controls(text: &str) -> (u64, u64) {
    let is_control = |byte: &u8| *byte < 0x20 && !matches!(byte, 0x07..=0x0d | 0x1b) || *byte == 0x7f;
    (text.chars().count() as u64, text.as_bytes().iter().filter(|byte| is_control(byte)).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_first_element() {
        for page in
            ["<!DOCTYPE html>", "\n <HTML lang=en>", "<!-- x --><html>", "<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC \"-\">", "<p>x"]
        {
            assert!(begins_page(page), "{page}");
        }
        for other in
            ["", "html", "<svg>", "<pre-release> x", "<!-- html", "a <html>", "<paper>", "<?xml version='1.0'?><table/>", "<?xml?>\n<a>"]
        {
            assert!(!begins_page(other), "{other}");
        }
    }

    #[test]
    fn a_page_says_its_encoding_in_either_form() {
        for (page, name) in [
            ("<html><meta charset=shift_jis>", Some("Shift_JIS")),
            ("<html><META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=iso-8859-1'>", Some("windows-1252")),
            ("<html><meta charset=\"utf-16\">", Some("UTF-8")),
            ("<?xml version='1.0' encoding='koi8-r'?><html>", Some("KOI8-R")),
            ("<html><meta charset=nonsense>", None),
            ("charset=gbk", None),
        ] {
            assert_eq!(declared(page.as_bytes()).map(Encoding::name), name, "{page}");
        }
    }

    #[test]
    fn utf_16_is_known_without_its_mark() {
        assert_eq!(utf_16(b"H\0e\0y\0"), Some(UTF_16LE));
        assert_eq!(utf_16(b"\0H\0e\0y"), Some(UTF_16BE));
        assert_eq!(utf_16(b"Hey you"), None);
        assert_eq!(utf_16(b""), None);
    }
}
