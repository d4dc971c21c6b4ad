//! The merged picture of a Photoshop document: planes of rows, plain or by PackBits, laid side by side.

use super::sections::{Mode, Sections};
use crate::bytes::{be16, be32, place, slice};
use crate::format::Wish;
use crate::light::Light;
use crate::samples::{Decoded, Layout, check_memory};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use crate::tiff::from_lab;
use crate::whole::rounded;
use assay_contract::exchange::Refusal;

/// Decodes the merged picture.
pub(crate) fn decode(bytes: &[u8], _: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let sections = Sections::read(bytes).ok_or_else(|| Refusal::corrupt("the header gives no usable size"))?;
    let colours = sections.colours();
    if sections.is_blank {
        return Err(Refusal::unsupported("it was saved without a merged picture of its layers"));
    }
    if sections.mode == Mode::Other || usize::from(sections.channels) < colours {
        return Err(Refusal::unsupported("its colour mode has no colours that are known"));
    }
    let planes = colours + usize::from(sections.has_transparency && usize::from(sections.channels) > colours);
    let mut rows = Rows::open(bytes, &sections, wish)?;
    if sections.depth == 32 {
        return light(&sections, &mut rows, planes, wish);
    }
    let layout = match (sections.mode, planes > colours) {
        (Mode::Bits | Mode::Gray, false) => Layout::Gray,
        (Mode::Bits | Mode::Gray, true) => Layout::GrayAlpha,
        (Mode::Cmyk, _) => Layout::Cmyk,
        (Mode::Rgb, true) => Layout::Rgba,
        _ => Layout::Rgb,
    };
    let mut shrinker = Shrinker::new(sections.width, sections.height, layout, wish.longest_px);
    let (mut row, mut pixel) = (Vec::new(), Vec::with_capacity(planes));
    let mut why = None;
    for y in 0..sections.height {
        let Some(lines) = (0..planes).map(|plane| rows.line(plane, y)).collect::<Option<Vec<_>>>() else {
            why = Some("the file ends early, or a row is damaged".to_owned());
            break;
        };
        row.clear();
        for x in 0..sections.width as usize {
            pixel.clear();
            pixel.extend(lines.iter().map(|line| sample(line, x, sections.depth)));
            append(&pixel, &sections, layout, &mut row);
        }
        shrinker.push(&row);
    }
    shrinker.finish(why)
}

/// Thirty-two bits are light.
fn light(sections: &Sections<'_>, rows: &mut Rows<'_>, planes: usize, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let layout = match (sections.mode, planes) {
        (Mode::Gray, 1) => Layout::Gray,
        (Mode::Rgb, 3) => Layout::Rgb,
        (Mode::Rgb, 4) => Layout::Rgba,
        _ => return Err(Refusal::unsupported("32 bits of an unusual colour mode")),
    };
    let mut light = Light::new(sections.width, sections.height, wish)?;
    let mut why = None;
    for y in 0..sections.height {
        let Some(lines) = (0..planes).map(|plane| rows.line(plane, y)).collect::<Option<Vec<_>>>() else {
            why = Some("the file ends early, or a row is damaged".to_owned());
            break;
        };
        for x in 0..sections.width as usize {
            let number = |plane: usize| lines.get(plane).and_then(|line| be32(line, 4 * x)).map(f32::from_bits);
            let red = number(0).unwrap_or(0.0);
            let alpha = number(3).unwrap_or(1.0);
            let [green, blue] = [1, 2].map(|plane| number(plane).unwrap_or(red));
            light.add(x, y as usize, [red * alpha, green * alpha, blue * alpha, alpha]);
        }
    }
    if !light.has_come() {
        return Err(Refusal::corrupt("no row of the picture could be read"));
    }
    Ok(light.shown(layout, why))
}

/// A sample as 0 to 255.
fn sample(line: &[u8], x: usize, depth: u16) -> u8 {
    match depth {
        // 1 is black.
        1 => line.get(x / 8).map_or(0, |byte| if byte >> (7 - x % 8) & 1 == 1 { 0 } else { 255 }),
        16 => be16(line, 2 * x).map_or(0, rounded),
        _ => line.get(x).copied().unwrap_or(0),
    }
}

fn append(pixel: &[u8], sections: &Sections<'_>, layout: Layout, row: &mut Vec<u8>) {
    match (sections.mode, pixel) {
        (Mode::Indexed, [index, ..]) => {
            let part =
                |n: usize| sections.palette.and_then(|palette| palette.get(256 * n + usize::from(*index))).copied().unwrap_or(*index);
            row.extend([part(0), part(1), part(2)]);
        }
        (Mode::Cmyk, [cyan, magenta, yellow, black, ..]) => row.extend([255 - cyan, 255 - magenta, 255 - yellow, 255 - black]),
        (Mode::Lab, [lightness, a, b, ..]) => {
            row.extend(from_lab(f32::from(*lightness) / 2.55, f32::from(*a) - 128.0, f32::from(*b) - 128.0));
        }
        (_, [colours @ .., alpha]) if layout.has_alpha() => {
            row.extend(colours.iter().map(|colour| without_white(*colour, *alpha)));
            row.push(*alpha);
        }
        (_, colours) => row.extend_from_slice(colours),
    }
}

