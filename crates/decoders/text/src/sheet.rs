//! The picture of a text or a page: a white sheet with its first lines, written anew for each size so that small ones can be read.

use crate::canvas::{Area, Canvas, Colour};
use crate::decoder::Room;
use crate::pen::{Face, Lettering, Pen};
use assay_contract::exchange::Task;
use assay_kit::picture::check_pixels;
use assay_kit::{Picture, Stop};

const PAPER: Colour = [255, 255, 255];
const INK: Colour = [34, 38, 46];
const RULE: Colour = [214, 219, 227];

/// A piece of text that stands by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) text: String,
    pub(crate) look: Look,
    /// Whether what follows stands in the next passage.
    pub(crate) is_closed: bool,
}

/// How a passage looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Look {
    /// At the head of the sheet, above a line.
    Title,
    Heading,
    Strong,
    #[default]
    Body,
}

impl Passage {
    /// Running text.
    pub(crate) fn body(text: String) -> Self {
        Self { text, look: Look::Body, is_closed: true }
    }

    /// The title of a page.
    pub(crate) fn title(text: String) -> Self {
        Self { text, look: Look::Title, is_closed: true }
    }
}

/// Draws the sheet at each size that the task wants.
pub(crate) fn show(passages: &[Passage], room: &mut Room<'_>) -> Result<(), Stop> {
    each_size(room, |pen, width, height| {
        let mut canvas = Canvas::new(width, height, PAPER);
        write(passages, pen, &mut canvas, width as f32, height as f32);
        canvas
    })
}

/// Draws one upright picture, four to five, for each thumbnail of the task.
pub(crate) fn each_size(room: &mut Room<'_>, draw: impl Fn(&mut Pen, u32, u32) -> Canvas) -> Result<(), Stop> {
    for spec in &room.task.thumbnails {
        let (width, height) = ((spec.max_px / 5 * 4).max(1), spec.max_px.max(1));
        if let Err(refusal) = check_pixels(room.task, width, height) {
            return room.answer.refuse_output(&refusal);
        }
        let picture: Picture = draw(room.pen, width, height).into_picture()?;
        let only = Task { thumbnails: vec![spec.clone()], ..room.task.clone() };
        room.answer.thumbnails(&only, &picture, 1)?;
    }
    Ok(())
}

/// Letters for a picture of a height: larger than in scale where it is small.
pub(crate) fn letter_px(height: f32) -> f32 {
    (6.5 + height * 0.0135).clamp(7.0, 64.0)
}

fn write(passages: &[Passage], pen: &mut Pen, canvas: &mut Canvas, width: f32, height: f32) {
    let px = letter_px(height);
    let margin = width * 0.07;
    let (mut y, bottom) = (margin, height - margin * 0.7);
    let mut is_first = true;
    for passage in passages {
        let (scale, face, before) = match passage.look {
            Look::Title => (1.25, Face::Bold, 0.0),
            Look::Heading => (1.15, Face::Bold, 0.7),
            Look::Strong => (1.0, Face::Bold, 0.5),
            Look::Body => (1.0, Face::Plain, 0.35),
        };
        if !is_first {
            y += px * before;
        }
        is_first = false;
        let lettering = Lettering { px: px * scale, line_px: px * scale * 1.4, face };
        if y + lettering.line_px > bottom {
            return;
        }
        let most = if passage.look == Look::Title { lettering.line_px * 3.0 } else { bottom - y };
        let laid = pen.lay(&passage.text, lettering, width - 2.0 * margin, most);
        pen.draw(canvas, &laid, margin, y, INK);
        y += laid.height;
        if passage.look == Look::Title {
            y += px * 0.5;
            canvas.card(Area { x: margin, y, width: width - 2.0 * margin, height: (px * 0.08).max(1.0) }, 0.0, RULE);
            y += px * 0.6;
        }
    }
}
