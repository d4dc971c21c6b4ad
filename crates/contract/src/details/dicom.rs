//! What is found in a DICOM instance; nothing of the patient.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of a DICOM instance; attribute names are those of DICOM PS3.6.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DicomDetails {
    /// UID of the SOP class (0008,0016).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sop_class: Option<String>,
    /// `CT`, `MR`, `US` … (0008,0060).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modality: Option<String>,
    /// UID of the transfer syntax (0002,0010), or of the one that was recognised where the file says none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_syntax: Option<String>,
    /// `MONOCHROME2`, `RGB`, `YBR_FULL_422` … (0028,0004).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photometric: Option<String>,
    /// Pixels down (0028,0010).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// Pixels across (0028,0011).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<u32>,
    /// Frames (0028,0008); 1 where the attribute is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_count: Option<u64>,
    /// (0028,0100).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits_allocated: Option<u16>,
    /// (0028,0101).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits_stored: Option<u16>,
    /// 0 unsigned, 1 two's complement (0028,0103).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel_representation: Option<u16>,
    /// (0028,0002).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_per_pixel: Option<u16>,
    /// Down and across (0028,0030), else the imager's own (0018,1164), millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel_spacing_mm: Option<[f64; 2]>,
    /// (0018,0050).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_thickness_mm: Option<f64>,
    /// The first of (0028,1050).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_center: Option<f64>,
    /// The first of (0028,1051).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_width: Option<f64>,
    /// (0028,1053).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescale_slope: Option<f64>,
    /// (0028,1052).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescale_intercept: Option<f64>,
    /// (0020,000D); only where the profile wants UIDs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study_uid: Option<String>,
    /// (0020,000E); only where the profile wants UIDs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_uid: Option<String>,
    /// (0008,0018); only where the profile wants UIDs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_uid: Option<String>,
    /// Whether it was ever compressed with loss (0028,2110).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lossy: Option<bool>,
    /// Whether it says that the patient's identity was removed (0012,0062).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deidentified: Option<bool>,
}
