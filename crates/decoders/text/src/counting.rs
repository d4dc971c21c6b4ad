//! What is counted in a text: lines, how they end, and words as Unicode bounds them.

use assay_kit::{Answer, Stop};
use memchr::memchr2_iter;
use std::time::Instant;
use unicode_segmentation::UnicodeSegmentation;

/// How often the clock is asked.
const BOUNDS_BETWEEN_LOOKS: u32 = 1 << 14;

/// Lines of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lines {
    /// A last one without an end counts.
    pub(crate) count: u64,
    /// `lf`, `crlf`, `cr` or `mixed`; `None` where nothing ends a line.
    pub(crate) newline: Option<&'static str>,
}

/// Counts lines in one pass.
pub(crate) fn lines(text: &str) -> Lines {
    let bytes = text.as_bytes();
    let (mut lf, mut crlf, mut cr) = (0_u64, 0_u64, 0_u64);
    let mut after_cr = None;
    for at in memchr2_iter(b'\r', b'\n', bytes) {
        if bytes.get(at) == Some(&b'\n') {
            if after_cr == Some(at) {
                (cr, crlf) = (cr - 1, crlf + 1);
            } else {
                lf += 1;
            }
            after_cr = None;
        } else {
            cr += 1;
            after_cr = Some(at + 1);
        }
    }
    let newline = match (lf > 0, crlf > 0, cr > 0) {
        (false, false, false) => None,
        (true, false, false) => Some("lf"),
        (false, true, false) => Some("crlf"),
        (false, false, true) => Some("cr"),
        _ => Some("mixed"),
    };
    let open_end = bytes.last().is_some_and(|last| !matches!(last, b'\r' | b'\n'));
    Lines { count: lf + crlf + cr + u64::from(open_end), newline }
}

/// Words (Unicode Standard Annex 29); `None` where there was no time to count them all.
pub(crate) fn words(text: &str, late: Instant, answer: &mut Answer) -> Result<Option<u64>, Stop> {
    let (mut words, mut bounds) = (0, 0_u32);
    for piece in text.split_word_bounds() {
        words += u64::from(piece.chars().any(char::is_alphanumeric));
        bounds = bounds.wrapping_add(1);
        if bounds.is_multiple_of(BOUNDS_BETWEEN_LOOKS) {
            answer.progress()?;
            if Instant::now() >= late {
                return Ok(None);
            }
        }
    }
    Ok(Some(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_in_three_ways_and_their_mixture_is_told() {
        for (text, count, newline) in [
            ("", 0, None),
            ("one", 1, None),
            ("one\n", 1, Some("lf")),
            ("one\ntwo", 2, Some("lf")),
            ("one\r\ntwo\r\n", 2, Some("crlf")),
            ("one\rtwo\r", 2, Some("cr")),
            ("one\r\r\ntwo", 3, Some("mixed")),
            ("\n\r", 2, Some("mixed")),
        ] {
            assert_eq!(lines(text), Lines { count, newline }, "{text:?}");
        }
    }
}
