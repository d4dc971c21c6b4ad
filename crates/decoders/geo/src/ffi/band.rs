//! A band or one of its overviews: what it holds, and its pixels.

use super::dataset::positive;
use super::{Trouble, c_text, text};
use gdal_sys as gdal;
use gdal_sys::{GDALDataType as dtype, GDALRIOResampleAlg as alg};
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

/// <gdal.h>
const ALL_VALID: c_int = 1;
const PER_DATASET: c_int = 2;
const NODATA: c_int = 8;

/// What a band's numbers stand for; GDAL's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interpretation {
    Gray,
    Palette,
    Red,
    Green,
    Blue,
    Alpha,
    Cyan,
    Magenta,
    Yellow,
    Black,
    Luma,
    BlueDifference,
    RedDifference,
    Other,
}

/// Which pixels show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaskKind {
    /// All.
    None,
    /// Those that one mask or alpha band says, for all bands.
    Shared,
    /// Those that are not the band's own nodata value.
    Nodata,
}

/// How pixels are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resampling {
    Nearest,
    Average,
}

/// A part of a raster, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A band. Lives within its dataset.
#[derive(Clone, Copy)]
pub(crate) struct Band<'d> {
    handle: gdal::GDALRasterBandH,
    dataset: PhantomData<&'d ()>,
}

