//! A thumbnail's bytes, walked from end to end: whether they are what our encoders write, and nothing else beside.
//!
//! No pixel is decoded. Every byte belongs to a part that our own encoders write, and the picture ends where the bytes do: what a child
//! could hide behind an end mark, in a comment or in a part that no viewer reads has no place.

use assay_contract::profile::ThumbnailFormat;

/// Format, width and height of a picture that is written as ours are; `None` for everything else.
pub(super) fn measured(bytes: &[u8]) -> Option<(ThumbnailFormat, u32, u32)> {
    let (format, size) = match bytes {
        [0xff, 0xd8, ..] => (ThumbnailFormat::Jpeg, jpeg(bytes)?),
        [b'R', b'I', b'F', b'F', ..] => (ThumbnailFormat::Webp, webp(bytes)?),
        _ => return None,
    };
    let (width, height) = size;
    (width > 0 && height > 0).then_some((format, width, height))
}

/// A baseline JPEG of one scan, as libjpeg-turbo writes it: a JFIF header, tables, the frame, the scan, its end
/// (ITU-T T.81, annex B; ITU-T T.871).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    // Version 1.1, a density, no thumbnail within.
    let rest = bytes.strip_prefix(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01")?;
    let (density, mut rest) = rest.split_at_checked(7)?;
    if !density.ends_with(&[0, 0]) {
        return None;
    }
    let mut size = None;
    loop {
        let ([0xff, marker, high, low], behind) = rest.split_first_chunk()? else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (segment, next) = behind.split_at_checked(length.checked_sub(2)?)?;
        rest = next;
        match marker {
            0xdb if are_quantisation_tables(segment) => {}
            0xc4 if are_huffman_tables(segment) => {}
            0xc0 if size.is_none() => size = Some(frame(segment)?),
            // Three components, all coefficients.
            0xda if matches!(segment, [3, _, _, _, _, _, _, 0, 63, 0]) => break,
            _ => return None,
        }
    }
    let scan = rest.strip_suffix(&[0xff, 0xd9])?;
    // Within the scan a 0xff is always followed by a zero that is none of its own.
    let mut after = scan.split(|byte| *byte == 0xff).skip(1);
    if after.all(|piece| piece.first() == Some(&0)) { size } else { None }
}

/// Of eight or sixteen bits, four at most.
fn are_quantisation_tables(mut rest: &[u8]) -> bool {
    while let Some((kind, behind)) = rest.split_first() {
        let bytes = match kind {
            0..=3 => 64,
            0x10..=0x13 => 128,
            _ => return false,
        };
        let Some(behind) = behind.get(bytes..) else { return false };
        rest = behind;
    }
    true
}

/// Each says how many codes it has of each length, then what they mean.
fn are_huffman_tables(mut rest: &[u8]) -> bool {
    while let Some((kind, behind)) = rest.split_first() {
        let Some((counts, behind)) = behind.split_first_chunk::<16>() else { return false };
        let codes: usize = counts.iter().copied().map(usize::from).sum();
        let (Some(behind), true) = (behind.get(codes..), codes <= 256 && kind & 0xee == 0) else { return false };
        rest = behind;
    }
    true
}

/// Eight bits, three components of three bytes each.
fn frame(segment: &[u8]) -> Option<(u32, u32)> {
    match segment {
        [8, h1, h0, w1, w0, 3, components @ ..] if components.len() == 9 => {
            Some((u16::from_be_bytes([*w1, *w0]).into(), u16::from_be_bytes([*h1, *h0]).into()))
        }
        _ => None,
    }
}

/// A lossy WebP: one chunk, or three where there is alpha (RFC 9649, sections 2.5 and 2.7).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let (head, rest) = bytes.split_first_chunk::<12>()?;
    let [b'R', b'I', b'F', b'F', length @ .., b'W', b'E', b'B', b'P'] = head else { return None };
    if usize::try_from(u32::from_le_bytes(*length)).ok()?.checked_add(8)? != bytes.len() {
        return None;
    }
    let (first, behind) = chunk(rest)?;
    match first {
        (b"VP8 ", picture) if behind.is_empty() => keyframe(picture),
        // Alpha, and none of the other features; then the canvas, each side less one.
        (b"VP8X", [0x10, 0, 0, 0, w0, w1, w2, h0, h1, h2]) => {
            let ((b"ALPH", alpha), behind) = chunk(behind)? else { return None };
            let ((b"VP8 ", picture), []) = chunk(behind)? else { return None };
            let side = |low: &u8, middle: &u8, high: &u8| u32::from_le_bytes([*low, *middle, *high, 0]) + 1;
            // Its first byte says how alpha is coded: raw or lossless, filtered or not.
            let is_alpha = alpha.first().is_some_and(|how| how & 0b1100_0010 == 0);
            keyframe(picture).filter(|size| is_alpha && *size == (side(w0, w1, w2), side(h0, h1, h2)))
        }
        _ => None,
    }
}

type Chunk<'b> = (&'b [u8; 4], &'b [u8]);

/// The first chunk, and what is behind it. One of odd length is followed by a zero.
fn chunk(bytes: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let (name, rest) = bytes.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (body, rest) = rest.split_at_checked(length)?;
    let rest = if length % 2 == 1 { rest.strip_prefix(&[0])? } else { rest };
    Some(((name, body), rest))
}

