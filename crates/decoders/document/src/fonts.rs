//! Fonts that a page uses and that are neither in the file nor built in: their text is drawn with another font.

use pdfium_render::prelude::{PdfPage, PdfPageObject, PdfPageObjectsCommon, PdfPageTextRenderMode};
use std::collections::BTreeSet;

/// Most objects of a page that are looked at, and how deep.
const MOST_OBJECTS: usize = 20_000;
const DEEPEST: u8 = 8;

/// The fonts that every reader has (ISO 32000-1, 9.6.2.2).
const BUILT_IN: [&str; 14] = [
    "Courier",
    "Courier-Bold",
    "Courier-BoldOblique",
    "Courier-Oblique",
    "Helvetica",
    "Helvetica-Bold",
    "Helvetica-BoldOblique",
    "Helvetica-Oblique",
    "Symbol",
    "Times-Bold",
    "Times-BoldItalic",
    "Times-Italic",
    "Times-Roman",
    "ZapfDingbats",
];

/// How many fonts of a page are drawn with another one.
pub(crate) fn replaced(page: &PdfPage<'_>) -> usize {
    let (mut names, mut left) = (BTreeSet::new(), MOST_OBJECTS);
    for object in page.objects().iter() {
        look(&object, DEEPEST, &mut left, &mut names);
    }
    names.len()
}

fn look(object: &PdfPageObject<'_>, depth: u8, left: &mut usize, names: &mut BTreeSet<String>) {
    let Some(fewer) = left.checked_sub(1) else { return };
    *left = fewer;
    if let Some(text) = object.as_text_object() {
        // What a scanner's reading lays under its picture is never drawn.
        let is_drawn = text.render_mode() != PdfPageTextRenderMode::Invisible;
        let font = text.font();
        if is_drawn && matches!(font.is_embedded(), Ok(false)) {
            let name = font.name();
            if !is_built_in(&name) {
                names.insert(name);
            }
        }
    } else if let (Some(form), Some(depth)) = (object.as_x_object_form_object(), depth.checked_sub(1)) {
        for object in form.iter() {
            look(&object, depth, left, names);
        }
    }
}

/// A subset of a font has six letters and a plus before its name (9.6.4).
fn is_built_in(name: &str) -> bool {
    let name = match name.split_once('+') {
        Some((tag, rest)) if tag.len() == 6 => rest,
        _ => name,
    };
    BUILT_IN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::is_built_in;

    #[test]
    fn only_the_fourteen_are_built_in() {
        assert!(["Helvetica", "ABCDEF+Times-Roman", "ZapfDingbats"].into_iter().all(is_built_in));
        assert!(!["Arial", "Helvetica-Narrow", "A+Helvetica", "", "ABCDEF+Lucida"].into_iter().any(is_built_in));
    }
}
