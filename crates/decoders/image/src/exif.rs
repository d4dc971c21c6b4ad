//! What a camera wrote, read tolerantly: a broken tag costs that tag, never the picture.

use assay_contract::details::{Exif, Gps};
use assay_contract::failure::Issue;
use exif::{DateTime, Field, In, Rational, Reader, Tag, Value};

/// What EXIF tells.
#[derive(Debug)]
pub(crate) struct Notes {
    /// 1 to 8; 1 where there is none (CIPA DC-008, tag 0x0112).
    pub(crate) orientation: u8,
    /// Dots an inch.
    pub(crate) dpi: Option<[f64; 2]>,
    /// Absent where nothing of it is there.
    pub(crate) exif: Option<Exif>,
    /// What could not be read.
    pub(crate) issue: Option<Issue>,
}

/// Longest text that is kept, characters.
const TEXT_CHARACTERS: usize = 200;

/// Reads a TIFF structure, as EXIF is one.
pub(crate) fn read(tiff: &[u8], most_bytes: u64) -> Notes {
    let mut issue = None;
    let damaged = |why: &str| Some(Issue::warning("exif-unreadable", format!("A part of the EXIF metadata is left out: {why}.")));
    if tiff.len() as u64 > most_bytes {
        return Notes { orientation: 1, dpi: None, exif: None, issue: damaged("it is larger than allowed") };
    }
    let tags = Reader::new()
        .continue_on_error(true)
        .read_raw(tiff.to_vec())
        .or_else(|error| error.distill_partial_result(|_| issue = damaged("some of its tags are damaged")));
    let Ok(tags) = tags else {
        return Notes { orientation: 1, dpi: None, exif: None, issue: damaged("it is damaged") };
    };
    let orientation = number(tags.get_field(Tag::Orientation, In::PRIMARY)).and_then(|n| u8::try_from(n).ok());
    let exif = Exif {
        make: text(tags.get_field(Tag::Make, In::PRIMARY)),
        model: text(tags.get_field(Tag::Model, In::PRIMARY)),
        lens: text(tags.get_field(Tag::LensModel, In::PRIMARY)),
        taken_at: taken_at(&tags),
        exposure_s: quotient(tags.get_field(Tag::ExposureTime, In::PRIMARY)).filter(|s| *s > 0.0),
        f_number: quotient(tags.get_field(Tag::FNumber, In::PRIMARY)).filter(|n| *n > 0.0),
        iso: number(tags.get_field(Tag::PhotographicSensitivity, In::PRIMARY)).filter(|iso| *iso > 0),
        focal_length_mm: quotient(tags.get_field(Tag::FocalLength, In::PRIMARY)).filter(|mm| *mm > 0.0),
        gps: place(&tags),
    };
    Notes {
        orientation: orientation.filter(|n| (1..=8).contains(n)).unwrap_or(1),
        dpi: resolution(&tags),
        exif: Some(exif).filter(|exif| *exif != Exif::default()),
        issue,
    }
}

fn number(field: Option<&Field>) -> Option<u32> {
    field?.value.get_uint(0)
}

fn text(field: Option<&Field>) -> Option<String> {
    let Value::Ascii(parts) = &field?.value else { return None };
    let text = String::from_utf8_lossy(parts.first()?);
    let kept: String = text.chars().filter(|c| !c.is_control()).take(TEXT_CHARACTERS).collect();
    Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())
}

fn rationals(field: Option<&Field>) -> Option<&[Rational]> {
    match &field?.value {
        Value::Rational(numbers) => Some(numbers),
        _ => None,
    }
}

fn quotient(field: Option<&Field>) -> Option<f64> {
    finite(*rationals(field)?.first()?)
}

/// A denominator of 0 means that it is not known.
fn finite(number: Rational) -> Option<f64> {
    Some(number.to_f64()).filter(|n| n.is_finite())
}

/// Tag 0x0128: 2 is inch (and the default), 3 is centimetre.
fn resolution(tags: &exif::Exif) -> Option<[f64; 2]> {
    let factor = match number(tags.get_field(Tag::ResolutionUnit, In::PRIMARY)) {
        None | Some(2) => 1.0,
        Some(3) => 2.54,
        Some(_) => return None,
    };
    let across = quotient(tags.get_field(Tag::XResolution, In::PRIMARY))?;
    let down = quotient(tags.get_field(Tag::YResolution, In::PRIMARY))?;
    Some([across * factor, down * factor]).filter(|[x, y]| *x > 0.0 && *y > 0.0)
}

fn taken_at(tags: &exif::Exif) -> Option<String> {
    let ascii = |tag| match &tags.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => parts.first(),
        _ => None,
    };
    let mut time = DateTime::from_ascii(ascii(Tag::DateTimeOriginal).or_else(|| ascii(Tag::DateTimeDigitized))?).ok()?;
    // Cameras whose clock was never set write zeros.
    if !(1..=12).contains(&time.month) || !(1..=31).contains(&time.day) || time.hour > 23 || time.minute > 59 || time.second > 60 {
        return None;
    }
    let offset = ascii(Tag::OffsetTimeOriginal).and_then(|text| {
        time.parse_offset(text).ok()?;
        let minutes = time.offset?;
        let sign = if minutes < 0 { '-' } else { '+' };
        Some(format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60))
    });
    let DateTime { year, month, day, hour, minute, second, .. } = time;
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{}", offset.unwrap_or_default()))
}

fn place(tags: &exif::Exif) -> Option<Gps> {
    let degrees = |value, reference, negative: u8, most: f64| {
        let parts = rationals(tags.get_field(value, In::PRIMARY))?;
        let part = |n: usize| parts.get(n).map_or(Some(0.0), |part| finite(*part));
        let size = part(0)? + part(1)? / 60.0 + part(2)? / 3600.0;
        let Value::Ascii(reference) = &tags.get_field(reference, In::PRIMARY)?.value else { return None };
        let south_or_west = reference.first()?.first()?.eq_ignore_ascii_case(&negative);
        Some(if south_or_west { -size } else { size }).filter(|_| size <= most)
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S', 90.0)?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W', 180.0)?;
    let below = number(tags.get_field(Tag::GPSAltitudeRef, In::PRIMARY)) == Some(1);
    let altitude_m = quotient(tags.get_field(Tag::GPSAltitude, In::PRIMARY)).map(|m| if below { -m } else { m });
    Some(Gps { latitude, longitude, altitude_m })
}
