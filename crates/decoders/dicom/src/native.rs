//! Frames that lie as numbers, one behind the other (DICOM PS3.5, chapter 8).

use crate::encoding::Endian;
use crate::frame::{Frame, Model, Order, Samples, Shape, Sign, check_memory};
use crate::source::Source;
use crate::walk::Pixels;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use assay_kit::Stop;
use dicom_core::VR;
use dicom_dictionary_std::tags;

/// Reads the frame in the middle.
pub(crate) fn middle(source: &mut Source<'_>, pixels: &Pixels, shape: Shape, frames: u64, limits: &DecodeLimits) -> Result<Frame, Stop> {
    let shape = if pixels.tag == tags::PIXEL_DATA { shape } else { Shape { sign: Sign::Unsigned, order: Order::Pixels, ..shape } };
    let length = u64::from(pixels.length.unwrap_or(0));
    let bits = bits(shape);
    // Samples, the same as bytes of the file, and the picture of it.
    check_memory(limits, bits / 8 * 2 + shape.pixels() * 3)?;
    let whole = length.saturating_mul(8) / bits.max(1);
    let index = whole.min(frames) / 2;
    let mut damage = (whole < frames && frames > 1).then(|| format!("{frames} frames are told and {whole} are there"));
    // A single bit may begin in the middle of a byte.
    let (first_bit, last_bit) = (index * bits, (index + 1) * bits);
    let swaps = pixels.endian == Endian::Big && shape.allocated <= 8 && pixels.vr == Some(VR::OW);
    let mut first = first_bit / 8;
    if swaps {
        first &= !1;
    }
    let wanted = last_bit.div_ceil(8).saturating_sub(first);
    let wanted = if swaps { wanted.next_multiple_of(2) } else { wanted };
    let mut bytes = match source.go(pixels.at.saturating_add(first)).and_then(|()| source.bytes(wanted.min(length.saturating_sub(first)))) {
        Ok(bytes) => bytes,
        Err(broken) => return Err(broken.refusal(limits)?.into()),
    };
    if bytes.is_empty() {
        return Err(Refusal::corrupt("there are no pixels").into());
    }
    if (bytes.len() as u64) < wanted && last_bit.div_ceil(8) > first + bytes.len() as u64 {
        damage.get_or_insert_with(|| "the pixels end early".to_owned());
    }
    if swaps {
        bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
    }
    // What is missing is black.
    bytes.resize(usize::try_from(wanted).unwrap_or(0), 0);
    let skipped_bits = first_bit - first * 8;
    Ok(unpack(&bytes, skipped_bits, shape, pixels, damage)?)
}

/// Bits of a frame.
fn bits(shape: Shape) -> u64 {
    if shape.shares_chroma && shape.allocated == 8 { shape.pixels() * 16 } else { shape.samples() * u64::from(shape.allocated) }
}

/// A frame of a fragment, whole or not.
pub(crate) fn fragment(bytes: &[u8], shape: Shape, pixels: &Pixels, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    let wanted = bits(shape).div_ceil(8);
    check_memory(limits, wanted * 2 + shape.pixels() * 3)?;
    let damage = ((bytes.len() as u64) < wanted).then(|| "the frame ends early".to_owned());
    let mut bytes = bytes.to_vec();
    bytes.resize(usize::try_from(wanted).unwrap_or(0), 0);
    unpack(&bytes, 0, shape, pixels, damage)
}

fn unpack(bytes: &[u8], skipped_bits: u64, shape: Shape, pixels: &Pixels, damage: Option<String>) -> Result<Frame, Refusal> {
    let count = usize::try_from(shape.samples()).unwrap_or(usize::MAX);
    let endian = pixels.endian;
    let samples = match (pixels.tag, shape.allocated) {
        (tags::FLOAT_PIXEL_DATA, 32) => {
            Samples::Floats(bytes.as_chunks::<4>().0.iter().map(|four| f32::from_bits(endian.long(*four))).take(count).collect())
        }
        (tags::DOUBLE_FLOAT_PIXEL_DATA, 64) => {
            Samples::Floats(bytes.as_chunks::<8>().0.iter().map(|eight| double(*eight, endian)).take(count).collect())
        }
        (_, 1) => {
            // The first pixel is in the lowest bit (PS3.5, 8.1.1).
            let skipped = usize::try_from(skipped_bits).unwrap_or(0);
            let bit = |n: usize| bytes.get((n + skipped) / 8).map_or(0, |byte| byte >> ((n + skipped) % 8) & 1);
            Samples::Bytes((0..count).map(bit).collect())
        }
        (_, 8) => {
            let start = usize::try_from(skipped_bits / 8).unwrap_or(0);
            let bytes = bytes.get(start..).unwrap_or_default();
            if shape.shares_chroma {
                let shape = Shape { order: Order::Pixels, ..shape };
                return Frame::new(shape, Samples::Bytes(with_own_chroma(bytes, count)), damage);
            }
            Samples::Bytes(bytes.iter().copied().take(count).collect())
        }
        (_, 16) => Samples::Words(bytes.as_chunks::<2>().0.iter().map(|two| endian.short(*two)).take(count).collect()),
        (_, 32) => Samples::Longs(bytes.as_chunks::<4>().0.iter().map(|four| endian.long(*four)).take(count).collect()),
        _ => return Err(Refusal::unsupported("samples of an unusual number of bits")),
    };
    let model = if shape.allocated == 1 && shape.model == Model::Palette { Model::Gray } else { shape.model };
    Frame::new(Shape { model, ..shape }, samples, damage)
}

/// Two lumas and the chromas that they share, as two pixels (PS3.3, C.7.6.3.1.2).
fn with_own_chroma(bytes: &[u8], count: usize) -> Vec<u8> {
    let pairs = bytes.as_chunks::<4>().0.iter();
    let mut pixels: Vec<u8> =
        pairs.flat_map(|[first, second, blue, red]| [*first, *blue, *red, *second, *blue, *red]).take(count).collect();
    pixels.resize(count, 0);
    pixels
}

#[allow(clippy::cast_possible_truncation, reason = "a picture needs no more than a float's precision")]
fn double(bytes: [u8; 8], endian: Endian) -> f32 {
    let number = match endian {
        Endian::Little => f64::from_le_bytes(bytes),
        Endian::Big => f64::from_be_bytes(bytes),
    };
    number as f32
}
