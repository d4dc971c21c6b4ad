//! The road of one asset: recognise, describe, show.

use crate::bands::{self, Model};
use crate::facts::{Found, Subject};
use crate::ffi::{self, Dataset, Driver, Format, Hearing, Mounted, Trouble};
use crate::nitf::Headers;
use crate::picture::Drawn;
use crate::{codestream, cog, lacking, nitf, picture, tiff};
use assay_contract::Code;
use assay_contract::details::ImageryDetails;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::limits::LimitHit;
use assay_kit::{Answer, Decoder, Input, Stop};
use std::collections::BTreeMap;
use std::io;

/// Codes of a NITF's compression (IC, MIL-STD-2500C table A-3) that GDAL reads here.
const READ_BY_GDAL: [&str; 12] = ["NC", "NM", "C1", "M1", "C3", "M3", "C4", "M4", "C8", "M8", "I1", "M0"];

/// The signature box of a JPEG 2000 file (ISO/IEC 15444-1, I.5.1).
const JPEG_2000: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";

/// The decoder of imagery with a place on earth.
#[derive(Debug, Default, Clone, Copy)]
pub struct Geo;

impl Decoder for Geo {
    fn family(&self) -> &'static str {
        "geo"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        ffi::versions().into_iter().map(|(name, version)| (name.to_owned(), version)).collect()
    }

    fn warm(&self) {
        ffi::begin();
    }

    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
        if input.length() == 0 {
            return Err(Refusal::new(Code::EmptyAsset, "0 bytes").into());
        }
        ffi::begin();
        let subject = recognised(input)?;
        if let Subject::Nitf(standard, headers) = &subject {
            // What the headers say stands, whatever becomes of the pixels.
            answer.facts(&Found::in_headers(*standard, &headers.told).facts(&subject, task.content_length))?;
            if let Some(promised) = headers.promised.filter(|promised| *promised > input.length()) {
                let sentence =
                    format!("The file ends early: {} of {promised} bytes are in it, and what could be read was kept.", input.length());
                answer.issue(&Issue::error("truncated-asset", sentence))?;
            }
        }
        let mounted = Mounted::new(input);
        let outcome = match Dataset::open(&mounted, driver(&subject)) {
            // A box that looked like a place was none.
            Ok(dataset) if matches!(subject, Subject::Jpeg2000) && !has_place(&dataset) => Err(a_picture().into()),
            Ok(dataset) => described(task, &dataset, &subject, answer),
            Err(Trouble::Input(error)) => return Err(stopped(error)),
            Err(Trouble::Failed) => match &subject {
                Subject::Tiff(..) => Err(Refusal::corrupt("its first directory makes no raster").into()),
                Subject::Nitf(_, headers) => Ok(Shown::Not(unopened(headers))),
                Subject::Jpeg2000 => Err(a_picture().into()),
            },
        };
        // What looks like damage may be a worker that has no more bytes to give.
        if let Some(error) = mounted.failure() {
            return Err(stopped(error));
        }
        drop(mounted);
        let refusal = match outcome? {
            Shown::Yes(drawn) if drawn.is_whole => return lacking::tell(&subject, &drawn, input, answer),
            Shown::Yes(_) => return Ok(()),
            Shown::Not(refusal) => refusal,
        };
        let shown = match &subject {
            Subject::Nitf(_, headers) if refusal.code == Code::CorruptAsset => again(task, headers, input, answer, refusal),
            _ => Err(refusal.into()),
        };
        match shown {
            // The facts stand: only the pictures are refused.
            Err(Stop::Refused(refusal)) => answer.refuse_output(&refusal),
            shown => shown,
        }
    }
}

/// Whether GDAL could make a picture.
enum Shown {
    Yes(Drawn),
    Not(Refusal),
}

/// What GDAL can't open or read may still be a codestream that OpenJPEG decodes: GDAL gives up on samples that stand for several places,
/// and on blocks without the marks that were promised.
fn again(task: &Task, headers: &Headers, input: &mut Input, answer: &mut Answer, refusal: Refusal) -> Result<(), Stop> {
    let told = headers.told.image_segments.first().map(|image| (image.width, image.height));
    match (headers.first_compression(), headers.pixels, told) {
        (Some("C8"), Some(place), Some(told)) => codestream::show(task, input, place, told, answer),
        _ => Err(refusal.into()),
    }
}

const fn driver(subject: &Subject) -> Driver {
    match subject {
        Subject::Tiff(..) => Driver::GTiff,
        Subject::Nitf(..) => Driver::Nitf,
        Subject::Jpeg2000 => Driver::Jpeg2000,
    }
}

