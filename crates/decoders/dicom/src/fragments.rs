//! The bytes of one frame among the fragments of compressed pixels (DICOM PS3.5, A.4): by a table of offsets where one is right, else by
//! walking, where the first bytes of a fragment tell whether a frame begins.

use crate::encoding::{self, Encoding};
use crate::source::{Broken, Source};
use crate::syntax;
use crate::walk::Pixels;
use assay_kit::Answer;
use dicom_core::Tag;

/// An item's tag.
const ITEM: Tag = Tag(0xfffe, 0xe000);
/// Bytes of a fragment that are looked at to know a frame's begin: a JPEG's frame header may lie behind other segments.
const LOOK: usize = 12;
/// How far a table's entries are apart.
const BASIC_ENTRY: u64 = 4;
const EXTENDED_ENTRY: u64 = 8;

/// A frame's bytes.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) bytes: Vec<u8>,
    pub(crate) damage: Option<String>,
}

/// One fragment.
#[derive(Debug, Clone, Copy)]
struct Fragment {
    /// Where its head begins.
    head: u64,
    /// Where its bytes begin.
    at: u64,
    length: u32,
}

/// Gathers the middle frame; `most` bytes at most.
pub(crate) fn middle(source: &mut Source<'_>, pixels: &Pixels, frames: u64, most: u64, answer: &mut Answer) -> Result<Found, Broken> {
    source.go(pixels.at)?;
    let table = next(source)?.ok_or(Broken::Damaged("the pixels have no fragments"))?;
    let base = table.at.saturating_add(table.length.into());
    let wanted = frames / 2;
    if frames == 1 {
        return gather(source, base, End::Last, most);
    }
    if let Some((at, end)) = by_table(source, pixels, table, base, frames)? {
        return gather(source, at, end, most);
    }
    match begin_of(source, base, wanted, answer)? {
        Ok(at) => gather(source, at, End::NextFrame, most),
        Err(0) => Err(Broken::Ends),
        Err(there) => {
            let at = begin_of(source, base, there / 2, answer)?.unwrap_or(base);
            let found = gather(source, at, End::NextFrame, most)?;
            Ok(Found { damage: Some(format!("{frames} frames are told and {there} are there")), ..found })
        }
    }
}

/// Where gathering ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// With the last fragment.
    Last,
    /// At this place.
    At(u64),
    /// Where another frame begins.
    NextFrame,
}

/// Reads the head of the fragment that begins here; `None` where their sequence ends.
fn next(source: &mut Source<'_>) -> Result<Option<Fragment>, Broken> {
    let head = source.at();
    let Some(element) = encoding::next(source, Encoding::EXPLICIT_LITTLE)? else { return Ok(None) };
    match (element.tag, element.length) {
        (ITEM, Some(length)) => Ok(Some(Fragment { head, at: source.at(), length })),
        _ => Ok(None),
    }
}

/// Where the wanted frame begins and ends by a table, if that leads to fragments.
fn by_table(source: &mut Source<'_>, pixels: &Pixels, basic: Fragment, base: u64, frames: u64) -> Result<Option<(u64, End)>, Broken> {
    let (table, entry, length) = match pixels.offsets {
        Some((at, length)) => (at, EXTENDED_ENTRY, u64::from(length)),
        None => (basic.at, BASIC_ENTRY, u64::from(basic.length)),
    };
    if length / entry < frames {
        return Ok(None);
    }
    let wanted = frames / 2;
    let mut offset = |number: u64| -> Result<u64, Broken> {
        source.go(table + number * entry)?;
        let mut bytes = [0; 8];
        source.fill(bytes.get_mut(..if entry == BASIC_ENTRY { 4 } else { 8 }).unwrap_or_default())?;
        Ok(base.saturating_add(u64::from_le_bytes(bytes)))
    };
    let begin = offset(wanted)?;
    let end = if wanted + 1 < frames { End::At(offset(wanted + 1)?) } else { End::Last };
    if !source.may_have(0) || source.go(begin).is_err() || !matches!(next(source), Ok(Some(_))) {
        return Ok(None);
    }
    Ok(match end {
        End::At(at) if at <= begin => None,
        end => Some((begin, end)),
    })
}

/// Walks to where a frame begins; where there are fewer frames, how many there are.
fn begin_of(source: &mut Source<'_>, base: u64, wanted: u64, answer: &mut Answer) -> Result<Result<u64, u64>, Broken> {
    source.go(base)?;
    let mut frames = 0;
    let mut have_marks = None;
    while let Ok(Some(fragment)) = next(source) {
        answer.progress()?;
        let is_begin = begins(source, fragment)?;
        // Without any mark each fragment is a frame, as RLE has it.
        let marked = *have_marks.get_or_insert(is_begin);
        if is_begin || !marked {
            if frames == wanted {
                return Ok(Ok(fragment.head));
            }
            frames += 1;
        }
        if source.go(fragment.at.saturating_add(fragment.length.into())).is_err() {
            break;
        }
    }
    Ok(Err(frames))
}

fn begins(source: &mut Source<'_>, fragment: Fragment) -> Result<bool, Broken> {
    let mut look = [0; LOOK];
    source.go(fragment.at)?;
    let got = source.take(&mut look)?.min(usize::try_from(fragment.length).unwrap_or(LOOK));
    Ok(syntax::by_mark(look.get(..got).unwrap_or_default()).is_some())
}

fn gather(source: &mut Source<'_>, from: u64, end: End, most: u64) -> Result<Found, Broken> {
    source.go(from)?;
    let mut found = Found { bytes: Vec::new(), damage: None };
    let mut have_marks = false;
    while !matches!(end, End::At(at) if source.at() >= at) {
        let Ok(next) = next(source) else {
            found.damage = Some("the fragments end early".to_owned());
            break;
        };
        let Some(fragment) = next else { break };
        let is_begin = begins(source, fragment)?;
        if found.bytes.is_empty() {
            have_marks = is_begin;
        } else if matches!(end, End::NextFrame) && (is_begin || !have_marks) {
            break;
        }
        if found.bytes.len() as u64 + u64::from(fragment.length) > most {
            return Err(Broken::Damaged("a frame has more bytes than its pixels could need"));
        }
        source.go(fragment.at)?;
        let bytes = source.bytes(fragment.length.into())?;
        let is_whole = bytes.len() as u64 == u64::from(fragment.length);
        found.bytes.extend_from_slice(&bytes);
        if !is_whole {
            found.damage = Some("the fragments end early".to_owned());
            break;
        }
    }
    if found.bytes.is_empty() { Err(Broken::Ends) } else { Ok(found) }
}
