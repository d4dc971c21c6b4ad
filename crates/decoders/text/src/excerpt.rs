//! The first characters of a text as they may be drawn: bounded, with what no reader sees taken out.

use unicode_segmentation::UnicodeSegmentation;

/// Bytes that are looked at.
const MOST_BYTES: usize = 64 << 10;
/// Characters of one letter with all its marks.
const MOST_MARKS: usize = 8;
/// Characters of one line: more than the widest page shows.
const LONGEST_LINE: usize = 4_000;

/// At most so many characters of a text. Lines end with `\n`; a letter has at most eight marks; control characters are U+FFFD.
pub(crate) fn of(text: &str, characters: usize) -> String {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = String::new();
    let (mut taken, mut in_line) = (0, 0);
    for letter in text.get(..end).unwrap_or_default().graphemes(true) {
        if taken >= characters {
            break;
        }
        taken += 1;
        if matches!(letter, "\r\n" | "\r" | "\n" | "\u{2028}" | "\u{2029}" | "\u{85}" | "\u{b}" | "\u{c}") {
            out.push('\n');
            in_line = 0;
            continue;
        }
        in_line += 1;
        if in_line <= LONGEST_LINE {
            out.extend(letter.chars().take(MOST_MARKS).map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_lines_are_bounded() {
        let marks = format!("a{}b", "\u{301}".repeat(20_000));
        assert_eq!(of(&marks, 100), format!("a{}b", "\u{301}".repeat(7)));
        assert_eq!(of("a\r\nb\rc\u{1}", 100), "a\nb\nc\u{fffd}");
        assert_eq!(of("abc", 2), "ab");
        assert_eq!(of(&"ü".repeat(70_000), 1 << 20).chars().count(), LONGEST_LINE);
    }
}
