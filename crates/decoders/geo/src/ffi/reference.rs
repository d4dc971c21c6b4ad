//! A coordinate reference system, and the way from it to longitude and latitude.

use super::{c_text, text};
use gdal_sys as gdal;
use std::ffi::c_int;
use std::ptr;

/// WGS 84, longitude and latitude in degrees.
const DEGREES: i32 = 4326;

/// What PROJ calls a system that has no name, as those are that a driver makes of a zone.
const NAMELESS: &str = "unnamed";

/// A coordinate reference system.
pub(crate) struct Reference {
    handle: gdal::OGRSpatialReferenceH,
}

impl Reference {
    /// A copy of one that another owns. `None` of null.
    pub(super) fn copy(from: gdal::OGRSpatialReferenceH) -> Option<Self> {
        if from.is_null() {
            return None;
        }
        // SAFETY: not null, and alive during the call.
        Self::owned(unsafe { gdal::OSRClone(from) })
    }

    /// The one of an EPSG code; `None` where the registry has none, or one that is no coordinate system.
    pub(crate) fn of_epsg(code: i32) -> Option<Self> {
        // SAFETY: a fresh, empty system, owned from here on.
        let reference = Self::owned(unsafe { gdal::OSRNewSpatialReference(ptr::null()) })?;
        // SAFETY: the handle is ours.
        (unsafe { gdal::OSRImportFromEPSG(reference.handle, code) } == gdal::OGRErr::OGRERR_NONE).then_some(reference)
    }

    fn owned(handle: gdal::OGRSpatialReferenceH) -> Option<Self> {
        if handle.is_null() {
            return None;
        }
        // Longitude and easting first, whatever the authority says: as every raster lies.
        // SAFETY: the handle is ours.
        unsafe { gdal::OSRSetAxisMappingStrategy(handle, gdal::OSRAxisMappingStrategy::OAMS_TRADITIONAL_GIS_ORDER) };
        Some(Self { handle })
    }

    /// Its code in the EPSG registry: as it says itself, or as it is recognised; only one that the registry has.
    pub(crate) fn epsg(&self) -> Option<u32> {
        let said = self.authority(None).or_else(|| self.recognised());
        // A system of a place and a height has a code for both, or one for the place alone.
        let horizontal =
            || if self.is_compound() { self.authority(Some("PROJCS")).or_else(|| self.authority(Some("GEOGCS"))) } else { None };
        said.or_else(horizontal).filter(|code| i32::try_from(*code).is_ok_and(|code| Self::of_epsg(code).is_some()))
    }

    fn authority(&self, node: Option<&str>) -> Option<u32> {
        let node = node.map(c_text);
        let node = node.as_ref().map_or(ptr::null(), |node| node.as_ptr());
        // SAFETY: the handle is ours; the texts are copied.
        let (name, code) =
            unsafe { (text(gdal::OSRGetAuthorityName(self.handle, node)), text(gdal::OSRGetAuthorityCode(self.handle, node))) };
        code.filter(|_| name.is_some_and(|name| name.eq_ignore_ascii_case("EPSG")))?.parse().ok()
    }

    /// What GDAL recognises by its parameters, in a copy.
    fn recognised(&self) -> Option<u32> {
        let copy = Self::copy(self.handle)?;
        // SAFETY: the copy's handle is ours.
        let is_known = unsafe { gdal::OSRAutoIdentifyEPSG(copy.handle) } == gdal::OGRErr::OGRERR_NONE;
        copy.authority(None).filter(|_| is_known)
    }

    fn is_compound(&self) -> bool {
        // SAFETY: the handle is ours.
        unsafe { gdal::OSRIsCompound(self.handle) != 0 }
    }

    /// Whether its coordinates are longitude and latitude.
    pub(crate) fn is_geographic(&self) -> bool {
        // SAFETY: the handle is ours.
        unsafe { gdal::OSRIsGeographic(self.handle) != 0 }
    }

    /// Its own name, or that of its code in the registry where it has none.
    pub(crate) fn name(&self) -> Option<String> {
        let code = || self.epsg().and_then(|code| i32::try_from(code).ok());
        match self.own_name() {
            Some(own) if own != NAMELESS => Some(own),
            own => code().and_then(Self::of_epsg).and_then(|registered| registered.own_name()).or(own),
        }
    }

    fn own_name(&self) -> Option<String> {
        // SAFETY: the handle is ours; the text is copied.
        text(unsafe { gdal::OSRGetName(self.handle) }).filter(|name| !name.is_empty())
    }

    /// WKT 2 (ISO 19162:2019) on one line.
    pub(crate) fn wkt(&self) -> Option<String> {
        let options = [c"FORMAT=WKT2_2019".as_ptr(), c"MULTILINE=NO".as_ptr(), ptr::null()];
        let mut written = ptr::null_mut();
        // SAFETY: the handle is ours, the list ends with null; what was written is copied and freed as GDAL says.
        unsafe {
            gdal::OSRExportToWktEx(self.handle, &raw mut written, options.as_ptr());
            let copy = text(written);
            gdal::VSIFree(written.cast());
            copy.filter(|wkt| !wkt.is_empty())
        }
    }

    /// The way to longitude and latitude on WGS 84; `None` where there is none.
    pub(crate) fn to_degrees(&self) -> Option<ToDegrees> {
        let target = Self::of_epsg(DEGREES)?;
        // SAFETY: both handles are alive; the transformation keeps copies.
        let handle = unsafe { gdal::OCTNewCoordinateTransformation(self.handle, target.handle) };
        (!handle.is_null()).then_some(ToDegrees { handle })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: made in `owned`, released once.
        unsafe { gdal::OSRRelease(self.handle) }
    }
}

/// From a coordinate system to longitude and latitude.
pub(crate) struct ToDegrees {
    handle: gdal::OGRCoordinateTransformationH,
}

impl ToDegrees {
    /// Longitude and latitude of each point, degrees; `None` of one that has none.
    pub(crate) fn points(&self, points: &[(f64, f64)]) -> Vec<Option<(f64, f64)>> {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let mut fine: Vec<c_int> = vec![0; points.len()];
        let Ok(count) = c_int::try_from(points.len()) else { return Vec::new() };
        // SAFETY: the handle is ours; three arrays of `count`, and no heights.
        unsafe { gdal::OCTTransformEx(self.handle, count, x.as_mut_ptr(), y.as_mut_ptr(), ptr::null_mut(), fine.as_mut_ptr()) };
        let is_place = |x: f64, y: f64| x.is_finite() && (-90.000_001..=90.000_001).contains(&y);
        x.into_iter().zip(y).zip(fine).map(|((x, y), fine)| (fine != 0 && is_place(x, y)).then_some((x, y.clamp(-90.0, 90.0)))).collect()
    }
}

impl Drop for ToDegrees {
    fn drop(&mut self) {
        // SAFETY: made in `to_degrees`, destroyed once.
        unsafe { gdal::OCTDestroyCoordinateTransformation(self.handle) }
    }
}
