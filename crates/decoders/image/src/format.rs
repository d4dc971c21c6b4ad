//! The table of formats: what a file begins with, how its header is read, how its pixels are.

use crate::samples::Decoded;
use crate::seen::Seen;
use crate::{bmp, exr, gif, heif, ico, jp2, jpeg, jxl, png, pnm, psd, qoi, radiance, raw, svg, tga, tiff, webp};
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
    pub begins: Begins,
    /// Reads the header and walks the file, without decoding a pixel. Fails where there is nothing to say.
    pub(crate) look: Look,
    /// Decodes the picture, at a reduced size where the format can.
    pub(crate) decode: Decode,
}

/// See [`Format::begins`].
pub type Begins = fn(&[u8]) -> bool;
type Look = fn(&[u8], &DecodeLimits) -> Result<Seen, Refusal>;
type Decode = fn(&[u8], &Seen, &Wish<'_>) -> Result<Decoded, Refusal>;

/// What pixels are wanted for.
pub(crate) struct Wish<'a> {
    /// The longest side of the largest thumbnail, pixels.
    pub(crate) longest_px: u32,
    /// Bounds.
    pub(crate) limits: &'a DecodeLimits,
    /// To be called by work that takes long.
    pub(crate) alive: &'a dyn Fn(),
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
    // Before TIFF, which many of them are.
    row("dng", "image/x-adobe-dng", raw::is_dng, raw::look, raw::decode),
    row("cr2", "image/x-canon-cr2", raw::is_cr2, raw::look, raw::decode),
    row("cr3", "image/x-canon-cr3", raw::is_cr3, raw::look, raw::decode),
    row("nef", "image/x-nikon-nef", raw::is_nef, raw::look, raw::decode),
    row("arw", "image/x-sony-arw", raw::is_arw, raw::look, raw::decode),
    row("orf", "image/x-olympus-orf", raw::is_orf, raw::look, raw::decode),
    row("rw2", "image/x-panasonic-rw2", raw::is_rw2, raw::look, raw::decode),
    row("raf", "image/x-fujifilm-raf", raw::is_raf, raw::look, raw::decode),
    row("pef", "image/x-pentax-pef", raw::is_pef, raw::look, raw::decode),
    row("srw", "image/x-samsung-srw", raw::is_srw, raw::look, raw::decode),
    row("iiq", "image/x-raw", raw::is_iiq, raw::look, raw::decode),
    row("raw", "image/x-raw", raw::is_other, raw::look, raw::decode),
    Format {
        name: "tiff",
        mime_type: "image/tiff",
        aliases: &["image/tif", "image/x-tiff"],
        begins: tiff::begins,
        look: tiff::look,
        decode: tiff::decode,
    },
    Format {
        name: "ico",
        mime_type: "image/vnd.microsoft.icon",
        aliases: &["image/x-icon"],
        begins: ico::begins_icon,
        look: ico::look,
        decode: ico::decode,
    },
    row("cur", "image/x-cursor", ico::begins_cursor, ico::look, ico::decode),
    Format {
        name: "psd",
        mime_type: "image/vnd.adobe.photoshop",
        aliases: &["application/vnd.adobe.photoshop", "image/x-photoshop", "image/psd"],
        begins: psd::begins,
        look: psd::look,
        decode: psd::decode,
    },
    row("qoi", "image/qoi", qoi::begins, qoi::look, qoi::decode),
    row("pbm", "image/x-portable-bitmap", pnm::begins_bits, pnm::look, pnm::decode),
    row("pgm", "image/x-portable-graymap", pnm::begins_gray, pnm::look, pnm::decode),
    row("ppm", "image/x-portable-pixmap", pnm::begins_colours, pnm::look, pnm::decode),
    row("pam", "image/x-portable-arbitrarymap", pnm::begins_tuples, pnm::look, pnm::decode),
    row("hdr", "image/vnd.radiance", radiance::begins, radiance::look, radiance::decode),
    row("exr", "image/x-exr", exr::begins, exr::look, exr::decode),
    row("avif", "image/avif", heif::is_avif, heif::look, heif::decode),
    row("heic", "image/heic", heif::is_heic, heif::look, heif::decode),
    row("heic", "image/heic-sequence", heif::is_heic_sequence, heif::look, heif::decode),
    row("heif", "image/heif", heif::is_heif, heif::look, heif::decode),
    row("heif", "image/heif-sequence", heif::is_heif_sequence, heif::look, heif::decode),
    row("jpx", "image/jpx", jp2::begins_extended, jp2::look, jp2::decode),
    row("jph", "image/jph", jp2::begins_fast, jp2::look, jp2::decode),
    row("jp2", "image/jp2", jp2::begins, jp2::look, jp2::decode),
    row("j2k", "image/j2c", jp2::begins_bare, jp2::look, jp2::decode),
    row("jxl", "image/jxl", jxl::begins, jxl::look, jxl::decode),
    Format {
        name: "svg",
        mime_type: "image/svg+xml",
        aliases: &["application/gzip"],
        begins: svg::begins,
        look: svg::look,
        decode: svg::decode,
    },
    // Last: it has no signature.
    row("tga", "image/x-tga", tga::begins, tga::look, tga::decode),
];

/// A format of one MIME type.
const fn row(name: &'static str, mime_type: &'static str, begins: Begins, look: Look, decode: Decode) -> Format {
    Format { name, mime_type, aliases: &[], begins, look, decode }
}

/// The format that bytes begin like.
pub fn recognise(bytes: &[u8]) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.begins)(bytes))
}

/// The format to read an asset as: what it begins like, whatever it was called; else what it was called.
pub(crate) fn choose(mime_type: &str, bytes: &[u8]) -> Option<&'static Format> {
    recognise(bytes).or_else(|| FORMATS.iter().find(|format| format.mime_type == mime_type || format.aliases.contains(&mime_type)))
}
