//! How large a picture is when its pixels are made square, as players show it.

use crate::ffi::Rational;

/// Width and height as shown, at most `most` on the longer side and never enlarged beyond it: one side grows by the pixels' shape and the
/// other stays, as the HTML standard lets a video's natural size be found
/// (<https://html.spec.whatwg.org/multipage/media.html#concept-video-intrinsic-width>).
pub(crate) fn fitted(width: u32, height: u32, pixel: Rational, most: u32) -> (u32, u32) {
    let (width, height) = exact(width, height, pixel);
    let factor = (f64::from(most.max(1)) / width.max(height)).min(1.0);
    (whole(width * factor).min(most.max(1)), whole(height * factor).min(most.max(1)))
}

fn exact(width: u32, height: u32, pixel: Rational) -> (f64, f64) {
    let shape = f64::from(pixel.num) / f64::from(pixel.den);
    // A pixel ten times as wide as high is a broken header, not a lens; an unknown one is square.
    let shape = if shape.is_finite() && (0.1..=10.0).contains(&shape) { shape } else { 1.0 };
    (f64::from(width) * shape.max(1.0), f64::from(height) / shape.min(1.0))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, and a float's cast saturates")]
fn whole(side: f64) -> u32 {
    side.round().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_pixels_make_a_wide_picture_and_none_is_enlarged() {
        let size = |width, height, num, den, most| fitted(width, height, Rational { num, den }, most);
        assert_eq!(size(720, 576, 64, 45, 4096), (1024, 576));
        assert_eq!(size(720, 576, 64, 45, 512), (512, 288));
        assert_eq!(size(720, 576, 8, 9, 4096), (720, 648));
        assert_eq!(size(320, 240, 0, 1, 1024), (320, 240));
        assert_eq!(size(320, 240, 1000, 1, 1024), (320, 240));
        assert_eq!(size(10_000, 1, 1, 1, 256), (256, 1));
    }
}
