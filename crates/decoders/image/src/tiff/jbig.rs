//! JBIG in a TIFF: libtiff hands a strip on whatever its header asks for, and what that asks for is taken; so it is compared here first.

use super::chunks::Chunks;
use super::directory::{Directory, tag};
use crate::bytes::{be32, slice};

/// Compression of such a page.
pub(super) const JBIG: u64 = 34_661;
/// Bytes of a header that are looked at.
const HEADER_BYTES: usize = 12;

/// Whether each strip has a header that asks for one plane of one resolution, as wide as the page and of no more rows than a strip has (ITU-T
/// T.82, 6.2, `DL`, `D`, `P`, `XD`, `YD`; T.85 allows pages no other).
pub(super) fn is_as_large_as_told(bytes: &[u8], width: u32, height: u32) -> bool {
    let Some(first) = Directory::first(bytes) else { return false };
    let rows = Chunks::of(&first, width, height).rows;
    // By libtiff's rule, which is the other way round than that of other compressions.
    let is_turned = first.number(tag::FILL_ORDER) != Some(2);
    let is_right = |at: u64| {
        let header = usize::try_from(at).ok().and_then(|at| slice(bytes, at, HEADER_BYTES));
        let header: Vec<u8> = header.unwrap_or_default().iter().map(|byte| if is_turned { byte.reverse_bits() } else { *byte }).collect();
        header.starts_with(&[0, 0, 1]) && be32(&header, 4) == Some(width) && be32(&header, 8).is_some_and(|down| down <= rows)
    };
    let has_tiles = [tag::TILE_WIDTH, tag::TILE_PLACES].into_iter().any(|tag| first.bytes_said(tag).is_some());
    !has_tiles && first.number(tag::STRIP_PLACES).is_some() && first.numbers(tag::STRIP_PLACES).all(is_right)
}
