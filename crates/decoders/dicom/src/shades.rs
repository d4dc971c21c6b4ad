//! From stored numbers to shades of grey: the modality's values, then the window of interest (DICOM PS3.3, C.11.1 and C.11.2).

use crate::attributes::Shading;
use crate::colour::byte;
use crate::frame::{Frame, Model, Samples, Sign};
use crate::lut::Lut;

/// Shares of values that are left out at both ends where no window is given.
const LOW: f64 = 0.01;
const HIGH: f64 = 0.99;
/// Most values that are looked at to find those shares in a frame of wide numbers.
const MOST_LOOKED_AT: usize = 1 << 20;

/// A way from a stored number to a shade.
pub(crate) struct Shades<'a> {
    shading: &'a Shading,
    window: Window<'a>,
    first_is_signed: bool,
    is_inverted: bool,
}

/// What is shown of the modality's values.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Window<'a> {
    /// PS3.3, C.11.2.1.2.1.
    Linear {
        center: f64,
        width: f64,
    },
    /// C.11.2.1.3.2.
    Exact {
        center: f64,
        width: f64,
    },
    /// C.11.2.1.3.1.
    Sigmoid {
        center: f64,
        width: f64,
    },
    Table(&'a Lut),
    /// From the darkest to the lightest value that is shown.
    Range {
        from: f64,
        to: f64,
    },
}

impl<'a> Shades<'a> {
    /// The way that a frame wants: its window, else its table, else what most of its values need.
    pub(crate) fn of(frame: &Frame, shading: &'a Shading) -> Self {
        let mut shades = Self {
            shading,
            window: Window::Range { from: 0.0, to: 1.0 },
            first_is_signed: frame.shape.sign == Sign::Signed,
            is_inverted: frame.shape.model == Model::Inverted,
        };
        shades.window = match (window(shading), shading.voi.as_ref().filter(|lut| lut.is_whole())) {
            (Some(window), _) => window,
            (None, Some(table)) => Window::Table(table),
            (None, None) => shades.range(frame),
        };
        shades
    }

    /// The shade of a stored number.
    pub(crate) fn shade(&self, stored: f64) -> u8 {
        let value = self.modality(stored);
        let shade = match self.window {
            Window::Linear { center, width } => ((value - (center - 0.5)) / (width - 1.0).max(f64::MIN_POSITIVE) + 0.5) * 255.0,
            Window::Exact { center, width } => ((value - center) / width + 0.5) * 255.0,
            Window::Sigmoid { center, width } => 255.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
            Window::Table(table) => f64::from(table.entry(value, self.first_is_signed)) * 255.0 / f64::from(table.most().max(1)),
            Window::Range { from, to } => (value - from) * 255.0 / (to - from),
        };
        if self.is_inverted { 255 - byte(shade) } else { byte(shade) }
    }

    fn modality(&self, stored: f64) -> f64 {
        match &self.shading.modality {
            Some(table) if table.is_whole() => table.entry(stored, self.first_is_signed).into(),
            _ => stored * self.shading.slope.filter(|slope| *slope != 0.0).unwrap_or(1.0) + self.shading.intercept.unwrap_or(0.0),
        }
    }

    /// What most values need; all of them where they are so few that shares mean nothing.
    fn range(&self, frame: &Frame) -> Window<'static> {
        let mut counted = self.counted(frame);
        counted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let total: u64 = counted.iter().map(|(_, count)| count).sum();
        let at = |share: f64| {
            let mut seen = 0;
            counted.iter().find(|(_, count)| {
                seen += count;
                seen as f64 > share * total as f64
            })
        };
        let ends = |from: Option<&(f64, u64)>, to: Option<&(f64, u64)>| match (from, to) {
            (Some((from, _)), Some((to, _))) if to > from => Some(Window::Range { from: *from, to: *to }),
            _ => None,
        };
        let shares = if counted.len() > 4 { ends(at(LOW), at(HIGH)) } else { None };
        let all = ends(counted.first(), counted.last());
        // A frame of one value is as light as that is in its bits.
        let (dark, light) = (self.modality(frame.shape.number(0)), self.modality(f64::from(u16::MAX)));
        shares.or(all).unwrap_or(Window::Range { from: dark, to: if light > dark { light } else { dark + 1.0 } })
    }

    /// The modality's values and how often each is there, without padding.
    fn counted(&self, frame: &Frame) -> Vec<(f64, u64)> {
        let padding = self.shading.padding.map(|padding| frame.shape.number(padding.into()));
        let measured = |stored: f64| (Some(stored) != padding && stored.is_finite()).then(|| self.modality(stored));
        let by_raw = |counts: &[u64]| {
            let present = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            present.filter_map(|(raw, count)| Some((measured(frame.shape.number(u32::try_from(raw).ok()?))?, *count))).collect()
        };
        match &frame.samples {
            Samples::Bytes(all) => by_raw(&counts(all.iter().map(|raw| usize::from(*raw)), 256)),
            Samples::Words(all) => by_raw(&counts(all.iter().map(|raw| usize::from(*raw)), 65_536)),
            Samples::Longs(_) | Samples::Floats(_) => {
                let step = frame.samples.len().div_ceil(MOST_LOOKED_AT).max(1);
                (0..frame.samples.len()).step_by(step).filter_map(|index| Some((measured(frame.value(index))?, 1))).collect()
            }
        }
    }
}

