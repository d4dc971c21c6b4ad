//! Tables: of the modality, of interest, of colours (DICOM PS3.3, C.11.1, C.11.2, C.7.9).

use crate::value::Value;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// A table from whole numbers to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lut {
    /// The three numbers of its descriptor, as they lie in the file.
    descriptor: Option<[u16; 3]>,
    data: Vec<u16>,
    /// Whether two entries may lie in each number.
    packed: Vec<u8>,
}

impl Lut {
    /// Takes a part of a table.
    pub(crate) fn take(slot: &mut Option<Self>, tag: Tag, value: Value<'_>) {
        let lut = slot.get_or_insert_default();
        match tag {
            tags::LUT_DESCRIPTOR => drop(lut.describe(value)),
            _ => lut.fill(value),
        }
    }

    fn describe(&mut self, value: Value<'_>) -> bool {
        self.descriptor = match value.shorts().as_slice() {
            [entries, first, bits, ..] => Some([*entries, *first, *bits]),
            _ => None,
        };
        self.descriptor.is_some()
    }

    fn fill(&mut self, value: Value<'_>) {
        self.data = value.shorts();
        self.packed = value.bytes.to_vec();
    }

    fn entries(&self) -> usize {
        match self.descriptor {
            Some([0, ..]) => 65_536,
            Some([entries, ..]) => entries.into(),
            None => 0,
        }
    }

    /// Whether it has its entries.
    pub(crate) fn is_whole(&self) -> bool {
        let entries = self.entries();
        entries > 0 && (self.data.len() >= entries || self.packed.len() >= entries)
    }

    /// The largest number that its entries can be.
    pub(crate) fn most(&self) -> u16 {
        let bits = self.descriptor.map_or(16, |[_, _, bits]| bits).clamp(1, 16);
        let most = u16::MAX >> (16 - bits);
        // Some tables say fewer bits than they use.
        if self.data.len() >= self.entries() { most.max(self.data.iter().copied().max().unwrap_or(0)) } else { most.max(255) }
    }

    /// The entry of a number; numbers before the first get the first, those behind the last the last. `first_is_signed` where the pixels are.
    pub(crate) fn entry(&self, number: f64, first_is_signed: bool) -> u16 {
        let first = self.descriptor.map_or(0, |[_, first, _]| first);
        let first = if first_is_signed { f64::from(first.cast_signed()) } else { f64::from(first) };
        let last = self.entries().saturating_sub(1);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped in the same line; a NaN becomes 0")]
        let index = ((number - first).clamp(0.0, last as f64) as usize).min(last);
        if self.data.len() >= self.entries() {
            self.data.get(index).copied().unwrap_or(0)
        } else {
            self.packed.get(index).copied().unwrap_or(0).into()
        }
    }
}

/// Three tables of colours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Palette {
    tables: [Lut; 3],
    /// Whether they are written in segments.
    segmented: bool,
}

impl Palette {
    /// Takes a part of it; `false` where that could not be understood.
    pub(crate) fn take(&mut self, tag: Tag, value: Value<'_>) -> bool {
        let [red, green, blue] = &mut self.tables;
        match tag {
            tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR => red.describe(value),
            tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR => green.describe(value),
            tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR => blue.describe(value),
            _ => {
                let table = match tag {
                    tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA | tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA => red,
                    tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA | tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA => green,
                    _ => blue,
                };
                table.fill(value);
                let is_segmented = matches!(
                    tag,
                    tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA
                        | tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA
                        | tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA
                );
                self.segmented |= is_segmented;
                if is_segmented {
                    table.data = unfolded(&table.data, table.entries());
                    table.packed = Vec::new();
                }
                true
            }
        }
    }

    /// The colours, if all three tables have their entries.
    pub(crate) fn colours(&self) -> Option<Colours<'_>> {
        let [red, green, blue] = &self.tables;
        self.tables.iter().all(Lut::is_whole).then(|| Colours([(red, red.shift()), (green, green.shift()), (blue, blue.shift())]))
    }
}

impl Lut {
    /// By how many bits an entry is too deep for a byte.
    fn shift(&self) -> u16 {
        if self.most() > 255 { 8 } else { 0 }
    }
}

/// A palette that can be asked.
pub(crate) struct Colours<'a>([(&'a Lut, u16); 3]);

impl Colours<'_> {
    /// Red, green and blue of a number.
    pub(crate) fn of(&self, number: f64, is_signed: bool) -> [u8; 3] {
        self.0.map(|(lut, shift)| u8::try_from(lut.entry(number, is_signed) >> shift).unwrap_or(u8::MAX))
    }
}

/// A segmented table, written out (PS3.3, C.7.9.2): runs of entries, lines to an entry, and copies of earlier segments.
fn unfolded(segments: &[u16], entries: usize) -> Vec<u16> {
    let mut table = Vec::with_capacity(entries);
    segment(segments, usize::MAX, entries, true, &mut table);
    table
}

fn segment(words: &[u16], count: usize, entries: usize, may_copy: bool, table: &mut Vec<u16>) {
    let mut at = 0_usize;
    let mut done = 0;
    while let Some([kind, length]) = words.get(at..at.saturating_add(2)) {
        if table.len() >= entries || done == count {
            return;
        }
        let length = usize::from(*length);
        at += 2;
        match kind {
            0 => {
                let Some(run) = words.get(at..at.saturating_add(length)) else { return };
                table.extend_from_slice(run);
                at += length;
            }
            1 => {
                let (Some(from), Some(to)) = (table.last().copied(), words.get(at).copied()) else { return };
                let step = (f64::from(to) - f64::from(from)) / (length.max(1) as f64);
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two numbers of 16 bits")]
                table.extend((1..=length).map(|n| (f64::from(from) + step * n as f64).round() as u16));
                at += 1;
            }
            2 if may_copy => {
                let (Some(low), Some(high)) = (words.get(at).copied(), words.get(at + 1).copied()) else { return };
                // The place is counted in bytes.
                let place = (usize::from(high) << 16 | usize::from(low)) / 2;
                segment(words.get(place..).unwrap_or_default(), length, entries, false, table);
                at += 2;
            }
            _ => return,
        }
        done += 1;
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
    fn a_table_has_an_entry_for_every_number() {
        let lut = Lut { descriptor: Some([3, 0xfffe, 8]), data: vec![1, 2, 3], packed: Vec::new() };
        assert!(lut.is_whole());
        for (number, want) in [(-9.0, 1), (-2.0, 1), (-1.0, 2), (0.0, 3), (7.0, 3), (f64::NAN, 1)] {
            assert_eq!(lut.entry(number, true), want, "{number}");
        }
        let packed = Lut { descriptor: Some([3, 0, 8]), data: vec![0x0201], packed: vec![1, 2, 3] };
        assert_eq!([packed.entry(0.0, false), packed.entry(2.0, false)], [1, 3]);
    }
}
