//! An element's value as what its reader expects; whatever does not fit is no value.

use crate::encoding::Endian;

/// Most characters of a UID (DICOM PS3.5, 9.1).
const UID_CHARACTERS: usize = 64;
/// Most characters of a code string (PS3.5, table 6.2-1).
const CODE_CHARACTERS: usize = 16;
/// Most numbers that are read of one value.
const NUMBERS: usize = 16;

/// The bytes of a value.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) endian: Endian,
}

impl Value<'_> {
    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.iter().all(|byte| matches!(byte, 0 | b' '))
    }

    /// Digits and points.
    pub(crate) fn uid(&self) -> Option<String> {
        let text = self.parts().next()?;
        let fits = text.len() <= UID_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (fits && !text.is_empty()).then_some(text)
    }

    /// A word of capital letters, digits and low lines; nothing else gets into a record.
    pub(crate) fn code(&self) -> Option<String> {
        let text = self.parts().next()?;
        let fits = text.len() <= CODE_CHARACTERS && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        (fits && !text.is_empty()).then_some(text)
    }

    /// One of some known words, which may have spaces in them.
    pub(crate) fn one_of(&self, words: &[&str]) -> Option<String> {
        let text = self.parts().next()?.to_ascii_uppercase();
        words.contains(&text.as_str()).then_some(text)
    }

    /// All words in capital letters, empty ones left out.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> + '_ {
        self.parts().filter(|part| !part.is_empty()).map(|part| part.to_ascii_uppercase())
    }

    /// Whether this one word is all that is said.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.parts().all(|part| part.eq_ignore_ascii_case(word))
    }

    /// A number of two bytes; writers of four are understood.
    pub(crate) fn short(&self) -> Option<u16> {
        match *self.bytes {
            [a, b] => Some(self.endian.short([a, b])),
            [a, b, c, d] => u16::try_from(self.endian.long([a, b, c, d])).ok(),
            _ => None,
        }
    }

    /// Numbers of two bytes, as many as there are.
    pub(crate) fn shorts(&self) -> Vec<u16> {
        self.bytes.as_chunks::<2>().0.iter().map(|pair| self.endian.short(*pair)).collect()
    }

    /// Numbers as text, `None` in the place of one that is none.
    pub(crate) fn numbers(&self) -> Vec<Option<f64>> {
        // Some writers have a decimal comma.
        let number = |text: String| text.replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite());
        self.parts().take(NUMBERS).map(number).collect()
    }

    /// The first number.
    pub(crate) fn number(&self) -> Option<f64> {
        self.numbers().into_iter().next().flatten()
    }

    /// The first two numbers, if both are above zero.
    pub(crate) fn two_lengths(&self) -> Option<[f64; 2]> {
        match self.numbers().as_slice() {
            [Some(down), Some(across), ..] if *down > 0.0 && *across > 0.0 => Some([*down, *across]),
            _ => None,
        }
    }

    /// A whole number as text.
    pub(crate) fn count(&self) -> Option<u64> {
        let number = self.number()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 2^53, checked in the same line")]
        let count = (number >= 0.0 && number.fract() == 0.0 && number < 9.0e15).then_some(number as u64);
        count
    }

    /// The parts of a text between backslashes, without padding.
    fn parts(&self) -> impl Iterator<Item = String> + '_ {
        self.bytes.split(|byte| *byte == b'\\').map(|part| {
            let text = String::from_utf8_lossy(part);
            text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned()
        })
    }
}
