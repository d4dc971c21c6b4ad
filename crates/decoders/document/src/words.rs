//! From letters to words, and from words to groups of lines that belong together.
//!
//! A file says where letters stand, not what belongs together: words end at white space, at a wide gap, and where the line changes;
//! lines end at a gap as wide as between columns; a line joins the group that ends right above it in the same size.

use crate::geometry::{Place, Turn};
use crate::letters::Sign;

/// In heights of a letter: a gap that ends a word though no space stands in it.
const WORD_GAP: f64 = 0.6;
/// In heights: a gap that ends a line, as between columns or cells.
const LINE_GAP: f64 = 1.3;
/// Share of the lower one's height that two things on one line have in common.
const ON_ONE_LINE: f64 = 0.5;
/// In heights of the line: how far below a group its next line may stand.
const LEADING: f64 = 0.8;
/// Groups that a line may still join: columns written line by line take turns.
const OPEN_GROUPS: usize = 24;

/// A word where it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Place,
    turn: Turn,
}

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) words: Vec<Word>,
    pub(crate) place: Place,
    turn: Turn,
    last_line: Place,
}

/// The words of a page, in the order of its text.
pub(crate) fn words(signs: &[Sign]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open: Option<(Word, Place)> = None;
    for sign in signs {
        let Sign::Letter(letter) = sign else {
            words.extend(open.take().map(|(word, _)| word));
            continue;
        };
        match (&mut open, letter.place) {
            (Some((word, _)), None) => word.text.push(letter.character),
            (None, None) => {}
            (Some((word, last)), Some(place)) if word.turn == letter.turn && follows(last, &place, word.turn, WORD_GAP) => {
                word.text.push(letter.character);
                word.place = word.place.and(&place);
                *last = place;
            }
            (_, Some(place)) => {
                words.extend(open.take().map(|(word, _)| word));
                open = Some((Word { text: letter.character.to_string(), place, turn: letter.turn }, place));
            }
        }
    }
    words.extend(open.map(|(word, _)| word));
    words
}

/// The groups of a page, each at the place of its first line.
pub(crate) fn groups(words: Vec<Word>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in lines(words) {
        let from = groups.len().saturating_sub(OPEN_GROUPS);
        let nearest = groups
            .iter_mut()
            .skip(from)
            .filter_map(|group| Some((distance(group, &line)?, group)))
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        match nearest {
            Some((_, group)) => {
                group.last_line = line.last_line;
                group.place = group.place.and(&line.place);
                group.words.extend(line.words);
            }
            None => groups.push(line),
        }
    }
    groups
}

/// Each line as a group of its own.
fn lines(words: Vec<Word>) -> Vec<Group> {
    let mut lines: Vec<Group> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line)
                if line.turn == word.turn
                    && line.words.last().is_some_and(|last| follows(&last.place, &word.place, word.turn, LINE_GAP)) =>
            {
                line.place = line.place.and(&word.place);
                line.last_line = line.place;
                line.words.push(word);
            }
            _ => lines.push(Group { place: word.place, last_line: word.place, turn: word.turn, words: vec![word] }),
        }
    }
    lines
}

/// Whether something stands on the same line as what came before it, with no wider gap than so many heights.
/// Text from right to left goes on at the other side.
fn follows(last: &Place, next: &Place, turn: Turn, gap: f64) -> bool {
    let (last, next) = (last.read(turn), next.read(turn));
    let height = last.height().min(next.height());
    let in_common = last.bottom.min(next.bottom) - last.top.max(next.top);
    let apart = (next.left - last.right).max(last.left - next.right);
    in_common >= height * ON_ONE_LINE && apart <= last.height().max(next.height()) * gap
}

/// How far a line stands below a group that it goes on with; `None` where it is another group's.
fn distance(group: &Group, line: &Group) -> Option<f64> {
    if group.turn != line.turn {
        return None;
    }
    let (above, below) = (group.last_line.read(group.turn), line.place.read(line.turn));
    let height = above.height().min(below.height());
    let is_one_size = above.height().max(below.height()) <= height * 1.5;
    let distance = below.top - above.bottom;
    let in_common = above.right.min(below.right) - above.left.max(below.left);
    let is_below = distance >= -height * 0.6 && distance <= height * LEADING && below.top > above.top;
    (is_one_size && is_below && in_common >= above.width().min(below.width()) * 0.3).then_some(distance.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letters::Letter;

    /// Letters of 5 x 10 points, one beside the other.
    fn text(at: (f64, f64), words: &str) -> Vec<Sign> {
        words
            .chars()
            .zip(0_u32..)
            .map(|(character, column)| {
                let left = at.0 + 5.0 * f64::from(column);
                let place = Some(Place { left, top: at.1, right: left + 5.0, bottom: at.1 + 10.0 });
                if character == ' ' { Sign::Gap } else { Sign::Letter(Letter { character, place, turn: Turn::None }) }
            })
            .collect()
    }

    fn read(signs: &[Sign]) -> Vec<String> {
        let texts = |group: Group| group.words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        groups(words(signs)).into_iter().map(texts).collect()
    }

    #[test]
    fn lines_of_a_paragraph_are_one_group_and_the_next_paragraph_another() {
        let signs = [text((0.0, 0.0), "one two "), text((0.0, 12.0), "three "), text((0.0, 40.0), "four")].concat();
        assert_eq!(read(&signs), ["one two three", "four"]);
    }

    #[test]
    fn columns_written_line_by_line_are_told_apart() {
        let signs = [text((0.0, 0.0), "a b "), text((200.0, 0.0), "x y "), text((0.0, 12.0), "c d "), text((200.0, 12.0), "z ")].concat();
        assert_eq!(read(&signs), ["a b c d", "x y z"]);
    }

    #[test]
    fn columns_written_one_after_the_other_are_told_apart() {
        let signs = [text((0.0, 0.0), "a "), text((0.0, 12.0), "b "), text((200.0, 0.0), "x "), text((200.0, 12.0), "y")].concat();
        assert_eq!(read(&signs), ["a b", "x y"]);
    }

    #[test]
    fn a_heading_is_not_part_of_what_stands_below() {
        let mut signs = text((0.0, 30.0), "body ");
        let big = Place { left: 0.0, top: 0.0, right: 30.0, bottom: 28.0 };
        signs.insert(0, Sign::Gap);
        signs.insert(0, Sign::Letter(Letter { character: 'T', place: Some(big), turn: Turn::None }));
        assert_eq!(read(&signs), ["T", "body"]);
    }

    #[test]
    fn words_without_a_space_between_them_end_at_a_wide_gap_and_at_the_line() {
        let signs = [text((0.0, 0.0), "left"), text((60.0, 0.0), "right"), text((0.0, 12.0), "below")].concat();
        assert_eq!(words(&signs).iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["left", "right", "below"]);
    }

    #[test]
    fn marks_without_a_size_stay_with_their_letter() {
        let mut signs = text((0.0, 0.0), "ab");
        signs.insert(1, Sign::Letter(Letter { character: '\u{301}', place: None, turn: Turn::None }));
        assert_eq!(words(&signs)[0].text, "a\u{301}b");
    }
}
