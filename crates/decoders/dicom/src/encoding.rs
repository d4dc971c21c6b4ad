//! How elements are written: which byte comes first, and whether each says its own type (DICOM PS3.5, chapter 7).

use crate::source::{Broken, Source};
use dicom_core::{Tag, VR};

/// Which byte of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// A number of two bytes.
    pub(crate) fn short(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// A number of four bytes.
    pub(crate) fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Whether elements say their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Types {
    Explicit,
    Implicit,
}

/// How a data set, or a sequence in it, is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) endian: Endian,
    pub(crate) types: Types,
}

impl Encoding {
    pub(crate) const EXPLICIT_LITTLE: Self = Self { endian: Endian::Little, types: Types::Explicit };
    pub(crate) const IMPLICIT_LITTLE: Self = Self { endian: Endian::Little, types: Types::Implicit };

    /// Says how a data set is written by its first element, `None` where these bytes begin none. Groups at a data set's begin have small
    /// numbers, so the wrong order of bytes shows; a type is two letters where a length would be enormous.
    pub(crate) fn recognise(first: [u8; 8]) -> Option<Self> {
        let [g0, g1, _, _, v0, v1, _, _] = first;
        let (little, big) = (u16::from_le_bytes([g0, g1]), u16::from_be_bytes([g0, g1]));
        let endian = if little <= big { Endian::Little } else { Endian::Big };
        let types = if VR::from_binary([v0, v1]).is_some() { Types::Explicit } else { Types::Implicit };
        (little.min(big) <= 0x00ff).then_some(Self { endian, types })
    }
}

/// The head of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) tag: Tag,
    /// Its type, where it says one that is known.
    pub(crate) vr: Option<VR>,
    /// Bytes of its value; `None` where they go on to a delimiter.
    pub(crate) length: Option<u32>,
}

/// Reads the head of the next element; `None` where the bytes are at their end, or nothing but padding follows.
pub(crate) fn next(source: &mut Source<'_>, encoding: Encoding) -> Result<Option<Element>, Broken> {
    let mut head = [0; 8];
    match source.take(&mut head)? {
        0 => return Ok(None),
        8 => {}
        got => return if head.iter().take(got).all(|byte| *byte == 0) { Ok(None) } else { Err(Broken::Ends) },
    }
    if head == [0; 8] {
        return Ok(None);
    }
    let [g0, g1, e0, e1, v0, v1, l0, l1] = head;
    let tag = Tag(encoding.endian.short([g0, g1]), encoding.endian.short([e0, e1]));
    let plain = Element { tag, vr: None, length: length(encoding.endian.long([v0, v1, l0, l1])) };
    // Items and delimiters never say a type.
    if encoding.types == Types::Implicit || tag.group() == 0xfffe {
        return Ok(Some(plain));
    }
    match VR::from_binary([v0, v1]) {
        Some(vr) if is_short(vr) => Ok(Some(Element { tag, vr: Some(vr), length: Some(encoding.endian.short([l0, l1]).into()) })),
        vr if vr.is_some() || [v0, v1].iter().all(u8::is_ascii_uppercase) => {
            let mut long = [0; 4];
            source.fill(&mut long)?;
            Ok(Some(Element { tag, vr, length: length(encoding.endian.long(long)) }))
        }
        // Some writers put elements without a type among the others.
        _ => Ok(Some(plain)),
    }
}

fn length(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

/// Types whose length has two bytes (PS3.5, table 7.1-2).
fn is_short(vr: VR) -> bool {
    matches!(
        vr,
        VR::AE
            | VR::AS
            | VR::AT
            | VR::CS
            | VR::DA
            | VR::DS
            | VR::DT
            | VR::FL
            | VR::FD
            | VR::IS
            | VR::LO
            | VR::LT
            | VR::PN
            | VR::SH
            | VR::SL
            | VR::SS
            | VR::ST
            | VR::TM
            | VR::UI
            | VR::UL
            | VR::US
    )
}
