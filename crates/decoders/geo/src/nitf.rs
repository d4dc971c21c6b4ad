//! A NITF's headers: version, classification, time, and every image segment (MIL-STD-2500A for 2.0, MIL-STD-2500C for 2.1,
//! STANAG 4545 for NSIF 1.0).
//!
//! GDAL opens one segment and tells of the others only that they are there.

use assay_contract::details::{Nitf, NitfImage};
use assay_kit::Input;
use std::io;

mod blocks;
mod lengths;
mod time;

use lengths::Lists;

/// Bytes that the fixed part of a file's or segment's header has at most, comments and lists aside.
const MOST_HEADER_BYTES: usize = 1024;
/// Segments that a header of three digits can list.
const MOST_SEGMENTS: usize = 999;
/// Digits of the lengths of an image's subheader and pixels.
const LENGTHS: (usize, usize) = (6, 10);

/// Which standard a file follows: the lengths of its fields differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standard {
    Nitf20,
    Nitf21,
    Nsif10,
}

impl Standard {
    /// `details.format`.
    pub(crate) const fn format(self) -> &'static str {
        match self {
            Self::Nitf20 => "nitf-2.0",
            Self::Nitf21 => "nitf-2.1",
            Self::Nsif10 => "nsif-1.0",
        }
    }
}

/// The standard that a head follows; `None` where it is no NITF.
pub(crate) fn standard(head: &[u8]) -> Option<Standard> {
    match head.get(..9)? {
        b"NITF02.10" => Some(Standard::Nitf21),
        b"NSIF01.00" => Some(Standard::Nsif10),
        // 1.1 and 2.0 have the same header as far as it is read here.
        b"NITF02.00" | b"NITF01.10" => Some(Standard::Nitf20),
        _ => None,
    }
}

/// What the headers say.
#[derive(Debug)]
pub(crate) struct Headers {
    pub(crate) told: Nitf,
    /// Where the pixels of the first image lie, and how many bytes they are.
    pub(crate) pixels: Option<(u64, u64)>,
    /// Blocks that the first image is stored in.
    pub(crate) blocks: Option<u64>,
    /// Bytes of the whole file by the lengths of its segments; `None` where they can't be read, or are not yet known to its writer.
    pub(crate) promised: Option<u64>,
}

impl Headers {
    /// How the first image is compressed (IC, MIL-STD-2500C table A-3).
    pub(crate) fn first_compression(&self) -> Option<&str> {
        self.told.image_segments.first().and_then(|image| image.compression.as_deref())
    }
}

/// Reads the headers; what lies beyond damage is left out.
pub(crate) fn read(input: &mut Input, standard: Standard) -> io::Result<Headers> {
    let mut head = Fields::at(input, 0, MOST_HEADER_BYTES)?;
    head.skip(4);
    let mut nitf = Nitf { version: head.text(5).unwrap_or_default(), ..Nitf::default() };
    head.skip(2 + 4 + 10);
    let written = head.text(14).unwrap_or_default();
    nitf.date_time = match standard {
        Standard::Nitf20 => time::with_month_name(&written),
        Standard::Nitf21 | Standard::Nsif10 => time::with_digits(&written),
    };
    head.skip(80);
    nitf.classification = head.text(1);
    head.security(standard);
    // Copies, encryption, then who made it.
    head.skip(5 + 5 + 1);
    // A name of 27 characters in 2.0; later a background colour of 3 and a name of 24. Then a telephone number.
    head.skip(27 + 18);
    // Lengths of the file and of this header.
    let file_bytes = head.length(12);
    let (Some(header_bytes), Some(count)) = (head.number(6), head.number(3)) else {
        return Ok(Headers { told: nitf, pixels: None, blocks: None, promised: file_bytes });
    };
    let (digits_of_header, digits_of_pixels) = LENGTHS;
    let count = usize::try_from(count).unwrap_or(0).min(MOST_SEGMENTS);
    let list_at = head.place;
    let mut lengths = Fields::at(input, list_at as u64, count * (digits_of_header + digits_of_pixels))?;
    let (mut at, mut first, mut blocks) = (header_bytes, None, None);
    for _ in 0..count {
        let (Some(subheader), Some(pixels)) = (lengths.number(digits_of_header), lengths.number(digits_of_pixels)) else { break };
        let Some((image, bands_at)) = image(input, at, standard)? else { break };
        if first.is_none() {
            blocks = blocks::count(input, bands_at, image.band_count)?;
        }
        nitf.image_segments.push(image);
        let pixels_at = at.saturating_add(subheader);
        first.get_or_insert((pixels_at, pixels));
        at = pixels_at.saturating_add(pixels);
    }
    let promised = match lengths::of_all(input, list_at as u64, count)? {
        // The file's own length is often wrong; of a list that is cut off it is all there is.
        Lists::Cut => file_bytes,
        Lists::Unknown => None,
        Lists::Bytes(bytes) => Some(header_bytes.saturating_add(bytes)),
    };
    Ok(Headers { told: nitf, pixels: first, blocks, promised })
}

