//! Whether a TIFF is cloud optimised: its directories first, overviews before the full resolution, tiles (OGC 21-026).
//!
//! The rules are those of GDAL's own validator, `validate_cloud_optimized_geotiff.py`; each is a sentence here.

use crate::ffi::{Band, Dataset};
use assay_contract::details::Cog;

/// Bytes of the file's begin that are looked at.
pub(crate) const HEAD_BYTES: usize = 4096;
/// Up to here a raster needs neither tiles nor overviews, pixels.
const SMALL: u32 = 512;
/// Strips as wide as this are as good as tiles, pixels.
const WIDEST_STRIP: u32 = 1024;
/// Blocks that are asked for the first one that is in the file: a sparse file may have none.
const MOST_BLOCKS: u32 = 256;

/// GDAL's note to itself between header and first directory: its length in six digits, then as many bytes.
const NOTE: &[u8] = b"GDAL_STRUCTURAL_METADATA_SIZE=";
const NOTE_HEAD_BYTES: usize = 43;

/// Where the parts of one resolution lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) size: (u32, u32),
    pub(crate) block: (u32, u32),
    /// Of its directory, in the file.
    pub(crate) directory: u64,
    /// Of its first block that is not empty; 0 where all are.
    pub(crate) first_block: u64,
}

impl Level {
    fn of(band: Band<'_>) -> Option<Self> {
        let (size, block) = (band.size(), band.block());
        let directory = band.directory()?;
        let across = size.0.div_ceil(block.0.max(1)).max(1);
        let down = size.1.div_ceil(block.1.max(1));
        let places = (0..across.saturating_mul(down).min(MOST_BLOCKS)).map(|n| (n % across, n / across));
        let first_block = places
            .filter_map(|(x, y)| band.item("TIFF", &format!("BLOCK_OFFSET_{x}_{y}")))
            .find_map(|offset| offset.parse().ok().filter(|offset| *offset > 0))
            .unwrap_or(0);
        Some(Self { size, block, directory, first_block })
    }

    fn is_small(&self) -> bool {
        self.size.0.max(self.size.1) <= SMALL
    }

    fn is_in_wide_strips(&self) -> bool {
        self.block.0 == self.size.0 && self.block.0 > WIDEST_STRIP
    }
}

/// The full resolution and its overviews, as they lie in the file. `None` where the library can't tell.
pub(crate) fn levels(dataset: &Dataset<'_>) -> Option<Vec<Level>> {
    let band = dataset.band(1)?;
    let overviews = (0..band.overview_count()).filter_map(|number| band.overview(number));
    std::iter::once(band).chain(overviews).map(Level::of).collect()
}

/// How the full resolution is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Strips,
    Tiles,
}

/// Judges a file by its first bytes, its layout and the places of its levels, the full resolution first.
pub(crate) fn judge(head: &[u8], layout: Layout, levels: &[Level]) -> Cog {
    let mut reasons = Vec::new();
    if let Some((full, overviews)) = levels.split_first() {
        begin(head, full, &mut reasons);
        // The standard wants tiles; the validator lets strips pass that are no wider than a large tile.
        if !full.is_small() && (layout == Layout::Strips || full.is_in_wide_strips()) {
            reasons.push(format!("It is more than {SMALL} pixels wide or high, but not tiled."));
        }
        let mut before = full;
        for (number, overview) in overviews.iter().enumerate() {
            let (is_first, last) =
                (number == 0, if number == 0 { "the full resolution".to_owned() } else { format!("overview {}", number - 1) });
            if overview.size.0 > before.size.0 || overview.size.1 > before.size.1 {
                reasons.push(format!("Overview {number} is larger than {last}."));
            }
            if overview.is_in_wide_strips() {
                reasons.push(format!("Overview {number} is not tiled."));
            }
            if overview.directory < before.directory {
                let whose = if is_first { "of the full resolution" } else { "of the overview before it" };
                reasons.push(format!("The directory of overview {number} lies before that {whose}."));
            }
            before = overview;
        }
        blocks(levels, &mut reasons);
    }
    Cog { valid: reasons.is_empty(), reasons }
}

