//! Run-length encoded frames (DICOM PS3.5, annex G): a plane for each byte of each sample, packed as PackBits.

use crate::frame::{Frame, Order, Samples, Shape, check_memory};
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;

/// Bytes of the header: a count and fifteen offsets.
const HEADER: usize = 64;

/// Unpacks a frame; a plane that ends early is black from there on.
pub(crate) fn decode(frame: &[u8], shape: Shape, limits: &DecodeLimits) -> Result<Frame, Refusal> {
    let sample_bytes = usize::from(shape.allocated.div_ceil(8));
    let channels = shape.channels as usize;
    check_memory(limits, shape.samples() * (sample_bytes as u64 + 1) + shape.pixels() * 3)?;
    let pixels = usize::try_from(shape.pixels()).unwrap_or(usize::MAX);
    let numbers: Vec<usize> = frame
        .get(..HEADER)
        .ok_or_else(|| Refusal::corrupt("a frame is shorter than its header"))?
        .as_chunks::<4>()
        .0
        .iter()
        .map(|four| usize::try_from(u32::from_le_bytes(*four)).unwrap_or(usize::MAX))
        .collect();
    let (count, offsets) = numbers.split_first().map_or((0, &[][..]), |(count, offsets)| (*count, offsets));
    if count != channels * sample_bytes || count > offsets.len() {
        return Err(Refusal::corrupt(format!("{count} planes came where {} must be", channels * sample_bytes)));
    }
    let mut damage = None;
    let mut words = vec![0_u32; if sample_bytes > 1 { pixels * channels } else { 0 }];
    let mut bytes = Vec::with_capacity(if sample_bytes == 1 { pixels * channels } else { 0 });
    for (number, offset) in offsets.iter().take(count).enumerate() {
        let end = offsets.get(number + 1).filter(|_| number + 1 < count).copied().unwrap_or(frame.len());
        let packed = frame.get(*offset..end.max(*offset).min(frame.len())).unwrap_or_default();
        let plane = unpacked(packed, pixels);
        if plane.len() < pixels {
            damage = Some("a plane of the frame ends early".to_owned());
        }
        if sample_bytes == 1 {
            bytes.extend_from_slice(&plane);
            bytes.resize((number + 1) * pixels, 0);
        } else {
            // The most significant plane comes first.
            let start = number / sample_bytes * pixels;
            let slots = words.get_mut(start..start + pixels).unwrap_or_default();
            slots
                .iter_mut()
                .zip(plane.iter().copied().chain(std::iter::repeat(0)))
                .for_each(|(slot, byte)| *slot = *slot << 8 | u32::from(byte));
        }
    }
    let samples = match sample_bytes {
        1 => Samples::Bytes(bytes),
        2 => Samples::Words(words.into_iter().map(|word| u16::try_from(word).unwrap_or(u16::MAX)).collect()),
        _ => Samples::Longs(words),
    };
    Frame::new(Shape { order: Order::Planes, ..shape }, samples, damage)
}

/// At most `most` bytes: literal runs, and bytes that are repeated.
fn unpacked(packed: &[u8], most: usize) -> Vec<u8> {
    let mut plane = Vec::with_capacity(most);
    let mut rest = packed;
    while let Some((control, after)) = rest.split_first() {
        if plane.len() >= most {
            break;
        }
        let length = usize::from(*control);
        match control {
            0..=127 => {
                let (run, after) = after.split_at(after.len().min(length + 1));
                plane.extend_from_slice(run);
                rest = after;
            }
            128 => rest = after,
            129.. => {
                let Some((byte, after)) = after.split_first() else { break };
                plane.resize(plane.len() + 257 - length, *byte);
                rest = after;
            }
        }
    }
    plane.truncate(most);
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_repeats_are_unpacked_and_never_more_than_asked() {
        assert_eq!(unpacked(&[2, 1, 2, 3, 254, 9, 128, 0, 7], 100), [1, 2, 3, 9, 9, 9, 7]);
        assert_eq!(unpacked(&[129, 5].repeat(1000), 10), [5; 10]);
        assert_eq!(unpacked(&[5, 1, 2], 10), [1, 2]);
        assert!(unpacked(&[200], 10).is_empty());
    }
}
