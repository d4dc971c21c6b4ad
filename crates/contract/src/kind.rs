//! The kinds of asset there are, and the claims a sender may make about them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an asset is, decided by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A still or animated picture.
    Image,
    /// Moving pictures, with or without sound.
    Video,
    /// Sound alone (cover art is not video).
    Audio,
    /// A paged document.
    Document,
    /// A DICOM instance.
    Dicom,
    /// Georeferenced raster: COG, GeoTIFF, NITF.
    TiledImagery,
    /// Plain text.
    Text,
    /// A web page.
    Html,
    /// A conversation in JSON.
    Conversation,
}

impl AssetKind {
    /// The word used in records, metrics and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Dicom => "dicom",
            Self::TiledImagery => "tiled_imagery",
            Self::Text => "text",
            Self::Html => "html",
            Self::Conversation => "conversation",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A sender's claim; the content decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaType {
    /// A picture.
    Image,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Plain text.
    Text,
    /// A PDF document.
    Pdf,
    /// A DICOM instance.
    Dicom,
    /// Tiled imagery.
    TiledImagery,
    /// A conversation.
    Conversational,
    /// A web page.
    Html,
}

impl MediaType {
    /// The kind that the claim stands for.
    pub const fn kind(self) -> AssetKind {
        match self {
            Self::Image => AssetKind::Image,
            Self::Video => AssetKind::Video,
            Self::Audio => AssetKind::Audio,
            Self::Text => AssetKind::Text,
            Self::Pdf => AssetKind::Document,
            Self::Dicom => AssetKind::Dicom,
            Self::TiledImagery => AssetKind::TiledImagery,
            Self::Conversational => AssetKind::Conversation,
            Self::Html => AssetKind::Html,
        }
    }
}