/// The merged picture lies on white where it is transparent.
fn without_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour) * 255, u32::from(alpha));
    let own = (colour + alpha / 2).saturating_sub(255 * (255 - alpha)).checked_div(alpha).unwrap_or(0);
    u8::try_from(own).unwrap_or(u8::MAX)
}

/// Where every row of every plane lies.
struct Rows<'a> {
    bytes: &'a [u8],
    row_bytes: usize,
    height: usize,
    /// Begin and length of packed rows; empty where rows are plain.
    packed: Vec<(usize, usize)>,
    begin: usize,
}

impl<'a> Rows<'a> {
    fn open(bytes: &'a [u8], sections: &Sections<'_>, wish: &Wish<'_>) -> Result<Self, Refusal> {
        let row_bytes = match sections.depth {
            1 => (sections.width as usize).div_ceil(8),
            8 | 16 | 32 => sections.width as usize * usize::from(sections.depth / 8),
            depth => return Err(Refusal::unsupported(format!("{depth} bits a channel"))),
        };
        let missing = || Refusal::unsupported("there is no merged picture behind its layers");
        let begin = sections.merged_at.checked_add(2).ok_or_else(missing)?;
        let height = sections.height as usize;
        let mut rows = Self { bytes, row_bytes, height, packed: Vec::new(), begin };
        match be16(bytes, sections.merged_at).ok_or_else(missing)? {
            0 => {}
            1 => {
                let wide = if sections.is_big { 4 } else { 2 };
                let count = height * usize::from(sections.channels);
                check_memory(wish.limits, count as u64 * size_of::<(usize, usize)>() as u64)?;
                let mut at = begin.saturating_add(count * wide);
                for row in 0..count {
                    let place_of = begin + row * wide;
                    let length = if sections.is_big { be32(bytes, place_of).map(place) } else { be16(bytes, place_of).map(usize::from) };
                    // The list of lengths is cut off: no row is there.
                    let Some(length) = length else { return Err(Refusal::corrupt("the file ends before its rows begin")) };
                    rows.packed.push((at, length));
                    at = at.saturating_add(length);
                }
            }
            other => return Err(Refusal::unsupported(format!("a merged picture of compression {other}"))),
        }
        Ok(rows)
    }

    /// One row of a plane, where it is there whole.
    fn line(&self, plane: usize, y: u32) -> Option<Vec<u8>> {
        let row = plane * self.height + y as usize;
        if self.packed.is_empty() {
            return slice(self.bytes, self.begin + row * self.row_bytes, self.row_bytes).map(<[u8]>::to_vec);
        }
        let (begin, length) = *self.packed.get(row)?;
        unpack(slice(self.bytes, begin, length)?, self.row_bytes)
    }
}

/// PackBits (TIFF 6.0, section 9), where it gives as many bytes as a row has.
fn unpack(mut packed: &[u8], wanted: usize) -> Option<Vec<u8>> {
    let mut row = Vec::with_capacity(wanted);
    while row.len() < wanted {
        let (control, rest) = packed.split_first()?;
        packed = match usize::from(*control) {
            literal @ 0..=127 => {
                let (bytes, rest) = rest.split_at_checked(literal + 1)?;
                row.extend_from_slice(bytes);
                rest
            }
            128 => rest,
            run => {
                let (byte, rest) = rest.split_first()?;
                row.extend(std::iter::repeat_n(*byte, 257 - run));
                rest
            }
        };
    }
    row.truncate(wanted);
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_are_unpacked_and_short_ones_refused() {
        assert_eq!(unpack(&[254, 7, 1, 1, 2, 128, 0, 9], 6).unwrap(), [7, 7, 7, 1, 2, 9]);
        assert_eq!(unpack(&[254, 7], 4), None);
        assert_eq!(unpack(&[3, 7], 4), None);
        assert_eq!(unpack(&[129, 5], 3).unwrap(), [5, 5, 5]);
    }

    #[test]
    fn colours_are_freed_of_the_white_they_lie_on() {
        assert_eq!(without_white(255, 0), 0);
        assert_eq!(without_white(100, 255), 100);
        // Black at half: 127 of white shines through.
        assert_eq!(without_white(127, 128), 0);
        assert_eq!(without_white(255, 128), 255);
    }
}