/// Whether a file says where it lies, by whatever box (GeoJP2's GeoTIFF, or GMLJP2, OGC 08-085).
fn has_place(dataset: &Dataset<'_>) -> bool {
    dataset.geotransform().is_some() || dataset.gcp_count() > 0
}

/// A JPEG 2000 without a place, or one that GDAL can't open: the decoder of pictures shows what there is of it.
fn a_picture() -> Refusal {
    Refusal::unsupported("the JPEG 2000 has no place on earth").belonging_to("image")
}

/// What it is by its own bytes, whatever the task calls it.
fn recognised(input: &mut Input) -> Result<Subject, Stop> {
    let mut head = vec![0; cog::HEAD_BYTES];
    let got = input.read_at(0, &mut head).map_err(stopped)?;
    head.truncate(got);
    if let Some(standard) = nitf::standard(&head) {
        return Ok(Subject::Nitf(standard, nitf::read(input, standard).map_err(stopped)?));
    }
    if head.starts_with(JPEG_2000) {
        return Ok(Subject::Jpeg2000);
    }
    match tiff::look(input).map_err(stopped)? {
        Some(first) if first.has_place => Ok(Subject::Tiff(first, head)),
        Some(_) => Err(Refusal::unsupported("the TIFF has no place on earth").into()),
        None => Err(Refusal::unsupported("neither a TIFF with a directory, nor a NITF of a version that is read, nor a JPEG 2000").into()),
    }
}

/// Tells what a dataset is, then shows it.
fn described(task: &Task, dataset: &Dataset<'_>, subject: &Subject, answer: &mut Answer) -> Result<Shown, Stop> {
    let found = Found::in_dataset(dataset, subject);
    answer.facts(&found.facts(subject, task.content_length))?;
    if found.left_out > 0 {
        let sentence = format!("{} entries of long lists (segments, bands, overviews) are left out of the record.", found.left_out);
        answer.issue(&Issue::warning("entries-left-out", sentence))?;
    }
    if let Some(refusal) = placeless(&found, subject) {
        answer.refuse_output(&refusal)?;
    }
    let most = ImageryDetails::MOST_BANDS as u64;
    if u64::from(found.band_count) > most {
        return Ok(Shown::Not(Refusal::limit(Code::TooManyBands, LimitHit::new("bands", found.band_count.into(), most))));
    }
    let kinds: Vec<_> = (1..=found.band_count).filter_map(|number| dataset.band(number)).map(|band| band.interpretation()).collect();
    let Some(mut choice) = bands::choose(&kinds) else {
        answer.issue(&Issue::warning("nothing-to-show", "There is no image in it: it has no thumbnails."))?;
        return Ok(Shown::Yes(Drawn::default()));
    };
    if choice.model == Model::Ycc && found.details.compression.as_deref() == Some("JPEG") {
        // The bands keep the segment's names, though the JPEG driver has made red, green and blue of them.
        choice.model = Model::Rgb;
    }
    let heard = match found.details.compression.as_deref() {
        Some("JPEG2000") => Hearing::of(Format::Jpeg2000),
        Some("JPEG" | "YCbCr JPEG") => Hearing::of(Format::Jpeg),
        _ => Hearing::deaf(),
    };
    match picture::show(task, dataset, &choice, heard, answer) {
        Err(Stop::Refused(refusal)) => Ok(Shown::Not(refusal)),
        Err(stop) => Err(stop),
        Ok(drawn) => Ok(Shown::Yes(drawn)),
    }
}

/// Why the raster can't be laid on a map, though it says that it could. What says nothing of a system lies in `Simple` coordinates.
fn placeless(found: &Found, subject: &Subject) -> Option<Refusal> {
    let names_one = matches!(subject, Subject::Tiff(first, _) if first.names_system);
    match &found.details.crs {
        Some(crs) if crs.epsg.is_some() => None,
        Some(_) => Some(Refusal::new(Code::InvalidEpsg, "its system is defined by its own parameters")),
        None if names_one => Some(Refusal::new(Code::InvalidEpsg, "the code it names is not in the registry")),
        None => None,
    }
}

fn unopened(headers: &Headers) -> Refusal {
    match headers.first_compression() {
        Some(code) if !READ_BY_GDAL.contains(&code) => Refusal::unsupported("its first image is compressed in a way that is not read"),
        _ => Refusal::corrupt("its first image can't be opened"),
    }
}

/// What a failed read of the input means: the allowance is used up, or the worker is gone.
pub(crate) fn stopped(error: io::Error) -> Stop {
    if error.kind() == io::ErrorKind::QuotaExceeded {
        return Refusal::new(Code::LimitExceeded, error.to_string()).into();
    }
    Stop::Gone(error)
}
