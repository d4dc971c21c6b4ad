//! What a file says in plain sight: dictionaries that are neither compressed nor encrypted, found without a parser's help.
//!
//! For files that PDFium can't open, and for the one entry that it does not tell. Nothing found here is relied on for more than a fact.

use memchr::memmem;

/// Longest object that is looked at, bytes: a page tree's node has a few references.
const LONGEST: usize = 64 << 10;

/// Most mentions of a name that are looked at: each costs a look at what stands around it.
const MOST_MENTIONS: usize = 2_000;

/// The plain text of each object that holds a name, first to last.
fn objects<'b>(file: &'b [u8], name: &'b str) -> impl Iterator<Item = &'b [u8]> {
    memmem::find_iter(file, name).take(MOST_MENTIONS).filter_map(move |at| {
        let after = file.get(at + name.len()..)?;
        if after.first().is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        let before = file.get(at.saturating_sub(LONGEST)..at)?;
        let begin = at - before.len() + memmem::rfind(before, b" obj")?;
        let after = after.get(..LONGEST).unwrap_or(after);
        let end = at + name.len() + memmem::find(after, b"endobj").unwrap_or(after.len());
        file.get(begin..end)
    })
}

/// Numbers and generations of the objects of a type, first to last.
pub(crate) fn of_type<'b>(file: &'b [u8], name: &'b str) -> impl Iterator<Item = (u32, u16)> {
    memmem::find_iter(file, name).take(MOST_MENTIONS).filter_map(move |at| {
        let (before, after) = (file.get(..at)?, file.get(at + name.len()..)?);
        if after.first().is_some_and(u8::is_ascii_alphanumeric) || !before.trim_ascii_end().ends_with(b"/Type") {
            return None;
        }
        let before = before.get(at.saturating_sub(LONGEST)..)?;
        let (head, body) = before.split_at_checked(memmem::rfind(before, b" obj")?)?;
        if memmem::find(body, b"endobj").is_some() {
            return None;
        }
        let (head, generation) = last_number(head)?;
        let (_, number) = last_number(head.trim_ascii_end())?;
        Some((number, u16::try_from(generation).ok()?))
    })
}

/// The number with which some bytes end, and what is before it.
fn last_number(bytes: &[u8]) -> Option<(&[u8], u32)> {
    let digits = bytes.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, digits) = bytes.split_at_checked(bytes.len() - digits)?;
    Some((before, std::str::from_utf8(digits).ok()?.parse().ok()?))
}

