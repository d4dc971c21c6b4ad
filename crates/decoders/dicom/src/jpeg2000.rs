//! JPEG 2000 frames (ISO/IEC 15444-1) and their high-throughput form (15444-15), by OpenJPEG.

use crate::frame::{Frame, Model, Order, Samples, Shape, Sign, check_memory};
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
pub(crate) use assay_openjpeg::version;
use assay_openjpeg::{Ask, Component, Failure, Wrapping};

/// Bytes for each sample while decoding: four in the tile, four in the picture, four as a word of at most 32 bits.
const BYTES: u64 = 12;

/// How many times as many samples a codestream may have as the data set says: other components, and a size that is a little off.
const MOST_SAMPLES: u64 = 8;

/// Decodes a frame.
pub(crate) fn decode(frame: &[u8], shape: Shape, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    let wrapping = if frame.starts_with(&[0xff, 0x4f]) { Wrapping::Codestream } else { Wrapping::Boxes };
    // Asked before anything is decoded: a size that is far from what the data set says is refused by the library's header alone.
    let samples = (limits.memory_bytes / 4 * 3 / BYTES).min(shape.samples().saturating_mul(MOST_SAMPLES));
    let picture = assay_openjpeg::decode(frame, Ask { wrapping, halvings: 0, samples }).map_err(|failure| match failure {
        Failure::Memory => Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", limits.memory_bytes + 1, limits.memory_bytes)),
        Failure::Damaged(words) => Refusal::corrupt(words),
    })?;
    let components: Vec<Component<'_>> = picture.components().collect();
    let [first, rest @ ..] = components.as_slice() else { return Err(Refusal::corrupt("a frame has no components")) };
    let channels = match (rest.len(), shape.channels) {
        (0, _) | (_, 1) => 1,
        (2.., _) => 3,
        (other, _) => return Err(Refusal::unsupported(format!("a JPEG 2000 frame of {} components", other + 1))),
    };
    if rest.iter().take(channels - 1).any(|plane| (plane.width(), plane.height()) != (first.width(), first.height())) {
        return Err(Refusal::unsupported("a JPEG 2000 frame whose colours are coarser than its luma"));
    }
    // The sign that the samples were coded with, or the data set's: some say only one of them.
    let sign = if first.is_signed() { Sign::Signed } else { shape.sign };
    let model = match shape.model {
        _ if channels == 1 && shape.channels != 1 => Model::Gray,
        Model::Gray | Model::Inverted | Model::Palette if channels == 3 => Model::Rgb,
        // The library has undone the transform of the codestream itself.
        Model::Ybr | Model::YbrPartial if has_transform(frame) => Model::Rgb,
        model => model,
    };
    let stored = if channels == 3 || shape.stored > 16 { u16::try_from(first.bits()).unwrap_or(16) } else { shape.stored };
    let shape = Shape {
        channels: u32::try_from(channels).unwrap_or(1),
        order: Order::Planes,
        shift: 0,
        stored,
        sign,
        model,
        ..shape.sized(first.width(), first.height())?
    };
    check_memory(limits, shape.samples() * 6 + shape.pixels() * 3)?;
    let samples = if first.bits() > 16 {
        Samples::Longs(
            components.iter().take(channels).flat_map(|plane| plane.samples().iter().map(|sample| sample.cast_unsigned())).collect(),
        )
    } else {
        Samples::Words(components.iter().take(channels).copied().flat_map(words).collect())
    };
    Frame::new(shape, samples, picture.damage().map(str::to_owned))
}

/// The low bits of a plane's numbers: with the sign they are what the data set would store.
fn words(plane: Component<'_>) -> impl Iterator<Item = u16> {
    plane.samples().iter().map(|sample| {
        let [low, high, ..] = sample.to_le_bytes();
        u16::from_le_bytes([low, high])
    })
}

/// Whether the codestream's default coding style has a transform of colours (15444-1, A.6.1).
fn has_transform(frame: &[u8]) -> bool {
    let begin = frame.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]).unwrap_or(0);
    let mut at = begin + 2;
    while let Some([0xff, marker, high, low]) = frame.get(at..at.saturating_add(4)) {
        match marker {
            0x52 => return frame.get(at + 8).is_some_and(|transform| *transform & 1 == 1),
            0x90 => return false,
            _ => at = at.saturating_add(2).saturating_add(u16::from_be_bytes([*high, *low]).into()),
        }
    }
    false
}
