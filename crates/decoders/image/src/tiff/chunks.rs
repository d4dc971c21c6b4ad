//! Where a page's strips or tiles lie, and how many of its rows they hold.

use super::directory::{Directory, tag};

/// Strips or tiles of a page, as its tags tell them.
pub(super) struct Chunks<'a, 'b> {
    first: &'a Directory<'b>,
    height: u32,
    /// Side by side.
    across: u64,
    /// Of one of them; no more than the page has.
    pub(super) rows: u32,
    planes: u64,
}

/// Tags of where each lies and of its bytes. Some writers give tiles the tags of strips.
const PLACED: [(u16, u16); 2] = [(tag::TILE_PLACES, tag::TILE_BYTES), (tag::STRIP_PLACES, tag::STRIP_BYTES)];

impl<'a, 'b> Chunks<'a, 'b> {
    /// Those of a page of a size in pixels.
    pub(super) fn of(first: &'a Directory<'b>, width: u32, height: u32) -> Self {
        let usable = |tag| first.number(tag).filter(|number| *number > 0);
        let wide = usable(tag::TILE_WIDTH);
        let rows = usable(if wide.is_some() { tag::TILE_HEIGHT } else { tag::ROWS_PER_STRIP });
        let planes = if first.number(tag::PLANAR) == Some(2) { first.number(tag::SAMPLES).unwrap_or(1).max(1) } else { 1 };
        Self {
            first,
            height,
            across: wide.map_or(1, |wide| u64::from(width).div_ceil(wide)),
            rows: rows.and_then(|rows| u32::try_from(rows).ok()).unwrap_or(height).clamp(1, height.max(1)),
            planes,
        }
    }

    /// How many rows lie in strips or tiles that have a place, in the plane that has fewest; `None` where the tags of places are not there.
    pub(super) fn rows_placed(&self) -> Option<u32> {
        let (places, bytes) = PLACED.into_iter().find(|(places, _)| self.first.number(*places).is_some())?;
        let placed = self.first.numbers(places).count();
        // Left out, the bytes follow from the places.
        let placed = if self.first.number(bytes).is_some() { placed.min(self.first.numbers(bytes).count()) } else { placed };
        let in_plane = self.across.saturating_mul(self.height.div_ceil(self.rows).into());
        let in_last = (placed as u64).saturating_sub(in_plane.saturating_mul(self.planes - 1));
        let rows = (in_last / self.across).saturating_mul(self.rows.into());
        Some(u32::try_from(rows).unwrap_or(u32::MAX).min(self.height))
    }

    /// The number of bytes of the first strip or tile that goes on behind a file's end: where it stands, and how the number of those that are
    /// there is written.
    pub(super) fn cut(&self, file_bytes: u64) -> Option<(u64, Vec<u8>)> {
        PLACED.into_iter().find_map(|(places, bytes)| {
            let mut placed = self.first.numbers(places).zip(self.first.numbers(bytes)).enumerate();
            let (n, (at, _)) = placed.find(|(_, (at, bytes))| *at < file_bytes && at.saturating_add(*bytes) > file_bytes)?;
            self.first.another_of(bytes, n, file_bytes - at)
        })
    }
}
