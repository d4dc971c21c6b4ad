//! How many blocks an image is stored in (MIL-STD-2500C, table A-3; the same fields in 2.0).

use super::Fields;
use assay_kit::Input;
use std::io;

/// Bytes of a band's description: what it stands for, its subcategory, its filter, then how many tables of colours there are, and how
/// long each is.
const BAND: usize = 2 + 6 + 1 + 3;
/// Bands that are passed over: of an image with more it is not told.
const MOST_BANDS: u32 = 1_000;

/// The blocks of an image across and down together, by what stands behind the descriptions of its bands, which begin at `at`.
pub(super) fn count(input: &mut Input, at: u64, bands: u32) -> io::Result<Option<u64>> {
    let mut at = at;
    if bands > MOST_BANDS {
        return Ok(None);
    }
    for _ in 0..bands {
        let mut band = Fields::at(input, at, BAND + 1 + 5)?;
        band.skip(BAND);
        let Some(tables) = band.number(1) else { return Ok(None) };
        let entries = if tables == 0 { Some(0) } else { band.number(5) };
        let Some(entries) = entries else { return Ok(None) };
        at = at.saturating_add((BAND + 1 + if tables == 0 { 0 } else { 5 }) as u64).saturating_add(tables * entries);
    }
    let mut fields = Fields::at(input, at, 1 + 1 + 4 + 4)?;
    fields.skip(1 + 1);
    let (across, down) = (fields.number(4), fields.number(4));
    Ok(across.zip(down).map(|(across, down)| across * down))
}
