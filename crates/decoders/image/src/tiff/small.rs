//! What a camera wrote into a large TIFF, copied into a small one: EXIF is read without a copy of the pixels.

use super::directory::{Directory, tag};

/// Most bytes of one value.
const MOST_BYTES: usize = 4096;
/// Make, model, orientation, resolution.
const FIRST: [u16; 6] = [271, 272, 274, 282, 283, 296];
/// Exposure, aperture, sensitivity, times with their offset, focal length, lens (CIPA DC-008). TIFF/EP puts them into the first directory.
const EXIF: [u16; 8] = [33_434, 33_437, 34_855, 36_867, 36_868, 36_881, 37_386, 42_036];
/// References, latitude, longitude, altitude.
const GPS: [u16; 6] = [1, 2, 3, 4, 5, 6];

/// From a file's directories. `None` where it has none.
pub(crate) fn of(bytes: &[u8]) -> Option<Vec<u8>> {
    let first = Directory::first(bytes)?;
    Some(from(Some(first), first.at_offset_in(tag::EXIF), first.at_offset_in(tag::GPS)))
}

/// From directories that lie wherever they do, all of one byte order.
pub(crate) fn from(first: Option<Directory<'_>>, exif: Option<Directory<'_>>, gps: Option<Directory<'_>>) -> Vec<u8> {
    let is_little = first.or(exif).is_none_or(|directory| directory.is_little());
    let pick = |tags: &[u16], from: [Option<Directory<'_>>; 2]| -> Vec<Entry> {
        tags.iter().filter_map(|tag| from.iter().flatten().find_map(|directory| Entry::copy(directory, *tag))).collect()
    };
    let (mut main, exif, gps) = (pick(&FIRST, [first, None]), pick(&EXIF, [exif, first]), pick(&GPS, [gps, None]));
    let order = Order { is_little };
    // Behind the header lie the three directories, then the values that have no room in an entry.
    let size = |entries: usize| 2 + 12 * entries + 4;
    let exif_at = 8 + size(main.len() + 2);
    let gps_at = exif_at + size(exif.len());
    let mut outside_at = gps_at + size(gps.len());
    for (tag, at) in [(tag::EXIF, exif_at), (tag::GPS, gps_at)] {
        main.push(Entry { tag, kind: 4, count: 1, value: order.long(at).to_vec() });
    }
    let mut tiff = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    tiff.extend(order.long(8));
    let mut outside = Vec::new();
    for entries in [main, exif, gps] {
        tiff.extend(order.short(entries.len()));
        for Entry { tag, kind, count, mut value } in entries {
            tiff.extend([order.short(tag.into()), order.short(kind.into())].concat());
            tiff.extend(order.long(count));
            if value.len() <= 4 {
                value.resize(4, 0);
                tiff.extend(value);
            } else {
                tiff.extend(order.long(outside_at));
                outside_at += value.len();
                outside.extend(value);
            }
        }
        tiff.extend([0; 4]);
    }
    tiff.extend(outside);
    tiff
}

struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    value: Vec<u8>,
}

impl Entry {
    fn copy(directory: &Directory<'_>, tag: u16) -> Option<Self> {
        let (kind, count, value) = directory.raw(tag)?;
        (value.len() <= MOST_BYTES && kind <= 12).then(|| Self { tag, kind, count, value: value.to_vec() })
    }
}

#[derive(Clone, Copy)]
struct Order {
    is_little: bool,
}

impl Order {
    fn short(self, number: usize) -> [u8; 2] {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        if self.is_little { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    fn long(self, number: usize) -> [u8; 4] {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if self.is_little { number.to_le_bytes() } else { number.to_be_bytes() }
    }
}
