//! A file as it is, cut, or with altered bytes; copies have no name on any file system.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// Every second altered copy is altered here only: headers decide what a decoder believes.
const HEAD_BYTES: usize = 4096;

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing.
    Whole,
    /// It ends after so many per cent.
    Cut(u8),
    /// So many of its bytes are altered.
    Altered { bytes: u32, seed: u64 },
}

impl Change {
    /// The file itself first, then the cuts, then the altered copies.
    pub(crate) fn all(cuts: &[u8], copies: u32, seed: u64) -> Vec<Self> {
        let cuts = cuts.iter().map(|share| Self::Cut(*share));
        let altered = (1..=copies).map(|bytes| Self::Altered { bytes, seed });
        std::iter::once(Self::Whole).chain(cuts).chain(altered).collect()
    }

    /// The changed bytes; the same for the same content and change.
    pub(crate) fn of(self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Whole => {}
            Self::Cut(share) => bytes.truncate(bytes.len() / 100 * usize::from(share) + bytes.len() % 100 * usize::from(share) / 100),
            Self::Altered { bytes: count, seed } => {
                let reach = if count % 2 == 0 { bytes.len().min(HEAD_BYTES) } else { bytes.len() };
                let mut dice = Dice::new(&bytes, count, seed);
                for _ in 0..count {
                    let (place, value) = (dice.below(reach), dice.below(256));
                    if let (Some(byte), Ok(value)) = (bytes.get_mut(place), u8::try_from(value)) {
                        *byte = value;
                    }
                }
            }
        }
        bytes
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Cut(share) => write!(f, "cut at {share} %"),
            Self::Altered { bytes, seed } => write!(f, "{bytes} bytes altered, seed {seed}"),
        }
    }
}

/// A file and what was done to it.
#[derive(Debug)]
pub(crate) struct Variant {
    file: PathBuf,
    change: Change,
    bytes: Vec<u8>,
    copy: Option<File>,
}

impl Variant {
    pub(crate) fn of(file: &Path, change: Change) -> Result<Self> {
        let bytes = change.of(std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))?);
        let copy = match change {
            Change::Whole => None,
            Change::Cut(_) | Change::Altered { .. } => {
                let mut copy = tempfile::tempfile()?;
                copy.write_all(&bytes)?;
                Some(copy)
            }
        };
        Ok(Self { file: file.to_owned(), change, bytes, copy })
    }

    /// Where another process of this user finds it.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.copy {
            None => self.file.clone(),
            Some(copy) => PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), copy.as_raw_fd())),
        }
    }

    pub(crate) fn title(&self) -> String {
        format!("{} ({})", self.file.display(), self.change)
    }

    pub(crate) fn sha256(&self) -> String {
        let mut digits = String::new();
        for byte in Sha256::digest(&self.bytes) {
            // Writing to a String never fails.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }

    /// Writes it into a folder, under the first digits of its digest and its own ending.
    pub(crate) fn keep(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let digest = self.sha256();
        let name = folder.join(digest.get(..16).unwrap_or(&digest));
        let name = self.file.extension().map_or_else(|| name.clone(), |extension| name.with_extension(extension));
        std::fs::write(&name, &self.bytes).with_context(|| format!("{} can't be written", name.display()))
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn new(content: &[u8], copy: u32, seed: u64) -> Self {
        let digest = Sha256::new().chain_update(content).chain_update(copy.to_le_bytes()).chain_update(seed.to_le_bytes()).finalize();
        Self(digest.first_chunk().map_or(seed, |start| u64::from_le_bytes(*start)))
    }

    /// 0 where there is nothing to choose from.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = (z ^ z >> 31).checked_rem(limit as u64).unwrap_or(0);
        usize::try_from(drawn).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_alters_the_same_bytes_and_another_seed_others() {
        let content: Vec<u8> = (0..200_u8).collect();
        let altered = |seed| Change::Altered { bytes: 20, seed }.of(content.clone());
        assert_eq!(altered(1), altered(1));
        assert_ne!(altered(1), altered(2));
        let differing = altered(1).iter().zip(&content).filter(|(a, b)| a != b).count();
        assert!((10..=20).contains(&differing), "{differing}");
    }

    #[test]
    fn a_cut_keeps_its_share_and_an_empty_file_survives_everything() {
        assert_eq!(Change::Cut(50).of(vec![7; 201]).len(), 100);
        assert_eq!(Change::Cut(10).of(vec![7; 9]).len(), 0);
        for change in Change::all(&[10, 90], 3, 1) {
            assert!(change.of(Vec::new()).is_empty());
        }
    }
}
