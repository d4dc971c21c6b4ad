//! High dynamic range made to fit a standard picture: PQ or HLG light of some primaries to sRGB.

use crate::cicp::Light;

/// Diffuse white in nits (ITU-R BT.2408, table 1): it becomes nearly white.
const WHITE_NITS: f32 = 203.0;
/// The screen that HLG is shown on (ITU-R BT.2100, table 5).
const HLG_PEAK_NITS: f32 = 1000.0;
/// Up to here light stays as it is; what is brighter is pressed into the rest.
const KNEE: f32 = 0.6;
/// Steps of the table from light to sRGB.
const STEPS: usize = 4096;

/// Tables for one picture.
#[derive(Debug)]
pub(crate) struct Tone {
    light: Light,
    matrix: [[f32; 3]; 3],
    bits: u32,
    /// By coded value: light in units of diffuse white; for HLG scene light, 0 to 1.
    linear: Vec<f32>,
    srgb: Vec<u8>,
}

impl Tone {
    /// For samples of some bits (at most 16) and primaries (ITU-T H.273, table 2).
    pub(crate) fn new(light: Light, primaries: u16, bits: u32) -> Self {
        let bits = bits.clamp(1, 16);
        let most = (1_u32 << bits) - 1;
        Self {
            light,
            matrix: to_bt709(primaries),
            bits,
            linear: (0..=most).map(|value| linear(value as f32 / most as f32, light)).collect(),
            srgb: (0..STEPS).map(|step| srgb(step as f32 / (STEPS - 1) as f32)).collect(),
        }
    }

    /// Appends pixels of 3 or 4 samples, each of two bytes, least significant first, as 8-bit sRGB; a fourth sample is alpha and only shortened.
    pub(crate) fn append(&self, deep: &[u8], channels: usize, out: &mut Vec<u8>) {
        for pixel in deep.chunks_exact(channels * 2) {
            let sample = |n: usize| match pixel.get(2 * n..2 * n + 2) {
                Some(&[low, high]) => u16::from_le_bytes([low, high]),
                _ => 0,
            };
            let light = |n| self.linear.get(usize::from(sample(n))).copied().unwrap_or_default();
            out.extend(self.shown([light(0), light(1), light(2)]));
            if channels == 4 {
                let alpha = u32::from(sample(3)) << 8 >> self.bits;
                out.push(u8::try_from(alpha).unwrap_or(u8::MAX));
            }
        }
    }

    fn shown(&self, light: [f32; 3]) -> [u8; 3] {
        let [red, green, blue] = self.to_screen(light);
        let colours = self.matrix.map(|[r, g, b]| r * red + g * green + b * blue);
        let brightest = colours.iter().copied().fold(0.0, f32::max);
        // All three are pressed alike: a bright colour stays that colour.
        let factor = if brightest > KNEE { pressed(brightest) / brightest } else { 1.0 };
        let [red, green, blue] = within_gamut(colours.map(|colour| colour * factor));
        [red, green, blue].map(|colour| self.srgb.get(step(colour)).copied().unwrap_or(u8::MAX))
    }

    /// HLG's scene light to screen light (BT.2100, table 5: an exponent of 1.2 over luminance); PQ is screen light already.
    fn to_screen(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        match self.light {
            Light::Pq => [red, green, blue],
            Light::Hlg => {
                let luminance = 0.2627 * red + 0.678 * green + 0.0593 * blue;
                let gain = HLG_PEAK_NITS / WHITE_NITS * luminance.max(0.0).powf(0.2);
                [red, green, blue].map(|colour| colour * gain)
            }
        }
    }
}

/// Coded value, 0 to 1, to light.
fn linear(coded: f32, light: Light) -> f32 {
    match light {
        // SMPTE ST 2084, equation 4.1.
        Light::Pq => {
            const M1: f32 = 2610.0 / 16384.0;
            const M2: f32 = 2523.0 / 4096.0 * 128.0;
            const C1: f32 = 3424.0 / 4096.0;
            const C2: f32 = 2413.0 / 4096.0 * 32.0;
            const C3: f32 = 2392.0 / 4096.0 * 32.0;
            let root = coded.powf(1.0 / M2);
            10_000.0 / WHITE_NITS * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
        }
        // ARIB STD-B67.
        Light::Hlg => {
            const A: f32 = 0.178_832_77;
            const B: f32 = 0.284_668_92;
            const C: f32 = 0.559_910_7;
            if coded <= 0.5 { coded * coded / 3.0 } else { (((coded - C) / A).exp() + B) / 12.0 }
        }
    }
}

