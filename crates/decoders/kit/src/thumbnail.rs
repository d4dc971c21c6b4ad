//! A small picture as bytes: lossy WebP or baseline JPEG.

use crate::picture::{Picture, Pixels};
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::profile::{ThumbnailFormat, ThumbnailSpec};
use std::borrow::Cow;

/// Encodes a picture as the spec says. JPEG has no alpha: transparent pixels are laid on white.
pub fn encode(picture: &Picture, spec: &ThumbnailSpec) -> Result<Vec<u8>, Refusal> {
    match spec.format {
        ThumbnailFormat::Webp => webp(picture, spec.quality),
        ThumbnailFormat::Jpeg => jpeg(picture, spec.quality),
    }
}

fn webp(picture: &Picture, quality: u8) -> Result<Vec<u8>, Refusal> {
    let picture = if picture.is_transparent() { Cow::Borrowed(picture) } else { without_alpha(picture) };
    let encoder = match picture.pixels() {
        Pixels::Rgb8 => webp::Encoder::from_rgb(picture.bytes(), picture.width(), picture.height()),
        Pixels::Rgba8 => webp::Encoder::from_rgba(picture.bytes(), picture.width(), picture.height()),
    };
    let encoded = encoder.encode_simple(false, f32::from(quality)).map_err(|error| not_encoded(format!("{error:?}")))?;
    Ok(encoded.to_vec())
}

fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, Refusal> {
    let flat = without_alpha(picture);
    let (width, height) = (flat.width() as usize, flat.height() as usize);
    let image = turbojpeg::Image { pixels: flat.bytes(), width, pitch: width * 3, height, format: turbojpeg::PixelFormat::RGB };
    let mut compressor = turbojpeg::Compressor::new().map_err(not_encoded)?;
    compressor.set_quality(quality.clamp(1, 100).into()).map_err(not_encoded)?;
    compressor.set_subsamp(turbojpeg::Subsamp::Sub2x2).map_err(not_encoded)?;
    compressor.compress_to_vec(image).map_err(not_encoded)
}

/// Laid on white, and copied only where there is alpha: most pictures have none.
fn without_alpha(picture: &Picture) -> Cow<'_, Picture> {
    match picture.pixels() {
        Pixels::Rgb8 => Cow::Borrowed(picture),
        Pixels::Rgba8 => Cow::Owned(picture.clone().on_white()),
    }
}

fn not_encoded(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::Internal, format!("the thumbnail could not be encoded: {error}"))
}
