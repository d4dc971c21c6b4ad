//! Colours as the file means them, turned into the sRGB that thumbnails are in.

use crate::cicp::Cicp;
use crate::samples::{Layout, Samples};
use assay_contract::failure::Issue;
use assay_kit::{Picture, Pixels, Stop};
use moxcms::{
    CicpColorPrimaries, CicpProfile, CmsError, ColorProfile, DataColorSpace, Layout as CmsLayout, MatrixCoefficients, ProfileText,
    ToneReprCurve, TransferCharacteristics, TransformOptions,
};

/// An ICC profile that could be read.
pub(crate) struct Profile(ColorProfile);

/// Longest name of a profile that is kept, characters.
const NAME_CHARACTERS: usize = 100;

impl Profile {
    /// Reads a profile; one that can't be read is worth a word, not a failure.
    pub(crate) fn parse(icc: &[u8]) -> Result<Self, Issue> {
        ColorProfile::new_from_slice(icc).map(Self).map_err(|_| unusable("it could not be read"))
    }

    /// sRGB's primaries with another curve.
    pub(crate) fn of_gamma(gamma: f32) -> Self {
        let curve = Some(ToneReprCurve::Parametric(vec![gamma]));
        let mut profile = ColorProfile::new_srgb();
        // Without this the transform would take sRGB's own curve from its code points.
        profile.cicp = None;
        (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
        Self(profile)
    }

    /// The colours that code points mean; `None` where they are sRGB's, or mean nothing that can be converted.
    pub(crate) fn of_cicp(cicp: Cicp) -> Option<Self> {
        let primaries = u8::try_from(cicp.primaries).ok().and_then(|point| CicpColorPrimaries::try_from(point).ok())?;
        // Whatever the curve of BT.709 and its kin says, it is shown like sRGB's.
        let transfer = match cicp.transfer {
            0..=3 | 6 | 14 | 15 => 13,
            other => u8::try_from(other).ok()?,
        };
        let transfer_characteristics = TransferCharacteristics::try_from(transfer).ok()?;
        let matrix_coefficients = MatrixCoefficients::Identity;
        let told = CicpProfile { color_primaries: primaries, transfer_characteristics, matrix_coefficients, full_range: true };
        let profile = ColorProfile::new_from_cicp(told);
        // Code points that the library can't convert leave it unfinished.
        (cicp.differs_from_srgb() && profile.cicp.is_some() && profile.red_trc.is_some()).then_some(Self(profile))
    }

    /// The profile's own description, or `unnamed`.
    pub(crate) fn name(&self) -> String {
        let text = match &self.0.description {
            Some(ProfileText::PlainString(text)) => text.as_str(),
            Some(ProfileText::Localizable(texts)) => {
                texts.iter().find(|text| text.language == "en").or(texts.first()).map_or("", |text| text.value.as_str())
            }
            Some(ProfileText::Description(text)) if text.ascii_string.is_empty() => text.unicode_string.as_str(),
            Some(ProfileText::Description(text)) => text.ascii_string.as_str(),
            None => "",
        };
        let name: String = text.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS).collect();
        if name.trim().is_empty() { "unnamed".to_owned() } else { name.trim().to_owned() }
    }
}

/// The picture in sRGB, at most twice as large as its largest thumbnail where that saves work; and what the owner should know of its profile.
pub(crate) fn to_srgb(samples: Samples, profile: Option<&Profile>, longest_px: u32) -> Result<(Picture, Option<Issue>), Stop> {
    let (width, height, layout) = (samples.width, samples.height, samples.layout);
    let space = profile.map(|profile| profile.0.color_space);
    match (layout, space, profile) {
        (Layout::Cmyk, Some(DataColorSpace::Cmyk), Some(profile)) => {
            let mut rgb = vec![0; width as usize * height as usize * 3];
            match converted(profile, &samples.bytes, CmsLayout::Rgba, &mut rgb, CmsLayout::Rgb) {
                Ok(()) => Ok((Picture::new(width, height, Pixels::Rgb8, rgb)?, None)),
                Err(_) => Ok((plain(samples)?, Some(unusable("its colours can't be converted")))),
            }
        }
        (Layout::Gray | Layout::GrayAlpha, Some(DataColorSpace::Gray), Some(profile)) => {
            let (from, to, pixels) = match layout {
                Layout::GrayAlpha => (CmsLayout::GrayAlpha, CmsLayout::Rgba, Pixels::Rgba8),
                _ => (CmsLayout::Gray, CmsLayout::Rgb, Pixels::Rgb8),
            };
            let mut out = vec![0; width as usize * height as usize * pixels.bytes()];
            match converted(profile, &samples.bytes, from, &mut out, to) {
                Ok(()) => Ok((Picture::new(width, height, pixels, out)?, None)),
                Err(_) => Ok((plain(samples)?, Some(unusable("its colours can't be converted")))),
            }
        }
        // A gray picture may carry the RGB profile that it was made with.
        (Layout::Rgb | Layout::Rgba | Layout::Gray | Layout::GrayAlpha, Some(DataColorSpace::Rgb), Some(profile)) => {
            // Smaller first: a conversion costs more than a filter.
            let picture = plain(samples)?.fitted(longest_px)?;
            let cms = match picture.pixels() {
                Pixels::Rgb8 => CmsLayout::Rgb,
                Pixels::Rgba8 => CmsLayout::Rgba,
            };
            let mut out = vec![0; picture.bytes().len()];
            match converted(profile, picture.bytes(), cms, &mut out, cms) {
                Ok(()) => Ok((Picture::new(picture.width(), picture.height(), picture.pixels(), out)?, None)),
                Err(_) => Ok((picture, Some(unusable("its colours can't be converted")))),
            }
        }
        (_, Some(_), _) => Ok((plain(samples)?, Some(unusable("it is for another colour model")))),
        (_, None, _) => Ok((plain(samples)?, None)),
    }
}

fn converted(profile: &Profile, from: &[u8], from_layout: CmsLayout, to: &mut [u8], to_layout: CmsLayout) -> Result<(), CmsError> {
    let srgb = ColorProfile::new_srgb();
    profile.0.create_transform_8bit(from_layout, &srgb, to_layout, TransformOptions::default())?.transform(from, to)
}

/// Without a profile: gray and RGB are taken as sRGB, ink as what white paper leaves of the light.
fn plain(samples: Samples) -> Result<Picture, Stop> {
    let Samples { width, height, layout, bytes } = samples;
    let (pixels, bytes) = match layout {
        Layout::Rgb => (Pixels::Rgb8, bytes),
        Layout::Rgba => (Pixels::Rgba8, bytes),
        Layout::Gray => (Pixels::Rgb8, bytes.iter().flat_map(|gray| [*gray; 3]).collect()),
        Layout::GrayAlpha => {
            (Pixels::Rgba8, bytes.as_chunks::<2>().0.iter().flat_map(|[gray, alpha]| [*gray, *gray, *gray, *alpha]).collect())
        }
        Layout::Cmyk => (Pixels::Rgb8, bytes.as_chunks::<4>().0.iter().flat_map(|inks| light(*inks)).collect()),
    };
    Ok(Picture::new(width, height, pixels, bytes)?)
}

fn light([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| {
        let left = (255 - u16::from(ink)) * (255 - u16::from(black));
        u8::try_from((left + 127) / 255).unwrap_or(u8::MAX)
    })
}

/// What is said of a profile that is left aside.
pub(crate) fn unusable(why: &str) -> Issue {
    Issue::warning("color-profile-unusable", format!("The embedded colour profile is not used: {why}. Thumbnails may show other colours."))
}
