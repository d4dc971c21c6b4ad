//! The look behind the pixels, where against all order may stand what speaks against showing them.

use super::{Holds, ITEM, ITEM_END, Pixels, SEQUENCE_END, Walk};
use crate::attributes::{Attributes, Place, WITHHOLDING};
use crate::encoding::{self, Element, Encoding, Endian};
use crate::source::Broken;
use assay_kit::Answer;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

/// Most elements behind the pixels that are looked at; fragments of the pixels are not counted.
const MOST_ELEMENTS: u32 = 1 << 20;
/// Most bytes that are no elements and are searched for the mark of names in the pixels.
const MOST_SEARCHED: u64 = 64 << 20;
/// Bytes searched at once, and how many of them belong to a tag and the begin of what follows it.
const CHUNK: usize = 64 << 10;
const MARK_BYTES: usize = 8;
/// Longest value of a `BurnedInAnnotation` without a type: two words are all it may be.
const LONGEST_WORD: u32 = 64;

/// Where a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With its last element, or with padding.
    Whole,
    /// In the middle of its pixels or of something behind them.
    Cut,
}

/// How far the look came.
struct Look {
    /// Where what is understood ends.
    understood: u64,
    /// The element that is being read.
    element: Option<Element>,
    left: u32,
}

impl Walk<'_> {
    /// Takes what stands behind the pixels and speaks against showing them, and says where the file ends. What makes no sense is padding if
    /// the mark of names in the pixels is not in it; what can't be looked through counts as if it were. The pixels are left behind.
    pub(crate) fn look_behind(&mut self, pixels: &Pixels, found: &mut Attributes, answer: &mut Answer) -> Result<Ending, Broken> {
        let mut look = Look { understood: pixels.at, element: None, left: MOST_ELEMENTS };
        let passed = match pixels.length {
            Some(length) => self.source.skip(length.into()),
            None => self.enter(Holds::Fragments, None, self.encoding()),
        };
        let is_passed = passed.is_ok();
        let looked = passed.and_then(|()| self.behind(&mut look, found, answer));
        let is_in_pixels = !is_passed || self.is_in_fragments();
        // A sequence has begun and not ended.
        let is_open = self.levels.len() > 1 && !is_in_pixels;
        match looked {
            Ok(()) if look.left == 0 => {
                found.burned_in.take_unseen();
                Ok(Ending::Whole)
            }
            Ok(()) => {
                self.search(look.understood, found, answer)?;
                Ok(if is_open { Ending::Cut } else { Ending::Whole })
            }
            Err(Broken::Ends) if is_in_pixels => {
                // All that was there is pixels, unless their length is wrong.
                look.understood = look.understood.max(self.source.at().saturating_sub(MOST_SEARCHED));
                self.search(look.understood, found, answer)?;
                Ok(Ending::Cut)
            }
            Err(Broken::Ends) => {
                let cut = look.element.filter(|element| is_likely(*element));
                if let Some(Element { tag, .. }) = cut.filter(|element| WITHHOLDING.contains(&element.tag)) {
                    found.unreadable(tag);
                    found.burned_in.take_unseen();
                }
                if look.element.is_none() && !self.source.goes_back() {
                    // The begin of an element, which can't be searched any more.
                    found.burned_in.take_unseen();
                }
                self.search(look.understood, found, answer)?;
                Ok(if is_open || cut.is_some() { Ending::Cut } else { Ending::Whole })
            }
            Err(Broken::Damaged(_)) if self.source.goes_back() => {
                self.search(look.understood, found, answer)?;
                Ok(Ending::Whole)
            }
            Err(Broken::Damaged(_) | Broken::TooLong | Broken::TooDeep) => {
                found.burned_in.take_unseen();
                Ok(Ending::Whole)
            }
            Err(stop @ (Broken::Stop(_) | Broken::Allowance)) => Err(stop),
        }
    }

    /// Goes on to the end of what is understood.
    fn behind(&mut self, look: &mut Look, found: &mut Attributes, answer: &mut Answer) -> Result<(), Broken> {
        while look.left > 0 {
            answer.progress()?;
            self.leave_what_ended();
            if self.levels.len() == 1 || self.is_in_fragments() {
                look.understood = self.source.at();
            }
            look.element = None;
            let encoding = self.encoding();
            let Some(element) = encoding::next(&mut self.source, encoding)? else { return Ok(()) };
            look.element = Some(element);
            match element.tag {
                ITEM => self.item(element)?,
                ITEM_END | SEQUENCE_END => self.delimiter(element.tag),
                _ => {
                    look.left -= 1;
                    self.element_behind(element, found)?;
                }
            }
        }
        Ok(())
    }

    fn element_behind(&mut self, Element { tag, vr, length }: Element, found: &mut Attributes) -> Result<(), Broken> {
        if self.is_in_fragments() {
            // Their delimiter was left out.
            self.levels.pop();
        }
        let encoding = self.encoding();
        let is_heard = self.place() == Place::Root && WITHHOLDING.contains(&tag);
        match length {
            Some(length) if is_heard => self.value(Place::Root, tag, length, found),
            Some(length) => self.source.skip(length.into()),
            None if !is_likely(Element { tag, vr, length }) => Err(Broken::Damaged("what stands behind the pixels is no element")),
            None => {
                if is_heard {
                    found.unreadable(tag);
                }
                let holds = if matches!(vr, Some(VR::OB | VR::OW)) { Holds::Fragments } else { Holds::Items(Place::Elsewhere, 0) };
                let inside = match vr {
                    Some(VR::UN) => Encoding { endian: encoding.endian, ..Encoding::IMPLICIT_LITTLE },
                    _ => encoding,
                };
                self.enter(holds, None, inside)
            }
        }
    }

    fn is_in_fragments(&self) -> bool {
        self.levels.len() == 2 && self.levels.last().is_some_and(|level| matches!(level.holds, Holds::Fragments))
    }

    /// Searches what can't be read as elements, to the file's end. Inflated bytes are searched from where they are.
    fn search(&mut self, from: u64, found: &mut Attributes, answer: &mut Answer) -> Result<(), Broken> {
        // What makes no sense in one order of bytes may in the other.
        let both = [Endian::Little, Endian::Big];
        if self.source.goes_back() {
            self.source.go(from)?;
        }
        let (mut kept, mut searched, mut chunk) = (Vec::new(), 0, vec![0; CHUNK]);
        loop {
            answer.progress()?;
            let got = match self.source.take(&mut chunk) {
                Ok(got) => got,
                Err(Broken::Ends) => 0,
                Err(stop @ (Broken::Stop(_) | Broken::Allowance)) => return Err(stop),
                Err(_) => break found.burned_in.take_unseen(),
            };
            searched += got as u64;
            kept.extend_from_slice(chunk.get(..got).unwrap_or_default());
            let is_end = got < chunk.len();
            if both.into_iter().any(|endian| has_mark(&kept, endian) || (is_end && ends_in_mark(&kept, endian))) {
                break found.unreadable(tags::BURNED_IN_ANNOTATION);
            }
            if is_end {
                break;
            }
            if searched > MOST_SEARCHED {
                break found.burned_in.take_unseen();
            }
            kept.drain(..kept.len().saturating_sub(MARK_BYTES - 1));
        }
        Ok(())
    }
}

