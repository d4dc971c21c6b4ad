//! The characters of a page, in the order of its text, each where it is shown.

use crate::geometry::{Frame, Place, Turn};
use pdfium_render::prelude::{PdfPage, PdfPageRenderRotation, PdfPageTextChar, PdfRect, PdfiumError};
use std::f32::consts::FRAC_PI_2;

/// Most characters of one page that are looked at; the densest pages of small print have some 20,000.
const MOST_CHARACTERS: usize = 1_000_000;

/// What stands in for a character that the file gives no meaning.
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// One letter of so many without a meaning is worth a word.
const MEANINGLESS_PART: u64 = 3;

/// One sign of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sign {
    /// A character that is seen.
    Letter(Letter),
    /// White space, or what is not on the page.
    Gap,
}

/// One character that is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    pub(crate) character: char,
    /// `None` for marks without a size of their own.
    pub(crate) place: Option<Place>,
    /// How its line runs.
    pub(crate) turn: Turn,
}

/// The text of a page.
#[derive(Debug, Default)]
pub(crate) struct PageText {
    pub(crate) signs: Vec<Sign>,
    /// Characters of the file, white space among them.
    pub(crate) characters: u64,
    /// Whether any of them is more than white space.
    pub(crate) has_text: bool,
    /// Whether many of its letters have no meaning, or all are numbers of glyphs: no signs are left then.
    pub(crate) is_meaningless: bool,
}

/// A page's own coordinates and how they are shown.
pub(crate) fn frame(page: &PdfPage<'_>) -> Frame {
    let turn = match page.rotation() {
        Ok(PdfPageRenderRotation::Degrees90) => Turn::Right,
        Ok(PdfPageRenderRotation::Degrees180) => Turn::Around,
        Ok(PdfPageRenderRotation::Degrees270) => Turn::Left,
        Ok(PdfPageRenderRotation::None) | Err(_) => Turn::None,
    };
    let visible = page.boundaries().bounding().map_or_else(
        |_| {
            // Without it there is still a size, which is told after rotation.
            let (width, height) = (f64::from(page.width().value), f64::from(page.height().value));
            match turn {
                Turn::None | Turn::Around => [0.0, 0.0, width, height],
                Turn::Right | Turn::Left => [0.0, 0.0, height, width],
            }
        },
        |found| corners(&found.bounds),
    );
    Frame::new(visible, turn)
}

/// Reads the text of a page.
pub(crate) fn read(page: &PdfPage<'_>, frame: &Frame) -> Result<PageText, PdfiumError> {
    let source = page.text()?;
    let (width, height) = frame.size();
    let mut text = PageText::default();
    let (mut half, mut tally) = (None, Tally::default());
    for sign in source.chars().iter().take(MOST_CHARACTERS) {
        let Some(character) = meant(&sign, &mut half) else { continue };
        tally.take(character);
        if character.is_whitespace() {
            // PDFium sets spaces and line ends where it sees them; only those of the file are characters of it.
            text.characters += u64::from(sign.is_generated().is_ok_and(|is_generated| !is_generated));
            text.signs.push(Sign::Gap);
            continue;
        }
        text.characters += 1;
        let found = place(&sign, frame);
        let place = found.and_then(|place| place.within(width, height));
        if found.is_some() && place.is_none() {
            text.signs.push(Sign::Gap);
            continue;
        }
        text.signs.push(Sign::Letter(Letter { character, place, turn: turn(&sign, frame) }));
    }
    text.has_text = tally.known > 0;
    text.is_meaningless = tally.is_worth_a_word();
    if tally.is_of_glyph_numbers() {
        text = PageText { is_meaningless: true, ..PageText::default() };
    }
    Ok(text)
}

/// What the letters of a page are.
#[derive(Debug, Default)]
struct Tally {
    known: u64,
    unknown: u64,
    /// Known ones directly behind an unknown one.
    pairs: u64,
    is_behind_unknown: bool,
}

impl Tally {
    fn take(&mut self, character: char) {
        if character == UNKNOWN {
            self.unknown += 1;
        } else if !character.is_whitespace() {
            self.known += 1;
            self.pairs += u64::from(self.is_behind_unknown);
        }
        self.is_behind_unknown = character == UNKNOWN;
    }

    /// Whether they are codes of two bytes whose font is lost. Each comes as a NUL and some letter, which is no text either; the dots of a
    /// list and the leaders of a table of contents have words beside them.
    fn is_of_glyph_numbers(&self) -> bool {
        let is_most_known = self.pairs * 4 >= self.known * 3;
        let is_half_of_all = self.pairs * 4 >= self.known + self.unknown;
        self.pairs >= 2 && is_most_known && is_half_of_all
    }

    fn is_worth_a_word(&self) -> bool {
        self.unknown > 0 && self.unknown * MEANINGLESS_PART >= self.known + self.unknown
    }
}

/// The character; `None` for the first half of a pair (UTF-16) and what only steers.
fn meant(sign: &PdfPageTextChar<'_>, half: &mut Option<u32>) -> Option<char> {
    let value = sign.unicode_value();
    if (0xd800..0xdc00).contains(&value) {
        *half = Some(value);
        return None;
    }
    let value = match (half.take(), value) {
        (Some(high), 0xdc00..=0xdfff) => 0x1_0000 + ((high - 0xd800) << 10) + (value - 0xdc00),
        (_, value) => value,
    };
    match char::from_u32(value) {
        Some(character) if character.is_whitespace() => Some(character),
        // A hyphen at the end of a line is given as a control character.
        Some('\u{2}' | '\u{fffe}' | '\u{ad}') if sign.is_hyphen().unwrap_or(true) => Some('-'),
        Some(character) if character.is_control() => Some(UNKNOWN),
        Some(character) => Some(character),
        None => Some(UNKNOWN),
    }
}

/// The box of the character with its whole advance and its font's ascent, so that the letters of a word are of one height;
/// where the font gives none, the box of the ink.
fn place(sign: &PdfPageTextChar<'_>, frame: &Frame) -> Option<Place> {
    let shown = |found: Result<PdfRect, PdfiumError>| {
        let place = frame.shown(corners(&found.ok()?));
        let sides = [place.left, place.top, place.right, place.bottom];
        (sides.iter().all(|side| side.is_finite()) && place.width() > 0.0 && place.height() > 0.0).then_some(place)
    };
    shown(sign.loose_bounds()).or_else(|| shown(sign.tight_bounds()))
}

/// How the text runs as it is shown, to the nearest quarter. The library tells a clockwise angle.
fn turn(sign: &PdfPageTextChar<'_>, frame: &Frame) -> Turn {
    let quarters = sign.angle_radians().map_or(0.0, |angle| (angle / FRAC_PI_2).round());
    let written = match quarters {
        1.0 => Turn::Right,
        2.0 => Turn::Around,
        3.0 => Turn::Left,
        _ => Turn::None,
    };
    written.then(frame.turn)
}

fn corners(rect: &PdfRect) -> [f64; 4] {
    let (left, right) = (f64::from(rect.left().value), f64::from(rect.right().value));
    let (bottom, top) = (f64::from(rect.bottom().value), f64::from(rect.top().value));
    // Not every file writes the lower left corner first.
    [left.min(right), bottom.min(top), left.max(right), bottom.max(top)]
}
