//! A profile: which outputs a job wants and under which limits; its revision is a digest of itself.

use crate::digest::hex;
use crate::limits::{DecodeLimits, FetchLimits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What to make of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name that jobs use.
    pub name: String,
    /// The thumbnails to make, largest first or in any order; one decode serves all.
    pub thumbnails: Vec<ThumbnailSpec>,
    /// The derivatives to make, where the kind has them.
    pub derivatives: Vec<DerivativeName>,
    /// What is told of identifiers that lead to a person in another system.
    #[serde(default, skip_serializing_if = "Identifiers::are_omitted")]
    pub identifiers: Identifiers,
    /// Limits on the download.
    pub fetch: FetchLimits,
    /// Limits on the child.
    pub decode: DecodeLimits,
}

/// What becomes of identifiers that are no names and still lead to one: the UIDs of a DICOM study, series and instance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Identifiers {
    /// They are not read.
    #[default]
    Omit,
    /// They are in the record.
    Tell,
}

impl Identifiers {
    /// Whether they are not read.
    // By reference: serde asks so.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub const fn are_omitted(&self) -> bool {
        matches!(self, Self::Omit)
    }
}

/// One thumbnail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThumbnailSpec {
    /// Its name in the record, `grid` or `preview`.
    pub name: String,
    /// The longest side at most, pixels. A picture is never enlarged.
    pub max_px: u32,
    /// How it is encoded.
    pub format: ThumbnailFormat,
    /// 1 (small) to 100 (fine).
    pub quality: u8,
    /// What becomes of transparency; kept where nothing is said.
    #[serde(default)]
    pub transparency: Transparency,
}

/// What becomes of transparent pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transparency {
    /// Kept, where the format has it.
    #[default]
    Keep,
    /// Laid on white.
    White,
}

/// How a thumbnail is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThumbnailFormat {
    /// Lossy WebP; keeps transparency.
    Webp,
    /// Baseline JPEG, 4:2:0; transparency is laid on white.
    Jpeg,
}

impl ThumbnailFormat {
    /// Its MIME type.
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// Its file name extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Webp => "webp",
            Self::Jpeg => "jpg",
        }
    }
}

/// Something made from an asset that is no thumbnail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DerivativeName {
    /// Peaks of the sound: audiowaveform's JSON, version 2.
    Waveform,
    /// Presentation time and keyframe flag of each frame: [`crate::frame_index`].
    FrameIndex,
    /// Pages, groups and tokens of a document: [`crate::text_layer`].
    TextLayer,
    /// A picture of small frames, of a video: [`crate::storyboard`].
    Storyboard,
    /// When each of them is shown, as `WebVTT`.
    StoryboardCues,
}

impl Profile {
    /// The profile that every installation has: `grid` (256 px, WebP) and `preview` (1,024 px, JPEG).
    pub fn standard() -> Self {
        Self {
            name: "default".to_owned(),
            thumbnails: vec![
                ThumbnailSpec {
                    name: "grid".to_owned(),
                    max_px: 256,
                    format: ThumbnailFormat::Webp,
                    quality: 80,
                    transparency: Transparency::Keep,
                },
                ThumbnailSpec {
                    name: "preview".to_owned(),
                    max_px: 1024,
                    format: ThumbnailFormat::Jpeg,
                    quality: 82,
                    transparency: Transparency::Keep,
                },
            ],
            derivatives: vec![DerivativeName::Waveform, DerivativeName::FrameIndex, DerivativeName::TextLayer],
            identifiers: Identifiers::Omit,
            fetch: FetchLimits::default(),
            decode: DecodeLimits::default(),
        }
    }

    /// `name@` and the first eight hex digits of the profile's own SHA-256: two workers with unlike settings can be told apart.
    pub fn revision(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let digest = hex(&Sha256::digest(&json));
        format!("{}@{}", self.name, digest.get(..8).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_profile_has_another_revision() {
        let one = Profile::standard();
        let mut other = one.clone();
        other.decode.pixels += 1;
        assert_ne!(one.revision(), other.revision());
        assert!(one.revision().starts_with("default@"));
    }
}
