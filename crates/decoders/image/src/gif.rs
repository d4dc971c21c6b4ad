//! GIF (87a, 89a): blocks are walked to count frames, the first frame is laid on its canvas row by row.

mod blocks;

use crate::format::Wish;
use crate::samples::{Decoded, Layout, buffer};
use crate::seen::Seen;
use crate::shrink::Shrinker;
use assay_contract::exchange::Refusal;
use assay_contract::failure::Issue;
use assay_contract::limits::DecodeLimits;
use blocks::Blocks;
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, Frame, MemoryLimit};
use std::num::NonZeroU64;

/// Either signature.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

/// Walks every block; no frame is decoded.
pub(crate) fn look(bytes: &[u8], limits: &DecodeLimits) -> Result<Seen, Refusal> {
    let blocks = Blocks::read(bytes, limits.frames).ok_or_else(|| Refusal::corrupt("the file ends before its size is told"))?;
    let (width, height) = blocks.size;
    if width == 0 || height == 0 {
        return Err(Refusal::corrupt("the header gives a side of 0 pixels"));
    }
    let mut seen = Seen::still(width.into(), height.into());
    let details = &mut seen.details;
    details.color_model = Some("indexed".to_owned());
    details.bit_depth = blocks.bit_depth;
    details.channels = Some(1);
    details.has_alpha = Some(blocks.has_transparency);
    details.frame_count = Some(blocks.frames.max(1));
    if blocks.frames > 1 {
        details.duration_s = Some(blocks.delays_cs as f64 / 100.0);
        details.loop_count = Some(blocks.passes);
    }
    if blocks.is_cut {
        seen.issues
            .push(Issue::warning("frames-not-counted", "The file ends early or has more frames than are counted; there may be more."));
    }
    Ok(seen)
}

/// Decodes the first frame onto the canvas; what it leaves free is transparent.
pub(crate) fn decode(bytes: &[u8], seen: &Seen, wish: &Wish<'_>) -> Result<Decoded, Refusal> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.allow_unknown_blocks(true);
    if let Some(most) = NonZeroU64::new(wish.limits.memory_bytes / 2) {
        options.set_memory_limit(MemoryLimit::Bytes(most));
    }
    let mut decoder = options.read_info(bytes).map_err(|error| Refusal::corrupt(words(&error)))?;
    let frame = match decoder.next_frame_info() {
        Ok(Some(frame)) => frame.clone(),
        Ok(None) => return Err(Refusal::corrupt("there is no frame in it")),
        Err(error) => return Err(Refusal::corrupt(words(&error))),
    };
    let palette = decoder.palette().map_err(|error| Refusal::corrupt(words(&error)))?.to_vec();
    let canvas = Canvas::new(seen, &frame, &palette);
    let mut shrinker = Shrinker::new(canvas.width, canvas.height, canvas.layout, wish.longest_px);
    let why = if frame.interlaced {
        interlaced(&mut decoder, &canvas, &mut shrinker, wish.limits)?
    } else {
        in_order(&mut decoder, &canvas, &mut shrinker)
    };
    shrinker.finish(why)
}

/// In words of our own: the library's may repeat the file's.
fn words(error: &DecodingError) -> &'static str {
    match error {
        DecodingError::UnexpectedEof => "the file ends early",
        _ => "its blocks or its compressed rows are damaged",
    }
}

/// Rows come as they are stored, so that a cut file shows what it has.
fn in_order(decoder: &mut Decoder<&[u8]>, canvas: &Canvas<'_>, shrinker: &mut Shrinker) -> Option<String> {
    let mut row = vec![0; usize::from(canvas.frame.width)];
    for _ in 0..canvas.frame.top {
        shrinker.push(&canvas.empty_row());
    }
    for _ in 0..canvas.frame.height {
        match decoder.fill_buffer(&mut row) {
            Ok(true) => shrinker.push(&canvas.row(&row)),
            Ok(false) => return Some("a frame has fewer pixels than its size".to_owned()),
            Err(error) => return Some(words(&error).to_owned()),
        }
    }
    while shrinker.rows() < canvas.height {
        shrinker.push(&canvas.empty_row());
    }
    None
}

/// Rows come in four passes: the frame is needed whole.
fn interlaced(
    decoder: &mut Decoder<&[u8]>,
    canvas: &Canvas<'_>,
    shrinker: &mut Shrinker,
    limits: &DecodeLimits,
) -> Result<Option<String>, Refusal> {
    let frame = canvas.frame;
    let mut whole = buffer(limits, frame.width.into(), frame.height.into(), 1)?;
    let why = decoder.read_into_buffer(&mut whole).err().map(|error| words(&error).to_owned());
    if let Some(why) = why.as_ref().filter(|_| whole.iter().all(|index| *index == 0)) {
        return Err(Refusal::corrupt(why.as_str()));
    }
    for _ in 0..frame.top {
        shrinker.push(&canvas.empty_row());
    }
    for row in whole.chunks(usize::from(frame.width).max(1)) {
        shrinker.push(&canvas.row(row));
    }
    while shrinker.rows() < canvas.height {
        shrinker.push(&canvas.empty_row());
    }
    Ok(why)
}

/// Where the first frame lies, and its colours.
struct Canvas<'a> {
    width: u32,
    height: u32,
    layout: Layout,
    frame: &'a Frame<'static>,
    palette: &'a [u8],
}

impl<'a> Canvas<'a> {
    fn new(seen: &Seen, frame: &'a Frame<'static>, palette: &'a [u8]) -> Self {
        let (width, height) = (seen.details.stored_width, seen.details.stored_height);
        let covers = frame.left == 0 && frame.top == 0 && u32::from(frame.width) >= width && u32::from(frame.height) >= height;
        let layout = if covers && frame.transparent.is_none() { Layout::Rgb } else { Layout::Rgba };
        Self { width, height, layout, frame, palette }
    }

    fn empty_row(&self) -> Vec<u8> {
        vec![0; self.width as usize * self.layout.channels()]
    }

    /// A row of the frame on the canvas; what reaches past it is cut off.
    fn row(&self, indices: &[u8]) -> Vec<u8> {
        let mut row = self.empty_row();
        let places = row.chunks_exact_mut(self.layout.channels()).skip(usize::from(self.frame.left));
        for (place, index) in places.zip(indices) {
            let colour = if self.frame.transparent == Some(*index) { None } else { self.palette.chunks_exact(3).nth(usize::from(*index)) };
            match (colour, place) {
                (Some([red, green, blue]), [r, g, b]) => (*r, *g, *b) = (*red, *green, *blue),
                (Some([red, green, blue]), [r, g, b, a]) => (*r, *g, *b, *a) = (*red, *green, *blue, 255),
                _ => {}
            }
        }
        row
    }
}
