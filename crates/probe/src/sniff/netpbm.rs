//! Netpbm: a letter and a digit begin many a text, so that in what reads as one the whole header must follow, and its pixels.

use super::{HEAD_BYTES, Sniffed, words};

/// <https://netpbm.sourceforge.net/doc/> has the formats, one page each.
pub(super) fn sniff(head: &[u8]) -> Option<Sniffed> {
    let [b'P', kind, rest @ ..] = head else { return None };
    let is_text = words::is_text(head);
    let (mime_type, fits) = match kind {
        b'1' => ("image/x-portable-bitmap", plain_bits(rest)),
        b'2' => ("image/x-portable-graymap", plain_samples(rest)),
        b'3' => ("image/x-portable-pixmap", plain_samples(rest)),
        b'4' => ("image/x-portable-bitmap", raw(head, rest, Samples::Bits)),
        b'5' => ("image/x-portable-graymap", raw(head, rest, Samples::Numbers(1))),
        b'6' => ("image/x-portable-pixmap", raw(head, rest, Samples::Numbers(3))),
        b'7' => ("image/x-portable-arbitrarymap", arbitrary(rest)),
        _ => return None,
    };
    // A damaged header with pixels behind it is a damaged picture.
    let is_picture = if is_text || *kind == b'7' { fits? } else { behind_space(rest)?.first()?.is_ascii_digit() };
    is_picture.then_some(Sniffed::image(mime_type))
}

/// Largest sample.
const MAX_SAMPLE: u64 = 65_535;

/// What a raster is made of.
#[derive(Clone, Copy)]
enum Samples {
    /// One bit a pixel, rows padded to bytes.
    Bits,
    /// So many numbers a pixel, of one byte or two.
    Numbers(u64),
}

fn plain_bits(rest: &[u8]) -> Option<bool> {
    let (_, rest) = number(rest)?;
    let (_, rest) = number(rest)?;
    let Some(raster) = behind_space(rest) else { return Some(rest.is_empty()) };
    let mut first = raster.iter().take_while(|byte| !byte.is_ascii_whitespace());
    Some(first.all(|byte| matches!(byte, b'0' | b'1')))
}

fn plain_samples(rest: &[u8]) -> Option<bool> {
    let (_, rest) = number(rest)?;
    let (_, rest) = number(rest)?;
    let (max, rest) = number(rest)?;
    let is_raster = behind_space(rest).map_or(rest.is_empty(), |raster| raster.is_empty() || number(rest).is_some());
    Some(is_raster && (1..=MAX_SAMPLE).contains(&max))
}

fn raw(head: &[u8], rest: &[u8], samples: Samples) -> Option<bool> {
    let (width, rest) = number(rest)?;
    let (height, rest) = number(rest)?;
    let (row, rest) = match samples {
        Samples::Bits => (width.div_ceil(8), rest),
        Samples::Numbers(count) => {
            let (max, rest) = number(rest)?;
            if !(1..=MAX_SAMPLE).contains(&max) {
                return None;
            }
            (width.saturating_mul(count).saturating_mul(if max > 255 { 2 } else { 1 }), rest)
        }
    };
    let Some((space, raster)) = rest.split_first() else { return Some(true) };
    // Samples may all be letters, but then there are as many of them as the header says.
    let fits = match u64::try_from(raster.len()).ok()?.cmp(&row.saturating_mul(height)) {
        std::cmp::Ordering::Less => head.len() >= HEAD_BYTES,
        std::cmp::Ordering::Equal => true,
        std::cmp::Ordering::Greater => false,
    };
    Some(space.is_ascii_whitespace() && (fits || raster.is_empty() || !reads(raster)))
}

/// Lines of a name and a value; the first that is no comment must be one of those.
fn arbitrary(rest: &[u8]) -> Option<bool> {
    const NAMES: [&[u8]; 6] = [b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL", b"TUPLTYPE", b"ENDHDR"];
    let mut lines = rest.strip_prefix(b"\n")?.split(|byte| *byte == b'\n');
    let first = lines.find(|line| !line.trim_ascii().is_empty() && !line.starts_with(b"#"))?;
    let name = first.split(u8::is_ascii_whitespace).next()?;
    Some(NAMES.contains(&name))
}

/// A number of the header, what follows it. Space or a comment stands before it, and space, a comment or nothing behind it.
fn number(rest: &[u8]) -> Option<(u64, &[u8])> {
    let rest = behind_space(rest)?;
    let (digits, rest) = rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let is_whole = rest.first().is_none_or(|next| next.is_ascii_whitespace() || *next == b'#');
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    is_whole.then_some((number, rest))
}

/// What is behind space and comments; there must be some.
fn behind_space(rest: &[u8]) -> Option<&[u8]> {
    let mut left = rest;
    loop {
        match left {
            [b'#', ..] => left = left.get(left.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(left.len())..)?,
            [space, behind @ ..] if space.is_ascii_whitespace() => left = behind,
            _ => break,
        }
    }
    (left.len() < rest.len()).then_some(left)
}

/// Whether bytes are words: UTF-8 without control characters. Samples above 127 hardly ever are. The last letter may be cut.
fn reads(raster: &[u8]) -> bool {
    let is_utf_8 = std::str::from_utf8(raster).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf_8 && words::is_text(raster)
}
