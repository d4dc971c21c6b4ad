//! Colours of three samples as red, green and blue of eight bits.

use crate::frame::{Frame, Model};

/// A pixel's colour.
pub(crate) fn of(frame: &Frame, pixel: usize) -> [u8; 3] {
    let most = f64::from(u32::MAX.unbounded_shr(32 - u32::from(frame.shape.stored.clamp(1, 32))));
    let samples = [0, 1, 2].map(|channel| frame.value(frame.index(pixel, channel)) * 255.0 / most);
    let [luma, blue, red] = samples;
    let rgb = match frame.shape.model {
        Model::Ybr => from_chroma(luma, blue - 128.0, red - 128.0),
        Model::YbrPartial => from_chroma((luma - 16.0) * 255.0 / 219.0, (blue - 128.0) * 255.0 / 224.0, (red - 128.0) * 255.0 / 224.0),
        Model::Rgb | Model::Gray | Model::Inverted | Model::Palette => samples,
    };
    rgb.map(byte)
}

/// BT.601, as DICOM PS3.3, C.7.6.3.1.2 has it.
fn from_chroma(luma: f64, blue: f64, red: f64) -> [f64; 3] {
    [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue]
}

/// The nearest byte.
pub(crate) fn byte(number: f64) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 in the same line; a NaN becomes 0")]
    let byte = number.round().clamp(0.0, 255.0) as u8;
    byte
}