/// Linear light of some primaries to BT.709's, both under D65 (ITU-R BT.2087; SMPTE EG 432-1 for P3).
const fn to_bt709(primaries: u16) -> [[f32; 3]; 3] {
    match primaries {
        9 => [[1.660_491, -0.587_641, -0.072_85], [-0.124_55, 1.132_9, -0.008_349], [-0.018_151, -0.100_579, 1.118_73]],
        11 | 12 => [[1.224_94, -0.224_94, 0.0], [-0.042_057, 1.042_057, 0.0], [-0.019_638, -0.078_636, 1.098_274]],
        _ => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    }
}

/// A colour outside sRGB is drawn towards the gray of its luminance until it fits: cut off it would change its hue.
fn within_gamut(colours: [f32; 3]) -> [f32; 3] {
    let [red, green, blue] = colours;
    let gray = (0.2126 * red + 0.7152 * green + 0.0722 * blue).clamp(0.0, 1.0);
    let least = colours.iter().copied().fold(f32::MAX, f32::min);
    if least >= 0.0 || gray <= 0.0 {
        return colours;
    }
    let kept = gray / (gray - least);
    colours.map(|colour| gray + (colour - gray) * kept)
}

fn pressed(value: f32) -> f32 {
    KNEE + (1.0 - KNEE) * (1.0 - (-(value - KNEE) / (1.0 - KNEE)).exp())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to 0..1 first")]
fn step(value: f32) -> usize {
    (value.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5) as usize
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is 0 to 255")]
fn srgb(value: f32) -> u8 {
    let coded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (coded.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1,023")]
    fn shown(coded: [f32; 3], light: Light, primaries: u16) -> Vec<u8> {
        let mut out = Vec::new();
        let samples = coded.map(|value| ((value * 1023.0) as u16).to_le_bytes());
        Tone::new(light, primaries, 10).append(&samples.concat(), 3, &mut out);
        out
    }

    #[test]
    fn black_is_black_and_diffuse_white_is_bright_but_leaves_room() {
        for light in [Light::Pq, Light::Hlg] {
            assert_eq!(shown([0.0; 3], light, 9), [0; 3]);
            assert!(shown([1.0; 3], light, 9)[0] > 250);
        }
        // BT.2408, table 1: diffuse white is 58 % PQ and 75 % HLG.
        for (coded, light) in [(0.58, Light::Pq), (0.75, Light::Hlg)] {
            let [red, green, blue] = shown([coded; 3], light, 9)[..] else { panic!("three samples") };
            assert!((225..=245).contains(&red) && red.abs_diff(green) <= 1 && green.abs_diff(blue) <= 1, "{red} {green} {blue}");
        }
    }

    #[test]
    fn brighter_is_never_darker() {
        for light in [Light::Pq, Light::Hlg] {
            let steps: Vec<u8> = (0..=100).map(|n| shown([n as f32 / 100.0; 3], light, 9)[0]).collect();
            assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
        }
    }

    #[test]
    fn a_colour_outside_srgb_keeps_its_hue() {
        // BT.2020's green has negative red and blue in sRGB.
        let [red, green, blue] = shown([0.0, 0.5, 0.0], Light::Pq, 9)[..] else { panic!("three samples") };
        assert!(green > 100 && green > red + 60 && green > blue + 60, "{red} {green} {blue}");
    }

    #[test]
    fn alpha_is_only_shortened() {
        let mut out = Vec::new();
        Tone::new(Light::Pq, 9, 10).append(&[0, 0, 0, 0, 0, 0, 0xff, 3, 0, 0, 0, 0, 0, 0, 0, 2], 4, &mut out);
        assert_eq!(out, [0, 0, 0, 255, 0, 0, 0, 128]);
    }
}
