//! The road through a data set: listed attributes are read, sequences that hold some are entered, everything else is skipped unread.

use crate::attributes::{Attributes, Place};
use crate::encoding::{self, Element, Encoding, Endian};
use crate::source::{Broken, SEQUENCE_DEPTH, Source};
use crate::value::Value;
use assay_kit::Answer;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

mod behind;

pub(crate) use behind::Ending;

/// The begin of an item, its end, and the end of a sequence.
const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);

/// Longest value that is read: a table of 65,536 entries of two bytes.
const LONGEST_VALUE: u32 = 131_072;

/// Where the road pauses.
#[derive(Debug)]
pub(crate) enum Pause {
    /// Before the groups that describe each frame: what comes before them describes them all.
    FrameGroups,
    /// At the first byte of the pixels.
    Pixels(Pixels),
    /// The data set is at its end.
    End,
}

/// Where the pixels are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pixels {
    /// `PixelData`, or one of its kin of floating-point numbers.
    pub(crate) tag: Tag,
    pub(crate) vr: Option<VR>,
    /// The first byte of the value.
    pub(crate) at: u64,
    /// Bytes; `None` where they lie in fragments.
    pub(crate) length: Option<u32>,
    pub(crate) endian: Endian,
    /// Offsets and lengths of frames from an extended offset table: each the place of its bytes and how many there are.
    pub(crate) offsets: Option<(u64, u32)>,
    /// Where the file ends, as far as that was looked for.
    pub(crate) ending: Ending,
}

/// A traveller.
pub(crate) struct Walk<'a> {
    source: Source<'a>,
    levels: Vec<Level>,
    waiting: Option<Element>,
    offsets: Option<(u64, u32)>,
    frame: u64,
}

/// A sequence or one of its items.
struct Level {
    holds: Holds,
    /// Where it ends, where that is known.
    end: Option<u64>,
    encoding: Encoding,
}

enum Holds {
    Elements(Place),
    /// Items of a sequence, and how many came.
    Items(Place, u64),
    /// Pieces of pixels that are not the instance's own.
    Fragments,
}

impl<'a> Walk<'a> {
    /// Begins at a data set's first byte.
    pub(crate) fn new(source: Source<'a>, encoding: Encoding) -> Self {
        let root = Level { holds: Holds::Elements(Place::Root), end: None, encoding };
        Self { source, levels: vec![root], waiting: None, offsets: None, frame: 0 }
    }

    /// Says of which frame the groups are wanted.
    pub(crate) fn want_frame(&mut self, frame: u64) {
        self.frame = frame;
    }

    /// Goes on to the next pause.
    pub(crate) fn on(&mut self, found: &mut Attributes, answer: &mut Answer) -> Result<Pause, Broken> {
        if let Some(groups) = self.waiting.take() {
            self.enter(Holds::Items(Place::FrameGroups, 0), groups.length, self.encoding())?;
        }
        loop {
            answer.progress()?;
            self.leave_what_ended();
            let encoding = self.encoding();
            let Some(element) = encoding::next(&mut self.source, encoding)? else {
                return if self.levels.len() == 1 { Ok(Pause::End) } else { Err(Broken::Ends) };
            };
            match element.tag {
                ITEM => self.item(element)?,
                ITEM_END | SEQUENCE_END => self.delimiter(element.tag),
                _ => {
                    if let Some(pause) = self.element(element, found)? {
                        return Ok(pause);
                    }
                }
            }
        }
    }

