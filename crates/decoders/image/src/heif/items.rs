//! The items of a HEIF file (ISO/IEC 23008-12 and 14496-12, 8.11): what each is, its properties, what it refers to, where its bytes lie.

use crate::boxes::{Found, boxes, first};
use crate::bytes::{be16, be32, place, slice};

/// Most properties of a file: an association has 15 bits.
const MOST_PROPERTIES: usize = 32_767;

/// The `meta` box.
pub(super) struct Items<'a> {
    file: &'a [u8],
    meta: &'a [u8],
    properties: Vec<Found<'a>>,
    primary: u32,
}

impl<'a> Items<'a> {
    /// Reads the file's own `meta` box; `None` where there is none, or no primary item.
    pub(super) fn read(file: &'a [u8]) -> Option<Self> {
        let (_, _, meta) = first(file, b"meta")?.full();
        let (version, _, body) = first(meta, b"pitm")?.full();
        let primary = number(body, 0, Wide::since(version, 1))?;
        let properties = first(meta, b"iprp").and_then(|found| first(found.body, b"ipco")).map(|found| found.body);
        let properties = properties.map(|body| boxes(body).take(MOST_PROPERTIES).collect()).unwrap_or_default();
        Some(Self { file, meta, properties, primary })
    }

    /// The item that a reader shows.
    pub(super) fn primary(&self) -> u32 {
        self.primary
    }

    /// The four letters of an item's type.
    pub(super) fn kind(&self, id: u32) -> Option<[u8; 4]> {
        self.entries().find_map(|(entry, kind)| (entry == id).then_some(kind))
    }

    /// Items of a type.
    pub(super) fn of_kind(&self, kind: [u8; 4]) -> impl Iterator<Item = u32> {
        self.entries().filter_map(move |(id, entry)| (entry == kind).then_some(id))
    }

    fn entries(&self) -> impl Iterator<Item = (u32, [u8; 4])> + use<'a> {
        let list = first(self.meta, b"iinf").map(|found| {
            let (version, _, body) = found.full();
            body.get(if version == 0 { 2 } else { 4 }..).unwrap_or_default()
        });
        boxes(list.unwrap_or_default()).filter(|found| found.name == *b"infe").filter_map(|found| {
            let (version, _, body) = found.full();
            // Versions 0 and 1 have no type.
            let wide = Wide::since(version, 3);
            let kind = slice(body, wide.bytes() + 2, 4).filter(|_| version >= 2)?;
            Some((number(body, 0, wide)?, kind.try_into().ok()?))
        })
    }

    /// An item's properties, in the order in which they apply.
    pub(super) fn properties(&self, id: u32) -> Vec<Found<'a>> {
        let lists = first(self.meta, b"iprp").map(|found| found.body).unwrap_or_default();
        let found = boxes(lists).filter(|found| found.name == *b"ipma").find_map(|found| associations(&found, id));
        let places = found.unwrap_or_default();
        places.into_iter().filter_map(|place| self.properties.get(place.checked_sub(1)?).copied()).collect()
    }

    /// One of an item's properties.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a literal of four letters is a reference")]
    pub(super) fn property(&self, id: u32, name: &[u8; 4]) -> Option<Found<'a>> {
        self.properties(id).into_iter().find(|found| found.name == *name)
    }

    /// The items that an item refers to in some way: `dimg`, the parts that it is made of, in order.
    pub(super) fn parts(&self, from: u32) -> Vec<u32> {
        self.references(*b"dimg").find(|(source, _)| *source == from).map(|(_, to)| to).unwrap_or_default()
    }

    /// The items that refer to an item in some way: `auxl`, `cdsc`, `thmb`.
    pub(super) fn referring(&self, kind: [u8; 4], to: u32) -> impl Iterator<Item = u32> {
        self.references(kind).filter_map(move |(source, list)| list.contains(&to).then_some(source))
    }

    fn references(&self, kind: [u8; 4]) -> impl Iterator<Item = (u32, Vec<u32>)> + use<'a> {
        let (version, body) = first(self.meta, b"iref").map_or((0, [].as_slice()), |found| {
            let (version, _, body) = found.full();
            (version, body)
        });
        let wide = Wide::since(version, 1);
        boxes(body).filter(move |found| found.name == kind).filter_map(move |found| {
            let count = be16(found.body, wide.bytes())?;
            let list = (0..usize::from(count)).map_while(|n| number(found.body, wide.bytes() * (n + 1) + 2, wide));
            Some((number(found.body, 0, wide)?, list.collect()))
        })
    }

    /// An item's bytes, at most `most` of them; `None` where they are not in this file.
    pub(super) fn bytes(&self, id: u32, most: u64) -> Option<Vec<u8>> {
        let (version, _, body) = first(self.meta, b"iloc")?.full();
        let mut list = Cursor { body, at: 0 };
        let sizes = list.take(2)?;
        let [offset, length, base, index] = [sizes >> 12 & 15, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15].map(place);
        let id_bytes = Wide::since(version, 2).bytes();
        for _ in 0..list.take(id_bytes)? {
            let entry = list.take(id_bytes)?;
            let construction = if version > 0 { list.take(2)? & 15 } else { 0 };
            let elsewhere = list.take(2)?;
            let begin = list.take(base)?;
            let (extents, index) = (list.take(2)?, if version > 0 { index } else { 0 });
            if entry != u64::from(id) {
                // Not walked: where the list gives them no bytes, there may be billions.
                list.pass(extents, index + offset + length)?;
                continue;
            }
            let mut all = Vec::new();
            for _ in 0..extents {
                list.take(index)?;
                let (from, count) = (begin.checked_add(list.take(offset)?)?, list.take(length)?);
                let whole = match construction {
                    0 if elsewhere == 0 => self.file,
                    1 => first(self.meta, b"idat")?.body,
                    _ => return None,
                };
                let count = if count == 0 { (whole.len() as u64).saturating_sub(from) } else { count };
                if count.saturating_add(all.len() as u64) > most {
                    return None;
                }
                all.extend_from_slice(slice(whole, place(from), place(count))?);
            }
            return Some(all);
        }
        None
    }
}

