//! How many pages there are: those that are found, not those that a document announces.

use assay_kit::{Answer, Stop};
use pdfium_render::prelude::{PdfDocument, PdfPageIndex};
use std::time::Instant;

/// Fewest bytes of a file that a page takes: each is an object of its own (ISO 32000-1, 7.7.3.3), with a place in the tree and one in the
/// table of objects. Compressed all three still take more.
const BYTES_A_PAGE: u64 = 4;
/// Looks that are taken however late it is: a short document is always counted.
const LOOKS_IN_ANY_CASE: u32 = 64;
/// Missing pages in a row after which the steps grow. Behind its last page PDFium goes through a whole tree for every look.
const ROW_OF_MISSING: u32 = 64;

/// What counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// The last page that is there is this one, counted from 1; 0 where there is none.
    Sure(u32),
    /// So many at least, and nobody knows how many more.
    AtLeast(u32),
}

impl Count {
    /// Pages that may be gone through.
    pub(crate) fn found(self) -> u32 {
        match self {
            Self::Sure(found) | Self::AtLeast(found) => found,
        }
    }

    /// What may be told.
    pub(crate) fn told(self) -> Option<u64> {
        match self {
            Self::Sure(found @ 1..) => Some(found.into()),
            Self::Sure(0) | Self::AtLeast(_) => None,
        }
    }
}

/// Most pages that can lie in a file of so many bytes.
pub(crate) fn most(file_bytes: u64) -> u64 {
    (file_bytes / BYTES_A_PAGE).max(1)
}

/// Looks for the pages that are announced; `most` is how many there can be.
pub(crate) fn pages(document: &PdfDocument<'_>, announced: u32, most: u64, late: Instant, answer: &mut Answer) -> Result<Count, Stop> {
    let possible = u32::try_from(most).unwrap_or(u32::MAX);
    let mut search = Search::new(announced.min(possible));
    while let Some(place) = search.place() {
        if search.looks >= LOOKS_IN_ANY_CASE && Instant::now() >= late {
            return Ok(Count::AtLeast(search.found));
        }
        let is_there = PdfPageIndex::try_from(place).is_ok_and(|index| document.pages().page_size(index).is_ok());
        if is_there {
            search.hit();
        } else {
            search.miss();
        }
        answer.progress()?;
    }
    // As many as there can be, and still more are announced: then some are one page, shown again and again.
    let is_doubtful = announced > possible && search.found >= possible;
    Ok(if is_doubtful { Count::AtLeast(search.found) } else { Count::Sure(search.found) })
}

/// Which page is looked for next: one after the other, and behind many missing ones in steps that double, up to the last.
#[derive(Debug)]
struct Search {
    place: u32,
    end: u32,
    found: u32,
    missing: u32,
    looks: u32,
}

impl Search {
    fn new(end: u32) -> Self {
        Self { place: 0, end, found: 0, missing: 0, looks: 0 }
    }

    /// Counted from 0; `None` when all was looked at that has to be.
    fn place(&self) -> Option<u32> {
        (self.place < self.end).then_some(self.place)
    }

    fn hit(&mut self) {
        self.found = self.place + 1;
        self.missing = 0;
        self.go_on(1);
    }

    fn miss(&mut self) {
        self.missing += 1;
        self.go_on(1_u32.checked_shl(self.missing.saturating_sub(ROW_OF_MISSING)).unwrap_or(u32::MAX));
    }

    fn go_on(&mut self, step: u32) {
        self.looks += 1;
        let last = self.end.saturating_sub(1);
        self.place = if self.place < last { self.place.saturating_add(step).min(last) } else { self.end };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(announced: u32, is_there: impl Fn(u32) -> bool) -> Search {
        let mut search = Search::new(announced);
        while let Some(place) = search.place() {
            if is_there(place) {
                search.hit();
            } else {
                search.miss();
            }
        }
        search
    }

    #[test]
    fn pages_are_counted_up_to_the_last_that_is_there() {
        for (announced, there, found) in
            [(0, 0, 0), (1, 0, 0), (1, 1, 1), (3, 3, 3), (900_000, 3, 3), (1_000, 999, 999), (1_000, 1_000, 1_000)]
        {
            assert_eq!(searched(announced, |place| place < there).found, found, "{announced} {there}");
        }
        // Holes are pages that can't be read, however wide they are, where the last page is there.
        assert_eq!(searched(500, |place| place % 70 == 0 || place == 499).found, 500);
        assert_eq!(searched(100_000, |place| place == 0 || place == 99_999).found, 100_000);
    }

    #[test]
    fn behind_the_last_page_few_looks_are_taken() {
        assert!(searched(0xf_ffff, |place| place == 0).looks < 100);
        assert!(searched(0xf_ffff, |_| false).looks < 100);
    }

    #[test]
    fn a_file_has_no_more_pages_than_it_has_room_for() {
        assert_eq!([0, 3, 4, 7, 8, 4_000].map(most), [1, 1, 1, 1, 2, 1_000]);
    }
}
