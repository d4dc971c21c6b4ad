//! Decoded samples as a file stores them: 8 bits each, in the file's own colours.

use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::{DecodeLimits, LimitHit};

/// What the samples of a pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Luminance.
    Gray,
    /// Luminance, alpha.
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha; not premultiplied.
    Rgba,
    /// Ink: 255 is full.
    Cmyk,
}

impl Layout {
    /// Samples of a pixel.
    pub(crate) const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// Whether the last sample is alpha.
    pub(crate) const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// Rows of samples without padding.
#[derive(Debug)]
pub(crate) struct Samples {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) layout: Layout,
    pub(crate) bytes: Vec<u8>,
}

/// What a format's reader hands on.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) samples: Samples,
    /// Which part could not be read, where one couldn't: the rest is shown, and the record is partial.
    pub(crate) damage: Option<String>,
    /// What else the owner should know of the picture.
    pub(crate) issues: Vec<Issue>,
}

/// Refuses to allocate more than a part of the child's memory: the asset itself and the thumbnails need theirs.
pub(crate) fn check_memory(limits: &DecodeLimits, wanted: u64) -> Result<(), Refusal> {
    let allowed = limits.memory_bytes / 4 * 3;
    if wanted > allowed {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", wanted, allowed)));
    }
    Ok(())
}

/// A buffer for `width` x `height` pixels, after asking whether it may be had.
pub(crate) fn buffer(limits: &DecodeLimits, width: u32, height: u32, channels: usize) -> Result<Vec<u8>, Refusal> {
    let wanted = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(channels as u64);
    check_memory(limits, wanted)?;
    Ok(vec![0; usize::try_from(wanted).unwrap_or(0)])
}
