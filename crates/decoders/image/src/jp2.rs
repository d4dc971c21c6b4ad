//! JPEG 2000 (ISO/IEC 15444-1) in its files and as a bare codestream: facts from boxes and markers, pixels from OpenJPEG at the resolution
//! that serves.

mod codestream;
mod header;

use crate::boxes::first;
use crate::cicp::Cicp;
use crate::format::Wish;
use crate::samples::{Decoded, Layout, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
pub(crate) use assay_openjpeg::version;
use assay_openjpeg::{Ask, Component, Failure, Picture, Space, Wrapping};
use codestream::Codestream;
use header::{Colours, Header};

/// The signature box of every file of the family (15444-1, I.5.1).
const SIGNATURE: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";
/// SOC, then SIZ.
const CODESTREAM: &[u8] = b"\xff\x4f\xff\x51";

/// A file of part 1, or of the family without a brand that is known.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// A file of part 2.
pub(crate) fn begins_extended(bytes: &[u8]) -> bool {
    begins(bytes) && brand(bytes) == Some(b"jpx ")
}

/// A file of part 15, high throughput.
pub(crate) fn begins_fast(bytes: &[u8]) -> bool {
    begins(bytes) && brand(bytes) == Some(b"jph ")
}

/// A codestream without a file around it.
pub(crate) fn begins_bare(bytes: &[u8]) -> bool {
    bytes.starts_with(CODESTREAM)
}

fn brand(bytes: &[u8]) -> Option<&[u8]> {
    first(bytes, b"ftyp")?.body.get(..4)
}

/// Reads boxes and the codestream's main header.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let header = if begins(bytes) { Header::read(bytes) } else { Header::default() };
    let codestream = Codestream::read(if begins(bytes) { header.codestream } else { bytes });
    let size = codestream.as_ref().map(|it| it.size).or(header.size).filter(|[width, height]| *width > 0 && *height > 0);
    let [width, height] = size.ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    let mut seen = Seen::still(width, height);
    let channels = codestream.as_ref().map(|it| it.components);
    let details = &mut seen.details;
    details.channels = channels.and_then(|channels| u8::try_from(channels).ok());
    details.bit_depth = codestream.as_ref().map(|it| it.bits).or(header.bits);
    details.color_model = color_model(&header, channels).map(str::to_owned);
    details.has_alpha = Some(header.has_alpha || header.colours != Some(Colours::Cmyk) && matches!(channels, Some(2 | 4)));
    details.dpi = header.dpi;
    details.hdr = header.cicp.and_then(Cicp::light).map(|light| light.word().to_owned());
    seen.cicp = header.cicp.filter(|cicp| cicp.light().is_none());
    seen.icc = header.icc.filter(|icc| icc.len() as u64 <= limits.metadata_bytes).map(<[u8]>::to_vec);
    if let Some(exif) = header.exif {
        seen.note(crate::exif::read(exif, limits.metadata_bytes));
    }
    Ok(seen)
}

fn color_model(header: &Header<'_>, channels: Option<u16>) -> Option<&'static str> {
    if header.has_palette {
        return Some("indexed");
    }
    match (header.colours, channels) {
        (Some(Colours::Rgb), _) | (_, Some(3 | 4)) if !matches!(header.colours, Some(Colours::Ycc | Colours::Cmyk | Colours::Lab)) => {
            Some("rgb")
        }
        (Some(Colours::Gray), _) | (None, Some(1 | 2)) => Some("gray"),
        (Some(Colours::Ycc), _) => Some("ycbcr"),
        (Some(Colours::Cmyk), _) => Some("cmyk"),
        (Some(Colours::Lab), _) => Some("lab"),
        _ => None,
    }
}

/// Decodes as many resolutions as the thumbnails need.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let wrapping = if begins(bytes) { Wrapping::Boxes } else { Wrapping::Codestream };
    let codestream = match wrapping {
        Wrapping::Boxes => Codestream::read(Header::read(bytes).codestream),
        Wrapping::Codestream => Codestream::read(bytes),
    };
    let codestream = codestream.ok_or_else(|| Refusal::corrupt("the file ends before its codestream begins"))?;
    let longest = seen.details.stored_width.max(seen.details.stored_height);
    let fitting = (0..=codestream.halvings.min(MOST_HALVINGS))
        .rev()
        .find(|halvings| longest.div_ceil(1 << halvings) >= wish.longest_px.saturating_mul(2));
    let ask = |halvings: u32| Ask { wrapping, halvings, samples: wish.limits.memory_bytes / 2 / BYTES };
    let picture = assay_openjpeg::decode(bytes, ask(fitting.unwrap_or(0)));
    let picture = match (picture, fitting) {
        // A tile may have fewer resolutions than the main header says.
        (Err(Failure::Damaged(_)), Some(1..)) => assay_openjpeg::decode(bytes, ask(0)),
        (picture, _) => picture,
    };
    let picture = picture.map_err(|failure| match failure {
        Failure::Memory => {
            Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", wish.limits.memory_bytes + 1, wish.limits.memory_bytes))
        }
        Failure::Damaged(words) => Refusal::corrupt(words),
    })?;
    shrunk(&picture, wish)
}

