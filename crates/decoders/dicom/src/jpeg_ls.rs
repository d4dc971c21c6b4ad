//! JPEG-LS frames (ISO/IEC 14495-1), by CharLS.

use crate::ffi::charls;
use crate::frame::{Frame, Model, Order, Samples, Shape, check_memory};
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;

/// The library's version.
pub(crate) fn version() -> String {
    charls::version()
}

/// Decodes a frame.
pub(crate) fn decode(bytes: &[u8], shape: Shape, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    if !has_end(bytes) {
        return Err(Refusal::corrupt("a JPEG-LS frame ends early"));
    }
    let frame = charls::Frame::open(bytes).map_err(Refusal::corrupt)?;
    let info = frame.info;
    let channels = match info.components {
        1 => 1,
        3 => 3,
        other => return Err(Refusal::unsupported(format!("a JPEG-LS frame of {other} components"))),
    };
    let order = if frame.in_planes { Order::Planes } else { Order::Pixels };
    let bits = u16::try_from(info.bits).unwrap_or(16);
    let model =
        if channels == 3 && matches!(shape.model, Model::Gray | Model::Inverted | Model::Palette) { Model::Rgb } else { shape.model };
    let stored = if channels == 3 { bits } else { shape.stored };
    let shape = Shape { channels, order, shift: 0, stored, model, ..shape.sized(info.width, info.height)? };
    let sample_bytes = if bits > 8 { 2 } else { 1 };
    check_memory(limits, shape.samples() * sample_bytes * 2 + shape.pixels() * 3)?;
    let mut raw = vec![0; usize::try_from(shape.samples() * sample_bytes).unwrap_or(0)];
    let damage = match frame.decode(&mut raw) {
        Ok(()) => None,
        // The rows that came before the damage lie in the buffer.
        Err(why) if raw.iter().any(|byte| *byte != 0) => Some(why),
        Err(why) => return Err(Refusal::corrupt(why)),
    };
    let samples = if bits > 8 {
        Samples::Words(raw.as_chunks::<2>().0.iter().map(|pair| u16::from_ne_bytes(*pair)).collect())
    } else {
        Samples::Bytes(raw)
    };
    Frame::new(shape, samples, damage)
}

/// Whether the end marker stands near the end. CharLS 2.4.1 spends seven seconds of CPU time on a frame of 512 x 512 that was cut, then gives
/// it up.
fn has_end(bytes: &[u8]) -> bool {
    const NEAR: usize = 64;
    bytes.get(bytes.len().saturating_sub(NEAR)..).unwrap_or_default().windows(2).any(|two| two == [0xff, 0xd9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_was_cut_is_known_by_its_missing_end() {
        let whole = [&[7; 500], [0xff, 0xd9, 0].as_slice()].concat();
        assert!(has_end(&whole) && has_end(&[0xff, 0xd9]));
        assert!(!has_end(&whole[..400]) && !has_end(&[]));
    }
}
