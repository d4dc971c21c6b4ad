//! The limits that stop a hostile asset; each names itself, so that a refusal can say which, what was asked, what was allowed.
//!
//! Defaults and what peers allow are reasoned in ARCHITECTURE.md.

use crate::kind::AssetKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bounds on a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FetchLimits {
    /// Largest image, bytes.
    pub image_bytes: u64,
    /// Largest video, bytes.
    pub video_bytes: u64,
    /// Largest audio file, bytes.
    pub audio_bytes: u64,
    /// Largest document, bytes.
    pub document_bytes: u64,
    /// Largest DICOM instance, bytes.
    pub dicom_bytes: u64,
    /// Largest tiled imagery, bytes.
    pub tiled_imagery_bytes: u64,
    /// Largest text, HTML page or conversation, bytes.
    pub text_bytes: u64,
    /// Largest text layer that comes with a document, bytes. Labelling tools recommend a hundred pages at most, and a dense page's layer
    /// has some 220 kB as they write it.
    pub text_layer_bytes: u64,
    /// No byte for this long ends the attempt, milliseconds.
    pub stall_ms: u64,
    /// The whole download with its retries, milliseconds.
    pub total_ms: u64,
}

impl Default for FetchLimits {
    fn default() -> Self {
        const MB: u64 = 1 << 20;
        Self {
            image_bytes: 256 * MB,
            video_bytes: 16 << 30,
            audio_bytes: 2 << 30,
            document_bytes: 512 * MB,
            dicom_bytes: 2 << 30,
            tiled_imagery_bytes: 16 << 30,
            text_bytes: 64 * MB,
            text_layer_bytes: 32 * MB,
            stall_ms: 20_000,
            total_ms: 600_000,
        }
    }
}

impl FetchLimits {
    /// The limit for a kind, bytes; an unknown kind gets the largest.
    pub fn bytes_for(&self, kind: Option<AssetKind>) -> u64 {
        match kind {
            Some(AssetKind::Image) => self.image_bytes,
            Some(AssetKind::Video) => self.video_bytes,
            Some(AssetKind::Audio) => self.audio_bytes,
            Some(AssetKind::Document) => self.document_bytes,
            Some(AssetKind::Dicom) => self.dicom_bytes,
            Some(AssetKind::TiledImagery) => self.tiled_imagery_bytes,
            Some(AssetKind::Text | AssetKind::Html | AssetKind::Conversation) => self.text_bytes,
            None => [
                self.image_bytes,
                self.video_bytes,
                self.audio_bytes,
                self.document_bytes,
                self.dicom_bytes,
                self.tiled_imagery_bytes,
                self.text_bytes,
            ]
            .into_iter()
            .max()
            .unwrap_or(0),
        }
    }

    /// The name under which [`FetchLimits::bytes_for`] refuses.
    pub const fn name_for(kind: Option<AssetKind>) -> &'static str {
        match kind {
            Some(AssetKind::Image) => "image_bytes",
            Some(AssetKind::Video) => "video_bytes",
            Some(AssetKind::Audio) => "audio_bytes",
            Some(AssetKind::Document) => "document_bytes",
            Some(AssetKind::Dicom) => "dicom_bytes",
            Some(AssetKind::TiledImagery) => "tiled_imagery_bytes",
            Some(AssetKind::Text | AssetKind::Html | AssetKind::Conversation) => "text_bytes",
            None => "asset_bytes",
        }
    }
}

/// Bounds on a child and on what it decodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecodeLimits {
    /// Most pixels of one frame that are decoded; above it only the header is read.
    pub pixels: u64,
    /// Longest side, pixels.
    pub side_px: u32,
    /// Most frames or packets that are walked to be counted.
    pub frames: u64,
    /// Most scans of a progressive JPEG (libjpeg-turbo's own figure for `TJPARAM_SCANLIMIT`).
    pub jpeg_scans: u32,
    /// Most bytes of metadata (EXIF, ICC, tags) that are kept in memory.
    pub metadata_bytes: u64,
    /// Memory a child may map beyond its libraries, bytes.
    pub memory_bytes: u64,
    /// CPU time of a child, milliseconds.
    pub cpu_ms: u64,
    /// A child that neither answers nor asks for this long is killed, milliseconds.
    pub stall_ms: u64,
    /// A child's whole life, milliseconds.
    pub total_ms: u64,
    /// Largest thumbnail, bytes, encoded.
    pub thumbnail_bytes: u64,
    /// Largest derivative, bytes.
    pub derivative_bytes: u64,
    /// Bytes a child may ask for when its input is not in memory.
    pub block_bytes: u64,
}

impl DecodeLimits {
    /// Most bytes of all thumbnails and derivatives together: one derivative as large as any may be, and two thumbnails.
    pub const fn answer_bytes(&self) -> u64 {
        self.derivative_bytes.saturating_add(self.thumbnail_bytes.saturating_mul(2))
    }
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            pixels: 120_000_000,
            side_px: 65_535,
            frames: 5_000_000,
            jpeg_scans: 500,
            metadata_bytes: 16 << 20,
            memory_bytes: 768 << 20,
            cpu_ms: 30_000,
            stall_ms: 15_000,
            total_ms: 60_000,
            thumbnail_bytes: 8 << 20,
            derivative_bytes: 32 << 20,
            block_bytes: 64 << 30,
        }
    }
}

/// A limit that stopped something; part of the failure it caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LimitHit {
    /// The limit's name, as in the profile: `pixels`, `image_bytes`.
    pub name: String,
    /// What the asset asked for.
    pub asked: u64,
    /// What is allowed.
    pub allowed: u64,
}

impl LimitHit {
    /// A limit that was passed.
    pub fn new(name: impl Into<String>, asked: u64, allowed: u64) -> Self {
        Self { name: name.into(), asked, allowed }
    }
}
