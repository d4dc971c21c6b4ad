//! Canon's CR3: an ISO base media file whose `CMT` boxes are the directories that a TIFF would have.

use super::Sensor;
use crate::boxes::{boxes, first, within};
use crate::tiff::directory::{Directory, tag};
use crate::tiff::small;

/// What Canon's own box begins with.
const CANON: [u8; 16] = [0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0, 0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48];
/// Most boxes that are passed.
const MOST_BOXES: usize = 1024;

/// The size, from what would be the first directory.
pub(super) fn sensor(bytes: &[u8]) -> Option<Sensor> {
    let directory = Directory::first(find(bytes, *b"CMT1")?)?;
    let side = |tag| directory.number(tag).and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
    Some(Sensor { width: side(tag::WIDTH)?, height: side(tag::HEIGHT)?, channels: 1, bits: None })
}

/// What the camera wrote, as one small TIFF.
pub(super) fn notes(bytes: &[u8]) -> Vec<u8> {
    let directory = |name| find(bytes, name).and_then(Directory::first);
    small::from(directory(*b"CMT1"), directory(*b"CMT2"), directory(*b"CMT4"))
}

/// The body of a box in Canon's own, which is one of `moov`'s.
fn find(bytes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let own = boxes(within(bytes, &[b"moov"])?).take(MOST_BOXES).find(|found| found.name == *b"uuid" && found.body.starts_with(&CANON))?;
    first(own.body.get(CANON.len()..)?, &name).map(|found| found.body)
}
