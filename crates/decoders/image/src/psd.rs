//! Photoshop documents, PSD and PSB (Adobe Photoshop File Formats Specification, 2019): facts from the header and its resources, pixels from
//! the merged picture that lies behind the layers.

mod merged;
mod sections;

use crate::seen::Seen;
use assay_contract::exchange::Refusal;
use assay_contract::limits::DecodeLimits;
use sections::{Mode, Sections};

pub(crate) use merged::decode;

/// The signature, and version 1 or 2.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"8BPS\0\x01") || bytes.starts_with(b"8BPS\0\x02")
}

/// Reads the header and the resources.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let sections = Sections::read(bytes).ok_or_else(|| Refusal::corrupt("the header gives no usable size"))?;
    let mut seen = Seen::still(sections.width, sections.height);
    if let Some(exif) = sections.exif {
        seen.note(crate::exif::read(exif, limits.metadata_bytes));
        // Its pixels lie as they are shown: a camera's orientation was applied when the document was made.
        seen.details.orientation = 1;
    }
    let details = &mut seen.details;
    details.color_model = match sections.mode {
        Mode::Bits | Mode::Gray => Some("gray"),
        Mode::Indexed => Some("indexed"),
        Mode::Rgb => Some("rgb"),
        Mode::Cmyk => Some("cmyk"),
        Mode::Lab => Some("lab"),
        Mode::Other => None,
    }
    .map(str::to_owned);
    details.bit_depth = u8::try_from(sections.depth).ok();
    details.channels = u8::try_from(sections.channels).ok();
    details.has_alpha = Some(sections.has_transparency);
    details.dpi = sections.dpi.or(details.dpi);
    details.hdr = (sections.depth == 32).then(|| "scene-linear".to_owned());
    seen.icc = sections.icc.filter(|icc| icc.len() as u64 <= limits.metadata_bytes).map(<[u8]>::to_vec);
    Ok(seen)
}
