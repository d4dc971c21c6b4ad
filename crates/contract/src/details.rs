//! What is found in an asset, by kind: absent is absent, never a guess.

mod dicom;
mod document;
mod image;
mod imagery;
mod sound;
mod video;
mod writing;

pub use dicom::DicomDetails;
pub use document::{DocumentDetails, PageSize};
pub use image::{Exif, Gps, ImageDetails};
pub use imagery::{Band, Cog, Crs, ImageryDetails, Nitf, NitfImage};
pub use sound::{AudioDetails, AudioTrack};
pub use video::{Colour, Ratio, VideoDetails};
pub use writing::{ConversationDetails, HtmlDetails, TextDetails};

use crate::kind::AssetKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `details` of a record; `kind` tells which fields to expect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Details {
    /// A picture.
    Image(Box<ImageDetails>),
    /// Moving pictures.
    Video(Box<VideoDetails>),
    /// Sound.
    Audio(Box<AudioDetails>),
    /// A paged document.
    Document(Box<DocumentDetails>),
    /// A DICOM instance.
    Dicom(Box<DicomDetails>),
    /// Imagery with a place on earth.
    TiledImagery(Box<ImageryDetails>),
    /// Plain text.
    Text(Box<TextDetails>),
    /// A web page.
    Html(Box<HtmlDetails>),
    /// A conversation.
    Conversation(Box<ConversationDetails>),
}

impl Details {
    /// The kind.
    pub const fn kind(&self) -> AssetKind {
        match self {
            Self::Image(_) => AssetKind::Image,
            Self::Video(_) => AssetKind::Video,
            Self::Audio(_) => AssetKind::Audio,
            Self::Document(_) => AssetKind::Document,
            Self::Dicom(_) => AssetKind::Dicom,
            Self::TiledImagery(_) => AssetKind::TiledImagery,
            Self::Text(_) => AssetKind::Text,
            Self::Html(_) => AssetKind::Html,
            Self::Conversation(_) => AssetKind::Conversation,
        }
    }
}
