//! Tables: of the modality, of interest, of colours (DICOM PS3.3, C.11.1, C.11.2, C.7.9).

use crate::segments;
use crate::value::Value;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::borrow::Cow;

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

/// Three tables of colours, as they lie in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Palette([Channel; 3]);

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Channel {
    lut: Lut,
    form: Form,
}

/// How its data are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Plain,
    Segments,
}

impl Channel {
    fn fill(&mut self, value: Value<'_>, form: Form) -> bool {
        self.lut.fill(value);
        self.form = form;
        true
    }

    /// The table, written out where it is in segments.
    fn table(&self) -> Cow<'_, Lut> {
        if self.form == Form::Plain {
            return Cow::Borrowed(&self.lut);
        }
        let data = segments::unfolded(&self.lut.data, self.lut.entries());
        Cow::Owned(Lut { descriptor: self.lut.descriptor, data, packed: Vec::new() })
    }
}

impl Palette {
    /// Takes a part of it; `false` where that could not be understood. Nothing is written out yet: a tag may come many times.
    pub(crate) fn take(&mut self, tag: Tag, value: Value<'_>) -> bool {
        let Self([red, green, blue]) = self;
        match tag {
            tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR => red.lut.describe(value),
            tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR => green.lut.describe(value),
            tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR => blue.lut.describe(value),
            tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA => red.fill(value, Form::Plain),
            tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA => green.fill(value, Form::Plain),
            tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA => blue.fill(value, Form::Plain),
            tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA => red.fill(value, Form::Segments),
            tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA => green.fill(value, Form::Segments),
            _ => blue.fill(value, Form::Segments),
        }
    }

    /// The colours, if all three tables have their entries.
    pub(crate) fn colours(&self) -> Option<Colours<'_>> {
        let tables = self.0.each_ref().map(Channel::table);
        tables.iter().all(|table| table.is_whole()).then(|| {
            Colours(tables.map(|table| {
                let shift = table.shift();
                (table, shift)
            }))
        })
    }
}

impl Lut {
    /// By how many bits an entry is too deep for a byte.
    fn shift(&self) -> u16 {
        if self.most() > 255 { 8 } else { 0 }
    }
}

/// A palette that can be asked.
pub(crate) struct Colours<'a>([(Cow<'a, Lut>, u16); 3]);

impl Colours<'_> {
    /// Red, green and blue of a number.
    pub(crate) fn of(&self, number: f64, is_signed: bool) -> [u8; 3] {
        self.0.each_ref().map(|(lut, shift)| u8::try_from(lut.entry(number, is_signed) >> shift).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Endian;

    #[test]
    fn a_palette_in_segments_is_written_out_when_it_is_asked_for() {
        let bytes = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let (descriptor, segments) = (bytes(&[4, 0, 8]), bytes(&[0, 1, 7, 1, 3, 10]));
        let value = |bytes| Value { bytes, endian: Endian::Little };
        let mut palette = Palette::default();
        for first in [0x1101, 0x1102, 0x1103] {
            assert!(palette.take(Tag(0x28, first), value(&descriptor)));
        }
        for data in [0x1221, 0x1222, 0x1223] {
            assert!(palette.take(Tag(0x28, data), value(&segments)));
        }
        assert!(palette.0.iter().all(|channel| channel.lut.data.len() == 6), "as it lies in the file");
        let colours = palette.colours().unwrap();
        assert_eq!([0.0, 1.0, 3.0].map(|number| colours.of(number, false)), [[7; 3], [8; 3], [10; 3]]);
        // The same tag again, as a plain table.
        assert!(palette.take(Tag(0x28, 0x1201), value(&bytes(&[1, 2, 3, 4]))));
        assert_eq!(palette.colours().unwrap().of(0.0, false), [1, 7, 7]);
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
