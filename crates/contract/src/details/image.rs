//! What is found in a picture.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of an image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImageDetails {
    /// `jpeg`, `png`, `gif` …
    pub format: String,
    /// Pixels as stored, before orientation.
    pub stored_width: u32,
    /// Pixels as stored, before orientation.
    pub stored_height: u32,
    /// EXIF orientation, 1 to 8; 1 when there is none (CIPA DC-008, tag 0x0112).
    pub orientation: u8,
    /// `rgb`, `gray`, `cmyk`, `ycck`, `ycbcr`, `indexed`, `lab`; `cfa` for a sensor's mosaic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color_model: Option<String>,
    /// Bits of one channel, as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_depth: Option<u8>,
    /// Channels as stored, alpha included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u8>,
    /// Whether there is an alpha channel or a transparent colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_alpha: Option<bool>,
    /// The profile's own description, or `unnamed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icc_profile: Option<String>,
    /// Frames of an animation; 1 for a still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_count: Option<u64>,
    /// One pass of the animation, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Passes of the animation; 0 is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_count: Option<u32>,
    /// Dots an inch, horizontal and vertical, where the file gives an absolute unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<[f64; 2]>,
    /// What the camera wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exif: Option<Exif>,
    /// `pq`, `hlg`, `gain-map`, `scene-linear` (light without an upper bound: OpenEXR, Radiance), or absent for standard range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hdr: Option<String>,
    /// `#rrggbb`: the most common colour, similar ones counted together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dominant_color: Option<String>,
    /// A ThumbHash, base64 (<https://evanw.github.io/thumbhash/>).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbhash: Option<String>,
}

/// What the camera wrote (CIPA DC-008).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exif {
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Lens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// When it was taken, ISO 8601; with an offset only where the file gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Exposure time, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_s: Option<f64>,
    /// Aperture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_number: Option<f64>,
    /// Sensitivity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iso: Option<u32>,
    /// Focal length, millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_length_mm: Option<f64>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gps: Option<Gps>,
}

/// A place, WGS84.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gps {
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    /// Metres above sea level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
}
