//! The table of formats: what a file begins with, how its header is read, how its pixels are.

use crate::samples::Decoded;
use crate::seen::Seen;
use crate::{bmp, gif, heif, jp2, jpeg, png, tiff, webp};
use assay_contract::DecodeLimits;
use assay_contract::exchange::Refusal;

/// One format.
#[derive(Debug)]
pub struct Format {
    /// `details.format`: `jpeg`, `png` ….
    pub name: &'static str,
    /// Its registered MIME type.
    pub mime_type: &'static str,
    /// Other MIME types in use for it.
    pub aliases: &'static [&'static str],
    /// Whether a file begins like one.
    pub begins: fn(&[u8]) -> bool,
    /// Reads the header and walks the file, without decoding a pixel. Fails where there is nothing to say.
    pub(crate) look: fn(&[u8], &DecodeLimits) -> Result<Seen, Refusal>,
    /// Decodes the picture, at a reduced size where the format can.
    pub(crate) decode: fn(&[u8], &Seen, &Wish<'_>) -> Result<Decoded, Refusal>,
}

/// What pixels are wanted for.
#[derive(Debug)]
pub(crate) struct Wish<'a> {
    /// The longest side of the largest thumbnail, pixels.
    pub(crate) longest_px: u32,
    /// Bounds.
    pub(crate) limits: &'a DecodeLimits,
}

/// Every format that is read.
pub const FORMATS: &[Format] = &[
    Format {
        name: "jpeg",
        mime_type: "image/jpeg",
        aliases: &["image/jpg", "image/pjpeg"],
        begins: jpeg::begins,
        look: jpeg::look,
        decode: jpeg::decode,
    },
    Format {
        name: "png",
        mime_type: "image/png",
        aliases: &["image/apng", "image/x-png"],
        begins: png::begins,
        look: png::look,
        decode: png::decode,
    },
    Format { name: "gif", mime_type: "image/gif", aliases: &[], begins: gif::begins, look: gif::look, decode: gif::decode },
    Format { name: "webp", mime_type: "image/webp", aliases: &[], begins: webp::begins, look: webp::look, decode: webp::decode },
    Format {
        name: "bmp",
        mime_type: "image/bmp",
        aliases: &["image/x-bmp", "image/x-ms-bmp"],
        begins: bmp::begins,
        look: bmp::look,
        decode: bmp::decode,
    },
    Format {
        name: "tiff",
        mime_type: "image/tiff",
        aliases: &["image/tif", "image/x-tiff"],
        begins: tiff::begins,
        look: tiff::look,
        decode: tiff::decode,
    },
    Format { name: "avif", mime_type: "image/avif", aliases: &[], begins: heif::is_avif, look: heif::look, decode: heif::decode },
    Format { name: "heic", mime_type: "image/heic", aliases: &[], begins: heif::is_heic, look: heif::look, decode: heif::decode },
    Format {
        name: "heic",
        mime_type: "image/heic-sequence",
        aliases: &[],
        begins: heif::is_heic_sequence,
        look: heif::look,
        decode: heif::decode,
    },
    Format { name: "heif", mime_type: "image/heif", aliases: &[], begins: heif::is_heif, look: heif::look, decode: heif::decode },
    Format {
        name: "heif",
        mime_type: "image/heif-sequence",
        aliases: &[],
        begins: heif::is_heif_sequence,
        look: heif::look,
        decode: heif::decode,
    },
    Format { name: "jpx", mime_type: "image/jpx", aliases: &[], begins: jp2::begins_extended, look: jp2::look, decode: jp2::decode },
    Format { name: "jph", mime_type: "image/jph", aliases: &[], begins: jp2::begins_fast, look: jp2::look, decode: jp2::decode },
    Format { name: "jp2", mime_type: "image/jp2", aliases: &[], begins: jp2::begins, look: jp2::look, decode: jp2::decode },
    Format { name: "j2k", mime_type: "image/j2c", aliases: &[], begins: jp2::begins_bare, look: jp2::look, decode: jp2::decode },
];

/// The format that bytes begin like.
pub fn recognise(bytes: &[u8]) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.begins)(bytes))
}

/// The format to read an asset as: what it begins like, whatever it was called; else what it was called.
pub(crate) fn choose(mime_type: &str, bytes: &[u8]) -> Option<&'static Format> {
    recognise(bytes).or_else(|| FORMATS.iter().find(|format| format.mime_type == mime_type || format.aliases.contains(&mime_type)))
}
