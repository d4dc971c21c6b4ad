//! PDF: its mark may stand behind what others put before it, and it is also a word that texts, pages and conversations say.

use super::{Sniffed, words};

/// Readers look for the mark so far (PDF Reference 1.7, appendix H.3, note 13).
const SEARCHED: usize = 1_024;
const MARK: &[u8] = b"%PDF-";
/// What a printer is told before a document begins: Universal Exit Language.
const PRINTER: &[u8] = b"\x1b%-12345X";

pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    (begins(head) || follows(head) || is_without_its_mark(head)).then_some(Sniffed::document("application/pdf"))
}

/// At the begin, behind nothing but space. In what reads as text the mark's line must end with the version, or it is a sentence.
fn begins(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let blank = head.iter().take(SEARCHED).take_while(|byte| byte.is_ascii_whitespace() || **byte == 0).count();
    let Some(behind) = head.get(blank..).and_then(|head| head.strip_prefix(MARK)) else { return false };
    let version = behind.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let mut line = behind.iter().skip(version).take_while(|byte| !matches!(byte, b'\n' | b'\r'));
    (version > 0 && line.all(u8::is_ascii_whitespace)) || !words::is_text(head)
}

/// Later: at a line's begin, or behind bytes that no line has, with a version. What reads as text, or begins as a page, only
/// speaks of it, unless a first object follows and the mark comes soon or is followed by bytes that no text has.
fn follows(head: &[u8]) -> bool {
    /// A line that a program said before the document; who explains the format says more.
    const SOON: usize = 128;
    let is_text = !head.starts_with(PRINTER) && words::is_text(head);
    let searched = head.get(..SEARCHED).unwrap_or(head);
    let mut found = searched.windows(MARK.len()).enumerate().filter_map(|(place, five)| {
        let before = place.checked_sub(1).and_then(|last| head.get(last))?;
        let behind = head.get(place + MARK.len()..)?;
        let is_mark = five == MARK && (before.is_ascii_control() || !before.is_ascii());
        (is_mark && behind.first().is_some_and(u8::is_ascii_digit)).then_some((place, behind))
    });
    let is_believed = |place: usize, behind: &[u8]| place + MARK.len() <= SOON || is_marked_as_binary(behind);
    words::sniff(head).is_none() && found.any(|(place, behind)| !is_text || (is_believed(place, behind) && object_follows(behind)))
}

/// Whether the next line is the comment of four or more bytes above 127 by which a document says that it is no text (ISO 32000-1, 7.5.2).
fn is_marked_as_binary(behind: &[u8]) -> bool {
    let comment = behind.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1).find(|line| !line.is_empty()).unwrap_or_default();
    let is_high = comment.strip_prefix(b"%").and_then(|comment| comment.get(..4)).is_some_and(|four| !four.iter().any(u8::is_ascii));
    is_high && std::str::from_utf8(comment).is_err()
}

/// A document that lost its first line: comments at most, and at once an object with its end. The decoder says what is missing.
fn is_without_its_mark(head: &[u8]) -> bool {
    const END: &[u8] = b"endobj";
    begins_an_object(head) && head.windows(END.len()).any(|six| six == END)
}

/// Whether the lines behind the mark's own begin an object.
fn object_follows(behind: &[u8]) -> bool {
    let line = behind.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    line.and_then(|end| behind.get(end..)).is_some_and(begins_an_object)
}

/// Whether the first line that is no comment begins an object (ISO 32000-1, 7.3.10): `1 0 obj`.
fn begins_an_object(lines: &[u8]) -> bool {
    let mut lines = lines.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty() && !line.starts_with(b"%"));
    let mut words = lines.next().unwrap_or_default().split(u8::is_ascii_whitespace);
    let mut number = || words.next().is_some_and(|word| !word.is_empty() && word.iter().all(u8::is_ascii_digit));
    number() && number() && words.next().is_some_and(|word| word.starts_with(b"obj"))
}
