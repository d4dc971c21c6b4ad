//! Frames of deflated numbers (DICOM PS3.5, A.4.13), inflated no further than a frame is long.

use crate::frame::{Frame, Shape, check_memory};
use crate::native;
use crate::walk::Pixels;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use flate2::read::DeflateDecoder;
use std::io::Read;

/// Inflates a frame.
pub(crate) fn decode(frame: &[u8], shape: Shape, pixels: &Pixels, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    let most = (shape.samples() * u64::from(shape.allocated)).div_ceil(8);
    check_memory(limits, most * 3)?;
    let mut bytes = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
    // What came before a damage is a frame that ends early.
    let outcome = DeflateDecoder::new(frame).take(most).read_to_end(&mut bytes);
    if bytes.is_empty() && outcome.is_err() {
        return Err(Refusal::corrupt("a deflated frame can't be inflated"));
    }
    native::fragment(&bytes, shape, pixels, limits)
}
