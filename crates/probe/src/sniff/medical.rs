//! DICOM instances: by the mark behind a preamble, or, where both were left out, by elements at the very begin that fit one another.

use super::{Sniffed, at, marks};
use assay_contract::AssetKind;

const DICOM: Sniffed = Sniffed { mime_type: "application/dicom", kind: Some(AssetKind::Dicom), family: Some(super::Family::Dicom) };

/// Elements that must fit.
const ELEMENTS: usize = 3;
/// Longest value that one of them may have, bytes.
const LONGEST: usize = 4_096;

/// With the mark (DICOM PS3.10, 7.1). Asked first: the preamble may be another format's header, so that a slide is also a TIFF.
pub(super) fn marked(head: &[u8]) -> Option<Sniffed> {
    (marks(head, 128, b"DICM") || at(head, 0, b"DICM\x02\0")).then_some(DICOM)
}

/// Without: group 0002 or 0008 begins the file, and its first elements ascend.
pub(super) fn bare(head: &[u8]) -> Option<Sniffed> {
    let fits = [Order::Little, Order::Big].into_iter().any(|order| [typed, untyped].into_iter().any(|read| ascends(head, order, read)));
    fits.then_some(DICOM)
}

/// Which byte comes first.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn short(self, bytes: &[u8]) -> Option<u16> {
        let bytes = bytes.try_into().ok()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn long(self, bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.try_into().ok()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

/// Bytes of an element with its head.
type Read = fn(&[u8], Order) -> Option<usize>;

fn ascends(head: &[u8], order: Order, read: Read) -> bool {
    let (mut rest, mut last) = (head, None);
    for number in 0..ELEMENTS {
        let tag = rest.get(..2).and_then(|group| order.short(group)).zip(rest.get(2..4).and_then(|element| order.short(element)));
        let Some((group, element)) = tag else { return false };
        let is_begin = number > 0 || (matches!(group, 0x0002 | 0x0008) && element <= 0x0018);
        let in_order = last.is_none_or(|last| last < (group, element));
        let Some(length) = read(rest, order).filter(|_| is_begin && in_order && group <= 0x0010) else { return false };
        last = Some((group, element));
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

/// An element that says its type.
fn typed(element: &[u8], order: Order) -> Option<usize> {
    const SHORT: [&[u8]; 21] = [
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM",
        b"UI", b"UL", b"US",
    ];
    let vr = element.get(4..6)?;
    let (head, length) = if SHORT.contains(&vr) {
        (8, order.short(element.get(6..8)?)?.into())
    } else if matches!(vr, b"OB" | b"SQ" | b"UN" | b"UT") && element.get(6..8)? == [0, 0] {
        (12, order.long(element.get(8..12)?)?)
    } else {
        return None;
    };
    usize::try_from(length).ok().filter(|length| *length <= LONGEST).map(|length| head + length)
}

/// An element that does not: only little endian exists.
fn untyped(element: &[u8], order: Order) -> Option<usize> {
    let Order::Little = order else { return None };
    let length = usize::try_from(order.long(element.get(4..8)?)?).ok()?;
    // Text is padded to an even length.
    (length <= LONGEST && length % 2 == 0).then_some(length + 8)
}
