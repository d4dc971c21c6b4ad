//! What is found in an asset, by kind: absent is absent, never a guess.

mod image;
mod sound;
mod video;

pub use image::{Exif, Gps, ImageDetails};
pub use sound::{AudioDetails, AudioTrack};
pub use video::{Colour, Ratio, VideoDetails};

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
}

impl Details {
    /// The kind.
    pub const fn kind(&self) -> AssetKind {
        match self {
            Self::Image(_) => AssetKind::Image,
            Self::Video(_) => AssetKind::Video,
            Self::Audio(_) => AssetKind::Audio,
        }
    }
}
