//! What GDAL says of JPEG and JPEG 2000 that it reads: their decoders give grey for what is missing, and only a warning tells.

use super::text;
use gdal_sys as gdal;
use std::cell::Cell;
use std::ffi::c_char;

thread_local! {
    /// The formats of which damage was told on this thread. GDAL speaks on the thread that calls it.
    static JPEG: Cell<bool> = const { Cell::new(false) };
    static JPEG_2000: Cell<bool> = const { Cell::new(false) };
}

/// Formats whose decoders only warn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Jpeg2000,
}

/// Whether anyone listens while pixels are read, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hearing(Option<Format>);

impl Hearing {
    /// From now on.
    pub(crate) fn of(format: Format) -> Self {
        JPEG.set(false);
        JPEG_2000.set(false);
        Self(Some(format))
    }

    /// For formats whose readers fail where pixels are missing, and warn of much else.
    pub(crate) const fn deaf() -> Self {
        Self(None)
    }

    /// Whether damage was told of since.
    pub(crate) fn of_damage(self) -> bool {
        match self.0 {
            None => false,
            Some(Format::Jpeg) => JPEG.get(),
            Some(Format::Jpeg2000) => JPEG_2000.get(),
        }
    }
}

/// Hears everything, and keeps no word of it: it may be the file's own.
///
/// # Safety
/// Called by GDAL only, with null or a text that ends with a zero.
pub(super) unsafe extern "C" fn hear(class: gdal::CPLErr::Type, _: gdal::CPLErrorNum, words: *const c_char) {
    let is_said = matches!(class, gdal::CPLErr::CE_Warning | gdal::CPLErr::CE_Failure);
    let Some(words) = text(words).filter(|_| is_said) else { return };
    if !assay_openjpeg::is_harmless(&words) {
        JPEG_2000.set(true);
    }
    if is_damage(&words) {
        JPEG.set(true);
    }
}

/// Whether libjpeg's warning is one of pixels that are not what they were (its `jerror.h`). Bytes too many are harmless at the end of an
/// image; before the begin of another one the rest of the first is missing.
fn is_damage(words: &str) -> bool {
    let is_filled = words.contains("extraneous bytes before marker") && !words.contains("marker 0xd8");
    (words.contains("Premature end of JPEG") || words.contains("Corrupt JPEG data")) && !is_filled
}

#[cfg(test)]
mod tests {
    use super::is_damage;

    #[test]
    fn a_warning_of_pixels_is_told_from_one_of_bytes_between_them() {
        for damage in [
            "libjpeg: Premature end of JPEG file (this warning can be turned as an error by setting GDAL_ERROR_ON_LIBJPEG_WARNING to TRUE)",
            "JPEGLib:Corrupt JPEG data: bad Huffman code",
            "libjpeg: Corrupt JPEG data: 631 extraneous bytes before marker 0xd8",
        ] {
            assert!(is_damage(damage), "{damage}");
        }
        for harmless in
            ["libjpeg: Corrupt JPEG data: 2 extraneous bytes before marker 0xd9", "JPEGLib:Unknown Adobe color transform code 9"]
        {
            assert!(!is_damage(harmless), "{harmless}");
        }
    }
}
