//! A frame as a person sees it: shades or colours of eight bits, made smaller on the way, with square pixels.

use crate::attributes::Attributes;
use crate::colour;
use crate::frame::{Frame, Model, Samples, Sign};
use crate::lut::Colours;
use crate::shades::Shades;
use assay_contract::exchange::Refusal;
use assay_kit::{Picture, Pixels};

/// How unlike a pixel's sides must be to be seen.
const VISIBLE: f64 = 0.01;

/// The frame as a picture of at least twice `longest_px`, where it has as many pixels.
pub(crate) fn picture(frame: &Frame, found: &Attributes, longest_px: u32) -> Result<Picture, Refusal> {
    let (width, height) = (frame.shape.width, frame.shape.height);
    let factor = (width.max(height) / longest_px.saturating_mul(2).max(1)).max(1);
    let painter = Painter::of(frame, found)?;
    let (small_width, small_height) = (width.div_ceil(factor), height.div_ceil(factor));
    let mut bytes = Vec::with_capacity(small_width as usize * small_height as usize * 3);
    for top in (0..height).step_by(factor as usize) {
        let bottom = height.min(top + factor);
        for left in (0..width).step_by(factor as usize) {
            let right = width.min(left + factor);
            if factor == 1 {
                bytes.extend(painter.colour(frame, pixel(left, top, width)));
                continue;
            }
            let mut sums = [0_u32; 3];
            for y in top..bottom {
                for x in left..right {
                    let colour = painter.colour(frame, pixel(x, y, width));
                    sums.iter_mut().zip(colour).for_each(|(sum, channel)| *sum += u32::from(channel));
                }
            }
            let count = (bottom - top) * (right - left);
            bytes.extend(sums.map(|sum| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX)));
        }
    }
    squared(Raster { width: small_width, height: small_height, bytes }, found)
}

fn pixel(x: u32, y: u32, width: u32) -> usize {
    y as usize * width as usize + x as usize
}

/// What gives a pixel its colour.
enum Painter<'a> {
    /// One sample of at most 16 bits: every colour that it can have.
    Table(Vec<[u8; 3]>),
    /// One wide sample.
    Shades(Shades<'a>),
    /// Three samples.
    Colours,
}

impl<'a> Painter<'a> {
    fn of(frame: &Frame, found: &'a Attributes) -> Result<Self, Refusal> {
        if frame.shape.channels == 3 {
            return Ok(Self::Colours);
        }
        let different = match &frame.samples {
            Samples::Bytes(_) => 256_u32,
            Samples::Words(_) => 65_536,
            Samples::Longs(_) | Samples::Floats(_) => 0,
        };
        if frame.shape.model == Model::Palette {
            let palette: Colours<'_> = found.palette.colours().ok_or_else(|| Refusal::corrupt("the palette is missing or too short"))?;
            let is_signed = frame.shape.sign == Sign::Signed;
            return Ok(Self::Table((0..different).map(|raw| palette.of(frame.shape.number(raw), is_signed)).collect()));
        }
        let shades = Shades::of(frame, &found.shading);
        if different == 0 {
            return Ok(Self::Shades(shades));
        }
        Ok(Self::Table((0..different).map(|raw| [shades.shade(frame.shape.number(raw)); 3]).collect()))
    }

    fn colour(&self, frame: &Frame, pixel: usize) -> [u8; 3] {
        match self {
            Self::Table(table) => {
                let raw = match &frame.samples {
                    Samples::Bytes(all) => all.get(pixel).copied().map(usize::from),
                    Samples::Words(all) => all.get(pixel).copied().map(usize::from),
                    Samples::Longs(_) | Samples::Floats(_) => None,
                };
                raw.and_then(|raw| table.get(raw)).copied().unwrap_or_default()
            }
            Self::Shades(shades) => [shades.shade(frame.value(pixel)); 3],
            Self::Colours => colour::of(frame, pixel),
        }
    }
}

/// Red, green and blue, row by row.
struct Raster {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

/// The raster with square pixels: the side with the shorter pixels gets fewer.
fn squared(raster: Raster, found: &Attributes) -> Result<Picture, Refusal> {
    let [down, across] = found.aspect.or(found.spacing).or(found.imager_spacing).unwrap_or([1.0, 1.0]);
    let ratio = (down / across).clamp(0.01, 100.0);
    let raster = if (ratio - 1.0).abs() <= VISIBLE {
        raster
    } else if ratio > 1.0 {
        narrowed(&raster, shorter(raster.width, ratio))
    } else {
        let turned = narrowed(&transposed(&raster), shorter(raster.height, 1.0 / ratio));
        transposed(&turned)
    };
    Picture::new(raster.width, raster.height, Pixels::Rgb8, raster.bytes)
}

fn shorter(side: u32, ratio: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number not above `side`")]
    let shorter = (f64::from(side) / ratio).round() as u32;
    shorter.clamp(1, side)
}

/// Each new pixel is the mean of what lies under it.
fn narrowed(raster: &Raster, width: u32) -> Raster {
    let step = f64::from(raster.width) / f64::from(width);
    let mut bytes = Vec::with_capacity(width as usize * raster.height as usize * 3);
    for row in raster.bytes.chunks(raster.width as usize * 3) {
        let pixels = row.as_chunks::<3>().0;
        for x in 0..width {
            let (from, to) = (f64::from(x) * step, f64::from(x + 1) * step);
            let mut sums = [0.0; 3];
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and not above a side's length")]
            let (first, last) = (from as usize, to.ceil() as usize);
            for (place, pixel) in pixels.iter().enumerate().take(last).skip(first) {
                let share = (to.min(place as f64 + 1.0) - from.max(place as f64)).max(0.0);
                sums.iter_mut().zip(pixel).for_each(|(sum, channel)| *sum += f64::from(*channel) * share);
            }
            bytes.extend(sums.map(|sum| colour::byte(sum / step)));
        }
    }
    Raster { width, height: raster.height, bytes }
}

fn transposed(raster: &Raster) -> Raster {
    let pixels = raster.bytes.as_chunks::<3>().0;
    let (width, height) = (raster.width as usize, raster.height as usize);
    let columns = (0..width).flat_map(|x| (0..height).map(move |y| y * width + x));
    let bytes = columns.flat_map(|place| pixels.get(place).copied().unwrap_or_default()).collect();
    Raster { width: raster.height, height: raster.width, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_are_taller_than_wide_make_a_narrower_picture() {
        let raster = || Raster { width: 4, height: 2, bytes: (0..24).collect() };
        let tall = squared(raster(), &Attributes { spacing: Some([2.0, 1.0]), ..Attributes::default() }).unwrap();
        assert_eq!((tall.width(), tall.height()), (2, 2));
        assert_eq!(&tall.bytes()[..3], [2, 3, 4], "the mean of two neighbours");
        let wide = squared(raster(), &Attributes { aspect: Some([1.0, 2.0]), ..Attributes::default() }).unwrap();
        assert_eq!((wide.width(), wide.height()), (4, 1));
        assert_eq!(&wide.bytes()[..3], [6, 7, 8]);
    }
}
