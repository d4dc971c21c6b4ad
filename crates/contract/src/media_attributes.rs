//! The flat attributes that users of labelling platforms already export; keys are theirs.

use crate::kind::AssetKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `media_attributes` of a record. What does not apply to a kind is absent.
///
/// `width` and `height` are as a person sees the asset: after EXIF orientation or the video's rotation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaAttributes {
    /// `image`, `video`, `pdf` …: Labelbox's word for the kind.
    pub asset_type: String,
    /// First half of the MIME type.
    pub super_type: String,
    /// Second half of the MIME type.
    pub sub_type: String,
    /// Detected from the content.
    pub mime_type: String,
    /// Bytes of the asset.
    pub content_length: u64,
    /// Pixels, as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels, as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// EXIF orientation, "1" to "8"; "1" when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exif_rotation: Option<String>,
    /// The container's four-character code (`avc1`), else the codec's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// Average frames a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
    /// Frames that a player shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_count: Option<u64>,
    /// Samples a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<u32>,
    /// Channels of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
    /// Pages of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u64>,
    /// Messages of a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_count: Option<u64>,
    /// Ids of the messages that may be labelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labelable_ids: Option<Vec<String>>,
    /// Characters of a text or page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character_count: Option<u64>,
    /// DICOM modality, `CT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modality: Option<String>,
    /// Bands of imagery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band_count: Option<u32>,
    /// EPSG code of imagery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsg: Option<u32>,
    /// West, south, east, north in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
}

impl MediaAttributes {
    /// What every kind has.
    pub fn new(kind: AssetKind, mime_type: &str, content_length: u64) -> Self {
        let (super_type, sub_type) = mime_type.split_once('/').unwrap_or((mime_type, ""));
        let asset_type = match kind {
            AssetKind::Document => "pdf",
            AssetKind::Conversation => "conversational",
            kind => kind.as_str(),
        };
        Self {
            asset_type: asset_type.to_owned(),
            // Labelbox exports image/jpeg as super "image", sub "jpeg".
            super_type: super_type.to_owned(),
            sub_type: sub_type.to_owned(),
            mime_type: mime_type.to_owned(),
            content_length,
            ..Self::default()
        }
    }
}
