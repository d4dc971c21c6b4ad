//! Tables that are written in segments (DICOM PS3.3, C.7.9.2): runs of entries, lines to an entry, and copies of earlier segments.

/// Most segments of a table, those that are copied each time among them: with an entry in each, they fill the largest table.
const MOST_SEGMENTS: usize = 65_536;

/// A segmented table, written out; it may be too short, and never has many more than `entries`.
pub(crate) fn unfolded(words: &[u16], entries: usize) -> Vec<u16> {
    let mut unfolding = Unfolding { words, entries, left: MOST_SEGMENTS, table: Vec::with_capacity(entries.min(MOST_SEGMENTS)) };
    unfolding.go(0, usize::MAX, Copies::Followed);
    unfolding.table
}

struct Unfolding<'w> {
    words: &'w [u16],
    entries: usize,
    /// Segments that may still be looked at.
    left: usize,
    table: Vec<u16>,
}

/// What a segment that copies others means: among copied ones it may not be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copies {
    Followed,
    Refused,
}

impl Unfolding<'_> {
    /// Writes out so many segments from a place on; whatever makes no sense ends them.
    fn go(&mut self, from: usize, count: usize, copies: Copies) {
        let mut at = from;
        for _ in 0..count.min(self.left) {
            let Some([kind, length]) = self.words.get(at..at.saturating_add(2)) else { return };
            if self.table.len() >= self.entries || self.left == 0 {
                return;
            }
            self.left -= 1;
            let length = usize::from(*length);
            at += 2;
            match kind {
                0 => {
                    let Some(run) = self.words.get(at..at.saturating_add(length)) else { return };
                    self.table.extend_from_slice(run);
                    at += length;
                }
                1 => {
                    let (Some(from), Some(to)) = (self.table.last().copied(), self.words.get(at).copied()) else { return };
                    let step = (f64::from(to) - f64::from(from)) / (length.max(1) as f64);
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two numbers of 16 bits")]
                    self.table.extend((1..=length).map(|n| (f64::from(from) + step * n as f64).round() as u16));
                    at += 1;
                }
                2 if copies == Copies::Followed => {
                    let (Some(low), Some(high)) = (self.words.get(at).copied(), self.words.get(at + 1).copied()) else { return };
                    // The place is counted in bytes.
                    let place = (usize::from(high) << 16 | usize::from(low)) / 2;
                    self.go(place, length, Copies::Refused);
                    at += 2;
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segmented_table_is_runs_lines_and_copies() {
        // A run of two, a line of four steps to 10, a copy of the first segment.
        let words = [0, 2, 5, 6, 1, 4, 10, 2, 1, 0, 0];
        assert_eq!(unfolded(&words, 8), [5, 6, 7, 8, 9, 10, 5, 6]);
        // Lengths that lie end the table and nothing else.
        assert!(unfolded(&[0, 9, 1], 8).is_empty());
        assert!(unfolded(&[2, 5, 0, 0], 8).is_empty());
    }

    #[test]
    fn segments_are_counted_to_the_limit() {
        for (empty, want) in [(MOST_SEGMENTS - 1, &[9][..]), (MOST_SEGMENTS, &[]), (MOST_SEGMENTS + 1, &[])] {
            let words = [[0, 0].repeat(empty), vec![0, 1, 9]].concat();
            assert_eq!(unfolded(&words, 8), want, "{empty}");
        }
    }

    #[test]
    fn copied_segments_count_each_time() {
        // One empty run, copied by one segment after another: two looks each, and one look before them.
        for (copies, want) in [((MOST_SEGMENTS - 2) / 2, &[9][..]), (MOST_SEGMENTS / 2, &[])] {
            let words = [vec![0, 0], [2, 1, 0, 0].repeat(copies), vec![0, 1, 9]].concat();
            assert_eq!(unfolded(&words, 8), want, "{copies}");
        }
        // Thousands of copies of tens of thousands of empty runs.
        let words = [[2, 65_535, 0, 1].repeat(8_192), vec![0; 32_768]].concat();
        assert!(unfolded(&words, 65_535).is_empty());
    }
}
