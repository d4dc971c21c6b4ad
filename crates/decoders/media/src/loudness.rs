//! Integrated loudness of a whole sound: EBU R 128, by the gated measure of ITU-R BS.1770-4.

use ebur128::{Channel, EbuR128, Mode};

/// A meter that is given all of a sound, and only then asked.
pub(crate) struct Loudness {
    meter: Option<EbuR128>,
    is_measurable: bool,
}

impl Loudness {
    pub(crate) fn new() -> Self {
        Self { meter: None, is_measurable: true }
    }

    /// Adds interleaved samples, all finite. A sound that changes its rate or channels on the way is not measured.
    pub(crate) fn add(&mut self, rate: u32, channels: u32, samples: &[f32]) {
        if self.is_measurable && !samples.is_empty() {
            self.is_measurable = self.added(rate, channels, samples).is_some();
        }
    }

    /// LUFS, in hundredths; `None` for silence and for what is shorter than a gating block of 0.4 s.
    pub(crate) fn measured(&self) -> Option<f64> {
        let meter = self.meter.as_ref().filter(|_| self.is_measurable)?;
        meter.loudness_global().ok().filter(|loudness| loudness.is_finite()).map(|loudness| (loudness * 100.0).round() / 100.0)
    }

    fn added(&mut self, rate: u32, channels: u32, samples: &[f32]) -> Option<()> {
        let meter = match &mut self.meter {
            Some(meter) => meter,
            empty => empty.insert(made(rate, channels)?),
        };
        if (meter.rate(), meter.channels()) != (rate, channels) {
            return None;
        }
        meter.add_frames_f32(samples).ok()
    }
}

fn made(rate: u32, channels: u32) -> Option<EbuR128> {
    let mut meter = EbuR128::new(channels, rate, Mode::I).ok()?;
    if channels == 8 {
        // The library knows the places of up to six channels. FFmpeg's 7.1 has the back pair, then the side pair.
        for (number, place) in [(4, Channel::Mp135), (5, Channel::Mm135), (6, Channel::Mp090), (7, Channel::Mm090)] {
            meter.set_channel(number, place).ok()?;
        }
    }
    Some(meter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(channels: u32, amplitude: f32, seconds: u32) -> Vec<f32> {
        let frames = (0..48_000 * seconds).map(|n| amplitude * (std::f32::consts::TAU * 997.0 * n as f32 / 48_000.0).sin());
        frames.flat_map(|sample| std::iter::repeat_n(sample, channels as usize)).collect()
    }

    fn loudness(channels: u32, samples: &[f32]) -> Option<f64> {
        let mut loudness = Loudness::new();
        for piece in samples.chunks(1000 * channels as usize) {
            loudness.add(48_000, channels, piece);
        }
        loudness.measured()
    }

    #[test]
    fn the_reference_tones_have_the_loudness_that_the_standard_gives_them() {
        // BS.1770: a full-scale 997-Hz sine in one channel is -3.01 LUFS; EBU Tech 3341, case 1: -23 dBFS in both is -23 LUFS.
        let near = |got: Option<f64>, want: f64| assert!(got.is_some_and(|got| (got - want).abs() < 0.1), "{got:?} is not {want}");
        near(loudness(1, &tone(1, 1.0, 5)), -3.01);
        near(loudness(2, &tone(2, 10_f32.powf(-23.0 / 20.0), 20)), -23.0);
        near(loudness(2, &tone(2, 10_f32.powf(-33.0 / 20.0), 20)), -33.0);
    }

    #[test]
    fn what_can_not_be_measured_has_no_loudness() {
        assert_eq!(loudness(2, &vec![0.0; 480_000]), None, "silence");
        assert_eq!(loudness(1, &tone(1, 0.5, 1)[..4_800]), None, "a tenth of a second");
        let mut changing = Loudness::new();
        changing.add(48_000, 1, &tone(1, 0.5, 1));
        changing.add(44_100, 1, &tone(1, 0.5, 1));
        assert_eq!(changing.measured(), None);
        let mut odd = Loudness::new();
        odd.add(48_000, 0, &[0.5; 480]);
        odd.add(0, 1, &[0.5; 480]);
        assert_eq!(odd.measured(), None);
    }
}