fn counts(raw: impl Iterator<Item = usize>, different: usize) -> Vec<u64> {
    let mut counts = vec![0; different];
    raw.for_each(|raw| {
        if let Some(count) = counts.get_mut(raw) {
            *count += 1;
        }
    });
    counts
}

/// The given window, where it is one.
fn window(shading: &Shading) -> Option<Window<'static>> {
    let (center, width) = (shading.center?, shading.width.filter(|width| *width > 0.0)?);
    Some(match shading.function.as_deref() {
        Some("SIGMOID") => Window::Sigmoid { center, width },
        Some("LINEAR_EXACT") => Window::Exact { center, width },
        // The plain function has no meaning below one; files of fractions mean the exact one.
        _ if width < 1.0 => Window::Exact { center, width },
        _ => Window::Linear { center, width },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Attributes;
    use crate::frame::Shape;

    fn frame(words: &[u16], photometric: &str) -> Frame {
        let columns = u16::try_from(words.len()).unwrap();
        let found = Attributes {
            rows: Some(1),
            columns: Some(columns),
            allocated: Some(16),
            photometric: Some(photometric.to_owned()),
            ..Attributes::default()
        };
        Frame::new(Shape::of(&found).unwrap(), Samples::Words(words.to_vec()), None).unwrap()
    }

    fn shades(words: &[u16], photometric: &str, shading: &Shading) -> Vec<u8> {
        let frame = frame(words, photometric);
        let shades = Shades::of(&frame, shading);
        (0..words.len()).map(|index| shades.shade(frame.value(index))).collect()
    }

    #[test]
    fn a_window_shows_what_the_standards_example_shows() {
        // PS3.3, C.11.2.1.2.1, note 3: center 2048, width 4096 shows 0 to 4095.
        let shading = Shading { center: Some(2048.0), width: Some(4096.0), ..Shading::default() };
        assert_eq!(shades(&[0, 4095, 9000], "MONOCHROME2", &shading), [0, 255, 255]);
        let threshold = Shading { center: Some(100.0), width: Some(1.0), ..Shading::default() };
        assert_eq!(shades(&[98, 99, 100, 101], "MONOCHROME2", &threshold), [0, 0, 255, 255]);
    }

    #[test]
    fn slope_and_intercept_come_before_the_window() {
        let shading = Shading { slope: Some(2.0), intercept: Some(-100.0), center: Some(0.0), width: Some(200.0), ..Shading::default() };
        let exact = Shading { function: Some("LINEAR_EXACT".to_owned()), ..shading };
        assert_eq!(shades(&[0, 50, 100], "MONOCHROME2", &exact), [0, 128, 255]);
        assert_eq!(shades(&[0, 50, 100], "MONOCHROME1", &exact), [255, 127, 0]);
    }

    #[test]
    fn without_a_window_most_values_are_seen_and_padding_is_left_out() {
        let mut words: Vec<u16> = (1000..1200).collect();
        words.extend([0; 50]);
        let shading = Shading { padding: Some(0), ..Shading::default() };
        let seen = shades(&words, "MONOCHROME2", &shading);
        assert!(seen[0] == 0 && seen[199] == 255 && (120..136).contains(&seen[100]), "{} {} {}", seen[0], seen[100], seen[199]);
        assert_eq!(shades(&[7, 9], "MONOCHROME2", &Shading::default()), [0, 255]);
    }
}
