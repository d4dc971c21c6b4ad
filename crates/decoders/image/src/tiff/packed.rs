//! Rows of samples that libtiff decompresses and hands out as they are packed: faxes of group 4, and samples of 12 bits, which no reader of
//! pictures shows.

use super::directory::{Alpha, Directory, tag};
use super::pixels::Model;
use super::reading::SAMPLE_FORMAT;
use crate::ffi::libtiff::{self, Ask, Bytes, Failure, Heed};
use crate::shrink::Shrinker;

/// Compression of a fax of group 4 (ITU-T T.6).
const GROUP_4: u64 = 4;
const PACK_BITS: u64 = 32_773;
/// Tag 317: 1 is none. libtiff undoes it for samples of whole bytes only.
const PREDICTOR: u16 = 317;

/// How the pixels of such a page lie.
pub(super) struct Packed {
    model: Model,
    alpha: Option<Alpha>,
    /// Of a pixel.
    samples: usize,
    depth: Depth,
    heed: Heed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    One,
    Twelve,
}

impl Packed {
    /// A fax of group 4; `None` for any other page.
    pub(super) fn group_4(first: &Directory<'_>) -> Option<Self> {
        let is_fax = first.number(tag::COMPRESSION) == Some(GROUP_4);
        let is_bilevel = [tag::BITS, tag::SAMPLES].into_iter().all(|tag| first.number(tag).unwrap_or(1) == 1);
        let model = match first.number(tag::PHOTOMETRIC) {
            // A fax begins with white.
            None => Some(Model::Gray { white_is_zero: true }),
            Some(_) => Model::of(first).ok().filter(|model| matches!(model, Model::Gray { .. } | Model::Palette(_))),
        }?;
        // That it lost its place is told by a warning: a row has another length.
        (is_fax && is_bilevel).then_some(Self { model, alpha: None, samples: 1, depth: Depth::One, heed: Heed::Warnings })
    }

    /// A page of samples of 12 bits; `None` for any other, and where they lie in planes or are differences.
    pub(super) fn twelve(first: &Directory<'_>) -> Option<Self> {
        let is_unsigned = matches!(first.number(SAMPLE_FORMAT), None | Some(1 | 4));
        let model = Model::of(first).ok().filter(|model| matches!(model, Model::Gray { .. } | Model::Rgb | Model::Cmyk))?;
        let samples = usize::try_from(first.number(tag::SAMPLES).unwrap_or(1)).ok()?;
        let is_one = samples == 1 || first.number(tag::PLANAR) != Some(2);
        let is_plain = is_unsigned && is_one && matches!(first.number(PREDICTOR), None | Some(1));
        let alpha = first.alpha().filter(|_| samples > model.colours() && !matches!(model, Model::Cmyk));
        // `PackBits` that does not end with its row, as it must, is cut there with a warning.
        let heed = if first.number(tag::COMPRESSION) == Some(PACK_BITS) { Heed::Warnings } else { Heed::Errors };
        (first.number(tag::BITS) == Some(12) && is_plain && samples >= model.colours()).then_some(Self {
            model,
            alpha,
            samples,
            depth: Depth::Twelve,
            heed,
        })
    }

    /// Reads all rows that are there.
    pub(super) fn read(&self, file: &mut dyn Bytes, ask: &Ask<'_>, longest_px: u32) -> Result<Shrinker, Failure> {
        let layout = self.model.layout(self.alpha);
        let mut shrinker = Shrinker::new(ask.width, ask.height, layout, longest_px);
        let bits = match self.depth {
            Depth::One => 1,
            Depth::Twelve => 12,
        };
        let set = if matches!(self.model, Model::Palette(_)) { 1 } else { u8::MAX };
        let pixel_bits = self.samples.checked_mul(bits).ok_or(Failure::Memory)?;
        let (mut samples, mut row) = (Vec::new(), Vec::new());
        libtiff::rows(file, ask, pixel_bits, self.heed, &mut |packed| {
            samples.clear();
            row.clear();
            match self.depth {
                Depth::One => samples.extend(packed.iter().flat_map(|byte| eight(*byte, set))),
                Depth::Twelve => unpack(packed, &mut samples),
            }
            samples.chunks_exact(self.samples).take(ask.width as usize).for_each(|pixel| self.model.append(pixel, self.alpha, &mut row));
            shrinker.push(&row);
        })?;
        Ok(shrinker)
    }
}

/// Eight bits, the most significant first; `set` is what one is that is set.
fn eight(byte: u8, set: u8) -> [u8; 8] {
    [7, 6, 5, 4, 3, 2, 1, 0].map(|place| (byte >> place & 1) * set)
}

/// The upper 8 of each 12 bits, the most significant first (TIFF 6.0, section 3, `BitsPerSample`).
fn unpack(packed: &[u8], samples: &mut Vec<u8>) {
    for three in packed.chunks(3) {
        match three {
            [first, low_and_high, low] => samples.extend([*first, low_and_high << 4 | low >> 4]),
            [first, ..] => samples.push(*first),
            [] => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{eight, unpack};

    #[test]
    fn two_samples_lie_in_three_bytes() {
        for (packed, want) in
            [(&[0x12, 0x3a, 0xbc][..], &[0x12, 0xab][..]), (&[0xff, 0xff, 0xff, 0x80, 0x00], &[0xff, 0xff, 0x80]), (&[], &[])]
        {
            let mut samples = Vec::new();
            unpack(packed, &mut samples);
            assert_eq!(samples, want);
        }
    }

    #[test]
    fn eight_samples_lie_in_a_byte() {
        assert_eq!(eight(0b1010_0001, 255), [255, 0, 255, 0, 0, 0, 0, 255]);
    }
}
