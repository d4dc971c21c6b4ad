//! Scene light – linear, without an upper bound – made smaller while it arrives, then pressed into what a screen shows.

use crate::format::Wish;
use crate::samples::{Decoded, Layout, Samples, check_memory};
use assay_contract::exchange::Refusal;

/// Luminance of red, green and blue (ITU-R BT.709).
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
/// Mean luminances (of logarithms) that are shown as they are; a darker or brighter scene is exposed to the nearer of them.
const EXPOSURE: (f32, f32) = (0.05, 0.5);
/// What is darker counts for no mean: black borders would brighten the rest.
const BLACK: f32 = 1e-5;
/// This part of the pixels is not blown out.
const NOT_BLOWN_OUT: f64 = 0.995;
/// The largest number of a half: what is brighter is a fault of the file.
const BRIGHTEST: f32 = 65_504.0;
const STEPS: usize = 4096;

/// Means of blocks of `factor` x `factor` pixels.
#[derive(Debug)]
pub(crate) struct Light {
    factor: u32,
    across: u32,
    down: u32,
    /// Red, green, blue – multiplied by alpha –, alpha, and how many pixels came.
    blocks: Vec<[f32; 5]>,
}

impl Light {
    /// For a picture of a size; at least twice the largest thumbnail is kept.
    pub(crate) fn new(width: u32, height: u32, wish: &Wish<'_>) -> Result<Self, Refusal> {
        let factor = (width.max(height) / wish.longest_px.saturating_mul(2).max(1)).max(1);
        let (across, down) = (width.div_ceil(factor), height.div_ceil(factor));
        let count = u64::from(across) * u64::from(down);
        check_memory(wish.limits, count * size_of::<[f32; 5]>() as u64)?;
        Ok(Self { factor, across, down, blocks: vec![[0.0; 5]; usize::try_from(count).unwrap_or(0)] })
    }

    /// Takes one pixel, its colours multiplied by alpha; one beside the picture is left out.
    pub(crate) fn add(&mut self, x: usize, y: usize, pixel: [f32; 4]) {
        let factor = self.factor as usize;
        let (x, y) = (x / factor, y / factor);
        if x >= self.across as usize {
            return;
        }
        if let Some(block) = self.blocks.get_mut(y * self.across as usize + x) {
            let [red, green, blue, alpha] = pixel.map(|number| if number > 0.0 { number.min(BRIGHTEST) } else { 0.0 });
            for (sum, number) in block.iter_mut().zip([red, green, blue, alpha.min(1.0), 1.0]) {
                *sum += number;
            }
        }
    }

    /// Whether any pixel came.
    pub(crate) fn has_come(&self) -> bool {
        self.blocks.iter().any(|[_, _, _, _, count]| *count > 0.0)
    }

    /// The small picture as sRGB.
    pub(crate) fn shown(mut self, layout: Layout, damage: Option<String>) -> Decoded {
        let mut luminances = Vec::with_capacity(self.blocks.len());
        for [red, green, blue, alpha, count] in &mut self.blocks {
            // Colours count where something is to be seen.
            let weight = if *alpha > 0.0 { *alpha } else { *count };
            for colour in [&mut *red, &mut *green, &mut *blue] {
                *colour = if weight > 0.0 { *colour / weight } else { 0.0 };
            }
            *alpha = if *count > 0.0 { *alpha / *count } else { 0.0 };
            luminances.push(luminance([*red, *green, *blue]));
        }
        let tone = Tone::of(&mut luminances);
        let curve: Vec<u8> = (0..STEPS).map(|step| byte(srgb(step as f32 / (STEPS - 1) as f32) * 255.0)).collect();
        let mut bytes = Vec::with_capacity(self.blocks.len() * layout.channels());
        for [red, green, blue, alpha, _] in self.blocks {
            let factor = tone.factor(luminance([red, green, blue]));
            let [red, green, blue] = [red, green, blue].map(|colour| curve.get(step(colour * factor)).copied().unwrap_or(u8::MAX));
            match layout {
                Layout::Gray => bytes.push(green),
                Layout::GrayAlpha => bytes.extend([green, byte(alpha * 255.0)]),
                Layout::Rgba => bytes.extend([red, green, blue, byte(alpha * 255.0)]),
                Layout::Rgb | Layout::Cmyk => bytes.extend([red, green, blue]),
            }
        }
        Decoded { samples: Samples { width: self.across, height: self.down, layout, bytes }, damage, issues: Vec::new() }
    }
}