/// More would leave nothing of any picture; the format allows 32.
const MOST_HALVINGS: u32 = 30;
/// Bytes for each sample while decoding: four in the tile, four in the picture, one as a plane.
const BYTES: u64 = 9;

/// One component, made 8 bits deep.
struct Plane {
    width: u32,
    height: u32,
    is_alpha: bool,
    samples: Vec<u8>,
}

fn shrunk(picture: &Picture, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let space = picture.space();
    let (alphas, colours): (Vec<Plane>, Vec<Plane>) = picture.components().map(Plane::of).partition(|plane| plane.is_alpha);
    let (layout, shown) = layout(space, colours, alphas)?;
    let (width, height) = (shown.iter().map(|plane| plane.width).max(), shown.iter().map(|plane| plane.height).max());
    let (Some(width @ 1..), Some(height @ 1..)) = (width, height) else { return Err(Refusal::corrupt("a plane has no samples")) };
    check_memory(wish.limits, u64::from(width) * u64::from(height))?;
    let mut shrinker = Shrinker::new(width, height, layout, wish.longest_px);
    let mut row = Vec::with_capacity(width as usize * layout.channels());
    for y in 0..height {
        row.clear();
        for x in 0..width {
            let at = row.len();
            row.extend(shown.iter().map(|plane| plane.at(x, y, width, height)));
            if let (Space::Ycc, Some([first, second, third, ..])) = (space, row.get_mut(at..)) {
                [*first, *second, *third] = from_ycc([*first, *second, *third]);
            }
        }
        shrinker.push(&row);
    }
    shrinker.finish(picture.damage().map(str::to_owned))
}

/// What the planes mean, and those that are shown, in order.
fn layout(space: Space, colours: Vec<Plane>, alphas: Vec<Plane>) -> Result<(Layout, Vec<Plane>), Refusal> {
    let count = colours.len();
    let alpha = alphas.into_iter().next();
    let mut colours = colours.into_iter();
    let (layout, wanted) = match (space, count, alpha.is_some()) {
        (Space::Cmyk, 4.., _) => (Layout::Cmyk, 4),
        (_, 0, true) => return Ok((Layout::Gray, alpha.into_iter().collect())),
        (_, 0, false) => return Err(Refusal::corrupt("the picture has no components")),
        (_, 1, true) => (Layout::GrayAlpha, 1),
        (_, 2, false) => (Layout::GrayAlpha, 2),
        (_, 1 | 2, _) => (Layout::Gray, 1),
        (_, 3, true) => (Layout::Rgba, 3),
        // Without a word on the fourth it is alpha, as most writers mean it.
        (_, 4, false) => (Layout::Rgba, 4),
        (_, 3.., _) => (Layout::Rgb, 3),
    };
    let missing = layout.channels() - wanted;
    Ok((layout, colours.by_ref().take(wanted).chain(alpha.into_iter().take(missing)).collect()))
}

impl Plane {
    fn of(component: Component<'_>) -> Self {
        let most = (1_i64 << component.bits().clamp(1, 38)) - 1;
        let zero = if component.is_signed() { (most + 1) / 2 } else { 0 };
        let short = |sample: &i32| (((i64::from(*sample) + zero).clamp(0, most) * 255 + most / 2) / most).try_into().unwrap_or(u8::MAX);
        let samples = component.samples().iter().map(short).collect();
        Self { width: component.width(), height: component.height(), is_alpha: component.is_alpha(), samples }
    }

    /// The sample at a place of a picture of some size: planes may have fewer samples than it.
    fn at(&self, x: u32, y: u32, width: u32, height: u32) -> u8 {
        let place =
            |at: u32, own: u32, whole: u32| if own == whole { u64::from(at) } else { u64::from(at) * u64::from(own) / u64::from(whole) };
        let at = place(y, self.height, height) * u64::from(self.width) + place(x, self.width, width);
        usize::try_from(at).ok().and_then(|at| self.samples.get(at)).copied().unwrap_or(0)
    }
}

/// sYCC (IEC 61966-2-1, annex G): BT.601, full range.
fn from_ycc([luma, blue, red]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(luma), f32::from(blue) - 128.0, f32::from(red) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|number| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 in the same line")]
        let byte = number.round().clamp(0.0, 255.0) as u8;
        byte
    })
}
