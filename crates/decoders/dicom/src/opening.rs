//! How a file begins: with or without preamble and group 0002, which is read for its transfer syntax however oddly it is written.
//!
//! Real files have no preamble, no group length or a wrong one, implicit types where explicit ones must be, or another encoding than
//! they say (DICOM PS3.10, chapter 7, would have none of it); what the data set's first element looks like decides.

use crate::encoding::{self, Encoding, Endian, Types};
use crate::source::{Broken, Source};
use crate::value::Value;
use assay_kit::Input;
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

/// Bytes before the mark.
const PREAMBLE: u64 = 128;
/// The mark of a file with a preamble.
const MARK: [u8; 4] = *b"DICM";
/// Longest value of group 0002 that is read, bytes.
const LONGEST_VALUE: u32 = 1024;
/// Most elements of group 0002.
const MOST_ELEMENTS: usize = 256;

/// What a file's begin tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The transfer syntax that the file says, else the one that was recognised.
    pub(crate) syntax: String,
    /// Whether the file itself says its syntax: then it is an instance, however little is in it.
    pub(crate) is_told: bool,
    /// The SOP class that group 0002 says.
    pub(crate) sop_class: Option<String>,
    pub(crate) encoding: Encoding,
    /// Where the data set begins.
    pub(crate) at: u64,
    pub(crate) is_deflated: bool,
}

/// Reads up to the data set's first byte.
pub(crate) fn open(input: &mut Input) -> Result<Opened, Broken> {
    let mut source = Source::plain(input, 0);
    let begin = begin(&mut source)?;
    source.go(begin)?;
    let said = meta(&mut source)?;
    let mut first = [0; 8];
    let at = source.at();
    let got = source.take(&mut first)?;
    let seen = if got == first.len() { Encoding::recognise(first) } else { None };
    if said.syntax.as_deref().is_some_and(is_deflated) && !seen.is_some_and(|seen| seen.types == Types::Explicit && is_group_8(first)) {
        let syntax = said.syntax.unwrap_or_default();
        return Ok(Opened { syntax, is_told: true, sop_class: said.sop_class, encoding: Encoding::EXPLICIT_LITTLE, at, is_deflated: true });
    }
    let encoding = seen.or(said.syntax.as_deref().map(encoding_of)).ok_or(Broken::Damaged("it begins with no DICOM element"))?;
    let is_told = said.syntax.is_some();
    let syntax = said.syntax.unwrap_or_else(|| {
        match encoding {
            Encoding { types: Types::Implicit, .. } => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            Encoding { endian: Endian::Little, .. } => uids::EXPLICIT_VR_LITTLE_ENDIAN,
            Encoding { endian: Endian::Big, .. } => BIG_ENDIAN,
        }
        .to_owned()
    });
    Ok(Opened { syntax, is_told, sop_class: said.sop_class, encoding, at, is_deflated: false })
}

/// Explicit big endian; retired.
pub(crate) const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Where the first element is.
fn begin(source: &mut Source<'_>) -> Result<u64, Broken> {
    let mut mark = [0; 4];
    source.take(&mut mark)?;
    if mark == MARK {
        return Ok(MARK.len() as u64);
    }
    if !source.may_have(PREAMBLE) {
        return Ok(0);
    }
    source.go(PREAMBLE)?;
    source.take(&mut mark)?;
    Ok(if mark == MARK { source.at() } else { 0 })
}

/// What group 0002 says.
#[derive(Default)]
struct Said {
    syntax: Option<String>,
    sop_class: Option<String>,
}

/// Reads elements for as long as they are of group 0002, whatever its length is said to be.
fn meta(source: &mut Source<'_>) -> Result<Said, Broken> {
    let mut said = Said::default();
    for _ in 0..MOST_ELEMENTS {
        let here = source.at();
        let mut group = [0; 2];
        source.take(&mut group)?;
        source.go(here)?;
        if u16::from_le_bytes(group) != 0x0002 {
            break;
        }
        let Some(element) = encoding::next(source, Encoding::EXPLICIT_LITTLE)? else { break };
        let length = element.length.ok_or(Broken::Damaged("an element of group 0002 has no length"))?;
        if length > LONGEST_VALUE || !matches!(element.tag, tags::TRANSFER_SYNTAX_UID | tags::MEDIA_STORAGE_SOP_CLASS_UID) {
            source.skip(length.into())?;
            continue;
        }
        let bytes = source.bytes(length.into())?;
        let uid = Value { bytes: &bytes, endian: Endian::Little }.uid();
        // Of an element that comes twice the first counts, as for other readers (DCMTK: "found twice, ignoring second entry").
        let slot = if element.tag == tags::TRANSFER_SYNTAX_UID { &mut said.syntax } else { &mut said.sop_class };
        if slot.is_none() {
            *slot = uid;
        }
    }
    Ok(said)
}

fn is_deflated(syntax: &str) -> bool {
    matches!(syntax, uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN | uids::JPIP_REFERENCED_DEFLATE | uids::JPIPHTJ2K_REFERENCED_DEFLATE)
}

fn encoding_of(syntax: &str) -> Encoding {
    match syntax {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => Encoding::IMPLICIT_LITTLE,
        BIG_ENDIAN => Encoding { endian: Endian::Big, types: Types::Explicit },
        _ => Encoding::EXPLICIT_LITTLE,
    }
}

/// A data set that is said to be deflated and is not begins like this.
fn is_group_8(first: [u8; 8]) -> bool {
    let [g0, g1, e0, e1, ..] = first;
    let tag = Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
    tag.group() == 8 && tag.element() < 0x100
}
