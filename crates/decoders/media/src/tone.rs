//! High dynamic range made to fit a standard picture: PQ or HLG in BT.2020 to light, tone and gamut mapped, to sRGB.

use crate::colour::Light;

/// Diffuse white, cd/m² (ITU-R BT.2408): the white of a standard picture.
const WHITE_NITS: f32 = 203.0;
/// The screen that HLG is shown on (ITU-R BT.2100, table 5), and that most PQ is graded on.
const USUAL_PEAK_NITS: f32 = 1000.0;
const STEPS: usize = 4096;

/// Turns 16-bit red, green, blue (little endian) into 8-bit sRGB. `peak_nits` is the brightest that the video says it has.
pub(crate) fn standard(rgb48: &[u8], light: Light, peak_nits: Option<f32>) -> Vec<u8> {
    let peak = if light == Light::Pq { peak_nits.unwrap_or(USUAL_PEAK_NITS) } else { USUAL_PEAK_NITS };
    let decode = table(|coded| linear(coded, light));
    let gain = table(|coded| gain(nits(coded), peak));
    let encode = table(srgb);
    let mut out = Vec::with_capacity(rgb48.len() / 2);
    for pixel in rgb48.as_chunks::<6>().0 {
        let [red_low, red, green_low, green, blue_low, blue] = *pixel;
        let at = |low, high| look_up(&decode, f32::from(u16::from_le_bytes([low, high])) / 65_535.0);
        let seen = scene_to_screen([at(red_low, red), at(green_low, green), at(blue_low, blue)], light);
        let [red, green, blue] = seen;
        // All three are pressed alike: a bright colour stays that colour.
        let pressed = look_up(&gain, coded(red.max(green).max(blue))) / WHITE_NITS;
        out.extend(within_gamut(bt709(seen.map(|nits| nits * pressed))).map(|value| byte(look_up(&encode, value))));
    }
    out
}

