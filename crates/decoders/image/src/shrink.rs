//! Makes a picture smaller while its rows arrive, so that no more of it is kept than its thumbnails need.

use crate::samples::{Decoded, Layout, Samples};
use assay_contract::exchange::Refusal;

/// Averages blocks of `factor` x `factor` pixels; alpha weighs the colours.
#[derive(Debug)]
pub(crate) struct Shrinker {
    width: u32,
    height: u32,
    layout: Layout,
    factor: u32,
    rows: u32,
    sums: Vec<u32>,
    counts: Vec<u32>,
    out: Vec<u8>,
}

impl Shrinker {
    /// For a picture of a size whose largest thumbnail has `longest_px`; twice that is kept, for a good filter to finish.
    pub(crate) fn new(width: u32, height: u32, layout: Layout, longest_px: u32) -> Self {
        // 64 keeps the sums of a block (64 * 64 * 255 * 255) within 32 bits.
        let factor = (width.max(height) / longest_px.saturating_mul(2).max(1)).clamp(1, 64);
        let across = width.div_ceil(factor) as usize;
        let sums = vec![0; across * layout.channels()];
        Self { width, height, layout, factor, rows: 0, sums, counts: vec![0; across], out: Vec::new() }
    }

    /// A picture that is there in whole: taken as it is where it needs no averaging, since at 12 megapixels a copy costs more than a thumbnail.
    pub(crate) fn whole(samples: Samples, longest_px: u32, damage: Option<String>) -> Result<Decoded, Refusal> {
        let mut shrinker = Self::new(samples.width, samples.height, samples.layout, longest_px);
        if shrinker.factor == 1 {
            return Ok(Decoded { samples, damage, issues: Vec::new() });
        }
        for row in samples.bytes.chunks(samples.width as usize * samples.layout.channels()) {
            shrinker.push(row);
        }
        shrinker.finish(damage)
    }

