//! Whether a JPEG carries a gain map, by which a screen shows more than standard range.

use super::segments::Segments;
use crate::bytes::{be16, be32, contains, le16, le32, place};

/// Most pictures of a multi-picture file that are looked at.
const MOST_PICTURES: usize = 16;

/// Ultra HDR (`hdrgm` and the container's `GainMap`), Apple's (`HDRGainMap` in the second picture), ISO 21496-1.
pub(super) fn is_there(bytes: &[u8], first: &Segments<'_>) -> bool {
    tells(first) || pictures(first).any(|begin| bytes.get(begin..).is_some_and(|picture| tells(&Segments::read(picture))))
}

fn tells(segments: &Segments<'_>) -> bool {
    const WORDS: [&[u8]; 3] = [b"hdrgm:Version", b"\"GainMap\"", b"HDRGainMap"];
    segments.iso_gain_map || segments.xmp.iter().any(|xmp| WORDS.iter().any(|word| contains(xmp, word)))
}

/// Where the further pictures of a multi-picture file begin (CIPA DC-007, tag 0xB002: 16 bytes a picture, the offset is the third number).
fn pictures(first: &Segments<'_>) -> impl Iterator<Item = usize> {
    let (base, index) = first.mpf.unwrap_or((0, &[]));
    let little = index.starts_with(b"II");
    let short = move |at| if little { le16(index, at) } else { be16(index, at) };
    let long = move |at| if little { le32(index, at) } else { be32(index, at) };
    let directory = long(4).map_or(usize::MAX, place);
    let tags = usize::from(short(directory).unwrap_or(0));
    let entry = (0..tags)
        .map(move |tag| directory.saturating_add(2).saturating_add(12 * tag))
        .find(|entry| short(*entry) == Some(0xb002))
        .and_then(|entry| Some((place(long(entry + 4)?) / 16, place(long(entry + 8)?))));
    let (count, list) = entry.unwrap_or((0, 0));
    (0..count.min(MOST_PICTURES))
        .filter_map(move |picture| long(list.saturating_add(16 * picture + 8)))
        // The first picture's own offset is 0.
        .filter(|offset| *offset > 0)
        .map(move |offset| base.saturating_add(place(offset)))
}
