//! Pages by libtiff: of some the rows as they are packed, of others a raster of colours of 8 bits.

use super::chunks::Chunks;
use super::directory::{Alpha, Directory, tag};
use super::disguise::Disguised;
use super::jbig::{self, JBIG};
use super::packed::Packed;
use super::pixels::straight;
use crate::ffi::libtiff::{self, Ask, Bytes, Failure};
use crate::format::Wish;
use crate::samples::{Decoded, Layout, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use crate::watched::Share;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use std::io::{Cursor, Read};

/// Compressions that libtiff is asked for: none, faxes (2, 3, 4, 32771), LZW, JPEG of the old style (6), deflate (8, 32946), NeXT, PackBits,
/// ThunderScan, `PixarLog`, JBIG, SGI's (34676, 34677), LZMA. Not what is linked twice here (WebP, Zstandard): the crate reads that.
const COMPRESSIONS: [u64; 17] = [1, 2, 3, 4, 5, 6, 8, 32_766, 32_771, 32_773, 32_809, 32_909, 32_946, JBIG, 34_676, 34_677, 34_925];
/// Those that tell by warnings that they lost their place.
const FAXES: [u64; 4] = [2, 3, 4, 32_771];
/// JPEG of the old style, which may have tags of its own for where it lies.
const OLD_JPEG: u64 = 6;

/// A fax of group 4, which the crate reads too, but without a word where it loses its place; `None` for any other page.
pub(super) fn group_4(bytes: &[u8], first: &Directory<'_>, seen: &Seen, wish: &Wish<'_>) -> Option<Result<Decoded, Refusal>> {
    let fax = Packed::group_4(first)?;
    Second { bytes, first, seen, wish, share: Share::begin(wish.limits) }.read(Some(&fax))
}

/// What the crate has refused; `None` where libtiff reads no more.
pub(super) fn decode(bytes: &[u8], first: &Directory<'_>, seen: &Seen, wish: &Wish<'_>) -> Option<Result<Decoded, Refusal>> {
    let is_read = COMPRESSIONS.contains(&first.number(tag::COMPRESSION).unwrap_or(1));
    let second = is_read.then(|| Second { bytes, first, seen, wish, share: Share::begin(wish.limits) })?;
    second.read(Packed::twelve(first).as_ref())
}

/// A page that libtiff is asked for.
struct Second<'a> {
    bytes: &'a [u8],
    first: &'a Directory<'a>,
    seen: &'a Seen,
    wish: &'a Wish<'a>,
    share: Share,
}

impl Second<'_> {
    fn read(&self, packed: Option<&Packed>) -> Option<Result<Decoded, Refusal>> {
        let (width, height) = (self.seen.details.stored_width, self.seen.details.stored_height);
        let chunks = Chunks::of(self.first, width, height);
        let compression = self.first.number(tag::COMPRESSION).unwrap_or(1);
        let rows = chunks.rows_placed().or((compression == OLD_JPEG).then_some(height)).unwrap_or(0);
        if rows == 0 {
            return Some(Err(Refusal::corrupt("where its samples lie is not told")));
        }
        let go_on = || {
            (self.wish.alive)();
            self.share.is_left()
        };
        let ask = Ask { width, height, rows, most: self.wish.limits.memory_bytes / 2, go_on: &go_on };
        let mut file = Disguised::upright(self.bytes, self.first, chunks.cut(self.bytes.len() as u64));
        let outcome = match packed {
            Some(packed) => packed.read(&mut file, &ask, self.wish.longest_px).map(|shrinker| {
                let is_whole = shrinker.rows() == height;
                shrinker.finish((!is_whole).then(|| DAMAGED.to_owned()))
            }),
            None if compression == JBIG => {
                if let Err(refusal) = check_memory(self.wish.limits, self.bytes.len() as u64) {
                    return Some(Err(refusal));
                }
                let mut told = Vec::with_capacity(self.bytes.len());
                // What is looked at is what the library is given.
                if file.read_to_end(&mut told).is_err() || !jbig::is_as_large_as_told(&told, width, height) {
                    return Some(Err(Refusal::corrupt("its samples are of another size than its tags tell")));
                }
                self.raster(&mut Cursor::new(told), &ask)
            }
            None => self.raster(&mut file, &ask),
        };
        match outcome {
            Ok(decoded) => Some(decoded),
            Err(Failure::Unsupported) => None,
            Err(Failure::Damaged) => Some(Err(Refusal::corrupt("its tags or its samples are damaged"))),
            Err(Failure::Late) => Some(Err(self.share.spent("decoding_ms"))),
            Err(Failure::Memory) => Some(Err(Refusal::new(Code::LimitExceeded, "its pixels need more memory than allowed"))),
        }
    }

    fn raster(&self, file: &mut dyn Bytes, ask: &Ask<'_>) -> Result<Result<Decoded, Refusal>, Failure> {
        // Its pixels, and a copy.
        if let Err(refusal) = check_memory(self.wish.limits, u64::from(ask.width) * u64::from(ask.height) * 8) {
            return Ok(Err(refusal));
        }
        let page = libtiff::read(file, ask)?;
        let is_lost = page.warnings > 0 && FAXES.contains(&self.first.number(tag::COMPRESSION).unwrap_or(1));
        let has_alpha = self.first.alpha().is_some();
        let layout = if has_alpha { Layout::Rgba } else { Layout::Rgb };
        let mut shrinker = Shrinker::new(ask.width, ask.height, layout, self.wish.longest_px);
        let mut row = Vec::with_capacity(ask.width as usize * layout.channels());
        for stored in page.rgba.chunks_exact(ask.width as usize * 4).take(ask.rows as usize) {
            row.clear();
            for pixel in stored.as_chunks::<4>().0 {
                let [red, green, blue, alpha] = *pixel;
                if has_alpha {
                    row.extend([red, green, blue].map(|colour| straight(colour, alpha, Alpha::Premultiplied)));
                    row.push(alpha);
                } else {
                    row.extend([red, green, blue]);
                }
            }
            shrinker.push(&row);
        }
        let is_damaged = page.is_damaged || is_lost || ask.rows < ask.height;
        Ok(shrinker.finish(is_damaged.then(|| DAMAGED.to_owned())))
    }
}

const DAMAGED: &str = "its samples are damaged or missing";
