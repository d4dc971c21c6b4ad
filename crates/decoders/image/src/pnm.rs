//! PBM, PGM, PPM and PAM (<https://netpbm.sourceforge.net/doc/>): facts from the header's words, pixels from the image crate.

use crate::format::Wish;
use crate::samples::Decoded;
use crate::seen::Seen;
use crate::whole::{self, Lengthened};
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use image::codecs::pnm::PnmDecoder;
use std::cell::Cell;

/// No header is longer, comments included.
const MOST_HEADER_BYTES: usize = 64 << 10;

/// `P1` or `P4`: bits.
pub(crate) fn begins_bits(bytes: &[u8]) -> bool {
    begins(bytes, [b'1', b'4'])
}

/// `P2` or `P5`: gray.
pub(crate) fn begins_gray(bytes: &[u8]) -> bool {
    begins(bytes, [b'2', b'5'])
}

/// `P3` or `P6`: colours.
pub(crate) fn begins_colours(bytes: &[u8]) -> bool {
    begins(bytes, [b'3', b'6'])
}

/// `P7`: tuples.
pub(crate) fn begins_tuples(bytes: &[u8]) -> bool {
    bytes.starts_with(b"P7\n")
}

/// The letter, the number, then white space and a number: the first two alone begin many a text.
fn begins(bytes: &[u8], numbers: [u8; 2]) -> bool {
    matches!(bytes, [b'P', number, space, ..] if numbers.contains(number) && space.is_ascii_whitespace())
        && Words::new(bytes, 2).next().is_some_and(|word| word.iter().all(u8::is_ascii_digit))
}

/// Reads the header.
pub(crate) fn look(bytes: &[u8], _: &DecodeLimits) -> Result<Seen, Refusal> {
    let header = Header::read(bytes).ok_or_else(|| Refusal::corrupt("the header gives no usable size"))?;
    let mut seen = Seen::still(header.width, header.height);
    let details = &mut seen.details;
    details.color_model = Some(if header.channels < 3 { "gray" } else { "rgb" }.to_owned());
    details.channels = Some(header.channels);
    details.has_alpha = Some(matches!(header.channels, 2 | 4));
    details.bit_depth = u8::try_from(u32::BITS - header.most.leading_zeros()).ok();
    Ok(seen)
}

/// Decodes it whole.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let was_short = Cell::new(false);
    let missing = u64::from(seen.details.stored_width) * u64::from(seen.details.stored_height) * 8;
    let decoder = PnmDecoder::new(Lengthened::new(bytes, missing, &was_short)).map_err(|error| whole::refusal(&error))?;
    whole::decode(decoder, seen, wish).map(|decoded| whole::tell_short(decoded, &was_short))
}

struct Header {
    width: u32,
    height: u32,
    channels: u8,
    /// The largest sample.
    most: u32,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut words = Words::new(bytes, 2);
        let header = match bytes.get(1)? {
            b'7' => Self::tuples(words)?,
            kind => {
                let (width, height) = (number(words.next())?, number(words.next())?);
                let most = if matches!(kind, b'1' | b'4') { 1 } else { number(words.next())? };
                Self { width, height, channels: if matches!(kind, b'3' | b'6') { 3 } else { 1 }, most }
            }
        };
        Some(header).filter(|header| header.width > 0 && header.height > 0 && (1..=65_535).contains(&header.most))
    }

    fn tuples(mut words: Words<'_>) -> Option<Self> {
        let (mut width, mut height, mut depth, mut most) = (None, None, None, None);
        loop {
            match words.next()? {
                b"WIDTH" => width = number(words.next()),
                b"HEIGHT" => height = number(words.next()),
                b"DEPTH" => depth = number(words.next()),
                b"MAXVAL" => most = number(words.next()),
                b"ENDHDR" => break,
                _ => {}
            }
        }
        let channels = u8::try_from(depth?).ok().filter(|depth| (1..=4).contains(depth))?;
        Some(Self { width: width?, height: height?, channels, most: most? })
    }
}

fn number(word: Option<&[u8]>) -> Option<u32> {
    std::str::from_utf8(word?).ok()?.parse().ok()
}

/// The words of a header; `#` begins a comment that ends with its line.
struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    fn new(bytes: &'a [u8], from: usize) -> Self {
        let header = bytes.get(..MOST_HEADER_BYTES).unwrap_or(bytes);
        Self { rest: header.get(from..).unwrap_or_default() }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
            self.rest = self.rest.get(start..)?;
            if self.rest.first() != Some(&b'#') {
                break;
            }
            let line = self.rest.iter().position(|byte| *byte == b'\n')?;
            self.rest = self.rest.get(line..)?;
        }
        let length = self.rest.iter().position(u8::is_ascii_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(word)
    }
}