impl Band<'_> {
    /// `handle` is null or a band of an open dataset that the answer's lifetime is tied to.
    pub(super) fn of(handle: gdal::GDALRasterBandH) -> Option<Self> {
        (!handle.is_null()).then_some(Self { handle, dataset: PhantomData })
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        // SAFETY: the band is open (all of this file: by `of`).
        let (width, height) = unsafe { (gdal::GDALGetRasterBandXSize(self.handle), gdal::GDALGetRasterBandYSize(self.handle)) };
        (positive(width), positive(height))
    }

    /// GDAL's word for the type of its numbers.
    pub(crate) fn type_name(&self) -> String {
        // SAFETY: the text is constant.
        text(unsafe { gdal::GDALGetDataTypeName(gdal::GDALGetRasterDataType(self.handle)) }).unwrap_or_default()
    }

    /// Bytes of one number.
    pub(crate) fn type_bytes(&self) -> u32 {
        // SAFETY: plain numbers.
        positive(unsafe { gdal::GDALGetDataTypeSizeBytes(gdal::GDALGetRasterDataType(self.handle)) })
    }

    /// Whether its numbers are bytes.
    pub(crate) fn has_bytes(&self) -> bool {
        // SAFETY: a plain number.
        unsafe { gdal::GDALGetRasterDataType(self.handle) == dtype::GDT_Byte }
    }

    /// Whether its numbers are complex.
    pub(crate) fn is_complex(&self) -> bool {
        // SAFETY: plain numbers.
        unsafe { gdal::GDALDataTypeIsComplex(gdal::GDALGetRasterDataType(self.handle)) != 0 }
    }

    /// GDAL's word for what it stands for.
    pub(crate) fn interpretation_name(&self) -> Option<String> {
        // SAFETY: the text is constant.
        text(unsafe { gdal::GDALGetColorInterpretationName(gdal::GDALGetRasterColorInterpretation(self.handle)) })
    }

    pub(crate) fn interpretation(&self) -> Interpretation {
        // SAFETY: a plain number.
        match unsafe { gdal::GDALGetRasterColorInterpretation(self.handle) } {
            1 => Interpretation::Gray,
            2 => Interpretation::Palette,
            3 => Interpretation::Red,
            4 => Interpretation::Green,
            5 => Interpretation::Blue,
            6 => Interpretation::Alpha,
            10 => Interpretation::Cyan,
            11 => Interpretation::Magenta,
            12 => Interpretation::Yellow,
            13 => Interpretation::Black,
            14 => Interpretation::Luma,
            15 => Interpretation::BlueDifference,
            16 => Interpretation::RedDifference,
            _ => Interpretation::Other,
        }
    }

    /// The value of pixels that show nothing.
    pub(crate) fn nodata(&self) -> Option<f64> {
        let mut is_set = 0;
        // SAFETY: a live variable.
        let value = unsafe { gdal::GDALGetRasterNoDataValue(self.handle, &raw mut is_set) };
        (is_set != 0).then_some(value)
    }

    /// Pixels of a block, across and down.
    pub(crate) fn block(&self) -> (u32, u32) {
        let (mut width, mut height) = (0, 0);
        // SAFETY: two live variables.
        unsafe { gdal::GDALGetBlockSize(self.handle, &raw mut width, &raw mut height) };
        (positive(width), positive(height))
    }

    pub(crate) fn overview_count(&self) -> u32 {
        // SAFETY: a plain number.
        positive(unsafe { gdal::GDALGetOverviewCount(self.handle) })
    }

    /// An overview, from 0. The same lifetime: overviews are the dataset's own.
    pub(crate) fn overview(&self, number: u32) -> Option<Self> {
        if number >= self.overview_count() {
            return None;
        }
        // SAFETY: there is an overview of this number.
        Self::of(unsafe { gdal::GDALGetOverview(self.handle, c_int::try_from(number).ok()?) })
    }

    pub(crate) fn mask_kind(&self) -> MaskKind {
        // SAFETY: a plain number.
        match unsafe { gdal::GDALGetMaskFlags(self.handle) } {
            flags if flags & ALL_VALID != 0 => MaskKind::None,
            flags if flags & PER_DATASET != 0 => MaskKind::Shared,
            flags if flags & NODATA != 0 => MaskKind::Nodata,
            _ => MaskKind::None,
        }
    }

    /// A band of 0 where nothing is shown and up to 255 where something is.
    pub(crate) fn mask(&self) -> Option<Self> {
        // SAFETY: the mask lives as long as the band.
        Self::of(unsafe { gdal::GDALGetMaskBand(self.handle) })
    }

    /// Red, green, blue and alpha of each index; empty without a table. At most 65,536.
    pub(crate) fn palette(&self) -> Vec<[u8; 4]> {
        // SAFETY: the table is the band's own, null is checked, indices are below its count.
        unsafe {
            let table = gdal::GDALGetRasterColorTable(self.handle);
            if table.is_null() {
                return Vec::new();
            }
            let count = gdal::GDALGetColorEntryCount(table).clamp(0, 65_536);
            let narrow = |number: i16| u8::try_from(number.clamp(0, 255)).unwrap_or(0);
            (0..count)
                .map(|index| {
                    let mut entry = gdal::GDALColorEntry { c1: 0, c2: 0, c3: 0, c4: 255 };
                    gdal::GDALGetColorEntryAsRGB(table, index, &raw mut entry);
                    [entry.c1, entry.c2, entry.c3, entry.c4].map(narrow)
                })
                .collect()
        }
    }

    /// One item of metadata.
    pub(crate) fn item(&self, domain: &str, name: &str) -> Option<String> {
        let (domain, name) = (c_text(domain), c_text(name));
        // SAFETY: the text is copied.
        text(unsafe { gdal::GDALGetMetadataItem(self.handle, name.as_ptr(), domain.as_ptr()) })
    }

    /// Where a TIFF's directory of this resolution lies in the file; `None` of other formats.
    pub(crate) fn directory(self) -> Option<u64> {
        self.item("TIFF", "IFD_OFFSET")?.parse().ok()
    }

    /// Rows of a window as bytes, `width` across and `height` down; values beyond a byte are clamped.
    pub(crate) fn bytes(&self, window: Window, width: u32, height: u32, resampling: Resampling) -> Result<Vec<u8>, Trouble> {
        let mut pixels = vec![0_u8; width as usize * height as usize];
        self.read(window, (width, height), resampling, pixels.as_mut_ptr().cast(), dtype::GDT_Byte)?;
        Ok(pixels)
    }

    /// The same as floating point; complex numbers become their magnitude.
    pub(crate) fn floats(&self, window: Window, width: u32, height: u32, resampling: Resampling) -> Result<Vec<f32>, Trouble> {
        let count = width as usize * height as usize;
        if self.is_complex() {
            let mut pairs = vec![[0_f32; 2]; count];
            self.read(window, (width, height), resampling, pairs.as_mut_ptr().cast(), dtype::GDT_CFloat32)?;
            return Ok(pairs.into_iter().map(|[real, imaginary]| real.hypot(imaginary)).collect());
        }
        let mut pixels = vec![0_f32; count];
        self.read(window, (width, height), resampling, pixels.as_mut_ptr().cast(), dtype::GDT_Float32)?;
        Ok(pixels)
    }

    /// `into` has room for `size` numbers of `kind`: the callers allocate it so.
    fn read(&self, from: Window, size: (u32, u32), resampling: Resampling, into: *mut c_void, kind: u32) -> Result<(), Trouble> {
        let (width, height) = self.size();
        if from.width == 0 || from.height == 0 || from.width > width || from.top.checked_add(from.height).is_none_or(|end| end > height) {
            return Err(Trouble::Failed);
        }
        let number = |from: u32| c_int::try_from(from).map_err(|_| Trouble::Failed);
        let mut extra = gdal::GDALRasterIOExtraArg {
            nVersion: 1,
            eResampleAlg: if resampling == Resampling::Average { alg::GRIORA_Average } else { alg::GRIORA_NearestNeighbour },
            pfnProgress: None,
            pProgressData: ptr::null_mut(),
            bFloatingPointWindowValidity: 0,
            dfXOff: 0.0,
            dfYOff: 0.0,
            dfXSize: 0.0,
            dfYSize: 0.0,
        };
        // SAFETY: the window lies within the band, the buffer has room for what is asked for (rows without padding).
        let end = unsafe {
            gdal::GDALRasterIOEx(
                self.handle,
                gdal::GDALRWFlag::GF_Read,
                0,
                number(from.top)?,
                number(from.width)?,
                number(from.height)?,
                into,
                number(size.0)?,
                number(size.1)?,
                kind,
                0,
                0,
                &raw mut extra,
            )
        };
        if end == gdal::CPLErr::CE_None { Ok(()) } else { Err(Trouble::Failed) }
    }
}
