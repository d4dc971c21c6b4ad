//! libpdfium: where it lies, how it is bound, what is touched before the first asset.

use pdfium_render::prelude::{PdfRenderConfig, Pdfium, PdfiumError, PdfiumLibraryConfig};
use std::env::current_exe;
use std::path::{Path, PathBuf};

/// The library's file, brought by `deploy/setup.sh`.
const FILE: &str = "libpdfium.so";

/// The version of the wheel that `deploy/setup.sh` pins; the library itself does not tell.
pub(crate) const VERSION: &str = "159.0.8149";

/// No folder of fonts: an empty list would mean the system's own, so this names what is no folder anywhere.
const NO_FONTS: &str = "/dev/null";

/// PDFium can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LibraryMissing {
    /// Where this executable lies is not known.
    #[error("where this executable lies is not known: {0}")]
    Nowhere(#[from] std::io::Error),
    /// It is not where it must be.
    #[error("{FILE} is not at {0}; it lies beside the decoders, and `deploy/setup.sh` brings it")]
    NotThere(PathBuf),
    /// It is there and is not the right one.
    #[error("{path} can't be used: {source}", path = .0.display(), source = .1)]
    Unusable(PathBuf, PdfiumError),
}

/// Loads the library that lies beside this executable. Never searched on a library path: whoever can write there would be in every child.
pub(crate) fn beside_executable() -> Result<Pdfium, LibraryMissing> {
    let path = place(&current_exe()?);
    if !path.is_file() {
        return Err(LibraryMissing::NotThere(path));
    }
    let unusable = |error| LibraryMissing::Unusable(path.clone(), error);
    let config = PdfiumLibraryConfig::new().set_user_font_paths(&[NO_FONTS]).map_err(unusable)?;
    match Pdfium::bind_to_library(&path) {
        Ok(bindings) => Ok(Pdfium::new_with_config(bindings, config)),
        // Once in a process: a second decoder shares the first one's.
        Err(PdfiumError::PdfiumLibraryBindingsAlreadyInitialized) => Ok(Pdfium::default()),
        Err(error) => Err(unusable(error)),
    }
}

/// Draws and reads a page of every kind of thing that is slow, or lazy, to begin with.
pub(crate) fn warm(pdfium: &Pdfium) {
    // Nothing depends on it: what fails here fails again where it is told.
    let Ok(document) = pdfium.load_pdf_from_byte_slice(FIRST_PAGE, None) else { return };
    let Ok(page) = document.pages().get(0) else { return };
    let _ = page.text().map(|text| text.all());
    let _ = page.render_with_config(&PdfRenderConfig::new().set_fixed_size(64, 64));
}

/// A page with text in built-in fonts, a line and a shade; its table of objects is found anew, as in many damaged files.
const FIRST_PAGE: &[u8] = b"%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</ExtGState<</G<</ca 0.5>>>>/Font<<
/A<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>/B<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>
/C<</Type/Font/Subtype/Type1/BaseFont/Courier>>/D<</Type/Font/Subtype/Type1/BaseFont/Symbol>>
/E<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>/F<</Type/Font/Subtype/TrueType/BaseFont/Unknown>>>>>>>>endobj
4 0 obj<</Length 139>>stream
/G gs 0 0 1 rg 9 9 m 99 20 40 99 180 180 c f BT /A 20 Tf 9 90 Td(A)Tj/B 20 Tf(B)Tj/C 20 Tf(C)Tj/D 20 Tf(D)Tj/E 20 Tf(E)Tj/F 20 Tf(F)Tj ET
endstream endobj
trailer<</Root 1 0 R>>
%%EOF
";

/// Beside the executable; Cargo puts those of tests and examples one folder deeper.
fn place(executable: &Path) -> PathBuf {
    let folder = executable.parent().unwrap_or(Path::new("/"));
    match (folder.file_name().and_then(|name| name.to_str()), folder.parent()) {
        (Some("deps" | "examples"), Some(above)) => above.join(FILE),
        _ => folder.join(FILE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_lies_beside_the_decoders_and_one_above_tests() {
        for (executable, library) in [
            ("/opt/assay/assay-document", "/opt/assay/libpdfium.so"),
            ("/src/target/debug/deps/documents-0123", "/src/target/debug/libpdfium.so"),
            ("/src/target/release/examples/truth", "/src/target/release/libpdfium.so"),
        ] {
            assert_eq!(place(Path::new(executable)), Path::new(library));
        }
    }
}