/// Whether ids have four bytes instead of two.
#[derive(Clone, Copy)]
enum Wide {
    No,
    Yes,
}

impl Wide {
    fn since(version: u8, first: u8) -> Self {
        if version >= first { Self::Yes } else { Self::No }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::No => 2,
            Self::Yes => 4,
        }
    }
}

fn number(bytes: &[u8], at: usize, wide: Wide) -> Option<u32> {
    match wide {
        Wide::No => be16(bytes, at).map(u32::from),
        Wide::Yes => be32(bytes, at),
    }
}

/// The places (from 1) of an item's properties in an `ipma` box.
fn associations(list: &Found<'_>, id: u32) -> Option<Vec<usize>> {
    let (version, flags, body) = list.full();
    let wide = Wide::since(version, 1);
    let long = flags & 1 != 0;
    let mut at = 4;
    for _ in 0..be32(body, 0)? {
        let entry = number(body, at, wide)?;
        let count = usize::from(*body.get(at + wide.bytes())?);
        at += wide.bytes() + 1;
        if entry == id {
            let places = (0..count).map_while(|n| {
                if long {
                    be16(body, at + 2 * n).map(|place| usize::from(place & 0x7fff))
                } else {
                    body.get(at + n).map(|place| usize::from(place & 0x7f))
                }
            });
            return Some(places.collect());
        }
        at += if long { 2 * count } else { count };
    }
    None
}

/// Numbers of sizes that the file chooses.
struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, bytes: usize) -> Option<u64> {
        let taken = slice(self.body, self.at, bytes).filter(|_| bytes <= 8)?;
        self.at += bytes;
        Some(taken.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Goes on behind `count` pieces of some bytes each.
    fn pass(&mut self, count: u64, bytes: usize) -> Option<()> {
        self.at = place(count).checked_mul(bytes)?.checked_add(self.at)?;
        Some(())
    }
}

#[cfg(test)]
mod tests;