/// A keyframe of VP8 that is shown, unscaled, with its first partition in it (RFC 6386, section 9.1).
fn keyframe(bytes: &[u8]) -> Option<(u32, u32)> {
    let ([t0, t1, t2, 0x9d, 0x01, 0x2a, w0, w1, h0, h1], behind) = bytes.split_first_chunk()? else { return None };
    let tag = u32::from_le_bytes([*t0, *t1, *t2, 0]);
    let (width, height) = (u16::from_le_bytes([*w0, *w1]), u16::from_le_bytes([*h0, *h1]));
    let is_shown_keyframe = tag & 0b1_0001 == 0b1_0000;
    let is_inside = usize::try_from(tag >> 5).is_ok_and(|first| first <= behind.len());
    (is_shown_keyframe && is_inside && (width | height) >> 14 == 0).then_some((width.into(), height.into()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A JPEG's parts in the order of libjpeg-turbo, with tables of zeros and a scan of three bytes.
    pub(in super::super) fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let [w, h] = [width.to_be_bytes(), height.to_be_bytes()];
        let mut bytes = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00".to_vec();
        bytes.extend([&[0xff, 0xdb, 0, 67, 0][..], &[1; 64]].concat());
        bytes.extend([&[0xff, 0xc0, 0, 17, 8][..], &h, &w, &[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]].concat());
        bytes.extend([&[0xff, 0xc4, 0, 21, 0x10, 0, 2][..], &[0; 14], &[5, 6]].concat());
        bytes.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
        bytes.extend([0x5a, 0xff, 0, 0xff, 0xd9]);
        bytes
    }

    /// The head of a lossy WebP: a size and no picture.
    pub(in super::super) fn webp_of(width: u16, height: u16) -> Vec<u8> {
        let picture = [&b"\x10\0\0\x9d\x01\x2a"[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0; 8]].concat();
        riff(&[(b"VP8 ", &picture)])
    }

    fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut body = b"WEBP".to_vec();
        for (name, bytes) in chunks {
            body.extend([&name[..], &u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat());
            body.resize(body.len().next_multiple_of(2), 0);
        }
        [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
    }

    fn transparent(width: u8) -> Vec<u8> {
        let picture = webp_of(3, 2)[20..].to_vec();
        riff(&[(b"VP8X", &[0x10, 0, 0, 0, width - 1, 0, 0, 1, 0, 0]), (b"ALPH", &[1, 7, 7]), (b"VP8 ", &picture)])
    }

    #[test]
    fn pictures_as_our_encoders_write_them_are_measured() {
        assert_eq!(measured(&jpeg_of(8, 6)), Some((ThumbnailFormat::Jpeg, 8, 6)));
        assert_eq!(measured(&webp_of(8, 6)), Some((ThumbnailFormat::Webp, 8, 6)));
        assert_eq!(measured(&transparent(3)), Some((ThumbnailFormat::Webp, 3, 2)));
        assert_eq!(measured(&transparent(4)), None, "another canvas than picture");
        assert_eq!(measured(&jpeg_of(0, 6)), None);
        assert_eq!(measured(&webp_of(6, 0)), None);
    }

    #[test]
    fn a_picture_ends_where_its_bytes_do() {
        for whole in [jpeg_of(8, 6), webp_of(8, 6), transparent(3)] {
            assert!(measured(&whole).is_some());
            for end in 0..whole.len() {
                assert_eq!(measured(&whole[..end]), None, "cut at {end}");
            }
            for behind in [&b"\0"[..], b"Patient SMITH", b"<script>", b"\xff\xd9"] {
                assert_eq!(measured(&[&whole[..], behind].concat()), None, "{behind:?}");
            }
        }
        // The container's length covers it: an unknown chunk, which no viewer reads.
        let picture = webp_of(8, 6)[20..].to_vec();
        assert_eq!(measured(&riff(&[(b"VP8 ", &picture), (b"XMP ", b"Patient SMITH")])), None);
        assert_eq!(measured(&riff(&[(b"VP8L", &picture)])), None);
    }

    #[test]
    fn nothing_lies_between_a_jpegs_parts() {
        let whole = jpeg_of(8, 6);
        let at = |mark: [u8; 2]| whole.windows(2).position(|pair| pair == mark).unwrap();
        for segment in [&b"\xff\xfe\x00\x07SMITH"[..], b"\xff\xe1\x00\x08Exif\x00\x00", b"\xff\xff", b"\xff\xd9", b"\xff\xd8", b"\0"] {
            for place in [at([0xff, 0xdb]), at([0xff, 0xc0]), at([0xff, 0xda]), whole.len() - 2] {
                let mut with = whole.clone();
                with.splice(place..place, segment.iter().copied());
                // A zero in the scan is a part of the scan.
                let is_scan = place == whole.len() - 2 && segment == b"\0";
                assert_eq!(measured(&with).is_some(), is_scan, "{segment:?} at {place}");
            }
        }
        let mut second = whole.clone();
        second.splice(2..2, whole[2..20].iter().copied());
        assert_eq!(measured(&second), None, "two headers");
    }
}