/// Whether the head of an element is one, and not padding that looks like it: it says a type, or has a place there.
fn is_likely(Element { tag, vr, .. }: Element) -> bool {
    vr.is_some() || WITHHOLDING.contains(&tag) || matches!(tag.group(), 0x7fe0..=0x7fe1 | 0xfffa..=0xfffc)
}

fn tag_bytes(Tag(group, element): Tag, endian: Endian) -> [u8; 4] {
    let ([a, b], [c, d]) = match endian {
        Endian::Little => (group.to_le_bytes(), element.to_le_bytes()),
        Endian::Big => (group.to_be_bytes(), element.to_be_bytes()),
    };
    [a, b, c, d]
}

/// Whether the tag of `BurnedInAnnotation` is there, with a type or a length behind it.
fn has_mark(bytes: &[u8], endian: Endian) -> bool {
    let tag = tag_bytes(tags::BURNED_IN_ANNOTATION, endian);
    bytes.windows(MARK_BYTES).any(|window| match window.split_first_chunk() {
        Some((first, [type_0, type_1, rest @ ..])) if *first == tag => {
            let is_typed = [type_0, type_1].iter().all(|letter| letter.is_ascii_uppercase());
            let length = <[u8; 2]>::try_from(rest).map(|[third, fourth]| endian.long([*type_0, *type_1, third, fourth]));
            is_typed || length.is_ok_and(|length| length <= LONGEST_WORD)
        }
        _ => false,
    })
}

/// Whether the bytes end with at least half of that tag, or with all of it and a part of what follows.
fn ends_in_mark(bytes: &[u8], endian: Endian) -> bool {
    let tag = tag_bytes(tags::BURNED_IN_ANNOTATION, endian);
    (2..MARK_BYTES).any(|there| {
        let last = bytes.len().checked_sub(there).and_then(|from| bytes.get(from..)).unwrap_or_default();
        let (last, tag) = (last.get(..last.len().min(tag.len())).unwrap_or_default(), tag.get(..there.min(tag.len())).unwrap_or_default());
        last == tag
    })
}
