//! Decoded pixels, and the two things done to them: made smaller, turned upright.

use crate::decoder::Stop;
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::limits::LimitHit;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use std::sync::Arc;

/// Pixels in sRGB, 8 bits a channel, rows without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Pixels,
    /// Shared: a picture that is small enough is its own thumbnail, and and a copy would touch as many fresh pages.
    bytes: Arc<Vec<u8>>,
}

/// How pixels lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// Red, green, blue.
    Rgb8,
    /// Red, green, blue, alpha; not premultiplied.
    Rgba8,
}

impl Pixels {
    /// Bytes of one pixel.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Rgb8 => 3,
            Self::Rgba8 => 4,
        }
    }
}

/// Refuses a frame of more pixels or a longer side than the task allows; to be asked before anything is allocated.
pub fn check_pixels(task: &Task, width: u32, height: u32) -> Result<(), Refusal> {
    let (pixels, longest) = (u64::from(width) * u64::from(height), width.max(height));
    if pixels > task.limits.pixels {
        return Err(Refusal::limit(Code::TooManyPixels, LimitHit::new("pixels", pixels, task.limits.pixels)));
    }
    if longest > task.limits.side_px {
        return Err(Refusal::limit(Code::TooManyPixels, LimitHit::new("side_px", longest.into(), task.limits.side_px.into())));
    }
    Ok(())
}

impl Picture {
    /// A picture from its pixels. Refuses a size of 0 or a buffer of another length.
    pub fn new(width: u32, height: u32, pixels: Pixels, bytes: Vec<u8>) -> Result<Self, Refusal> {
        let wanted = u128::from(width) * u128::from(height) * pixels.bytes() as u128;
        if wanted == 0 || wanted != bytes.len() as u128 {
            return Err(Refusal::corrupt(format!("a picture of {width} x {height} pixels came with {} bytes", bytes.len())));
        }
        Ok(Self { width, height, pixels, bytes: Arc::new(bytes) })
    }

    /// Pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How the bytes are to be read.
    pub fn pixels(&self) -> Pixels {
        self.pixels
    }

    /// The pixels, row by row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The picture with its longest side at most `max_px`; never enlarged.
    pub fn fitted(&self, max_px: u32) -> Result<Self, Stop> {
        let longest = self.width.max(self.height);
        if longest <= max_px {
            return Ok(self.clone());
        }
        let shrunk = |side: u32| {
            let rounded = (u64::from(side) * u64::from(max_px) + u64::from(longest) / 2) / u64::from(longest);
            u32::try_from(rounded).unwrap_or(max_px).max(1)
        };
        let (width, height) = (shrunk(self.width), shrunk(self.height));
        let bytes = match self.pixels {
            Pixels::Rgb8 => self.resized::<U8x3>(width, height)?,
            Pixels::Rgba8 => self.resized::<U8x4>(width, height)?,
        };
        Ok(Self { width, height, pixels: self.pixels, bytes: Arc::new(bytes) })
    }

    /// Typed, because the crate's untyped call compiles every pixel type there is: two minutes of every build.
    fn resized<P: PixelTrait>(&self, width: u32, height: u32) -> Result<Vec<u8>, Stop> {
        let mut bytes = vec![0; width as usize * height as usize * self.pixels.bytes()];
        let from = TypedImageRef::<P>::from_buffer(self.width, self.height, &self.bytes).map_err(not_resized)?;
        let mut to = TypedImage::<P>::from_buffer(width, height, &mut bytes).map_err(not_resized)?;
        // Catmull-Rom: nearly Lanczos3's sharpness at two thirds of its cost, and without its halos around text.
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
        Resizer::new().resize_typed(&from, &mut to, &options).map_err(not_resized)?;
        Ok(bytes)
    }

