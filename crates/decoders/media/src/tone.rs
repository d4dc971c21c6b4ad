//! High dynamic range made to fit a standard picture: BT.2020 light by PQ or HLG to sRGB.

use crate::colour::Light;

/// Diffuse white in nits (ITU-R BT.2408): it becomes nearly white.
const WHITE_NITS: f32 = 203.0;
/// The screen that HLG is shown on (ITU-R BT.2100, table 5).
const HLG_PEAK_NITS: f32 = 1000.0;
/// Up to here light stays as it is; what is brighter is pressed into the rest.
const KNEE: f32 = 0.6;
const STEPS: usize = 4096;

/// Turns 16-bit red, green, blue (little endian) into 8-bit sRGB.
pub(crate) fn standard(rgb48: &[u8], light: Light) -> Vec<u8> {
    let decode: Vec<f32> = (0..STEPS).map(|step| linear(step as f32 / (STEPS - 1) as f32, light)).collect();
    let encode: Vec<u8> = (0..STEPS).map(|step| srgb(step as f32 / (STEPS - 1) as f32)).collect();
    let mut out = Vec::with_capacity(rgb48.len() / 2);
    for pixel in rgb48.as_chunks::<6>().0 {
        let [red_low, red, green_low, green, blue_low, blue] = *pixel;
        let at = |low, high| decode.get(usize::from(u16::from_le_bytes([low, high]) >> 4)).copied().unwrap_or(0.0);
        let seen = scene_to_screen([at(red_low, red), at(green_low, green), at(blue_low, blue)], light);
        let [red, green, blue] = bt709(seen);
        let brightest = red.max(green).max(blue);
        // All three are pressed alike: a bright colour stays that colour.
        let factor = if brightest > KNEE { pressed(brightest) / brightest } else { 1.0 };
        out.extend([red, green, blue].map(|value| encode.get(step(value * factor)).copied().unwrap_or(255)));
    }
    out
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to 0..1 first")]
fn step(value: f32) -> usize {
    (value.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5) as usize
}

/// Coded value to light: for PQ in units of diffuse white (SMPTE ST 2084), for HLG scene light 0 to 1 (ARIB STD-B67).
fn linear(coded: f32, light: Light) -> f32 {
    match light {
        Light::Pq => {
            const M1: f32 = 0.159_301_76;
            const M2: f32 = 78.843_75;
            const C1: f32 = 0.835_937_5;
            const C2: f32 = 18.851_563;
            const C3: f32 = 18.687_5;
            let root = coded.powf(1.0 / M2);
            10_000.0 / WHITE_NITS * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
        }
        Light::Hlg => {
            const A: f32 = 0.178_832_77;
            const B: f32 = 0.284_668_92;
            const C: f32 = 0.559_910_7;
            if coded <= 0.5 { coded * coded / 3.0 } else { (((coded - C) / A).exp() + B) / 12.0 }
        }
        Light::Standard => coded.powf(2.4),
    }
}

/// HLG's scene light to screen light (BT.2100, OOTF with gamma 1.2); PQ is screen light already.
fn scene_to_screen([red, green, blue]: [f32; 3], light: Light) -> [f32; 3] {
    if light != Light::Hlg {
        return [red, green, blue];
    }
    let luminance = 0.2627 * red + 0.678 * green + 0.0593 * blue;
    let gain = HLG_PEAK_NITS / WHITE_NITS * luminance.powf(0.2);
    [red * gain, green * gain, blue * gain]
}

/// BT.2020 primaries to BT.709's (ITU-R BT.2087); what lies outside is cut.
fn bt709([red, green, blue]: [f32; 3]) -> [f32; 3] {
    [
        1.6605 * red - 0.5876 * green - 0.0728 * blue,
        -0.1246 * red + 1.1329 * green - 0.0083 * blue,
        -0.0182 * red - 0.1006 * green + 1.1187 * blue,
    ]
    .map(|value| value.max(0.0))
}

fn pressed(value: f32) -> f32 {
    KNEE + (1.0 - KNEE) * (1.0 - (-(value - KNEE) / (1.0 - KNEE)).exp())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is 0 to 255")]
fn srgb(value: f32) -> u8 {
    let coded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (coded.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 65,535")]
    fn gray(coded: f32, light: Light) -> u8 {
        let value = ((coded * 65_535.0) as u16).to_le_bytes();
        let out = standard(&[value, value, value].concat(), light);
        assert!(out[0].abs_diff(out[1]) <= 1 && out[1].abs_diff(out[2]) <= 1, "gray stays gray: {out:?}");
        out[0]
    }

    #[test]
    fn black_is_black_and_diffuse_white_is_bright_but_leaves_room() {
        for light in [Light::Pq, Light::Hlg] {
            assert_eq!(gray(0.0, light), 0);
            assert!(gray(1.0, light) > 250);
        }
        // BT.2408, table 1: diffuse white is 58 % PQ and 75 % HLG.
        assert!((225..=245).contains(&gray(0.58, Light::Pq)), "{}", gray(0.58, Light::Pq));
        assert!((225..=245).contains(&gray(0.75, Light::Hlg)), "{}", gray(0.75, Light::Hlg));
    }

    #[test]
    fn brighter_is_never_darker() {
        for light in [Light::Pq, Light::Hlg] {
            let steps: Vec<u8> = (0..=100).map(|n| gray(n as f32 / 100.0, light)).collect();
            assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
        }
    }
}
