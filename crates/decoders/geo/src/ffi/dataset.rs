//! A dataset: one raster with its place, opened by one driver.

use super::band::Band;
use super::disk::{Mounted, PATH};
use super::reference::Reference;
use super::{Trouble, c_text, text};
use gdal_sys as gdal;
use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr;

/// `GDAL_OF_READONLY | GDAL_OF_RASTER` of <gdal.h>.
const RASTER_TO_READ: u32 = 0x02;

/// The driver that opens an asset. NITF may call the JPEG and JPEG 2000 drivers for its segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driver {
    GTiff,
    Nitf,
    Jpeg2000,
}

impl Driver {
    const fn name(self) -> &'static CStr {
        match self {
            Self::GTiff => c"GTiff",
            Self::Nitf => c"NITF",
            Self::Jpeg2000 => c"JP2OpenJPEG",
        }
    }
}

/// An open dataset.
pub(crate) struct Dataset<'m> {
    handle: gdal::GDALDatasetH,
    mounted: PhantomData<&'m Mounted<'m>>,
}

impl<'m> Dataset<'m> {
    /// Opens the mounted asset.
    pub(crate) fn open(mounted: &'m Mounted<'_>, driver: Driver) -> Result<Self, Trouble> {
        let allowed = [driver.name().as_ptr(), ptr::null()];
        // SAFETY: a constant name, a list that ends with null, and nothing else.
        let handle = unsafe { gdal::GDALOpenEx(PATH.as_ptr(), RASTER_TO_READ, allowed.as_ptr(), ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(mounted.failure().map_or(Trouble::Failed, Trouble::Input));
        }
        Ok(Self { handle, mounted: PhantomData })
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        // SAFETY: the handle is open.
        let (width, height) = unsafe { (gdal::GDALGetRasterXSize(self.handle), gdal::GDALGetRasterYSize(self.handle)) };
        (positive(width), positive(height))
    }

    pub(crate) fn band_count(&self) -> u32 {
        // SAFETY: the handle is open.
        positive(unsafe { gdal::GDALGetRasterCount(self.handle) })
    }

    /// A band, from 1.
    pub(crate) fn band(&self, number: u32) -> Option<Band<'_>> {
        if number == 0 || number > self.band_count() {
            return None;
        }
        // SAFETY: the handle is open and has a band of this number.
        Band::of(unsafe { gdal::GDALGetRasterBand(self.handle, c_int::try_from(number).ok()?) })
    }

    /// From pixel and line to the coordinate system, where the file says so.
    pub(crate) fn geotransform(&self) -> Option<[f64; 6]> {
        let mut six = [0.0; 6];
        // SAFETY: the handle is open, and there is room for six numbers.
        let known = unsafe { gdal::GDALGetGeoTransform(self.handle, six.as_mut_ptr()) } == gdal::CPLErr::CE_None;
        (known && six.iter().all(|number| number.is_finite())).then_some(six)
    }

    /// The coordinate system of the geotransform.
    pub(crate) fn reference(&self) -> Option<Reference> {
        // SAFETY: the handle is open; what is borrowed here is copied.
        Reference::copy(unsafe { gdal::GDALGetSpatialRef(self.handle) })
    }

    /// How many ground control points there are.
    pub(crate) fn gcp_count(&self) -> u32 {
        // SAFETY: the handle is open.
        positive(unsafe { gdal::GDALGetGCPCount(self.handle) })
    }

    /// The coordinate system of the ground control points.
    pub(crate) fn gcp_reference(&self) -> Option<Reference> {
        // SAFETY: as in `reference`.
        Reference::copy(unsafe { gdal::GDALGetGCPSpatialRef(self.handle) })
    }

    /// The geotransform that fits the ground control points best.
    pub(crate) fn gcp_geotransform(&self) -> Option<[f64; 6]> {
        let mut six = [0.0; 6];
        // SAFETY: the handle is open and says how many points lie where it says; there is room for six numbers.
        let fits = unsafe {
            let (count, points) = (gdal::GDALGetGCPCount(self.handle), gdal::GDALGetGCPs(self.handle));
            count > 1 && !points.is_null() && gdal::GDALGCPsToGeoTransform(count, points, six.as_mut_ptr(), 1) != 0
        };
        (fits && six.iter().all(|number| number.is_finite())).then_some(six)
    }

    /// One item of metadata.
    pub(crate) fn item(&self, domain: &str, name: &str) -> Option<String> {
        let (domain, name) = (c_text(domain), c_text(name));
        // SAFETY: the handle is open; the text is copied.
        text(unsafe { gdal::GDALGetMetadataItem(self.handle, name.as_ptr(), domain.as_ptr()) })
    }

    /// Whether there is metadata of a domain.
    pub(crate) fn has(&self, domain: &str) -> bool {
        let domain = c_text(domain);
        // SAFETY: the handle is open; the list is GDAL's own, null or ended by null.
        unsafe { gdal::GDALGetMetadata(self.handle, domain.as_ptr()).as_ref().is_some_and(|first| !first.is_null()) }
    }
}

impl Drop for Dataset<'_> {
    fn drop(&mut self) {
        // SAFETY: opened in `open`, closed once; bands borrow from it.
        unsafe { gdal::GDALClose(self.handle) }
    }
}

pub(super) fn positive(number: c_int) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
