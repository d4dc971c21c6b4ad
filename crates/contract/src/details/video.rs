//! What is found in moving pictures.

use super::AudioTrack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `details` of a video: the first video stream that is no cover art.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VideoDetails {
    /// The container's short name: `mp4`, `mov`, `matroska`, `webm`, `mpegts` ….
    pub container: String,
    /// The codec's name as FFmpeg knows it: `h264`, `hevc`, `vp9` ….
    pub codec_name: String,
    /// The codec's profile: `High`, `Main 10`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The codec's level as the bitstream codes it: 41 for H.264 level 4.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<i32>,
    /// `yuv420p`, `yuv420p10le` ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel_format: Option<String>,
    /// Bits of one component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_depth: Option<u8>,
    /// Pixels as coded, before aspect ratio and rotation.
    pub stored_width: u32,
    /// Pixels as coded, before aspect ratio and rotation.
    pub stored_height: u32,
    /// Clockwise turn that a player makes: 0, 90, 180 or 270.
    pub rotation_deg: i32,
    /// Shape of a pixel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_aspect_ratio: Option<Ratio>,
    /// Shape of the picture as shown, before rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_aspect_ratio: Option<Ratio>,
    /// Average frames a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<Ratio>,
    /// The rate the stream declares: the lowest that can express all times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal_frame_rate: Option<Ratio>,
    /// All packets of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet_count: Option<u64>,
    /// `packets`; `sample-table` where a file ends before its own table does; `declared` where nothing could be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_count_method: Option<String>,
    /// Whether frames are shown for unlike times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable_frame_rate: Option<bool>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// First presentation time, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_s: Option<f64>,
    /// Bits a second of the video stream, else of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_rate_bps: Option<u64>,
    /// Packets that are keyframes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyframe_count: Option<u64>,
    /// `progressive`, `tt`, `bb`, `tb`, `bt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_order: Option<String>,
    /// Colour description (ITU-T H.273).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Colour>,
    /// `hdr10`, `hdr10+`, `hlg`, `dolby-vision`, `pq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hdr_format: Option<String>,
    /// Whether an edit list trims or shifts the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_edit_list: Option<bool>,
    /// Whether a packet is presented before zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_negative_timestamps: Option<bool>,
    /// Whether frames are reordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_b_frames: Option<bool>,
    /// Its sound tracks, in file order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audio: Vec<AudioTrack>,
    /// Subtitle streams.
    pub subtitle_count: u32,
    /// Chapters.
    pub chapter_count: u32,
    /// As the container says, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<String>,
    /// The container's own tags; at most 64 of at most 1,000 characters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// An exact ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Numerator.
    pub num: u32,
    /// Denominator, never 0.
    pub den: u32,
}

impl Ratio {
    /// The ratio, unless the denominator is 0.
    pub const fn new(num: u32, den: u32) -> Option<Self> {
        if den == 0 { None } else { Some(Self { num, den }) }
    }

    /// As a floating-point number.
    pub fn value(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

/// Colour description; names as FFmpeg and H.273 write them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Colour {
    /// `bt709`, `bt2020` ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primaries: Option<String>,
    /// `bt709`, `smpte2084`, `arib-std-b67` ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// `bt709`, `bt2020nc` ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<String>,
    /// `tv` or `pc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
}