/// Whether the file ends before its end: neither is the mark of an end near what was last written, or behind all objects with strangers'
/// bytes behind it, nor is it as long as a linearized file says of itself.
pub(crate) fn is_cut(file: &[u8]) -> bool {
    // Block devices, tapes and mail gateways fill up what they hand on.
    let written = file.iter().rposition(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\n' | b'\r' | 0x0c)).map_or(0, |last| last + 1);
    let written = file.get(..written).unwrap_or(file);
    let near = written.get(written.len().saturating_sub(1024)..).unwrap_or_default();
    let head = file.get(..1024).unwrap_or(file);
    let length = objects(head, "/Linearized").find_map(|object| number(object, "/L"));
    match length {
        // A few bytes less are a last line that lost its end.
        Some(length) => length > file.len() as u64 + 16,
        None if last_mark(near).is_some() => is_ended_by_what_is_attached(written),
        None => !is_ended_behind_its_objects(written),
    }
}

/// Where the last mark of an end stands, if there is one.
fn last_mark(bytes: &[u8]) -> Option<usize> {
    ["%%EOF", "startxref"].iter().filter_map(|mark| memmem::rfind(bytes, mark.as_bytes())).max()
}

/// Whether a mark of an end stands behind the last object and leads to a table of objects, and no further object begins behind it.
///
/// A file that is attached as it is has such a mark too, and the objects before it may be its own: its places are counted from its own head.
fn is_ended_behind_its_objects(file: &[u8]) -> bool {
    const MARK: &[u8] = b"startxref";
    let rest = memmem::rfind(file, b"endobj").and_then(|last| file.get(last..)).unwrap_or_default();
    let after = memmem::rfind(rest, MARK).and_then(|mark| rest.get(mark + MARK.len()..));
    after.is_some_and(|after| memmem::find(after, b" obj").is_none() && leads_to_objects(file, after.trim_ascii_start()))
}

/// Whether the last mark of an end is that of a file that is attached as it is: it leads to a table counted from the begin of a stream that
/// begins as a document does, and to none counted from the file's own.
fn is_ended_by_what_is_attached(file: &[u8]) -> bool {
    const MARK: &[u8] = b"startxref";
    const MOST_ATTACHED: usize = 16;
    let Some((before, after)) = memmem::rfind(file, MARK).and_then(|mark| file.split_at_checked(mark)) else { return false };
    let number = after.get(MARK.len()..).unwrap_or_default().trim_ascii_start();
    let is_attached = |head: usize| {
        let (holder, attached) = file.split_at_checked(head).unwrap_or_default();
        holder.trim_ascii_end().ends_with(b"stream") && leads_to_objects(attached, number)
    };
    !leads_to_objects(file, number) && memmem::rfind_iter(before, b"%PDF-").take(MOST_ATTACHED).any(is_attached)
}

/// Whether the number with which some bytes begin is a place in the file where a table of objects, or the object that is one, begins.
fn leads_to_objects(file: &[u8], number: &[u8]) -> bool {
    let Some(place) = first_number(number).and_then(|(place, _)| usize::try_from(place).ok()) else { return false };
    // Writers count from the head, and some from the first byte, whatever stands before the head.
    let head = memmem::find(file.get(..1024).unwrap_or(file), b"%PDF-").unwrap_or_default();
    [0, head].into_iter().filter_map(|begin| file.get(begin.checked_add(place)?..)).any(|there| {
        let there = there.trim_ascii_start();
        // A table of its own, or an object that holds one; any other object was hit by chance.
        let is_table = |there: &[u8]| memmem::find(there.get(..1024).unwrap_or(there), b"/XRef").is_some();
        there.starts_with(b"xref") || (is_begin_of_an_object(there) && is_table(there))
    })
}

/// Whether bytes begin as an object does, `12 0 obj`.
fn is_begin_of_an_object(bytes: &[u8]) -> bool {
    let rest = first_number(bytes).and_then(|(_, rest)| first_number(rest.trim_ascii_start()));
    rest.is_some_and(|(_, rest)| rest.trim_ascii_start().starts_with(b"obj"))
}

/// Whether the first line that is no comment begins an object: what is left of a document without its first line.
pub(crate) fn begins_with_an_object(file: &[u8]) -> bool {
    let mut lines = file.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    lines.find(|line| !line.is_empty() && !line.starts_with(b"%")).is_some_and(is_begin_of_an_object)
}

/// The number with which some bytes begin, and what is behind it.
fn first_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(bytes.iter().take_while(|byte| byte.is_ascii_digit()).count())?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// Whether anything in it speaks of encryption.
pub(crate) fn is_encrypted(file: &[u8]) -> bool {
    // Names that only begin as the standard handler's does are common: `/StandardEncoding`.
    let is_handler = |at: usize| file.get(at + b"/Standard".len()).is_none_or(|after| !is_of_a_name(*after));
    memmem::find(file, b"/Encrypt").is_some() || memmem::find_iter(file, b"/Standard").any(is_handler)
}

/// Whether a byte goes on with a name (ISO 32000-1, 7.2.2 and 7.3.5).
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>[]{}/%".contains(&byte)
}

/// What follows a key, without white space.
fn value<'o>(object: &'o [u8], key: &str) -> Option<&'o [u8]> {
    memmem::find_iter(object, key).find_map(|at| {
        let rest = object.get(at + key.len()..)?;
        let is_whole = !rest.first()?.is_ascii_alphanumeric();
        is_whole.then(|| rest.trim_ascii_start())
    })
}

fn number(object: &[u8], key: &str) -> Option<u64> {
    first_number(value(object, key)?).map(|(number, _)| number)
}

