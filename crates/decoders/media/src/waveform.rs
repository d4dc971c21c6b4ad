//! Peaks of sound in bounded memory, as JSON and as a picture.

use assay_contract::exchange::Refusal;
use assay_contract::waveform::{FEWEST_SAMPLES, MOST_POINTS, Waveform};
use assay_kit::{Picture, Pixels};

/// A quiet recording is drawn up to this much larger.
const MOST_GAIN: f32 = 4.0;
const GROUND: [f32; 3] = [246.0, 247.0, 249.0];
const WAVE: [f32; 3] = [58.0, 96.0, 145.0];

/// The lowest and highest sample of each stretch of equal length.
#[derive(Debug)]
pub(crate) struct Peaks {
    points: Vec<(f32, f32)>,
    samples_per_point: u64,
    open: Option<(f32, f32)>,
    samples_in_open: u64,
    samples: u64,
}

impl Peaks {
    pub(crate) fn new() -> Self {
        Self { points: Vec::new(), samples_per_point: FEWEST_SAMPLES, open: None, samples_in_open: 0, samples: 0 }
    }

    /// Adds samples of one channel. What is no number counts as silence.
    pub(crate) fn add(&mut self, samples: &[f32]) {
        for sample in samples {
            let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            self.open = Some(self.open.map_or((sample, sample), |(low, high)| (low.min(sample), high.max(sample))));
            self.samples_in_open += 1;
            if self.samples_in_open == self.samples_per_point {
                self.close();
            }
        }
        self.samples += samples.len() as u64;
    }

    /// How many samples were added.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// Ends the last stretch, however short.
    pub(crate) fn finish(&mut self) {
        self.close();
    }

    fn close(&mut self) {
        self.points.extend(self.open.take());
        self.samples_in_open = 0;
        if self.points.len() >= MOST_POINTS {
            self.points = self.points.chunks(2).map(spanned).collect();
            self.samples_per_point *= 2;
        }
    }

    /// As JSON: a low and a high of -128 to 127 for each stretch, all channels mixed to one.
    pub(crate) fn json(&self, sample_rate: u32) -> Vec<u8> {
        let points = self.points.iter().map(|(low, high)| (eight_bits(*low), eight_bits(*high)));
        Waveform::new(sample_rate, self.samples_per_point, points).to_bytes()
    }

    /// As a picture, four times as wide as high; silence is a thin line.
    pub(crate) fn picture(&self, width: u32) -> Result<Picture, Refusal> {
        let width = width.clamp(4, 4096);
        let height = width / 4;
        let loudest = self.points.iter().fold(0.0_f32, |most, (low, high)| most.max(high.abs()).max(low.abs()));
        let gain = if loudest > 0.0 { (0.98 / loudest).min(MOST_GAIN) } else { 1.0 };
        let (middle, reach) = (height as f32 / 2.0, height as f32 * 0.46 * gain);
        let columns: Vec<(f32, f32)> = (0..width)
            .map(|x| {
                let place = |x: u64| usize::try_from(x * self.points.len() as u64 / u64::from(width)).unwrap_or(0);
                let from = place(x.into());
                let to = place(u64::from(x) + 1).max(from + 1).min(self.points.len());
                let (low, high) = spanned(self.points.get(from..to).unwrap_or_default());
                // At least one row, so that silence is seen as silence and not as nothing.
                ((middle - high * reach).min(middle - 0.5), (middle - low * reach).max(middle + 0.5))
            })
            .collect();
        let mut bytes = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height {
            let (top, bottom) = (y as f32, y as f32 + 1.0);
            for (upper, lower) in &columns {
                let covered = (lower.min(bottom) - upper.max(top)).clamp(0.0, 1.0);
                bytes.extend(GROUND.iter().zip(WAVE).map(|(ground, wave)| byte(ground + (wave - ground) * covered)));
            }
        }
        Picture::new(width, height, Pixels::Rgb8, bytes)
    }
}

fn spanned(points: &[(f32, f32)]) -> (f32, f32) {
    points.iter().copied().reduce(|(low, high), (l, h)| (low.min(l), high.max(h))).unwrap_or((0.0, 0.0))
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of the type first")]
fn eight_bits(sample: f32) -> i8 {
    (sample * 128.0).round().clamp(-128.0, 127.0) as i8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of the type first")]
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peaks(samples: impl Iterator<Item = f32>) -> Peaks {
        let mut peaks = Peaks::new();
        for sample in samples {
            peaks.add(&[sample]);
        }
        peaks.finish();
        peaks
    }

    #[test]
    fn a_long_sound_keeps_its_peaks_and_the_memory_stays() {
        let count = 4_000_000_u32;
        let long = peaks((0..count).map(|n| if n == 3_000_000 { -0.9 } else { 0.1 }));
        assert!(long.points.len() < MOST_POINTS && long.points.len() >= MOST_POINTS / 2);
        assert_eq!(long.points.len() as u64, u64::from(count).div_ceil(long.samples_per_point));
        let deepest = long.points.iter().position(|(low, _)| *low < -0.5).unwrap();
        assert_eq!(deepest as u64, 3_000_000 / long.samples_per_point);
        assert_eq!(long.samples(), u64::from(count));
    }

    #[test]
    fn silence_is_one_thin_line() {
        let picture = peaks(std::iter::repeat_n(0.0, 10_000)).picture(64).unwrap();
        assert_eq!((picture.width(), picture.height()), (64, 16));
        let rows: Vec<bool> = picture.bytes().chunks(64 * 3).map(|row| row.chunks(3).all(|pixel| pixel == [246, 247, 249])).collect();
        assert_eq!(rows.iter().filter(|is_ground| !**is_ground).count(), 2, "half a row above, half a row below the middle");
    }

    #[test]
    fn a_full_tone_fills_the_picture_and_what_is_no_number_is_silence() {
        let tone = peaks((0..10_000).map(|n| (n as f32 * 0.7).sin())).picture(256).unwrap();
        let at = |y: usize| &tone.bytes()[y * 256 * 3..y * 256 * 3 + 3];
        assert_eq!((at(8), at(32), at(56)), (&[58, 96, 145][..], &[58, 96, 145][..], &[58, 96, 145][..]));
        assert_eq!(at(0), [246, 247, 249]);
        let wild = peaks([f32::NAN, f32::INFINITY, 1e30, -1e30].into_iter());
        assert_eq!(wild.points, [(-1.0, 1.0)]);
        assert!(peaks(std::iter::empty()).picture(64).is_ok());
    }
}