    /// The bytes again, from where they began; places count as before.
    pub(crate) fn source_again(self) -> Result<Source<'a>, Broken> {
        self.source.again()
    }

    fn encoding(&self) -> Encoding {
        self.levels.last().map_or(Encoding::EXPLICIT_LITTLE, |level| level.encoding)
    }

    fn place(&self) -> Place {
        match self.levels.last().map(|level| &level.holds) {
            Some(Holds::Elements(place)) => *place,
            _ => Place::Elsewhere,
        }
    }

    fn leave_what_ended(&mut self) {
        while self.levels.len() > 1 && self.levels.last().is_some_and(|level| level.end.is_some_and(|end| end <= self.source.at())) {
            self.levels.pop();
        }
    }

    fn enter(&mut self, holds: Holds, length: Option<u32>, encoding: Encoding) -> Result<(), Broken> {
        // Two levels for each sequence: itself and its item.
        if self.levels.len() > 2 * SEQUENCE_DEPTH {
            return Err(Broken::TooDeep);
        }
        let end = length.map(|length| self.source.at().saturating_add(length.into()));
        self.levels.push(Level { holds, end, encoding });
        Ok(())
    }

    fn item(&mut self, item: Element) -> Result<(), Broken> {
        let frame = self.frame;
        let encoding = self.encoding();
        let place = match self.levels.last_mut().map(|level| &mut level.holds) {
            Some(Holds::Items(place, seen)) => {
                *seen += 1;
                place.item(*seen - 1, frame)
            }
            Some(Holds::Fragments) => return self.source.skip(item.length.unwrap_or(0).into()),
            // An item in no sequence: its elements are looked through without taking any.
            _ => Place::Elsewhere,
        };
        match (place, item.length) {
            (Place::Elsewhere, Some(length)) => self.source.skip(length.into()),
            (place, length) => self.enter(Holds::Elements(place), length, encoding),
        }
    }

    /// Ends what a delimiter ends, and what lies in that without one.
    fn delimiter(&mut self, tag: Tag) {
        let ends_items = tag == SEQUENCE_END;
        let ended = self.levels.iter().rposition(|level| match level.holds {
            Holds::Elements(_) => !ends_items,
            Holds::Items(..) | Holds::Fragments => ends_items,
        });
        // The root is never left: a delimiter too many is nothing.
        if let Some(ended @ 1..) = ended {
            self.levels.truncate(ended);
        }
    }

    fn element(&mut self, element: Element, found: &mut Attributes) -> Result<Option<Pause>, Broken> {
        let (place, encoding) = (self.place(), self.encoding());
        let Element { tag, vr, length } = element;
        if place == Place::Root {
            match tag {
                tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA => {
                    let pixels = Pixels {
                        tag,
                        vr,
                        at: self.source.at(),
                        length,
                        endian: encoding.endian,
                        offsets: self.offsets,
                        ending: Ending::Whole,
                    };
                    return Ok(Some(Pause::Pixels(pixels)));
                }
                tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE => {
                    self.waiting = Some(element);
                    return Ok(Some(Pause::FrameGroups));
                }
                tags::EXTENDED_OFFSET_TABLE => self.offsets = length.map(|length| (self.source.at(), length)),
                _ => {}
            }
        }
        if length.is_none() && place.wants(tag) {
            found.unreadable(tag);
        }
        let inside = place.inside(tag);
        match length {
            Some(length) if place.wants(tag) => self.value(place, tag, length, found)?,
            // What hides its type hides a sequence in the implicit way (PS3.5, 6.2.2, note 2).
            None if vr == Some(VR::UN) => {
                self.enter(Holds::Items(inside, 0), None, Encoding { endian: encoding.endian, ..Encoding::IMPLICIT_LITTLE })?;
            }
            None if tag == tags::PIXEL_DATA || matches!(vr, Some(VR::OB | VR::OW)) => self.enter(Holds::Fragments, None, encoding)?,
            None => self.enter(Holds::Items(inside, 0), None, encoding)?,
            Some(_) if inside != Place::Elsewhere => {
                let encoding =
                    if vr == Some(VR::UN) { Encoding { endian: encoding.endian, ..Encoding::IMPLICIT_LITTLE } } else { encoding };
                self.enter(Holds::Items(inside, 0), length, encoding)?;
            }
            Some(length) => self.source.skip(length.into())?,
        }
        Ok(None)
    }

    fn value(&mut self, place: Place, tag: Tag, length: u32, found: &mut Attributes) -> Result<(), Broken> {
        if length > LONGEST_VALUE {
            found.unreadable(tag);
            return self.source.skip(length.into());
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.source.fill(&mut bytes)?;
        found.take(place, tag, Value { bytes: &bytes, endian: self.encoding().endian });
        Ok(())
    }
}
