//! Samples of 12 bits, gray, RGB or ink: libtiff decompresses their rows, and they are unpacked here, since no reader of pictures does.

use super::directory::{Alpha, Directory, tag};
use super::pixels::Model;
use super::reading::SAMPLE_FORMAT;
use crate::ffi::libtiff::{self, Ask, Bytes, Failure};
use crate::shrink::Shrinker;

/// How the pixels of such a page lie.
pub(super) struct Twelve {
    model: Model,
    alpha: Option<Alpha>,
    /// Of a pixel.
    samples: usize,
}

impl Twelve {
    /// `None` for a page of other samples, and where they lie in planes.
    pub(super) fn of(first: &Directory<'_>) -> Option<Self> {
        let is_unsigned = matches!(first.number(SAMPLE_FORMAT), None | Some(1 | 4));
        let model = Model::of(first).ok().filter(|model| matches!(model, Model::Gray { .. } | Model::Rgb | Model::Cmyk))?;
        let samples = usize::try_from(first.number(tag::SAMPLES).unwrap_or(1)).ok()?;
        let is_one = first.number(tag::BITS) == Some(12) && is_unsigned && first.number(tag::PLANAR) != Some(2);
        let alpha = first.alpha().filter(|_| samples > model.colours() && !matches!(model, Model::Cmyk));
        (is_one && samples >= model.colours()).then_some(Self { model, alpha, samples })
    }

    /// Reads all rows that are there.
    pub(super) fn read(&self, file: &mut dyn Bytes, ask: &Ask<'_>, longest_px: u32) -> Result<Shrinker, Failure> {
        let layout = self.model.layout(self.alpha);
        let mut shrinker = Shrinker::new(ask.width, ask.height, layout, longest_px);
        let in_row = (ask.width as usize).checked_mul(self.samples).ok_or(Failure::Memory)?;
        let packed_bytes = in_row.checked_mul(12).ok_or(Failure::Memory)?.div_ceil(8);
        let (mut samples, mut row) = (Vec::with_capacity(in_row), Vec::new());
        libtiff::rows(file, ask, packed_bytes, &mut |packed| {
            samples.clear();
            row.clear();
            unpack(packed, &mut samples);
            samples.chunks_exact(self.samples).take(ask.width as usize).for_each(|pixel| self.model.append(pixel, self.alpha, &mut row));
            shrinker.push(&row);
        })?;
        Ok(shrinker)
    }
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
    use super::unpack;

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
}
