//! GDAL and PROJ, set up once in a process: four drivers, one file, no threads, no words on stderr.

use super::reference::Reference;
use super::{disk, hearing, registry, text};
use gdal_sys as gdal;
use std::ffi::{CStr, c_int};
use std::sync::Once;

/// Bytes of decoded blocks that are kept; a child has 768 MB for all.
const BLOCK_CACHE_BYTES: i64 = 128 << 20;

/// Options that hold whatever the environment says (<https://gdal.org/en/stable/user/configoptions.html>).
const OPTIONS: &[(&CStr, &CStr)] = &[
    // No look at what lies beside the file.
    (c"GDAL_DISABLE_READDIR_ON_OPEN", c"EMPTY_DIR"),
    (c"GDAL_PAM_ENABLED", c"NO"),
    // Place by the file's own tags alone: no world file, no MapInfo table.
    (c"GDAL_GEOREF_SOURCES", c"INTERNAL"),
    (c"GDAL_NUM_THREADS", c"1"),
    (c"VSI_CACHE", c"NO"),
    (c"CPL_TMPDIR", c"/vsimem/"),
    // A progressive JPEG within a TIFF or NITF may have so many scans.
    (c"GDAL_JPEG_MAX_ALLOWED_SCAN_NUMBER", c"100"),
];

/// Coordinate systems that most imagery has: looked up once before any child, which inherits what was found.
const COMMON: [i32; 4] = [4326, 3857, 32_633, 4269];

// In <gdal_frmts.h>, which the bindings leave out.
#[allow(non_snake_case, reason = "GDAL's names")]
unsafe extern "C" {
    fn GDALRegister_GTiff();
    fn GDALRegister_NITF();
    fn GDALRegister_JP2OpenJPEG();
    fn GDALRegister_JPEG();
}

/// Sets everything up. The first call does it, later ones cost nothing.
pub(crate) fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        // SAFETY: constant strings and functions of the library; nobody else is in it yet.
        unsafe {
            gdal::CPLSetErrorHandler(Some(hearing::hear));
            for (name, value) in OPTIONS {
                gdal::CPLSetConfigOption(name.as_ptr(), value.as_ptr());
            }
            gdal::GDALSetCacheMax64(BLOCK_CACHE_BYTES);
        }
        // While files can still be opened.
        registry::move_into_memory();
        // SAFETY: functions without arguments.
        unsafe {
            GDALRegister_GTiff();
            GDALRegister_NITF();
            GDALRegister_JP2OpenJPEG();
            GDALRegister_JPEG();
        }
        for code in COMMON {
            if let Some(reference) = Reference::of_epsg(code) {
                drop(reference.to_degrees());
            }
        }
        disk::shut();
    });
}

/// Versions of the libraries that are really loaded.
pub(crate) fn versions() -> [(&'static str, String); 2] {
    let (mut major, mut minor, mut patch): (c_int, c_int, c_int) = (0, 0, 0);
    // SAFETY: a constant string; three live variables.
    let release = unsafe {
        gdal::OSRGetPROJVersion(&raw mut major, &raw mut minor, &raw mut patch);
        text(gdal::GDALVersionInfo(c"RELEASE_NAME".as_ptr()))
    };
    [("gdal", release.unwrap_or_default()), ("proj", format!("{major}.{minor}.{patch}"))]
}
