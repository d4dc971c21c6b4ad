//! Tiles or strips of a TIFF's directory that its tables do not lead to (TIFF 6.0, sections 8 and 15).

use super::{Lack, Part};
use assay_kit::Input;
use assay_kit::tiff::{Entry, Form};
use std::io;

/// Entries of a table that are looked at: a raster of more is not looked through, and nothing is said of it.
const MOST_STRILES: u64 = 4 << 20;
/// Entries of a table that are read at once.
const PIECE: usize = 4096;

/// Numbers of tags.
mod tag {
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS: u16 = 278;
    pub(super) const STRIP_LENGTHS: u16 = 279;
    pub(super) const PLANES: u16 = 284;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_LENGTHS: u16 = 325;
}

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// With an offset and no length, with a length and no offset, or not in the table. With neither it is left out on purpose.
    pub(super) empty: Option<Lack>,
    /// That begin behind the file's end.
    pub(super) beyond: Option<Lack>,
}

/// Looks through the tables of the directory at `at`. `None` where they can't be made out.
pub(super) fn look(input: &mut Input, at: u64) -> io::Result<Option<Found>> {
    let Some((form, _)) = Form::of(input)? else { return Ok(None) };
    let Some(entries) = form.entries(input, at)? else { return Ok(None) };
    let mut shape = Shape { samples: 1, rows: u64::from(u32::MAX), ..Shape::default() };
    for entry in entries.chunks_exact(form.entry_bytes()).zip(0_u64..).map(|(bytes, number)| form.entry(bytes, at, number)) {
        shape.take(&entry);
    }
    let (Some(count), Some(offsets)) = (shape.count(), shape.offsets) else { return Ok(None) };
    if count > MOST_STRILES || offsets.length == 0 {
        return Ok(None);
    }
    let (mut empty, mut beyond) = (0, 0);
    // A length that is not told is estimated by the library, for a raster in one piece.
    let estimates = shape.is_in_strips() && (count == 1 || count == shape.samples);
    for from in (0..count).step_by(PIECE) {
        let piece = (PIECE as u64).min(count - from);
        let starts = offsets.read(form, input, from, piece)?;
        let lengths = shape.lengths.map(|list| list.read(form, input, from, piece)).transpose()?;
        for number in 0..usize::try_from(piece).unwrap_or(0) {
            let start = starts.get(number).copied();
            // Without a table of lengths all are estimated.
            let length = lengths.as_ref().map_or(Some(1), |lengths| lengths.get(number).copied());
            match (start, length) {
                (Some(0), Some(0)) => {}
                (None | Some(0), _) | (_, None) => empty += 1,
                (Some(start), _) if start >= input.length() => beyond += 1,
                (Some(_), Some(0)) if !estimates => empty += 1,
                (Some(_), Some(_)) => {}
            }
        }
    }
    let part = if shape.is_in_strips() { Part::Strips } else { Part::Tiles };
    Ok(Some(Found { empty: Lack::of(empty, count, part), beyond: Lack::of(beyond, count, part) }))
}

/// What a directory says of its tiles or strips.
#[derive(Default)]
struct Shape {
    size: (u64, u64),
    samples: u64,
    rows: u64,
    tile: (u64, u64),
    is_in_planes: bool,
    offsets: Option<List>,
    lengths: Option<List>,
}

impl Shape {
    fn take(&mut self, entry: &Entry) {
        match entry.tag {
            tag::WIDTH => self.size.0 = entry.number,
            tag::HEIGHT => self.size.1 = entry.number,
            tag::SAMPLES => self.samples = entry.number,
            tag::ROWS => self.rows = entry.number,
            tag::PLANES => self.is_in_planes = entry.number == 2,
            tag::TILE_WIDTH => self.tile.0 = entry.number,
            tag::TILE_HEIGHT => self.tile.1 = entry.number,
            tag::STRIP_OFFSETS | tag::TILE_OFFSETS => self.offsets = List::of(entry),
            tag::STRIP_LENGTHS | tag::TILE_LENGTHS => self.lengths = List::of(entry),
            _ => {}
        }
    }

    fn is_in_strips(&self) -> bool {
        self.tile == (0, 0)
    }

    /// How many there must be; `None` where that can't be told.
    fn count(&self) -> Option<u64> {
        let (width, height) = if self.is_in_strips() { (self.size.0, self.rows.min(self.size.1)) } else { self.tile };
        if width == 0 || height == 0 {
            return None;
        }
        let planes = if self.is_in_planes { self.samples } else { 1 };
        self.size.0.div_ceil(width).checked_mul(self.size.1.div_ceil(height))?.checked_mul(planes).filter(|count| *count > 0)
    }
}

/// A table of numbers in the file.
#[derive(Debug, Clone, Copy)]
struct List {
    at: u64,
    bytes: u64,
    length: u64,
}

impl List {
    fn of(entry: &Entry) -> Option<Self> {
        Some(Self { at: entry.values_at, bytes: entry.value_bytes?, length: entry.values })
    }

    /// The numbers from one on; fewer where the table or the file ends.
    fn read(self, form: Form, input: &mut Input, from: u64, count: u64) -> io::Result<Vec<u64>> {
        let wanted = usize::try_from(self.length.saturating_sub(from).min(count) * self.bytes).unwrap_or(0);
        let mut bytes = vec![0; wanted];
        let got = input.read_at(self.at.saturating_add(from * self.bytes), &mut bytes)?;
        let width = usize::try_from(self.bytes).unwrap_or(1);
        Ok(bytes.get(..got).unwrap_or_default().chunks_exact(width).map(|number| form.number(Some(number))).collect())
    }
}
