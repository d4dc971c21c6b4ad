//! QOI (<https://qoiformat.org/qoi-specification.pdf>): a header of 14 bytes, pixels from the image crate.

use crate::bytes::be32;
use crate::format::Wish;
use crate::samples::Decoded;
use crate::seen::Seen;
use crate::whole;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use image::codecs::qoi::QoiDecoder;

/// The signature.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"qoif")
}

/// Reads the header.
pub(crate) fn look(bytes: &[u8], _: &DecodeLimits) -> Result<Seen, Refusal> {
    let (Some(width @ 1..), Some(height @ 1..), Some(channels @ 3..=4)) = (be32(bytes, 4), be32(bytes, 8), bytes.get(12).copied()) else {
        return Err(Refusal::corrupt("the header gives no usable size"));
    };
    let mut seen = Seen::still(width, height);
    seen.details.color_model = Some("rgb".to_owned());
    seen.details.bit_depth = Some(8);
    seen.details.channels = Some(channels);
    seen.details.has_alpha = Some(channels == 4);
    // Colour space 1: all channels are linear.
    seen.gamma = (bytes.get(13) == Some(&1)).then_some(1.0);
    Ok(seen)
}

/// Decodes it whole.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    whole::decode(QoiDecoder::new(bytes).map_err(|error| whole::refusal(&error))?, seen, wish)
}
