//! What is found in imagery with a place on earth.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of tiled imagery: `GeoTIFF`, COG, `GeoJP2`, NITF.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImageryDetails {
    /// `geotiff`, `cog`, `bigtiff`, `jpeg2000` (`GeoJP2`, `GMLJP2`), `nitf-2.0`, `nitf-2.1`, `nsif-1.0`.
    pub format: String,
    /// Pixels of the full resolution.
    pub width: u32,
    /// Pixels of the full resolution.
    pub height: u32,
    /// The first bands, at most [`ImageryDetails::MOST_BANDS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
    /// The coordinate reference system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crs: Option<Crs>,
    /// From pixel and line to the coordinate reference system, in GDAL's order (<https://gdal.org/en/stable/tutorials/geotransforms_tut.html>).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geotransform: Option<[f64; 6]>,
    /// Smallest x and y, largest x and y, in units of the coordinate reference system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds_native: Option<[f64; 4]>,
    /// West, south, east, north, degrees. West is larger than east where it crosses the antimeridian (RFC 7946, 5.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds_wgs84: Option<[f64; 4]>,
    /// Across and down, in units of the coordinate reference system, both positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel_size: Option<[f64; 2]>,
    /// Pixels of each overview, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overviews: Vec<[u32; 2]>,
    /// GDAL's word: `DEFLATE`, `JPEG`, `LZW`; absent where nothing is compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// Whether it is stored in tiles and not in strips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_tiled: Option<bool>,
    /// Whether it is cloud optimised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cog: Option<Cog>,
    /// The first zoom level of web Mercator at which it is more than one tile of 256 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_zoom: Option<u8>,
    /// The zoom level of web Mercator that shows all of its pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_zoom: Option<u8>,
    /// Ground control points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gcp_count: Option<u32>,
    /// Whether it brings rational polynomial coefficients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_rpc: Option<bool>,
    /// What only a NITF has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nitf: Option<Nitf>,
}

impl ImageryDetails {
    /// Most bands told in a record.
    pub const MOST_BANDS: usize = 256;
}

/// One band.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// GDAL's word: `Byte`, `UInt16`, `Float32`.
    pub dtype: String,
    /// GDAL's word: `Red`, `Gray`, `Palette`; absent where it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color_interpretation: Option<String>,
    /// The value of pixels that show nothing; a text, because it may be `nan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodata: Option<String>,
    /// Pixels of a block across.
    pub block_width: u32,
    /// Pixels of a block down.
    pub block_height: u32,
}

/// A coordinate reference system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crs {
    /// Its code in the EPSG registry, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsg: Option<u32>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// WKT 2 (ISO 19162:2019), at most 4,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wkt: Option<String>,
}

/// Whether a file is cloud optimised (OGC 21-026), and why not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cog {
    /// Whether it is.
    pub valid: bool,
    /// Why it is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// What only a NITF has (MIL-STD-2500C).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nitf {
    /// `02.10`.
    pub version: String,
    /// Every image segment, in order, at most 999.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_segments: Vec<NitfImage>,
    /// Security classification of the file: `U`, `R`, `C`, `S` or `T`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// When the file was made, ISO 8601, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_time: Option<String>,
}

/// One image segment of a NITF.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NitfImage {
    /// Its identifier (IID1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bands.
    pub band_count: u32,
    /// `NC`, `C3`, `C8` … (IC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// Its own security classification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
}
