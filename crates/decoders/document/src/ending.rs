//! A file whose table of objects is gone: endings with which PDFium finds its pages all the same.

use crate::plain;
use crate::source::Ending;
use memchr::memmem;
use std::fmt::Write;

/// Numbers of the objects that are made here: above all that a file has, and not above PDFium's highest.
const CATALOGUE: u32 = 4_194_000;
const PAGES: u32 = CATALOGUE + 1;

/// How a document was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As it is.
    Whole,
    /// By the catalogue that stands in it.
    Catalogue,
    /// By the pages that stand in it, without their tree: how many there were is not known.
    Pages,
}

/// What to try, the better first. Nothing for an encrypted file: its key is told where the table was.
pub(crate) fn endings(file: &[u8]) -> Vec<(Way, Ending)> {
    if plain::is_encrypted(file) {
        return Vec::new();
    }
    let from = begin_of_rest(file);
    let catalogue = plain::of_type(file, "/Catalog").last().map(|(number, generation)| (Way::Catalogue, root(number, generation)));
    let mut pages: Vec<(u32, u16)> = Vec::new();
    for page in plain::of_type(file, "/Page") {
        // A later version of a page takes the earlier one's place.
        if !pages.iter().any(|(number, _)| *number == page.0) {
            pages.push(page);
        }
    }
    let tree = (!pages.is_empty()).then(|| {
        let mut made = format!("{PAGES} 0 obj<</Type/Pages/Count {}/Kids[", pages.len());
        for (number, generation) in &pages {
            let _ = write!(made, "{number} {generation} R ");
        }
        let _ = write!(made, "]>>endobj {CATALOGUE} 0 obj<</Type/Catalog/Pages {PAGES} 0 R>>endobj\n{}", root(CATALOGUE, 0));
        (Way::Pages, made)
    });
    let ending = |(way, made): (Way, String)| {
        // The stream in which the file may end, ends here.
        (way, Ending { from, bytes: format!("\nendstream\nendobj\n{made}").into_bytes() })
    };
    catalogue.into_iter().chain(tree).map(ending).collect()
}

fn root(number: u32, generation: u16) -> String {
    format!("trailer<</Root {number} {generation} R>>\nstartxref\n0\n%%EOF\n")
}

/// Where the last part begins that is not whole, but for a stream, of which the beginning is worth something: a table of objects, or an object
/// that ends in one of its texts, with which PDFium would take all that follows for text.
fn begin_of_rest(file: &[u8]) -> u64 {
    let Some(last) = memmem::rfind(file, b"endobj").map(|at| at + b"endobj".len()) else { return file.len() as u64 };
    let rest = file.get(last..).unwrap_or_default();
    let table = memmem::find(rest, b"xref").or_else(|| memmem::find(rest, b"trailer"));
    let stream = memmem::find(rest, b"stream");
    let kept = match (table, stream) {
        (Some(table), Some(stream)) if stream < table => rest.len(),
        (Some(table), _) => table,
        (None, Some(_)) => rest.len(),
        (None, None) => 0,
    };
    (last + kept) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_tried_before_the_pages_and_a_cut_table_is_left_out() {
        let file = b"1 0 obj<</Type/Catalog/Pages 9 0 R>>endobj 2 0 obj<</Type/Page>>endobj 2 0 obj<</Type/Page>>endobj 3 1 obj<</Type/Page>>endobj\nxref 0 4 trail";
        let made: Vec<_> =
            endings(file).into_iter().map(|(way, ending)| (way, ending.from, String::from_utf8(ending.bytes).unwrap())).collect();
        let [(Way::Catalogue, from, first), (Way::Pages, _, second)] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!(*from, file.len() as u64 - 14);
        assert!(first.contains("trailer<</Root 1 0 R>>"), "{first}");
        assert!(second.contains("/Count 2/Kids[2 0 R 3 1 R ]") && second.contains("trailer<</Root 4194000 0 R>>"), "{second}");
    }

    #[test]
    fn an_object_that_is_cut_in_a_text_is_left_out_and_a_stream_is_not() {
        for (rest, kept) in [("2 0 obj<</Title<41", 0), ("2 0 obj<</Length 99>>stream\nxref", 32), ("\nxref 0 1", 1), ("\ntrailer<<", 1)] {
            assert_eq!(begin_of_rest(format!("endobj{rest}").as_bytes()), 6 + kept, "{rest}");
        }
    }

    #[test]
    fn nothing_is_tried_of_an_encrypted_file_or_of_none() {
        assert_eq!(endings(b"1 0 obj<</Type/Catalog>>endobj 2 0 obj<</Filter /Standard/V 1>>endobj"), []);
        assert_eq!(endings(b"%PDF-1.7 nothing"), []);
    }
}
