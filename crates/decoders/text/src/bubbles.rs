//! The picture of a conversation: its first messages in speech bubbles, each speaker in a colour and on a side of his own.

use crate::canvas::{Area, Canvas, Colour};
use crate::decoder::Room;
use crate::excerpt;
use crate::pen::{Face, Lettering, Pen};
use crate::sheet::{each_size, letter_px};
use crate::talk::{Message, Side};
use assay_kit::Stop;
use std::collections::HashMap;

const GROUND: Colour = [236, 240, 245];
const INK: Colour = [34, 38, 46];
const THEIRS: Colour = [255, 255, 255];
const OURS: Colour = [208, 228, 255];
/// Of names, one for each speaker, and again from the beginning.
const NAMES: [Colour; 6] = [[42, 98, 183], [168, 68, 36], [30, 120, 84], [128, 62, 160], [150, 108, 0], [176, 44, 92]];
/// Messages that are tried; the largest picture has room for fewer.
const MOST_MESSAGES: usize = 40;
/// Characters of one message that may be shown.
const MOST_CHARACTERS: usize = 1_500;
/// Of the picture's width, how much a bubble may take.
const WIDEST: f32 = 0.78;

/// Draws the messages at each size that the task wants.
pub(crate) fn show(messages: &[Message], room: &mut Room<'_>) -> Result<(), Stop> {
    let bubbles = bubbles(messages);
    each_size(room, |pen, width, height| {
        let mut canvas = Canvas::new(width, height, GROUND);
        draw(&bubbles, pen, &mut canvas, width as f32, height as f32);
        canvas
    })
}

struct Bubble {
    /// Where it is not that of the bubble before.
    name: Option<String>,
    text: String,
    is_right: bool,
    colour: Colour,
}

fn bubbles(messages: &[Message]) -> Vec<Bubble> {
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    let mut bubbles = Vec::new();
    let mut before = None;
    for message in messages.iter().filter(|message| !message.content.trim().is_empty()).take(MOST_MESSAGES) {
        let speaker = message.speaker.as_deref();
        let next = places.len();
        let place = *places.entry(speaker).or_insert(next);
        let is_right = match message.side {
            Side::Left => false,
            Side::Right => true,
            Side::Any => place % 2 == 1,
        };
        let name = if before == Some((speaker, is_right)) { None } else { speaker.map(|name| excerpt::of(name, 40).replace('\n', " ")) };
        before = Some((speaker, is_right));
        let colour = NAMES.get(place % NAMES.len()).copied().unwrap_or(INK);
        bubbles.push(Bubble { name, text: excerpt::of(message.content.trim(), MOST_CHARACTERS), is_right, colour });
    }
    bubbles
}

fn draw(bubbles: &[Bubble], pen: &mut Pen, canvas: &mut Canvas, width: f32, height: f32) {
    let px = letter_px(height);
    let lettering = Lettering { px, line_px: px * 1.35, face: Face::Plain };
    let naming = Lettering { px: px * 0.82, line_px: px * 1.15, face: Face::Bold };
    let (margin, padding) = (width * 0.05, px * 0.6);
    let mut y = margin;
    for bubble in bubbles {
        if y >= height {
            return;
        }
        let inner = width * WIDEST - 2.0 * padding;
        // A bubble may reach over the lower edge: that there is more is to be seen.
        let most = height - y + lettering.line_px * 2.0;
        let mut laid = pen.lay(&bubble.text, lettering, inner, most);
        pen.tighten(&mut laid, most);
        let area_width = laid.width + 2.0 * padding;
        let x = if bubble.is_right { width - margin - area_width } else { margin };
        if let Some(name) = &bubble.name {
            let mut named = pen.lay(name, naming, inner, naming.line_px);
            pen.tighten(&mut named, naming.line_px);
            let name_x = if bubble.is_right { width - margin - padding - named.width } else { margin + padding };
            pen.draw(canvas, &named, name_x, y, bubble.colour);
            y += naming.line_px + px * 0.1;
        }
        let area = Area { x, y, width: area_width, height: laid.height + padding * 1.4 };
        canvas.card(area, px * 0.75, if bubble.is_right { OURS } else { THEIRS });
        pen.draw(canvas, &laid, x + padding, y + padding * 0.7, INK);
        y += area.height + px * 0.6;
    }
}
