//! What is told of a raster: the flat view and the whole view.

use crate::cog::Layout;
use crate::ffi::{Band, Dataset, Reference};
use crate::nitf::{Headers, Standard};
use crate::tiff::First;
use crate::{bounds, cog, zoom};
use assay_contract::details::{self, Crs, Details, ImageryDetails, Nitf};
use assay_contract::{AssetKind, Facts, MediaAttributes};

/// Longest WKT in a record, characters; a longer one would be cut, and then it is none.
const MOST_WKT: usize = 4_000;
/// Bytes of JSON that the lists may take: a record stays under 256 KiB.
const MOST_BYTES: usize = 96 << 10;

/// What was found in a file before and beside GDAL.
pub(crate) enum Subject {
    Tiff(First, Vec<u8>),
    Nitf(Standard, Headers),
    /// JPEG 2000 in boxes, of which one may give it a place.
    Jpeg2000,
}

impl Subject {
    pub(crate) const fn mime_type(&self) -> &'static str {
        match self {
            Self::Tiff(..) => "image/tiff",
            Self::Nitf(..) => "application/vnd.nitf",
            Self::Jpeg2000 => "image/jp2",
        }
    }
}

/// All that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) details: ImageryDetails,
    pub(crate) band_count: u32,
    /// Entries of lists that were left out, to keep the record short.
    pub(crate) left_out: usize,
}

impl Found {
    /// What the headers of a NITF tell without its pixels.
    pub(crate) fn in_headers(standard: Standard, nitf: &Nitf) -> Self {
        let first = nitf.image_segments.first();
        let mut details = ImageryDetails { format: standard.format().to_owned(), nitf: Some(nitf.clone()), ..ImageryDetails::default() };
        if let Some(image) = first {
            (details.width, details.height) = (image.width, image.height);
            details.compression = image.compression.clone().filter(|code| code != "NC" && code != "NM");
        }
        let mut found = Self { details, band_count: first.map_or(0, |image| image.band_count), left_out: 0 };
        found.shorten();
        found
    }

    /// What a dataset tells.
    pub(crate) fn in_dataset(dataset: &Dataset<'_>, subject: &Subject) -> Self {
        let band_count = dataset.band_count();
        // A NITF without an image has a size that stands for nothing.
        let (width, height) = if band_count == 0 { (0, 0) } else { dataset.size() };
        let shown = band_count.min(u32::try_from(ImageryDetails::MOST_BANDS).unwrap_or(u32::MAX));
        let first = dataset.band(1);
        let mut details = ImageryDetails {
            width,
            height,
            bands: (1..=shown).filter_map(|number| dataset.band(number)).map(told).collect(),
            overviews: first.map(overviews).unwrap_or_default(),
            compression: dataset.item("IMAGE_STRUCTURE", "COMPRESSION"),
            has_rpc: Some(dataset.has("RPC")).filter(|_| band_count > 0),
            ..ImageryDetails::default()
        };
        match subject {
            Subject::Tiff(first, head) => in_tiff(&mut details, dataset, first, head),
            Subject::Nitf(standard, Headers { told: nitf, .. }) => {
                standard.format().clone_into(&mut details.format);
                details.is_tiled = first.map(|band| band.block().0 < width);
                details.nitf = Some(nitf.clone());
            }
            Subject::Jpeg2000 => {
                "jpeg2000".clone_into(&mut details.format);
                // The driver says so of each band.
                details.compression = Some("JPEG2000".to_owned());
            }
        }
        place(&mut details, dataset);
        let mut found = Self { details, band_count, left_out: 0 };
        found.shorten();
        found
    }

    /// Both views.
    pub(crate) fn facts(&self, subject: &Subject, content_length: u64) -> Facts {
        let mut flat = MediaAttributes::new(AssetKind::TiledImagery, subject.mime_type(), content_length);
        flat.width = Some(self.details.width).filter(|side| *side > 0);
        flat.height = Some(self.details.height).filter(|side| *side > 0);
        flat.band_count = Some(self.band_count);
        flat.epsg = self.details.crs.as_ref().and_then(|crs| crs.epsg);
        flat.bounds = self.details.bounds_wgs84;
        Facts { media_attributes: flat, details: Details::TiledImagery(Box::new(self.details.clone())) }
    }

    /// Cuts lists from their ends until they fit into a record.
    fn shorten(&mut self) {
        while serde_json::to_vec(&self.details).map_or(0, |json| json.len()) > MOST_BYTES {
            let segments = self.details.nitf.as_mut().map(|nitf| &mut nitf.image_segments).filter(|segments| segments.len() > 64);
            let before = self.left_out;
            if let Some(segments) = segments {
                self.left_out += halve(segments);
            } else {
                self.left_out += halve(&mut self.details.bands) + halve(&mut self.details.overviews);
            }
            if self.left_out == before {
                return;
            }
        }
    }
}

fn halve<T>(list: &mut Vec<T>) -> usize {
    let before = list.len();
    list.truncate(before / 2);
    before - list.len()
}

