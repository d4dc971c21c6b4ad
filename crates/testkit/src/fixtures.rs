//! Where the fixtures of this repository lie, and what other people's tools say of them.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The folder `fixtures/`.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Good files: what the demo's customer keeps in the bucket.
pub fn media() -> PathBuf {
    root().join("media")
}

/// Files that lie, bomb, or are not what their names say.
pub fn hostile() -> PathBuf {
    root().join("hostile")
}

/// One line of `fixtures/MANIFEST.jsonl`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Below [`root`], `media/jpeg-baseline.jpg`.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Hex digits.
    pub sha256: String,
    /// Who made it.
    pub origin: String,
    /// SPDX identifier.
    pub licence: String,
    /// What a record must say.
    pub expect: Expect,
}

impl Entry {
    /// Where the file lies.
    pub fn file(&self) -> PathBuf {
        root().join(&self.path)
    }
}

/// What a record must say of a fixture; what does not apply to its kind is absent.
///
/// Measured by ffprobe, exiftool and webpmux (`fixtures/recipes/facts.py`), never by Assay.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Any of these is right.
    pub status: Vec<String>,
    /// The failure, or an issue, has one of these codes; empty where none is needed.
    pub codes: Vec<String>,
    /// `image`, `video`, `audio`, `tiled_imagery`.
    pub kind: Option<String>,
    /// From the content.
    pub mime_type: Option<String>,
    /// Pixels, as a person sees it.
    pub width: Option<u32>,
    /// Pixels, as a person sees it.
    pub height: Option<u32>,
    /// Pixels, as stored.
    pub stored_width: Option<u32>,
    /// Pixels, as stored.
    pub stored_height: Option<u32>,
    /// EXIF orientation, "1" to "8".
    pub exif_rotation: Option<String>,
    /// Degrees clockwise that a player turns the picture.
    pub rotation_deg: Option<u32>,
    /// Frames that a player shows.
    pub frame_count: Option<u64>,
    /// Average frames a second.
    pub frame_rate: Option<f64>,
    /// Seconds, as the container says.
    pub duration: Option<f64>,
    /// The container's four-character code, else the codec's name.
    pub codec: Option<String>,
    /// The codec's name in FFmpeg.
    pub codec_name: Option<String>,
    /// Samples a second.
    pub sample_rate: Option<u32>,
    /// Channels of sound.
    pub channels: Option<u32>,
    /// Whether a sound brings a picture.
    pub has_cover_art: Option<bool>,
    /// Bands of imagery.
    pub band_count: Option<u32>,
    /// EPSG code of imagery.
    pub epsg: Option<u32>,
    /// Pages of a document.
    pub page_count: Option<u64>,
}

/// All entries, sorted by path. Fails when the manifest is missing or a line is not as [`Entry`] says.
pub fn manifest() -> Result<Vec<Entry>> {
    let path = root().join("MANIFEST.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
    let entries =
        text.lines().enumerate().map(|(at, line)| serde_json::from_str(line).with_context(|| format!("MANIFEST.jsonl:{}", at + 1)));
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::failure::Code;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;
    use std::fmt::Write;

    #[test]
    fn every_fixture_is_in_the_manifest_with_its_own_digest() {
        let mut named = BTreeSet::new();
        for entry in manifest().unwrap() {
            let body = std::fs::read(entry.file()).unwrap();
            let mut digest = String::new();
            for byte in Sha256::digest(&body) {
                write!(digest, "{byte:02x}").unwrap();
            }
            assert_eq!((entry.bytes, &entry.sha256), (body.len() as u64, &digest), "{}: type `make fixtures`", entry.path);
            named.insert(entry.file());
        }
        let lying: BTreeSet<PathBuf> =
            [media(), hostile()].iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path()).collect();
        assert_eq!(named, lying);
    }

    #[test]
    fn every_expected_code_is_in_the_failure_table() {
        for entry in manifest().unwrap() {
            for code in entry.expect.codes {
                assert!(serde_json::from_value::<Code>(code.clone().into()).is_ok(), "{}: {code}", entry.path);
            }
        }
    }
}
