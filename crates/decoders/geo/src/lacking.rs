//! What an image lacks by its own marks and tables: the library gives black for it, without a word.

mod jpegs;
mod striles;

use crate::decoder::stopped;
use crate::facts::Subject;
use crate::picture::Drawn;
use assay_contract::Code;
use assay_contract::failure::Issue;
use assay_kit::{Answer, Input, Stop};
use std::{fmt, io};

/// So many of so many tiles, strips or blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lack {
    lacking: u64,
    told: u64,
    part: Part,
}

/// What a raster is stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Tiles,
    Strips,
    Blocks,
}

/// Looks whether all is there of a raster whose pictures are made and said to be whole, and tells what is not.
pub(crate) fn tell(subject: &Subject, drawn: &Drawn, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
    let lack = match subject {
        Subject::Nitf(_, headers) => match (headers.first_compression(), headers.pixels, headers.blocks) {
            (Some("C8"), Some(place), _) => tiles(input, place).map_err(stopped)?,
            (Some("C3"), Some(place), Some(blocks)) => jpegs::lack(input, place, blocks).map_err(stopped)?,
            _ => None,
        },
        Subject::Jpeg2000 => {
            let whole = (0, input.length());
            tiles(input, whole).map_err(stopped)?
        }
        Subject::Tiff(..) => return in_directories(drawn, input, answer),
    };
    lack.map_or(Ok(()), |lack| answer.issue(&Issue::error(Code::CorruptAsset.as_str(), shown(lack))))
}

fn shown(lack: Lack) -> String {
    format!("A part of the raster is damaged or missing, and its thumbnails show what could be read ({lack} missing or incomplete).")
}

/// The resolution that was shown, and the full one: a file that is cut off may have all of its overviews.
fn in_directories(drawn: &Drawn, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
    if let Some(directory) = drawn.shown_directory
        && let Some(found) = striles::look(input, directory).map_err(stopped)?
        && let Some(lack) = found.empty
    {
        return answer.issue(&Issue::error(Code::CorruptAsset.as_str(), shown(lack)));
    }
    let Some(found) = drawn.full_directory.map(|directory| striles::look(input, directory)).transpose().map_err(stopped)?.flatten() else {
        return Ok(());
    };
    if let Some(lack) = found.beyond {
        let sentence = format!("The file ends early: {lack} of its full resolution lie behind its end.");
        answer.issue(&Issue::error("truncated-asset", sentence))?;
    }
    if let Some(lack) = found.empty {
        let sentence = format!("A part of the full resolution is damaged or missing ({lack} missing or incomplete).");
        answer.issue(&Issue::error(Code::CorruptAsset.as_str(), sentence))?;
    }
    Ok(())
}

/// Of a JPEG 2000 codestream, bare or in boxes.
fn tiles(input: &mut Input, place: (u64, u64)) -> io::Result<Option<Lack>> {
    let range = place.0..end(input, place);
    let found = assay_openjpeg::lacking_tiles(range, |at, into| input.read_at(at, into))?;
    Ok(found.and_then(|(lacking, told)| Lack::of(lacking, told, Part::Tiles)))
}

/// Where an image segment's pixels end; of a length that its writer left at zero all that follows is the library's.
fn end(input: &Input, (at, length): (u64, u64)) -> u64 {
    if length == 0 { input.length() } else { at.saturating_add(length).min(input.length()) }
}

impl Lack {
    /// `None` where nothing lacks.
    const fn of(lacking: u64, told: u64, part: Part) -> Option<Self> {
        if lacking > 0 { Some(Self { lacking, told, part }) } else { None }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Tiles => "tiles",
            Part::Strips => "strips",
            Part::Blocks => "blocks",
        };
        write!(to, "{} of {} {part}", self.lacking, self.told)
    }
}