/// How many pages the root of the page tree announces; the last one counts, for later versions of a file are appended to it.
pub(crate) fn page_count(file: &[u8]) -> Option<u64> {
    let announced = |object: &[u8]| {
        let is_root = value(object, "/Kids").is_some() && value(object, "/Parent").is_none();
        is_root.then(|| number(object, "/Count")).flatten()
    };
    let first_page = || objects(file.get(..2048).unwrap_or(file), "/Linearized").find_map(|object| number(object, "/N"));
    objects(file, "/Pages").filter_map(announced).last().or_else(first_page)
}

/// The version that the catalogue gives (ISO 32000-1, 7.7.2), `1.7`.
pub(crate) fn catalogue_version(file: &[u8]) -> Option<String> {
    let version = objects(file, "/Catalog").filter_map(|object| value(object, "/Version")).last()?.strip_prefix(b"/")?;
    is_version(version.get(..3)?)
}

/// The version in a head, `%PDF-1.7`.
pub(crate) fn head_version(head: &[u8]) -> Option<String> {
    let at = memmem::find(head, b"%PDF-")? + 5;
    is_version(head.get(at..at + 3)?)
}

fn is_version(text: &[u8]) -> Option<String> {
    match text {
        [major @ b'1'..=b'9', b'.', minor @ b'0'..=b'9'] => Some(format!("{}.{}", char::from(*major), char::from(*minor))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/Version/1.6>>\nendobj\n2 0 obj<</Type /Pages /Kids[3 0 R 9 0 R]\n\
        /Count 12>>endobj 3 0 obj <</Type/Pages/Parent 2 0 R/Kids[4 0 R]/Count 7>> endobj 4 0 obj<</Type/Page/PageMode/None>>endobj";

    #[test]
    fn the_root_of_the_page_tree_tells_the_count_and_the_catalogue_the_version() {
        assert_eq!(page_count(FILE), Some(12));
        assert_eq!(catalogue_version(FILE).as_deref(), Some("1.6"));
        assert_eq!(head_version(FILE).as_deref(), Some("1.4"));
    }

    #[test]
    fn a_later_version_of_the_file_counts() {
        let twice = [FILE, b"\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj"].concat();
        assert_eq!(page_count(&twice), Some(1));
    }

    #[test]
    fn objects_are_found_by_their_type_wherever_it_stands_in_them() {
        let file = b"7 0 obj<</Pages 8 0 R/Type /Catalog>>endobj 12 3 obj <</Group<</Type/Group>>/Type\n/Page>>endobj /Type/Page 0 obj";
        assert_eq!(of_type(file, "/Catalog").collect::<Vec<_>>(), [(7, 0)]);
        assert_eq!(of_type(file, "/Page").collect::<Vec<_>>(), [(12, 3)]);
    }

    #[test]
    fn a_cut_is_seen_by_the_missing_end() {
        assert!(!is_cut(b"%PDF-1.4 ... %%EOF\n") && is_cut(b"%PDF-1.4 ..."));
        let linearized = |length: u32| format!("%PDF-1.4 1 0 obj<</Linearized 1/L {length}/N 1>>endobj ... %%EOF ...");
        assert!(is_cut(linearized(500).as_bytes()) && !is_cut(linearized(60).as_bytes()));
    }

    #[test]
    fn what_fills_a_file_up_behind_its_end_makes_it_no_cut_one() {
        for filling in ["\0", "\n", " ", "\r\n\0 "] {
            let filling = filling.repeat(5_000);
            assert!(!is_cut(format!("%PDF-1.4 1 0 obj<<>>endobj trailer<<>> startxref 9 %%EOF\n{filling}").as_bytes()));
            assert!(is_cut(format!("%PDF-1.4 1 0 obj<<>>endobj 2 0 obj<</A 1{filling}").as_bytes()));
        }
    }

    #[test]
    fn strangers_bytes_behind_the_end_are_no_cut_and_a_later_version_that_was_begun_is_one() {
        let ended = |after: &str| format!("%PDF-1.4 1 0 obj<</Type/XRef>>endobj startxref 9 %%EOF\n{after}{}", "<p>page</p>".repeat(500));
        assert!(!is_cut(ended("<html>").as_bytes()));
        assert!(is_cut(ended("2 0 obj<</Length 99999>>stream\n").as_bytes()));
        assert!(is_cut(ended("2 0 obj<<>>endobj 3 0 obj<</Length 9").as_bytes()));
    }

    #[test]
    fn the_end_of_a_file_that_is_attached_is_not_the_end_of_its_own() {
        let file = |place: usize| format!("%PDF-1.4\n1 0 obj<<>>endobj xref\n0 1\nstartxref {place} %%EOF\n");
        let inner = file(27);
        let cut = format!(
            "%PDF-1.4\n1 0 obj<</A 1>>endobj\n2 0 obj<</Length 9999/Note(as long as you like)>>stream\n{inner}{}",
            "x".repeat(5_000)
        );
        assert!(is_cut(cut.as_bytes()));
        let strangers = "<p>page</p>".repeat(500);
        for (place, is_whole) in [(26, true), (27, true), (9, false), (28, false), (5, false), (90_000, false), (usize::MAX, false)] {
            assert_eq!(is_cut(format!("{}{strangers}", file(place)).as_bytes()), !is_whole, "{place}");
            let behind_junk = format!("HTTP/1.1 200 OK\n\n{}{strangers}", file(place));
            assert_eq!(is_cut(behind_junk.as_bytes()), !is_whole, "{place}, counted from the mark");
        }
        assert!(!is_cut(format!("HTTP/1.1 200 OK\n\n{}{strangers}", file(44)).as_bytes()), "counted from the first byte");
        assert!(is_cut(format!("%PDF-1.4\n1 0 obj<<>>endobj %%EOF\n{strangers}").as_bytes()), "a mark that leads nowhere");
    }

    #[test]
    fn the_end_of_an_attached_file_near_a_cut_is_not_the_end_of_its_own() {
        let file = |place: usize| format!("%PDF-1.4\n1 0 obj<<>>endobj xref\n0 1\nstartxref {place} %%EOF\n");
        let objects = "%PDF-1.4\n1 0 obj<</A 1>>endobj\n".to_owned();
        let holder = format!("{objects}2 0 obj<</Length 9999/Note(as long as you like)>>stream\n{}", file(27));
        for behind in ["", "x", "endstream endobj\n", "endstream endobj\n3 0 obj<</Length 9", &"x".repeat(900)] {
            assert!(is_cut(format!("{holder}{behind}").as_bytes()), "{behind}");
        }
        let ended = |place: usize| format!("{holder}endstream endobj xref\n0 1\nstartxref {place} %%EOF\n");
        let table = ended(0).rfind("xref\n0").unwrap();
        for place in [table, table + 3, 0, 9, usize::MAX] {
            assert!(!is_cut(ended(place).as_bytes()), "an end of its own, be it a wrong one: {place}");
        }
        assert!(!is_cut(format!("{objects}xref\n0 1\nstartxref 34 %%EOF\n{}", file(27)).as_bytes()), "one behind the other");
        assert!(!is_cut(format!("{holder}endstream endobj %%EOF startxref").as_bytes()), "no number");
    }

    #[test]
    fn only_the_handlers_own_name_speaks_of_encryption() {
        for name in ["/Encrypt 5 0 R", "/Filter/Standard/V 4", "/Filter /Standard\n", "/Filter/Standard>>", "/EncryptMetadata false"] {
            assert!(is_encrypted(format!("1 0 obj<<{name}").as_bytes()), "{name}");
        }
        for name in ["/Encoding/StandardEncoding", "/Standard_Roman", "/S/Standards", "/Cryptic"] {
            assert!(!is_encrypted(format!("1 0 obj<<{name}>>").as_bytes()), "{name}");
        }
    }

    #[test]
    fn what_is_not_in_plain_sight_is_not_told() {
        for end in 0..FILE.len() {
            // Anything may come of a cut file but a panic.
            let _ = (page_count(&FILE[..end]), catalogue_version(&FILE[..end]), head_version(&FILE[..end]));
        }
        assert_eq!((page_count(b""), catalogue_version(b"/Catalog"), head_version(b"%PDF-x.y")), (None, None, None));
        assert_eq!(page_count(b"1 0 obj<</Linearized 1/N 34>>endobj"), Some(34));
    }
}