    /// Takes the next row; one of another length, or one too many, is left out.
    pub(crate) fn push(&mut self, row: &[u8]) {
        let channels = self.layout.channels();
        if row.len() != self.width as usize * channels || self.rows >= self.height {
            return;
        }
        if self.rows == 0 {
            // Once for all: a vector that grows copies itself again and again.
            let down = self.height.div_ceil(self.factor) as usize;
            self.out.reserve_exact(self.sums.len() * down);
        }
        self.rows += 1;
        if self.factor == 1 {
            self.out.extend_from_slice(row);
            return;
        }
        let blocks = row.chunks(self.factor as usize * channels);
        for ((block, sums), count) in blocks.zip(self.sums.chunks_exact_mut(channels)).zip(&mut self.counts) {
            for pixel in block.chunks_exact(channels) {
                let weight = match pixel.last() {
                    Some(alpha) if self.layout.has_alpha() => u32::from(*alpha),
                    _ => 1,
                };
                for (sum, sample) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(*sample) * weight;
                }
                *count += if self.layout.has_alpha() { weight } else { 1 };
            }
        }
        if self.rows.is_multiple_of(self.factor) || self.rows == self.height {
            self.close_blocks();
        }
    }

    fn close_blocks(&mut self) {
        let channels = self.layout.channels();
        let rows = (self.rows - 1) % self.factor + 1;
        for (column, (sums, count)) in self.sums.chunks_exact_mut(channels).zip(&mut self.counts).enumerate() {
            let begin = u32::try_from(column).unwrap_or(u32::MAX).saturating_mul(self.factor);
            let pixels = rows * self.factor.min(self.width.saturating_sub(begin)).max(1);
            let (last, total) = (sums.len() - 1, *count);
            for (place, sum) in sums.iter_mut().enumerate() {
                // Alpha's own mean is over all pixels, a colour's over those that show it.
                let mean = if self.layout.has_alpha() && place == last {
                    (total + pixels / 2) / pixels
                } else {
                    (*sum + total / 2).checked_div(total).unwrap_or(0)
                };
                self.out.push(u8::try_from(mean).unwrap_or(u8::MAX));
                *sum = 0;
            }
            *count = 0;
        }
    }

    /// How many rows came.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// The small picture. Where rows are missing the rest is mid-gray (transparent where there is alpha) and `why` is the damage; without a
    /// single row there is none.
    pub(crate) fn finish(mut self, why: Option<String>) -> Result<Decoded, Refusal> {
        if self.rows == 0 {
            return Err(Refusal::corrupt(why.unwrap_or_else(|| "no row of the picture could be read".to_owned())));
        }
        let damage = match (self.rows < self.height, why) {
            (false, None) => None,
            (false, Some(why)) => Some(why),
            (true, why) => {
                let why = why.unwrap_or_else(|| "the file ends early".to_owned());
                Some(format!("{} of {} rows were read: {why}", self.rows, self.height))
            }
        };
        if self.rows < self.height && !self.rows.is_multiple_of(self.factor) {
            self.close_blocks();
        }
        let (width, height) = (self.width.div_ceil(self.factor), self.height.div_ceil(self.factor));
        let ground = match self.layout {
            Layout::GrayAlpha | Layout::Rgba => 0,
            Layout::Gray | Layout::Rgb | Layout::Cmyk => 128,
        };
        self.out.resize(width as usize * height as usize * self.layout.channels(), ground);
        Ok(Decoded { samples: Samples { width, height, layout: self.layout, bytes: self.out }, damage, issues: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_averaged_and_the_edge_is_kept() {
        let mut shrinker = Shrinker::new(5, 3, Layout::Gray, 1);
        assert_eq!(shrinker.factor, 2);
        for row in [[0, 100, 10, 10, 7], [100, 0, 10, 10, 9], [4, 6, 8, 8, 200]] {
            shrinker.push(&row);
        }
        let decoded = shrinker.finish(None).unwrap();
        assert_eq!((decoded.samples.width, decoded.samples.height), (3, 2));
        assert_eq!(decoded.samples.bytes, [50, 10, 8, 5, 8, 200]);
        assert_eq!(decoded.damage, None);
    }

    #[test]
    fn a_hidden_colour_does_not_bleed_into_a_shown_one() {
        let mut shrinker = Shrinker::new(2, 2, Layout::Rgba, 0);
        shrinker.push(&[255, 0, 0, 255, 0, 255, 0, 0]);
        shrinker.push(&[0, 255, 0, 0, 0, 255, 0, 0]);
        assert_eq!(shrinker.finish(None).unwrap().samples.bytes, [255, 0, 0, 64]);
    }

    #[test]
    fn a_whole_picture_gives_what_its_rows_give() {
        let bytes: Vec<u8> = (0..5 * 3).map(|sample| sample * 17).collect();
        for longest_px in [1, 100] {
            let mut shrinker = Shrinker::new(5, 3, Layout::Gray, longest_px);
            bytes.chunks(5).for_each(|row| shrinker.push(row));
            let samples = Samples { width: 5, height: 3, layout: Layout::Gray, bytes: bytes.clone() };
            let whole = Shrinker::whole(samples, longest_px, None).unwrap();
            assert_eq!(whole.samples.bytes, shrinker.finish(None).unwrap().samples.bytes, "{longest_px}");
        }
    }

    #[test]
    fn missing_rows_are_said_and_filled() {
        let mut shrinker = Shrinker::new(1, 3, Layout::Gray, 100);
        shrinker.push(&[9]);
        let decoded = shrinker.finish(None).unwrap();
        assert_eq!(decoded.samples.bytes, [9, 128, 128]);
        assert_eq!(decoded.damage.unwrap(), "1 of 3 rows were read: the file ends early");
        assert!(Shrinker::new(1, 3, Layout::Gray, 100).finish(None).is_err());
    }
}