fn table(of: impl Fn(f32) -> f32) -> Vec<f32> {
    (0..STEPS).map(|step| of(step as f32 / (STEPS - 1) as f32)).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to 0..1 first")]
fn look_up(table: &[f32], value: f32) -> f32 {
    table.get((value.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5) as usize).copied().unwrap_or(0.0)
}

/// Coded value to light: for PQ on the screen, cd/m²; for HLG in the scene, 0 to 1 (ARIB STD-B67).
fn linear(coded: f32, light: Light) -> f32 {
    match light {
        Light::Pq => nits(coded),
        Light::Hlg => {
            const A: f32 = 0.178_832_77;
            const B: f32 = 0.284_668_92;
            const C: f32 = 0.559_910_7;
            if coded <= 0.5 { coded * coded / 3.0 } else { (((coded - C) / A).exp() + B) / 12.0 }
        }
        Light::Standard => WHITE_NITS * coded.powf(2.4),
    }
}

/// HLG's scene light to screen light (BT.2100, OOTF with gamma 1.2), cd/m²; PQ is screen light already.
fn scene_to_screen([red, green, blue]: [f32; 3], light: Light) -> [f32; 3] {
    if light != Light::Hlg {
        return [red, green, blue];
    }
    let luminance = 0.2627 * red + 0.678 * green + 0.0593 * blue;
    let gain = USUAL_PEAK_NITS * luminance.powf(0.2);
    [red * gain, green * gain, blue * gain]
}

const M1: f32 = 0.159_301_76;
const M2: f32 = 78.843_75;
const C1: f32 = 0.835_937_5;
const C2: f32 = 18.851_563;
const C3: f32 = 18.687_5;

/// SMPTE ST 2084: coded value to cd/m².
fn nits(coded: f32) -> f32 {
    let root = coded.max(0.0).powf(1.0 / M2);
    10_000.0 * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
}

/// SMPTE ST 2084: cd/m² to coded value.
fn coded(nits: f32) -> f32 {
    let power = (nits.max(0.0) / 10_000.0).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

/// What light of a brightness is multiplied by, so that `peak` becomes white: the curve of ITU-R BT.2390, 5.4.1, without its
/// lift of black. What lies below its knee stays as it is.
fn gain(brightness: f32, peak: f32) -> f32 {
    let scale = coded(peak.max(WHITE_NITS));
    let most = coded(WHITE_NITS) / scale;
    let knee = 1.5 * most - 0.5;
    let value = (coded(brightness) / scale).min(1.0);
    if value <= knee || brightness <= 0.0 {
        return 1.0;
    }
    let (t, rest) = ((value - knee) / (1.0 - knee).max(f32::EPSILON), 1.0 - knee);
    let (squared, cubed) = (t * t, t * t * t);
    let pressed = (2.0 * cubed - 3.0 * squared + 1.0) * knee + (cubed - 2.0 * squared + t) * rest + (3.0 * squared - 2.0 * cubed) * most;
    nits(pressed * scale) / brightness
}

/// BT.2020 primaries to BT.709's (ITU-R BT.2087).
fn bt709([red, green, blue]: [f32; 3]) -> [f32; 3] {
    [
        1.6605 * red - 0.5876 * green - 0.0728 * blue,
        -0.1246 * red + 1.1329 * green - 0.0083 * blue,
        -0.0182 * red - 0.1006 * green + 1.1187 * blue,
    ]
}

/// A colour that BT.709 does not have, mixed with gray of its own brightness until it has: cutting each channel off would make it
/// another colour.
fn within_gamut(colour: [f32; 3]) -> [f32; 3] {
    let [red, green, blue] = colour;
    let gray = (0.2126 * red + 0.7152 * green + 0.0722 * blue).clamp(0.0, 1.0);
    let share = colour.into_iter().fold(1.0_f32, |share, value| match value - gray {
        away if value > 1.0 => share.min((1.0 - gray) / away),
        away if value < 0.0 => share.min(gray / -away),
        _ => share,
    });
    colour.map(|value| gray + (value - gray) * share)
}

fn srgb(value: f32) -> f32 {
    if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to 0..255 first")]
fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 65,535")]
    fn seen(coded: [f32; 3], light: Light, peak: Option<f32>) -> [u8; 3] {
        let words: Vec<u8> = coded.iter().flat_map(|value| ((value * 65_535.0) as u16).to_le_bytes()).collect();
        standard(&words, light, peak).try_into().unwrap()
    }

    fn gray(coded: f32, light: Light) -> u8 {
        let [red, green, blue] = seen([coded; 3], light, None);
        assert!(red.abs_diff(green) <= 1 && green.abs_diff(blue) <= 1, "gray stays gray: {red} {green} {blue}");
        red
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

    #[test]
    fn a_standard_picture_that_was_coded_as_pq_comes_back_as_it_was() {
        // BT.709 primaries to BT.2020's (ITU-R BT.2087), white at 203 cd/m².
        let rows = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.088, 0.8956]];
        for colour in [[200_u8, 40, 40], [40, 180, 60], [30, 60, 220], [240, 230, 20], [255, 255, 255], [18, 18, 18], [128, 90, 60]] {
            let light = colour.map(|value| {
                let value = f32::from(value) / 255.0;
                WHITE_NITS * if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            });
            let pq = rows.map(|row: [f32; 3]| coded(row.iter().zip(light).map(|(share, light)| share * light).sum()));
            let back = seen(pq, Light::Pq, Some(WHITE_NITS));
            assert!(colour.iter().zip(back).all(|(want, got)| want.abs_diff(got) <= 4), "{colour:?} came back as {back:?}");
        }
    }

    #[test]
    fn a_colour_that_a_standard_picture_does_not_have_keeps_its_hue_and_is_not_cut() {
        // Pure BT.2020 green, at half of white.
        let [red, green, blue] = seen([0.0, coded(100.0), 0.0], Light::Pq, None);
        assert!(green > 150 && green - blue > 60 && green - red > 60, "still green: {red} {green} {blue}");
        let [red, green, blue] = seen([coded(900.0), coded(700.0), coded(100.0)], Light::Pq, None);
        assert!(red > green && green > blue + 20, "a bright orange is orange: {red} {green} {blue}");
    }

    #[test]
    fn coding_and_decoding_undo_each_other() {
        for step in 1..=50 {
            let value = step as f32 / 50.0;
            assert!((coded(nits(value)) - value).abs() < 1e-3);
        }
    }
}
