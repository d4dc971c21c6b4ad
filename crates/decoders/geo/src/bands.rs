//! Which bands are shown, and how they become colours.

use crate::ffi::Interpretation;

/// How the chosen bands become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// One band, black to white.
    Gray,
    /// One band of indices into its table.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luma and two colour differences (ITU-R BT.601, full range, as JPEG has them).
    Ycc,
    /// Cyan, magenta, yellow, black.
    Ink,
}

/// Bands to show, numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) model: Model,
    pub(crate) bands: Vec<u32>,
}

/// Chooses by what the bands say they are, else by their order: three bands are taken for red, green and blue, as viewers do.
/// `None` without a band that could be shown.
pub(crate) fn choose(bands: &[Interpretation]) -> Option<Choice> {
    use Interpretation::{Alpha, Black, Blue, BlueDifference, Cyan, Green, Luma, Magenta, Palette, Red, RedDifference, Yellow};
    let place = |wanted: Interpretation| (1..).zip(bands).find(|(_, found)| **found == wanted).map(|(number, _)| number);
    let all = |wanted: &[Interpretation]| wanted.iter().map(|one| place(*one)).collect::<Option<Vec<u32>>>();
    let first = bands.first()?;
    if *first == Palette {
        return Some(Choice { model: Model::Palette, bands: vec![1] });
    }
    for (model, wanted) in [
        (Model::Rgb, [Red, Green, Blue].as_slice()),
        (Model::Ycc, &[Luma, BlueDifference, RedDifference]),
        (Model::Ink, &[Cyan, Magenta, Yellow, Black]),
    ] {
        if let Some(bands) = all(wanted) {
            return Some(Choice { model, bands });
        }
    }
    let shown: Vec<u32> = (1..).zip(bands).filter(|(_, found)| **found != Alpha).map(|(number, _)| number).collect();
    match shown.as_slice() {
        [] => None,
        [red, green, blue, ..] => Some(Choice { model: Model::Rgb, bands: vec![*red, *green, *blue] }),
        [one, ..] => Some(Choice { model: Model::Gray, bands: vec![*one] }),
    }
}

/// Red, green and blue from the numbers of a model; an index into a palette stays what it is.
pub(crate) fn colour(model: Model, numbers: [u8; 4]) -> [u8; 3] {
    let [first, second, third, fourth] = numbers;
    match model {
        Model::Gray | Model::Palette => [first; 3],
        Model::Rgb => [first, second, third],
        Model::Ycc => {
            let (luma, blue, red) = (f32::from(first), f32::from(second) - 128.0, f32::from(third) - 128.0);
            [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue].map(byte)
        }
        Model::Ink => {
            let paper = 255 - u16::from(fourth);
            [first, second, third].map(|ink| u8::try_from((255 - u16::from(ink)) * paper / 255).unwrap_or(255))
        }
    }
}

/// The nearest byte.
pub(crate) fn byte(number: f32) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 in the same line")]
    let byte = number.round().clamp(0.0, 255.0) as u8;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;
    use Interpretation::{Alpha, Blue, Gray, Green, Luma, Other, Palette, Red, RedDifference};

    fn chosen(bands: &[Interpretation]) -> Option<(Model, Vec<u32>)> {
        choose(bands).map(|choice| (choice.model, choice.bands))
    }

    #[test]
    fn bands_are_shown_as_they_say_and_else_by_their_order() {
        assert_eq!(chosen(&[Gray]), Some((Model::Gray, vec![1])));
        assert_eq!(chosen(&[Gray, Alpha]), Some((Model::Gray, vec![1])));
        assert_eq!(chosen(&[Other, Other]), Some((Model::Gray, vec![1])));
        assert_eq!(chosen(&[Palette, Other]), Some((Model::Palette, vec![1])));
        assert_eq!(chosen(&[Blue, Green, Red, Other]), Some((Model::Rgb, vec![3, 2, 1])));
        assert_eq!(chosen(&[Gray, Other, Other, Other, Other]), Some((Model::Rgb, vec![1, 2, 3])));
        assert_eq!(chosen(&[Other, Other, Other]), Some((Model::Rgb, vec![1, 2, 3])));
        assert_eq!(chosen(&[Luma, Interpretation::BlueDifference, RedDifference]), Some((Model::Ycc, vec![1, 2, 3])));
        assert_eq!(chosen(&[Alpha]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn luma_and_ink_become_colours() {
        assert_eq!(colour(Model::Ycc, [128, 128, 128, 0]), [128; 3]);
        assert_eq!(colour(Model::Ycc, [76, 85, 255, 0]), [254, 0, 0]);
        assert_eq!(colour(Model::Ink, [0, 0, 0, 255]), [0; 3]);
        assert_eq!(colour(Model::Ink, [0, 255, 255, 0]), [255, 0, 0]);
    }
}
