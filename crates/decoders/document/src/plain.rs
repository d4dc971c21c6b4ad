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

/// What follows a key, without white space.
fn value<'o>(object: &'o [u8], key: &str) -> Option<&'o [u8]> {
    memmem::find_iter(object, key).find_map(|at| {
        let rest = object.get(at + key.len()..)?;
        let is_whole = !rest.first()?.is_ascii_alphanumeric();
        is_whole.then(|| rest.trim_ascii_start())
    })
}

fn number(object: &[u8], key: &str) -> Option<u64> {
    let value = value(object, key)?;
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(value.get(..digits)?).ok()?.parse().ok()
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
    fn what_is_not_in_plain_sight_is_not_told() {
        for end in 0..FILE.len() {
            // Anything may come of a cut file but a panic.
            let _ = (page_count(&FILE[..end]), catalogue_version(&FILE[..end]), head_version(&FILE[..end]));
        }
        assert_eq!((page_count(b""), catalogue_version(b"/Catalog"), head_version(b"%PDF-x.y")), (None, None, None));
        assert_eq!(page_count(b"1 0 obj<</Linearized 1/N 34>>endobj"), Some(34));
    }
}