/// How light is pressed: Reinhard's curve with a white point ("Photographic Tone Reproduction for Digital Images", 2002, equation 4).
/// A picture whose light lies between 0 and 1 stays as it is.
#[derive(Debug)]
struct Tone {
    exposure: f32,
    white: f32,
}

impl Tone {
    fn of(luminances: &mut [f32]) -> Self {
        let (sum, count) = luminances
            .iter()
            .filter(|light| **light > BLACK)
            .fold((0.0_f64, 0_u64), |(sum, count), light| (sum + f64::from(light.ln()), count + 1));
        #[allow(clippy::cast_possible_truncation, reason = "the mean of logarithms of f32 numbers is one")]
        let mean = if count == 0 { EXPOSURE.0 } else { (sum / count as f64).exp() as f32 };
        let exposure = mean.clamp(EXPOSURE.0, EXPOSURE.1) / mean;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a length is a place in it")]
        let place = (luminances.len() as f64 * NOT_BLOWN_OUT) as usize;
        let brightest = match luminances.len() {
            0 => 1.0,
            length => *luminances.select_nth_unstable_by(place.min(length - 1), f32::total_cmp).1,
        };
        Self { exposure, white: (brightest * exposure).max(1.0) }
    }

    /// What to multiply a colour of this luminance by.
    fn factor(&self, luminance: f32) -> f32 {
        let light = luminance * self.exposure;
        if self.white > 1.0 { self.exposure * (1.0 + light / (self.white * self.white)) / (1.0 + light) } else { self.exposure }
    }
}

fn luminance(colour: [f32; 3]) -> f32 {
    colour.iter().zip(LUMA).map(|(colour, weight)| colour * weight).sum()
}

/// IEC 61966-2-1.
fn srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 in the same line")]
fn byte(number: f32) -> u8 {
    number.round().clamp(0.0, 255.0) as u8
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1 in the same line")]
fn step(linear: f32) -> usize {
    (linear.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::DecodeLimits;

    fn shown(pixels: &[[f32; 4]], layout: Layout) -> Vec<u8> {
        let limits = DecodeLimits::default();
        let mut light =
            Light::new(pixels.len().try_into().unwrap(), 1, &Wish { longest_px: 1000, limits: &limits, alive: &|| () }).unwrap();
        for (x, pixel) in pixels.iter().enumerate() {
            light.add(x, 0, *pixel);
        }
        light.shown(layout, None).samples.bytes
    }

    #[test]
    fn light_that_a_screen_can_show_stays_as_it_is() {
        let bytes = shown(&[[0.0, 0.0, 0.0, 1.0], [0.214, 0.214, 0.214, 1.0], [1.0, 1.0, 1.0, 1.0]], Layout::Rgb);
        assert_eq!(bytes, [0, 0, 0, 127, 127, 127, 255, 255, 255]);
    }

    #[test]
    fn brighter_light_keeps_its_order_and_its_colour() {
        let bytes = shown(&[[0.2, 0.1, 0.1, 1.0], [2.0, 1.0, 1.0, 1.0], [20.0, 10.0, 10.0, 1.0]], Layout::Rgb);
        let [a, b, c] = [0, 3, 6].map(|at| bytes[at + 1]);
        assert!(0 < a && a < b && b < c, "{bytes:?}");
        assert!(bytes[0] > bytes[1] && bytes[3] > bytes[4], "{bytes:?}");
    }

    #[test]
    fn dark_scenes_are_exposed_and_numbers_that_are_none_are_black() {
        let dark = shown(&[[0.001, 0.001, 0.001, 1.0], [0.002, 0.002, 0.002, 1.0]], Layout::Rgb);
        assert!(dark[0] > 30, "{dark:?}");
        assert_eq!(shown(&[[f32::NAN, -1.0, f32::NEG_INFINITY, 1.0]], Layout::Rgb), [0, 0, 0]);
    }

    #[test]
    fn colours_are_freed_of_their_alpha() {
        assert_eq!(shown(&[[0.25, 0.25, 0.25, 0.5], [0.0; 4]], Layout::Rgba), [188, 188, 188, 128, 0, 0, 0, 0]);
    }
}