    /// The picture turned as EXIF orientation says (CIPA DC-008, tag 0x0112); 1 and unknown values leave it.
    #[must_use]
    pub fn oriented(self, orientation: u8) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let turned = matches!(orientation, 5..=8);
        if !matches!(orientation, 2..=8) {
            return self;
        }
        let (new_width, new_height) = if turned { (height, width) } else { (width, height) };
        let size = self.pixels.bytes();
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..new_height {
            for x in 0..new_width {
                let (from_x, from_y) = match orientation {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                let start = (from_y * width + from_x) * size;
                bytes.extend_from_slice(self.bytes.get(start..start + size).unwrap_or_default());
            }
        }
        let (width, height) = if turned { (self.height, self.width) } else { (self.width, self.height) };
        Self { width, height, pixels: self.pixels, bytes: Arc::new(bytes) }
    }

    /// The picture without alpha, laid on white.
    #[must_use]
    pub fn on_white(self) -> Self {
        if self.pixels == Pixels::Rgb8 {
            return self;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() / 4 * 3);
        for pixel in self.bytes.as_chunks::<4>().0 {
            let [red, green, blue, alpha] = *pixel;
            for channel in [red, green, blue] {
                let mixed = (u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
                bytes.push(u8::try_from(mixed).unwrap_or(255));
            }
        }
        Self { width: self.width, height: self.height, pixels: Pixels::Rgb8, bytes: Arc::new(bytes) }
    }

    /// Whether any pixel lets the ground through.
    pub fn is_transparent(&self) -> bool {
        self.pixels == Pixels::Rgba8 && self.bytes.as_chunks::<4>().0.iter().any(|[_, _, _, alpha]| *alpha < 255)
    }
}

fn not_resized(error: impl std::fmt::Display) -> Stop {
    Stop::Refused(Refusal::new(Code::Internal, format!("the picture could not be made smaller: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 2: a b c / d e f.
    fn letters() -> Picture {
        Picture::new(3, 2, Pixels::Rgb8, b"aaabbbcccdddeeefff".to_vec()).unwrap()
    }

    fn read(picture: &Picture) -> String {
        picture
            .bytes()
            .chunks(3 * picture.width() as usize)
            .map(|row| row.iter().step_by(3).map(|b| *b as char).collect::<String>())
            .collect::<Vec<_>>()
            .join("/")
    }

    #[test]
    fn each_orientation_turns_as_exif_says() {
        for (orientation, want) in [
            (0, "abc/def"),
            (1, "abc/def"),
            (2, "cba/fed"),
            (3, "fed/cba"),
            (4, "def/abc"),
            (5, "ad/be/cf"),
            (6, "da/eb/fc"),
            (7, "fc/eb/da"),
            (8, "cf/be/ad"),
            (9, "abc/def"),
        ] {
            assert_eq!(read(&letters().oriented(orientation)), want, "{orientation}");
        }
    }

    #[test]
    fn a_picture_is_never_enlarged_and_keeps_its_shape() {
        let wide = Picture::new(1000, 10, Pixels::Rgb8, vec![7; 30_000]).unwrap();
        assert_eq!(wide.fitted(1000).unwrap(), wide);
        assert_eq!(wide.fitted(2000).unwrap(), wide);
        let small = wide.fitted(50).unwrap();
        assert_eq!((small.width(), small.height()), (50, 1));
        assert!(small.bytes().iter().all(|b| *b == 7));
    }

    #[test]
    fn a_buffer_of_the_wrong_length_is_refused() {
        assert!(Picture::new(2, 2, Pixels::Rgb8, vec![0; 11]).is_err());
        assert!(Picture::new(0, 2, Pixels::Rgb8, vec![]).is_err());
        assert!(Picture::new(u32::MAX, u32::MAX, Pixels::Rgba8, vec![0; 4]).is_err());
    }

    #[test]
    fn transparency_is_laid_on_white() {
        let picture = Picture::new(2, 1, Pixels::Rgba8, vec![0, 0, 0, 0, 10, 20, 30, 255]).unwrap();
        assert!(picture.is_transparent());
        assert_eq!(picture.on_white().bytes(), [255, 255, 255, 10, 20, 30]);
    }
}
