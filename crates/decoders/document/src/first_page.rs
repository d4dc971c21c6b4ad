//! The first page as a picture: on white, at its rotation and crop box, with annotations and form fields as a reader shows them.

use crate::fonts;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_kit::picture::check_pixels;
use assay_kit::{Answer, Picture, Pixels, Stop};
use pdfium_render::prelude::{PdfBitmap, PdfBitmapFormat, PdfPage, PdfRenderConfig, PdfiumError};

/// Most pixels for a point: 288 to the inch. A finer picture of a small page would only be an enlarged one.
const FINEST: f32 = 4.0;

/// Draws it as large as the largest thumbnail, and makes all of them.
pub(crate) fn show(task: &Task, page: &PdfPage<'_>, answer: &mut Answer) -> Result<(), Stop> {
    let Some(largest) = task.thumbnails.iter().map(|spec| spec.max_px).max() else { return Ok(()) };
    let Some((width, height)) = pixels(page.width().value, page.height().value, largest) else {
        return answer.refuse_output(&Refusal::corrupt("the first page has no size"));
    };
    if let Err(refusal) = check_pixels(task, width, height) {
        return answer.refuse_output(&refusal);
    }
    answer.progress()?;
    match draw(page, width, height) {
        Ok(rgb) => {
            let picture = Picture::new(width, height, Pixels::Rgb8, rgb)?;
            answer.thumbnails(task, &picture, 1)?;
            say_which_fonts(page, answer)
        }
        Err(_) => answer.refuse_output(&Refusal::corrupt("the first page could not be drawn")),
    }
}

fn say_which_fonts(page: &PdfPage<'_>, answer: &mut Answer) -> Result<(), Stop> {
    let message = match fonts::replaced(page) {
        0 => return Ok(()),
        1 => "A font of the first page is not in the file: the picture shows its text in another one.".to_owned(),
        count => format!("{count} fonts of the first page are not in the file: the picture shows their text in others."),
    };
    answer.issue(&Issue::warning("fallback-font", message))
}

/// The picture's size for a page's, in points; `None` where the page has none.
fn pixels(width: f32, height: f32, largest: u32) -> Option<(u32, u32)> {
    let is_length = |length: f32| length.is_finite() && length > 0.0;
    if !is_length(width) || !is_length(height) {
        return None;
    }
    let longest = width.max(height);
    #[expect(clippy::cast_precision_loss, reason = "a thumbnail's side is far below 2^24")]
    let scale = (largest as f32 / longest).min(FINEST);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a thumbnail's side")]
    let side = |length: f32| ((length * scale).round() as u32).clamp(1, largest);
    Some((side(width), side(height)))
}

fn draw(page: &PdfPage<'_>, width: u32, height: u32) -> Result<Vec<u8>, PdfiumError> {
    let (columns, rows) = (i32::try_from(width), i32::try_from(height));
    let (Ok(columns), Ok(rows)) = (columns, rows) else { return Err(PdfiumError::ImageSizeOutOfBounds) };
    let mut bytes = vec![0; width as usize * height as usize * 4];
    let mut bitmap = PdfBitmap::from_bytes(columns, rows, PdfBitmapFormat::BGRx, &mut bytes)?;
    let config = PdfRenderConfig::new()
        .set_fixed_size(columns, rows)
        .render_annotations(true)
        .render_form_data(true)
        .limit_render_image_cache_size(true)
        .set_reverse_byte_order(true);
    page.render_into_bitmap_with_config(&mut bitmap, &config)?;
    drop(bitmap);
    Ok(bytes.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect())
}

#[cfg(test)]
mod tests {
    use super::pixels;

    #[test]
    fn a_page_fills_the_largest_thumbnail_and_keeps_its_shape() {
        for (page, largest, picture) in [
            ((612.0, 792.0), 1024, Some((791, 1024))),
            ((792.0, 612.0), 1024, Some((1024, 791))),
            ((14_400.0, 1.0), 1024, Some((1024, 1))),
            // A stamp is not blown up.
            ((100.0, 50.0), 1024, Some((400, 200))),
            ((0.0, 50.0), 1024, None),
            ((f32::NAN, 50.0), 1024, None),
            ((f32::INFINITY, 50.0), 1024, None),
        ] {
            assert_eq!(pixels(page.0, page.1, largest), picture, "{page:?}");
        }
    }
}