fn in_tiff(details: &mut ImageryDetails, dataset: &Dataset<'_>, first: &First, head: &[u8]) {
    details.is_tiled = Some(first.is_tiled);
    let layout = if first.is_tiled { Layout::Tiles } else { Layout::Strips };
    details.cog = cog::levels(dataset).map(|levels| cog::judge(head, layout, &levels));
    // A small raster in strips breaks no rule, and yet is a plain file.
    let is_cog = first.is_tiled && details.cog.as_ref().is_some_and(|cog| cog.valid);
    let format = match (is_cog, first.is_big) {
        (true, _) => "cog",
        (false, true) => "bigtiff",
        (false, false) => "geotiff",
    };
    format.clone_into(&mut details.format);
}

fn told(band: Band<'_>) -> details::Band {
    let (block_width, block_height) = band.block();
    details::Band {
        dtype: band.type_name(),
        color_interpretation: band.interpretation_name().filter(|name| name != "Undefined"),
        nodata: band.nodata().map(number),
        block_width,
        block_height,
    }
}

/// A number as people write it: without a hundred digits, and with a name where it is none.
fn number(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-5) { format!("{value:e}") } else { format!("{value}") }
}

fn overviews(band: Band<'_>) -> Vec<[u32; 2]> {
    (0..band.overview_count()).filter_map(|number| band.overview(number)).map(|overview| overview.size().into()).collect()
}

/// Coordinate system, geotransform, bounds, zoom levels.
fn place(details: &mut ImageryDetails, dataset: &Dataset<'_>) {
    let (width, height) = (details.width, details.height);
    let gcp_count = dataset.gcp_count();
    details.gcp_count = Some(gcp_count).filter(|count| *count > 0);
    let reference = dataset.reference().or_else(|| dataset.gcp_reference());
    details.crs = reference.as_ref().map(|reference| Crs {
        epsg: reference.epsg(),
        name: reference.name(),
        wkt: reference.wkt().filter(|wkt| wkt.chars().count() <= MOST_WKT),
    });
    details.geotransform = dataset.geotransform();
    if let Some(own) = details.geotransform {
        let [_, across_x, down_x, _, across_y, down_y] = own;
        details.pixel_size = Some([across_x.hypot(across_y), down_x.hypot(down_y)]).filter(|size| size.iter().all(|side| side.is_finite()));
    }
    let Some(geotransform) = details.geotransform.or_else(|| dataset.gcp_geotransform()) else { return };
    if width == 0 || height == 0 {
        return;
    }
    details.bounds_native = bounds::native(&geotransform, width, height);
    let Some(reference) = reference else { return };
    details.bounds_wgs84 = in_degrees(&reference, &geotransform, width, height);
    if let Some((first, last)) = details.bounds_wgs84.and_then(|bounds| zoom::levels(bounds, width, height)) {
        (details.min_zoom, details.max_zoom) = (Some(first), Some(last));
    }
}

fn in_degrees(reference: &Reference, geotransform: &[f64; 6], width: u32, height: u32) -> Option<[f64; 4]> {
    let is_geographic = reference.is_geographic();
    let outline: Vec<(f64, f64)> = bounds::outline(width, height)
        .into_iter()
        .map(|point| bounds::placed(geotransform, point))
        // Grids whose pixels are points reach half a pixel beyond the pole.
        .map(|(x, y)| if is_geographic { (x, y.clamp(-90.0, 90.0)) } else { (x, y) })
        .collect();
    let bounds = bounds::degrees(&reference.to_degrees()?.points(&outline))?;
    let [west, south, east, north] = bounds;
    (bounds.iter().all(|number| number.is_finite()) && south <= north && west.abs() <= 180.0 && east.abs() <= 180.0).then_some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::details::NitfImage;

    #[test]
    fn a_nodata_value_is_written_as_people_write_it() {
        assert_eq!(number(f64::NAN), "nan");
        assert_eq!(number(-9999.0), "-9999");
        assert_eq!(number(f64::from(f32::MIN)), "-3.4028234663852886e38");
        assert_eq!([number(0.0), number(0.5), number(f64::NEG_INFINITY)], ["0", "0.5", "-inf"]);
    }

    #[test]
    fn a_thousand_segments_still_fit_into_a_record() {
        let image = NitfImage {
            id: Some("0123456789".into()),
            width: 99_999_999,
            height: 99_999_999,
            band_count: 99_999,
            compression: Some("C8".into()),
            classification: Some("U".into()),
        };
        let nitf = Nitf { version: "02.10".into(), image_segments: vec![image; 999], ..Nitf::default() };
        let found = Found::in_headers(Standard::Nitf21, &nitf);
        let kept = found.details.nitf.as_ref().unwrap().image_segments.len();
        assert_eq!((kept + found.left_out, found.left_out > 0), (999, true));
        assert!(serde_json::to_vec(&found.details).unwrap().len() <= MOST_BYTES);
    }
}
