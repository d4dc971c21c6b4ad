//! The floor: decode, resize and encode by the libraries alone, with the calls and settings of the image decoder.

use crate::processes;
use anyhow::{Context, Result};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use std::time::{Duration, Instant};

/// Where a bare loop's CPU time goes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Floor {
    /// JPEG to pixels, scaled while decoding.
    pub(crate) decode: Duration,
    /// Pixels to both sizes.
    pub(crate) resize: Duration,
    /// Both thumbnails to bytes.
    pub(crate) encode: Duration,
    /// Wall clock of the whole loop, on one core.
    pub(crate) wall: Duration,
}

impl Floor {
    /// CPU time of the whole loop.
    pub(crate) fn total(&self) -> Duration {
        self.decode + self.resize + self.encode
    }
}

/// The larger of the two thumbnails of the profile `default`, pixels, and its JPEG quality.
const PREVIEW: (u32, i32) = (1024, 82);
/// The smaller, and its WebP quality.
const GRID: (u32, f32) = (256, 80.0);

/// Works through `count` pictures, one after another on this thread, going round the given ones.
pub(crate) fn bare_loop(photos: &[Vec<u8>], count: usize) -> Result<Floor> {
    let (mut floor, began) = (Floor::default(), Instant::now());
    for photo in photos.iter().cycle().take(count) {
        one(photo, &mut floor)?;
    }
    floor.wall = began.elapsed();
    Ok(floor)
}

fn one(photo: &[u8], floor: &mut Floor) -> Result<()> {
    let began = processes::own();
    let whole = decode(photo)?;
    let decoded = processes::own();
    // As the decoder does: the small one from the larger one.
    let preview = fitted(&whole, PREVIEW.0)?;
    let grid = fitted(&preview, GRID.0)?;
    let resized = processes::own();
    let mut compressor = turbojpeg::Compressor::new()?;
    compressor.set_quality(PREVIEW.1)?;
    compressor.set_subsamp(turbojpeg::Subsamp::Sub2x2)?;
    let jpeg = compressor.compress_to_vec(preview.as_deref())?;
    let webp = webp::Encoder::from_rgb(&grid.pixels, u32::try_from(grid.width)?, u32::try_from(grid.height)?)
        .encode_simple(false, GRID.1)
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    anyhow::ensure!(!jpeg.is_empty() && !webp.is_empty(), "a thumbnail is empty");
    floor.decode += decoded.saturating_sub(began);
    floor.resize += resized.saturating_sub(decoded);
    floor.encode += processes::own().saturating_sub(resized);
    Ok(())
}

fn decode(photo: &[u8]) -> Result<turbojpeg::Image<Vec<u8>>> {
    let mut decompressor = turbojpeg::Decompressor::new()?;
    let header = decompressor.read_header(photo)?;
    let longest = header.width.max(header.height);
    // The smallest power of two that leaves at least the preview's size.
    let preview = PREVIEW.0 as usize;
    let factor = [8, 4, 2].into_iter().find(|factor| longest.div_ceil(*factor) >= preview).unwrap_or(1);
    let scale = turbojpeg::ScalingFactor::new(1, factor);
    decompressor.set_scaling_factor(scale)?;
    let (width, height) = (scale.scale(header.width), scale.scale(header.height));
    let mut image =
        turbojpeg::Image { pixels: vec![0; width * height * 3], width, pitch: width * 3, height, format: turbojpeg::PixelFormat::RGB };
    decompressor.decompress(photo, image.as_deref_mut()).context("the photo can't be decoded")?;
    Ok(image)
}

fn fitted(image: &turbojpeg::Image<Vec<u8>>, max_px: u32) -> Result<turbojpeg::Image<Vec<u8>>> {
    let max = max_px as usize;
    let longest = image.width.max(image.height);
    if longest <= max {
        return Ok(image.clone());
    }
    let shrunk = |side: usize| ((side * max + longest / 2) / longest).max(1);
    let (width, height) = (shrunk(image.width), shrunk(image.height));
    let mut pixels = vec![0; width * height * 3];
    let from = TypedImageRef::<U8x3>::from_buffer(u32::try_from(image.width)?, u32::try_from(image.height)?, &image.pixels)?;
    let mut to = TypedImage::<U8x3>::from_buffer(u32::try_from(width)?, u32::try_from(height)?, &mut pixels)?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize_typed(&from, &mut to, &options)?;
    Ok(turbojpeg::Image { pixels, width, pitch: width * 3, height, format: turbojpeg::PixelFormat::RGB })
}