/// An image segment's subheader, and where its bands are described; `None` where none lies there, or so little of it that it has no size.
fn image(input: &mut Input, at: u64, standard: Standard) -> io::Result<Option<(NitfImage, u64)>> {
    let mut head = Fields::at(input, at, MOST_HEADER_BYTES)?;
    if head.take(2) != Some(b"IM") {
        return Ok(None);
    }
    let mut image = NitfImage { id: head.text(10), ..NitfImage::default() };
    head.skip(14 + 17 + 80);
    image.classification = head.text(1);
    head.security(standard);
    head.skip(1 + 42);
    let side = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    let (height, width) = (side(head.number(8)), side(head.number(8)));
    let (Some(width), Some(height)) = (width, height) else { return Ok(None) };
    (image.width, image.height) = (width, height);
    head.skip(3 + 8 + 8 + 2 + 1);
    let coordinates = head.take(1).and_then(<[u8]>::first).copied().unwrap_or(b' ');
    let has_place = match standard {
        Standard::Nitf20 => coordinates != b'N' && coordinates != b' ',
        Standard::Nitf21 | Standard::Nsif10 => coordinates != b' ',
    };
    head.skip(if has_place { 60 } else { 0 });
    let comments = head.number(1).unwrap_or(0);
    let at = at.saturating_add(head.place as u64).saturating_add(comments * 80);
    let mut head = Fields::at(input, at, 16)?;
    image.compression = head.text(2);
    if !matches!(image.compression.as_deref(), Some("NC" | "NM") | None) {
        head.skip(4);
    }
    let bands = match head.number(1) {
        // More than nine have a field of their own.
        Some(0) => head.number(5),
        bands => bands,
    };
    image.band_count = side(bands).unwrap_or(0);
    Ok(Some((image, at.saturating_add(head.place as u64))))
}

/// Fields of fixed length, one behind the other.
struct Fields {
    bytes: Vec<u8>,
    place: usize,
}

impl Fields {
    fn at(input: &mut Input, offset: u64, most: usize) -> io::Result<Self> {
        let mut bytes = vec![0; most];
        let got = input.read_at(offset, &mut bytes)?;
        bytes.truncate(got);
        Ok(Self { bytes, place: 0 })
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let end = self.place.saturating_add(length);
        let taken = self.bytes.get(self.place..end);
        self.place = end;
        taken
    }

    fn skip(&mut self, length: usize) {
        self.place = self.place.saturating_add(length);
    }

    /// Text without the spaces that fill it up; `None` where nothing is left.
    fn text(&mut self, length: usize) -> Option<String> {
        let bytes = self.take(length)?;
        let text: String = bytes.iter().map(|byte| if matches!(byte, 0x20..=0x7e) { char::from(*byte) } else { '\u{fffd}' }).collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn number(&mut self, length: usize) -> Option<u64> {
        std::str::from_utf8(self.take(length)?).ok()?.trim().parse().ok()
    }

    /// A length; `None` also where it is nines, which stand for one that was not known.
    fn length(&mut self, digits: usize) -> Option<u64> {
        self.number(digits).filter(|length| length.saturating_add(1) != 10_u64.saturating_pow(u32::try_from(digits).unwrap_or(0)))
    }

    /// Passes over what follows a classification. In 2.0 it grows when it is declassified by an event.
    fn security(&mut self, standard: Standard) {
        match standard {
            Standard::Nitf20 => {
                self.skip(40 + 40 + 40 + 20 + 20);
                let by_event = self.take(6) == Some(b"999998");
                self.skip(if by_event { 40 } else { 0 });
            }
            Standard::Nitf21 | Standard::Nsif10 => self.skip(166),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file header of 2.1 that lists `lengths`, then subheaders of images of one band.
    fn file(sizes: &[(u32, u32)], listed: usize) -> Vec<u8> {
        let mut bytes =
            format!("NITF02.1003BF01          20200102030405{:80}U{:166}00000000000{:3}{:24}{:18}", "", "", "", "", "").into_bytes();
        let header = bytes.len() + 12 + 6 + 3 + listed * 16;
        bytes.extend(format!("{:012}{header:06}{listed:03}", 9999).bytes());
        let images: Vec<String> = sizes.iter().map(|size| subheader(*size)).collect();
        for n in 0..listed {
            bytes.extend(format!("{:06}{:010}", images.get(n).map_or(0, String::len), 0).bytes());
        }
        bytes.extend(images.concat().bytes());
        bytes
    }

    fn subheader((width, height): (u32, u32)) -> String {
        let id = "IM          ".get(..12).unwrap().replace("          ", "Segment 1 ");
        format!(
            "{id}{:14}{:17}{:80}R{:166}0{:42}{height:08}{width:08}INTMONO    VIS     08R 2{:80}{:80}C80000300012",
            "", "", "", "", "", "", ""
        )
    }

    fn seen(bytes: Vec<u8>) -> Nitf {
        let standard = standard(&bytes).unwrap();
        read(&mut Input::whole_in_memory(bytes), standard).unwrap().told
    }

    #[test]
    fn every_segment_is_listed_with_its_own_classification() {
        let nitf = seen(file(&[(40, 30), (20, 10)], 2));
        assert_eq!((nitf.version.as_str(), nitf.classification.as_deref()), ("02.10", Some("U")));
        assert_eq!(nitf.date_time.as_deref(), Some("2020-01-02T03:04:05Z"));
        let [first, second] = nitf.image_segments.as_slice() else { panic!("{:?}", nitf.image_segments) };
        assert_eq!((first.width, first.height, second.width, second.height), (40, 30, 20, 10));
        assert_eq!((first.id.as_deref(), first.classification.as_deref()), (Some("Segment 1"), Some("R")));
        assert_eq!((first.compression.as_deref(), first.band_count), (Some("C8"), 3));
    }

    #[test]
    fn segments_that_are_not_there_are_not_told() {
        assert_eq!(seen(file(&[(40, 30)], 999)).image_segments.len(), 1);
        assert_eq!(seen(file(&[], 0)).image_segments, []);
        let whole = file(&[(40, 30)], 1);
        for length in (9..whole.len()).step_by(7) {
            seen(whole[..length].to_vec());
        }
        assert_eq!(standard(b"NITF09.99"), None);
    }
}
