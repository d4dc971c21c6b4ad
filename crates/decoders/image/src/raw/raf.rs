//! Fujifilm's RAF: a header that tells where the preview and the sensor's own table lie.

use super::Sensor;
use crate::bytes::{be16, be32, place};

/// Where the header tells the preview's place, and the table's.
const PICTURE_AT: usize = 84;
const TABLE_AT: usize = 92;
/// Most entries of the table that are read.
const MOST_ENTRIES: u32 = 256;
/// Numbers of the table: the size that is kept, and the whole sensor's (both height first).
const CROPPED: u16 = 0x0111;
const WHOLE: u16 = 0x0100;

pub(super) fn sensor(bytes: &[u8]) -> Option<Sensor> {
    let table = place(be32(bytes, TABLE_AT)?);
    let count = be32(bytes, table)?.min(MOST_ENTRIES);
    let mut at = table.checked_add(4)?;
    let mut whole = None;
    for _ in 0..count {
        let (Some(number), Some(length)) = (be16(bytes, at), be16(bytes, at + 2)) else { break };
        let size = || Some((be16(bytes, at + 6)?, be16(bytes, at + 4)?)).filter(|(width, height)| *width > 0 && *height > 0);
        match number {
            CROPPED if size().is_some() => return size().map(of_size),
            WHOLE => whole = size(),
            _ => {}
        }
        at = at.checked_add(4)?.checked_add(length.into())?;
    }
    whole.map(of_size)
}

/// The preview of full size, from its begin on.
pub(super) fn picture(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(place(be32(bytes, PICTURE_AT)?)..)
}

fn of_size((width, height): (u16, u16)) -> Sensor {
    Sensor { width: width.into(), height: height.into(), channels: 1, bits: None }
}
