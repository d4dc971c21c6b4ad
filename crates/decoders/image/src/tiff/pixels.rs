//! What a TIFF's raw samples mean: each colour model becomes gray, RGB or ink.

use super::directory::{Alpha, Directory, tag};
use super::numbers::Scale;
use super::reading::Page;
use super::second;
use crate::format::Wish;
use crate::samples::{Decoded, Layout};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::Code;
use assay_contract::exchange::Refusal;

/// Modern JPEG in TIFF (Adobe's technical note 2).
const JPEG: u64 = 7;
/// Decodes the first page.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let first = Directory::first(bytes).ok_or_else(|| Refusal::corrupt("the file ends before its first directory"))?;
    if let Some(outcome) = second::group_4(bytes, &first, seen, wish) {
        return outcome;
    }
    match by_crate(bytes, &first, seen, wish) {
        Err(refusal) if refusal.code == Code::UnsupportedFormat => second::decode(bytes, &first, seen, wish).unwrap_or(Err(refusal)),
        outcome => outcome,
    }
}

fn by_crate(bytes: &[u8], first: &Directory<'_>, seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let model = Model::of(first)?;
    let told = match model {
        Model::Gray { .. } | Model::Palette(_) => 1,
        Model::Rgb | Model::YCbCr | Model::Lab { .. } => 2,
        Model::Cmyk => 5,
    };
    let mut page = Page::open(bytes, first, told, wish.limits)?;
    let colours = model.colours();
    if page.samples < colours {
        return Err(Refusal::unsupported(format!("{} samples a pixel are too few for its colour model", page.samples)));
    }
    let alpha = first.alpha().filter(|_| page.samples > colours && matches!(model, Model::Gray { .. } | Model::Rgb));
    let layout = model.layout(alpha);
    let scale = match model {
        Model::Palette(_) => Scale::Index,
        _ if page.has_plain_samples(first) => Scale::Type,
        _ => page.range(),
    };
    let (width, height) = (seen.details.stored_width, seen.details.stored_height);
    let mut shrinker = Shrinker::new(width, height, layout, wish.longest_px);
    let samples = page.samples;
    let mut row = Vec::with_capacity(width as usize * layout.channels());
    let why = page.rows(scale, wish.limits, |raw| {
        row.clear();
        raw.chunks_exact(samples).for_each(|pixel| model.append(pixel, alpha, &mut row));
        shrinker.push(&row);
    })?;
    shrinker.finish(why)
}

/// What samples mean (tag 262).
pub(super) enum Model {
    Gray {
        white_is_zero: bool,
    },
    Rgb,
    Palette(Vec<[u8; 3]>),
    Cmyk,
    YCbCr,
    /// Whether a* and b* are two's complement (CIE, 8) or begin at 128 (ICC, 9).
    Lab {
        signed: bool,
    },
}

impl Model {
    pub(super) fn of(first: &Directory<'_>) -> Result<Self, Refusal> {
        match first.number(tag::PHOTOMETRIC) {
            Some(0) => Ok(Self::Gray { white_is_zero: true }),
            // A mask is shown as what it is: 1 bit of gray.
            Some(1 | 4) => Ok(Self::Gray { white_is_zero: false }),
            Some(2) => Ok(Self::Rgb),
            Some(3) => palette(first).map(Self::Palette).ok_or_else(|| Refusal::corrupt("the colour map is missing")),
            Some(5) => Ok(Self::Cmyk),
            Some(6) => {
                let mut told = first.numbers(tag::SUBSAMPLING);
                let steps = [(); 2].map(|()| told.next().unwrap_or(2));
                if first.number(tag::COMPRESSION) == Some(JPEG) || steps == [1, 1] {
                    Ok(Self::YCbCr)
                } else {
                    Err(Refusal::unsupported("YCbCr samples of a lower resolution, but in JPEG"))
                }
            }
            Some(8) => Ok(Self::Lab { signed: true }),
            Some(9) => Ok(Self::Lab { signed: false }),
            other => Err(Refusal::unsupported(format!("colour model {}", other.unwrap_or(0)))),
        }
    }