/// The first directory comes first, behind the header and GDAL's note.
fn begin(head: &[u8], full: &Level, reasons: &mut Vec<String>) {
    let is_big = matches!(head.get(2..4), Some([43, 0] | [0, 43]));
    let mut expected: u64 = if is_big { 16 } else { 8 };
    let rest = head.get(if is_big { 16 } else { 8 }..).unwrap_or_default();
    if rest.starts_with(NOTE) {
        let digits = rest.get(NOTE.len()..NOTE.len() + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        let bytes: usize = digits.and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let note = rest.get(NOTE_HEAD_BYTES..).map(|rest| rest.get(..bytes).unwrap_or(rest)).unwrap_or_default();
        if note.windows(30).any(|words| words == b"KNOWN_INCOMPATIBLE_EDITION=YES") {
            reasons.push("It was edited by software that did not keep it optimised.".to_owned());
        }
        expected += (NOTE_HEAD_BYTES + bytes) as u64;
        expected += expected % 2;
    }
    if full.directory != expected {
        reasons.push(format!("The first directory lies at byte {} instead of {expected}.", full.directory));
    }
}

/// Pixels lie behind all directories, the smallest overview first.
fn blocks(levels: &[Level], reasons: &mut Vec<String>) {
    let names = |number: usize| if number == 0 { "the full resolution".to_owned() } else { format!("overview {}", number - 1) };
    if let Some(last) = levels.last().filter(|last| last.first_block != 0 && last.first_block < last.directory) {
        let whose = names(levels.len() - 1);
        reasons.push(format!("The first block of {whose} lies at byte {}, before its directory.", last.first_block));
    }
    for (number, pair) in levels.windows(2).enumerate().rev() {
        if let [larger, smaller] = pair
            && larger.first_block != 0
            && larger.first_block < smaller.first_block
        {
            reasons.push(format!("The first block of {} lies before that of {}.", names(number), names(number + 1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(side: u32, block: u32, directory: u64, first_block: u64) -> Level {
        Level { size: (side, side), block: (block, block), directory, first_block }
    }

    fn reasons(levels: &[Level]) -> Vec<String> {
        judge(b"II*\0\x08\0\0\0", Layout::Tiles, levels).reasons
    }

    #[test]
    fn directories_first_and_the_smallest_pixels_before_the_others_is_valid() {
        let levels = [level(4096, 512, 8, 900), level(2048, 512, 200, 700), level(1024, 512, 400, 600)];
        assert_eq!(judge(b"II*\0", Layout::Tiles, &levels), Cog { valid: true, reasons: vec![] });
        assert!(judge(b"II+\0", Layout::Tiles, &[level(4096, 512, 16, 900)]).valid);
        let mut noted = b"II*\0\xc0\0\0\0GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n".to_vec();
        noted.resize(300, b' ');
        assert!(judge(&noted, Layout::Tiles, &[level(4096, 512, 8 + 43 + 140 + 1, 900)]).valid);
    }

    #[test]
    fn each_rule_that_is_broken_is_told() {
        assert_eq!(reasons(&[level(4096, 512, 9000, 100)]).len(), 2, "directory at the end, pixels before it");
        let untiled = ["It is more than 512 pixels wide or high, but not tiled."];
        assert_eq!(reasons(&[level(4096, 4096, 8, 100)]), untiled);
        assert_eq!(judge(b"II*\0", Layout::Strips, &[level(513, 513, 8, 100)]).reasons, untiled);
        let upside_down = [level(4096, 512, 8, 600), level(2048, 512, 200, 700)];
        assert_eq!(reasons(&upside_down), ["The first block of the full resolution lies before that of overview 0."]);
        let earlier = [level(4096, 512, 8, 900), level(2048, 512, 400, 700), level(1024, 512, 200, 600)];
        assert_eq!(reasons(&earlier), ["The directory of overview 1 lies before that of the overview before it."]);
        let grown = [level(1024, 512, 8, 900), level(2048, 512, 400, 700)];
        assert_eq!(reasons(&grown), ["Overview 0 is larger than the full resolution."]);
        let mut edited = b"II*\0\xc0\0\0\0GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\nKNOWN_INCOMPATIBLE_EDITION=YES\n".to_vec();
        edited.resize(300, b' ');
        assert_eq!(judge(&edited, Layout::Tiles, &[level(4096, 512, 192, 900)]).reasons.len(), 1);
    }

    #[test]
    fn a_sparse_level_and_a_small_one_break_no_rule() {
        assert_eq!(reasons(&[level(4096, 512, 8, 0), level(2048, 512, 200, 700)]), Vec::<String>::new());
        for layout in [Layout::Strips, Layout::Tiles] {
            assert_eq!(judge(b"II*\0", layout, &[level(512, 512, 8, 700)]).reasons, Vec::<String>::new());
        }
    }
}
