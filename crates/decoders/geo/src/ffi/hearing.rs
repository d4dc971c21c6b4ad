//! What GDAL says of JPEG 2000 that it reads: its decoder gives grey for what is missing, and only a warning tells.

use super::text;
use gdal_sys as gdal;
use std::cell::Cell;
use std::ffi::c_char;

thread_local! {
    /// Whether damage was told of on this thread. GDAL speaks on the thread that calls it.
    static DAMAGE: Cell<bool> = const { Cell::new(false) };
}

/// Whether anyone listens while pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearing {
    Deaf,
    Listening,
}

impl Hearing {
    /// From now on.
    pub(crate) fn begin() -> Self {
        DAMAGE.set(false);
        Self::Listening
    }

    /// For formats whose readers fail where pixels are missing, and warn of much else.
    pub(crate) const fn deaf() -> Self {
        Self::Deaf
    }

    /// Whether damage was told of since.
    pub(crate) fn of_damage(self) -> bool {
        self == Self::Listening && DAMAGE.get()
    }
}

/// Hears everything, and keeps no word of it: it may be the file's own.
///
/// # Safety
/// Called by GDAL only, with null or a text that ends with a zero.
pub(super) unsafe extern "C" fn hear(class: gdal::CPLErr::Type, _: gdal::CPLErrorNum, words: *const c_char) {
    let is_said = matches!(class, gdal::CPLErr::CE_Warning | gdal::CPLErr::CE_Failure);
    if is_said && text(words).is_some_and(|words| !assay_openjpeg::is_harmless(&words)) {
        DAMAGE.set(true);
    }
}