    /// Samples that make the colour.
    pub(super) const fn colours(&self) -> usize {
        match self {
            Self::Gray { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }

    /// What rows of it hold.
    pub(super) const fn layout(&self, alpha: Option<Alpha>) -> Layout {
        match (self, alpha) {
            (Self::Gray { .. }, None) => Layout::Gray,
            (Self::Gray { .. }, Some(_)) => Layout::GrayAlpha,
            (Self::Rgb, Some(_)) => Layout::Rgba,
            (Self::Rgb | Self::Palette(_) | Self::YCbCr | Self::Lab { .. }, _) => Layout::Rgb,
            (Self::Cmyk, _) => Layout::Cmyk,
        }
    }

    /// Appends a pixel of so many samples, each 0 to 255.
    pub(super) fn append(&self, pixel: &[u8], alpha: Option<Alpha>, row: &mut Vec<u8>) {
        match (self, pixel) {
            (Self::Gray { white_is_zero }, [gray, rest @ ..]) => {
                let gray = if *white_is_zero { 255 - gray } else { *gray };
                match (alpha, rest) {
                    (Some(kind), [alpha, ..]) => row.extend([straight(gray, *alpha, kind), *alpha]),
                    _ => row.push(gray),
                }
            }
            (Self::Rgb, [red, green, blue, rest @ ..]) => match (alpha, rest) {
                (Some(kind), [alpha, ..]) => {
                    row.extend([*red, *green, *blue].map(|colour| straight(colour, *alpha, kind)));
                    row.push(*alpha);
                }
                _ => row.extend([*red, *green, *blue]),
            },
            (Self::Palette(colours), [index, ..]) => row.extend(colours.get(usize::from(*index)).copied().unwrap_or_default()),
            (Self::Cmyk, [cyan, magenta, yellow, black, ..]) => row.extend([*cyan, *magenta, *yellow, *black]),
            (Self::YCbCr, [luma, blue, red, ..]) => row.extend(from_ycbcr(*luma, *blue, *red)),
            (Self::Lab { signed }, [lightness, a, b, ..]) => {
                let centred = |sample: u8| if *signed { f32::from(sample.cast_signed()) } else { f32::from(sample) - 128.0 };
                row.extend(from_lab(f32::from(*lightness) / 2.55, centred(*a), centred(*b)));
            }
            _ => {}
        }
    }
}

/// A colour without the alpha that was multiplied into it.
pub(super) fn straight(colour: u8, alpha: u8, kind: Alpha) -> u8 {
    match kind {
        Alpha::Straight => colour,
        Alpha::Premultiplied => {
            let whole = (u16::from(colour) * 255).checked_div(u16::from(alpha)).unwrap_or(0);
            u8::try_from(whole).unwrap_or(u8::MAX)
        }
    }
}

/// The colour map: all reds, then all greens, then all blues, 16 bits each; of 8 bits in files by mistaken writers.
fn palette(first: &Directory<'_>) -> Option<Vec<[u8; 3]>> {
    let bits = u32::try_from(first.number(tag::BITS).unwrap_or(1)).ok().filter(|bits| *bits <= 8)?;
    let count = 1_usize << bits;
    let words: Vec<u64> = first.numbers(tag::COLOR_MAP).take(3 * count).collect();
    if words.len() < 3 * count {
        return None;
    }
    let shift = if words.iter().all(|word| *word < 256) { 0 } else { 8 };
    let part = |n: usize| words.get(n).map_or(0, |word| u8::try_from(word >> shift).unwrap_or(u8::MAX));
    Some((0..count).map(|n| [part(n), part(count + n), part(2 * count + n)]).collect())
}

/// ITU-R BT.601, full range.
fn from_ycbcr(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(luma), f32::from(blue) - 128.0, f32::from(red) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(byte)
}

/// CIE 1976 L*a*b* under D50 to sRGB (matrix: Bradford-adapted, <http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html>).
pub(crate) fn from_lab(lightness: f32, green_red: f32, blue_yellow: f32) -> [u8; 3] {
    let middle = (lightness + 16.0) / 116.0;
    let [x, y, z] = [middle + green_red / 500.0, middle, middle - blue_yellow / 200.0]
        .map(|part| if part > 6.0 / 29.0 { part.powi(3) } else { (part - 4.0 / 29.0) * 108.0 / 841.0 });
    let (x, z) = (x * 0.964_22, z * 0.825_21);
    [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ]
    .map(|linear| byte(255.0 * if linear <= 0.003_131 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }))
}

fn byte(number: f32) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 in the same line")]
    let byte = number.round().clamp(0.0, 255.0) as u8;
    byte
}
