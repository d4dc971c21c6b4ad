//! Phase One's and Leaf's IIQ: a TIFF of one pixel, and behind its head a directory of the maker's own.

use super::Sensor;
use crate::bytes::{be32, le32, place, slice};

/// Where the maker's part begins: a byte order mark of four letters, four more, and the directory's place from here on.
const BEGIN: usize = 8;
/// Most entries that are read; each has 16 bytes: number, type, length, value.
const MOST_ENTRIES: u32 = 512;
/// Numbers of the picture's sides, without the sensor's margins.
const WIDTH: u32 = 0x010c;
const HEIGHT: u32 = 0x010d;

/// Whether the maker's mark follows the TIFF's.
pub(super) fn has_mark(bytes: &[u8]) -> bool {
    match slice(bytes, BEGIN, 8) {
        Some([b'I', b'I', b'I', b'I', rest @ ..]) => rest.ends_with(b"waR"),
        Some([b'M', b'M', b'M', b'M', rest @ ..]) => rest.starts_with(b"Raw"),
        _ => false,
    }
}

pub(super) fn sensor(bytes: &[u8]) -> Option<Sensor> {
    let own = bytes.get(BEGIN..)?;
    let number = |at: usize| if own.starts_with(b"II") { le32(own, at) } else { be32(own, at) };
    let directory = place(number(8)?);
    let entries = (0..number(directory)?.min(MOST_ENTRIES)).map(|entry| directory.saturating_add(8).saturating_add(16 * place(entry)));
    let side = |wanted| {
        let entry = entries.clone().find(|entry| number(*entry) == Some(wanted))?;
        number(entry.checked_add(12)?).filter(|side| *side > 0)
    };
    Some(Sensor { width: side(WIDTH)?, height: side(HEIGHT)?, channels: 1, bits: None })
}
