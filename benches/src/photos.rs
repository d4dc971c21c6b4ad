//! Pictures that weigh what a camera's do: smooth areas, edges and grain, the same ones from the same seed.

use crate::random::Random;
use anyhow::{Context, Result};

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// 4000 × 3000, about 4 MB: what a phone makes.
    TwelveMegapixels,
    /// 640 × 480, about 64 KB: what a scraper keeps.
    SixtyFourKilobytes,
}

impl Size {
    /// How the figures call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TwelveMegapixels => "12-megapixel JPEG",
            Self::SixtyFourKilobytes => "64-KB JPEG",
        }
    }

    const fn sides(self) -> (u32, u32) {
        match self {
            Self::TwelveMegapixels => (4000, 3000),
            Self::SixtyFourKilobytes => (640, 480),
        }
    }

    /// How strong the grain is: it decides how many bytes there are.
    const fn grain(self) -> u32 {
        match self {
            Self::TwelveMegapixels => 14,
            Self::SixtyFourKilobytes => 7,
        }
    }
}

/// One JPEG, 4:2:0, quality 85.
pub(crate) fn photo(size: Size, seed: u64) -> Result<Vec<u8>> {
    let (width, height) = size.sides();
    let pixels = pixels(width, height, size.grain(), seed);
    let (width, height) = (usize::try_from(width)?, usize::try_from(height)?);
    let image = turbojpeg::Image { pixels: pixels.as_slice(), width, pitch: width * 3, height, format: turbojpeg::PixelFormat::RGB };
    let mut compressor = turbojpeg::Compressor::new()?;
    compressor.set_quality(85)?;
    compressor.set_subsamp(turbojpeg::Subsamp::Sub2x2)?;
    compressor.compress_to_vec(image).context("a photo can't be made")
}

fn pixels(width: u32, height: u32, grain: u32, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let discs: Vec<[u32; 6]> = (0..60)
        .map(|_| {
            [
                random.below(width),
                random.below(height),
                width / 40 + random.below(width / 8),
                random.below(256),
                random.below(256),
                random.below(256),
            ]
        })
        .collect();
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let ground = [x * 200 / width, y * 200 / height, (x + y) * 200 / (width + height)];
            let disc = discs.iter().find(|[at_x, at_y, radius, ..]| {
                let (dx, dy) = (u64::from(x.abs_diff(*at_x)), u64::from(y.abs_diff(*at_y)));
                dx * dx + dy * dy < u64::from(*radius) * u64::from(*radius)
            });
            let colour = disc.map_or(ground, |[.., red, green, blue]| [*red, *green, *blue]);
            // Sensors' grain is mostly of light: one sample for all three channels.
            let noise = random.below(grain * 2 + 1);
            pixels.extend(colour.map(|channel| u8::try_from((channel + noise).saturating_sub(grain).min(255)).unwrap_or(255)));
        }
    }
    pixels
}
