//! One frame's stored samples, and what they mean before any table or window.

use crate::attributes::Attributes;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};

/// What a pixel's samples mean (DICOM PS3.3, C.7.6.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// Larger is lighter.
    Gray,
    /// Larger is darker.
    Inverted,
    Palette,
    Rgb,
    /// Luma and two chromas, full range.
    Ybr,
    /// The same as in television: 16 to 235 and 240.
    YbrPartial,
}

/// Whether stored numbers may be below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Unsigned,
    Signed,
}

/// Whether a pixel's samples lie together, or each colour's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Pixels,
    Planes,
}

/// What the data set says of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: u32,
    pub(crate) order: Order,
    pub(crate) model: Model,
    /// Whether two pixels share their chromas, where frames are not compressed.
    pub(crate) shares_chroma: bool,
    /// Bits that a sample takes.
    pub(crate) allocated: u16,
    /// Bits that it uses.
    pub(crate) stored: u16,
    /// Unused bits below them.
    pub(crate) shift: u16,
    pub(crate) sign: Sign,
}

impl Shape {
    /// What the attributes say, as far as it can be.
    pub(crate) fn of(found: &Attributes) -> Result<Self, Refusal> {
        let side = |pixels: Option<u16>| pixels.filter(|pixels| *pixels > 0).map(u32::from);
        let (Some(height), Some(width)) = (side(found.rows), side(found.columns)) else {
            return Err(Refusal::corrupt("the instance has pixels and no size"));
        };
        let photometric = found.photometric.as_deref().unwrap_or_default();
        let channels = match found.samples.unwrap_or(1) {
            1 => 1,
            3 => 3,
            other => return Err(Refusal::unsupported(format!("pixels of {other} samples"))),
        };
        let model = match (channels, photometric) {
            (1, "MONOCHROME1") => Model::Inverted,
            (1, "PALETTE COLOR") => Model::Palette,
            (1, _) => Model::Gray,
            (_, "YBR_FULL" | "YBR_FULL_422") => Model::Ybr,
            (_, "YBR_PARTIAL_420" | "YBR_PARTIAL_422") => Model::YbrPartial,
            _ => Model::Rgb,
        };
        let Some(allocated) = found.allocated.filter(|bits| matches!(bits, 1 | 8 | 16 | 32 | 64)) else {
            return Err(Refusal::unsupported("samples of an unusual number of bits"));
        };
        let stored = found.stored.filter(|bits| (1..=allocated).contains(bits)).unwrap_or(allocated);
        let high = found.high_bit.filter(|bit| *bit < allocated).unwrap_or(stored - 1);
        Ok(Self {
            width,
            height,
            channels,
            order: if channels > 1 && found.planar == Some(1) { Order::Planes } else { Order::Pixels },
            model,
            shares_chroma: channels == 3 && photometric.ends_with("_422"),
            allocated,
            stored,
            shift: (high + 1).saturating_sub(stored),
            sign: if found.representation == Some(1) { Sign::Signed } else { Sign::Unsigned },
        })
    }

    /// Pixels.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Samples of all colours.
    pub(crate) fn samples(&self) -> u64 {
        self.pixels() * u64::from(self.channels)
    }
}

/// Stored numbers, as wide as they need be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Samples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    Longs(Vec<u32>),
    Floats(Vec<f32>),
}

impl Samples {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(all) => all.len(),
            Self::Words(all) => all.len(),
            Self::Longs(all) => all.len(),
            Self::Floats(all) => all.len(),
        }
    }
}

/// A decoded frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) shape: Shape,
    pub(crate) samples: Samples,
    /// What could not be read of it.
    pub(crate) damage: Option<String>,
}

impl Frame {
    /// A frame of samples that lie as a codec gives them. Refuses another number of samples than the shape has.
    pub(crate) fn new(shape: Shape, samples: Samples, damage: Option<String>) -> Result<Self, Refusal> {
        if samples.len() as u64 != shape.samples() {
            return Err(Refusal::corrupt(format!("{} samples came where {} must be", samples.len(), shape.samples())));
        }
        Ok(Self { shape, samples, damage })
    }

    /// The place of a sample.
    pub(crate) fn index(&self, pixel: usize, channel: usize) -> usize {
        match self.shape.order {
            Order::Pixels => pixel * self.shape.channels as usize + channel,
            Order::Planes => channel * self.shape.width as usize * self.shape.height as usize + pixel,
        }
    }

    /// A stored number.
    pub(crate) fn value(&self, index: usize) -> f64 {
        match &self.samples {
            Samples::Bytes(all) => self.shape.number(all.get(index).copied().unwrap_or(0).into()),
            Samples::Words(all) => self.shape.number(all.get(index).copied().unwrap_or(0).into()),
            Samples::Longs(all) => self.shape.number(all.get(index).copied().unwrap_or(0)),
            Samples::Floats(all) => all.get(index).copied().unwrap_or(0.0).into(),
        }
    }
}

impl Shape {
    /// The number that stored bits mean.
    pub(crate) fn number(&self, raw: u32) -> f64 {
        let bits = u32::from(self.stored.clamp(1, 32));
        let unused = 32 - bits;
        let used = raw.unbounded_shr(self.shift.into()) << unused;
        match self.sign {
            Sign::Unsigned => f64::from(used >> unused),
            Sign::Signed => f64::from(used.cast_signed() >> unused),
        }
    }
}

/// How many times as many pixels a compressed frame may say of itself as the data set says of it: a header that lies must not cost the CPU
/// time of millions of pixels that nobody was told of.
const OWN_SIZE: u64 = 4;

impl Shape {
    /// The shape with the size that a compressed frame says of itself; refused where that is far from what the data set says.
    pub(crate) fn sized(self, width: u32, height: u32) -> Result<Self, Refusal> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || pixels > self.pixels().saturating_mul(OWN_SIZE) {
            let told = format!("{} x {}", self.width, self.height);
            return Err(Refusal::corrupt(format!("a compressed frame says {width} x {height} pixels of itself, and the data set {told}")));
        }
        Ok(Self { width, height, ..self })
    }
}

/// Refuses to take more than a part of the child's memory: the asset and the thumbnails need theirs.
pub(crate) fn check_memory(limits: &DecodeLimits, bytes: u64) -> Result<(), Refusal> {
    if bytes > limits.memory_bytes / 4 * 3 {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", bytes, limits.memory_bytes)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bits_become_numbers_with_their_sign() {
        let found = Attributes {
            rows: Some(1),
            columns: Some(1),
            allocated: Some(16),
            stored: Some(12),
            high_bit: Some(11),
            representation: Some(1),
            ..Attributes::default()
        };
        let shape = Shape::of(&found).unwrap();
        let near = |got: f64, want: f64| assert!((got - want).abs() < f64::EPSILON, "{got} is not {want}");
        near(shape.number(0x0fff), -1.0);
        near(shape.number(0xf7ff), 2047.0);
        near(shape.number(0x0800), -2048.0);
        let high = Shape::of(&Attributes { high_bit: Some(15), representation: Some(0), ..found }).unwrap();
        near(high.number(0x0fff_u32 << 4), 4095.0);
    }
}
