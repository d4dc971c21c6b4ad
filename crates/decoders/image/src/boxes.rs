//! The boxes of ISO base media files (ISO/IEC 14496-12, 4.2), as HEIF, AVIF, JPEG XL and JPEG 2000 use them.

use crate::bytes::{be32, be64, place, slice};

/// One box. Where the file ends early its body is what is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) name: [u8; 4],
    pub(crate) body: &'a [u8],
}

impl<'a> Found<'a> {
    /// The body of a box that begins with a version and flags: those, and the rest.
    pub(crate) fn full(&self) -> (u8, u32, &'a [u8]) {
        let word = be32(self.body, 0).unwrap_or(0);
        (self.body.first().copied().unwrap_or(0), word & 0x00ff_ffff, self.body.get(4..).unwrap_or_default())
    }
}

/// The boxes that follow one another in some bytes.
pub(crate) fn boxes(bytes: &[u8]) -> Boxes<'_> {
    Boxes { rest: bytes }
}

/// The first of them with a name.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "a literal of four letters is a reference")]
pub(crate) fn first<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<Found<'a>> {
    boxes(bytes).find(|found| found.name == *name)
}

/// The body of a box within boxes.
pub(crate) fn within<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, name| first(bytes, name).map(|found| found.body))
}

/// See [`boxes`].
#[derive(Debug, Clone)]
pub(crate) struct Boxes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        let name = slice(self.rest, 4, 4)?.try_into().ok()?;
        let (head, size) = match be32(self.rest, 0)? {
            // To the end of the file.
            0 => (8, self.rest.len()),
            1 => (16, place(be64(self.rest, 8)?)),
            size => (8, place(size)),
        };
        if size < head {
            self.rest = &[];
            return None;
        }
        let end = size.min(self.rest.len());
        let body = self.rest.get(head..end)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(Found { name, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_all_three_kinds_are_read_and_the_last_may_be_cut() {
        let file = b"\0\0\0\x0afreeAB\0\0\0\x01wide\0\0\0\0\0\0\0\x11C\0\0\0\x63mdatDE";
        let found: Vec<_> = boxes(file).map(|found| (found.name, found.body)).collect();
        assert_eq!(found, [(*b"free", b"AB".as_slice()), (*b"wide", b"C"), (*b"mdat", b"DE")]);
        assert_eq!(first(b"\0\0\0\0restF", b"rest").unwrap().body, b"F");
    }

    #[test]
    fn a_size_smaller_than_its_own_head_ends_the_walk() {
        for file in [b"\0\0\0\x07freeAAAA".as_slice(), b"\0\0\0\x01free\0\0\0\0\0\0\0\x0f", b"\0\0\0\x01free\xff", b"\0\0\0\x08fr"] {
            assert_eq!(boxes(file).count(), 0, "{file:?}");
        }
    }
}
