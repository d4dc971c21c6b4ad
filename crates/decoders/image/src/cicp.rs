//! Colours told by numbers (ITU-T H.273) instead of a profile.

/// Code points as a file gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cicp {
    pub(crate) primaries: u16,
    pub(crate) transfer: u16,
    pub(crate) matrix: u16,
}

/// How a picture of high dynamic range codes its light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Light {
    /// SMPTE ST 2084.
    Pq,
    /// ARIB STD-B67.
    Hlg,
}

impl Light {
    /// As `details.hdr` says it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pq => "pq",
            Self::Hlg => "hlg",
        }
    }
}

impl Cicp {
    /// Whether it is of high dynamic range, and which (H.273, table 3).
    pub(crate) const fn light(self) -> Option<Light> {
        match self.transfer {
            16 => Some(Light::Pq),
            18 => Some(Light::Hlg),
            _ => None,
        }
    }

    /// Whether its colours are other than sRGB's: primaries of BT.709 or none told, with a curve that is shown alike, are not.
    pub(crate) const fn differs_from_srgb(self) -> bool {
        !matches!((self.primaries, self.transfer), (0..=2, 0..=2 | 6 | 13 | 14 | 15))
    }
}
