//! A picture to draw on: a ground, cards with round corners, and letters as masks.

use assay_contract::exchange::Refusal;
use assay_kit::{Picture, Pixels};

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

/// A part of a canvas, pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Pixels in sRGB; whatever is drawn beyond its edges is not there.
#[derive(Debug)]
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Canvas {
    /// All of one colour. The caller has checked the size against the task's limits.
    pub(crate) fn new(width: u32, height: u32, ground: Colour) -> Self {
        Self { width, height, rgb: ground.repeat(width as usize * height as usize) }
    }

    /// A filled rectangle with round corners.
    pub(crate) fn card(&mut self, area: Area, radius: f32, colour: Colour) {
        let (right, bottom) = (area.x + area.width, area.y + area.height);
        let (middle_x, middle_y) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
        for y in pixel(area.y).max(0)..=pixel(bottom).min(edge(self.height)) {
            for x in pixel(area.x).max(0)..=pixel(right).min(edge(self.width)) {
                // The distance of the pixel's middle from the outline: below zero it lies within.
                let beyond = |at: i32, middle: f32, length: f32| (at as f32 + 0.5 - middle).abs() - length / 2.0 + radius;
                let (dx, dy) = (beyond(x, middle_x, area.width), beyond(y, middle_y, area.height));
                let distance = dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius;
                self.mix(x, y, colour, share(0.5 - distance));
            }
        }
    }

    /// A letter: `width` bytes of coverage for each row.
    pub(crate) fn letter(&mut self, left: i32, top: i32, width: u32, coverage: &[u8], colour: Colour) {
        let Ok(row_bytes) = usize::try_from(width) else { return };
        if row_bytes == 0 {
            return;
        }
        for (row, y) in coverage.chunks_exact(row_bytes).zip(top..) {
            for (alpha, x) in row.iter().zip(left..) {
                self.mix(x, y, colour, *alpha);
            }
        }
    }

    /// What was drawn.
    pub(crate) fn into_picture(self) -> Result<Picture, Refusal> {
        Picture::new(self.width, self.height, Pixels::Rgb8, self.rgb)
    }

    fn mix(&mut self, x: i32, y: i32, colour: Colour, alpha: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if alpha == 0 || x >= self.width as usize || y >= self.height as usize {
            return;
        }
        let start = (y * self.width as usize + x) * 3;
        let Some(pixel) = self.rgb.get_mut(start..start + 3) else { return };
        for (below, above) in pixel.iter_mut().zip(colour) {
            let mixed = (u16::from(above) * u16::from(alpha) + u16::from(*below) * (255 - u16::from(alpha)) + 127) / 255;
            *below = u8::try_from(mixed).unwrap_or(255);
        }
    }
}

fn edge(side: u32) -> i32 {
    i32::try_from(side).unwrap_or(i32::MAX) - 1
}

#[expect(clippy::cast_possible_truncation, reason = "saturates; places on a canvas are small")]
fn pixel(place: f32) -> i32 {
    place.floor() as i32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
fn share(coverage: f32) -> u8 {
    (coverage.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_beyond_the_edge_is_not_there() {
        let mut canvas = Canvas::new(4, 4, [255; 3]);
        canvas.letter(-1, 3, 2, &[255; 4], [0; 3]);
        canvas.card(Area { x: 2.0, y: -5.0, width: 100.0, height: 7.0 }, 0.0, [9; 3]);
        let picture = canvas.into_picture().unwrap();
        let greys: Vec<u8> = picture.bytes().iter().step_by(3).copied().collect();
        assert_eq!(greys, [255, 255, 9, 9, 255, 255, 9, 9, 255, 255, 255, 255, 0, 255, 255, 255]);
    }
}
