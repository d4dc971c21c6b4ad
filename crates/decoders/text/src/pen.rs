//! Writes on a canvas: shaping, writing directions and line breaks by cosmic-text, with the fonts of this crate.

use crate::canvas::{Canvas, Colour};
use crate::fonts;
use cosmic_text::{Attrs, Buffer, Family, FontSystem, Metrics, Shaping, SwashCache, SwashContent, Wrap};

/// Something in every script, so that a child finds each font read.
const PANGRAM: &str = "Aé Ωж Հայ ქარ שלום مرحبا नमस्ते বাংলা ਗੁਰ ગુજ தமிழ் తెలుగు ಕನ್ನಡ മലയാളം ไทย ລາວ ខ្មែរ አማርኛ 漢字かな한글 → ∑ ☺";

/// Fonts, and letters that were drawn.
pub(crate) struct Pen {
    fonts: FontSystem,
    letters: SwashCache,
}

/// How large, how far apart, and how strong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lettering {
    /// Of the letters, pixels.
    pub(crate) px: f32,
    /// From line to line, pixels.
    pub(crate) line_px: f32,
    pub(crate) face: Face,
}

/// Which cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Plain,
    Bold,
}

/// Lines that lie ready to be drawn.
pub(crate) struct Laid {
    buffer: Buffer,
    /// Of the longest line.
    pub(crate) width: f32,
    /// Of all lines that are wholly there.
    pub(crate) height: f32,
}

impl Pen {
    /// With all fonts; none is read yet.
    pub(crate) fn new() -> Self {
        Self { fonts: fonts::all(), letters: SwashCache::new() }
    }

    /// Reads every font once.
    pub(crate) fn warm(&mut self) {
        let mut canvas = Canvas::new(400, 400, [255; 3]);
        for face in [Face::Plain, Face::Bold] {
            let laid = self.lay(PANGRAM, Lettering { px: 12.0, line_px: 18.0, face }, 400.0, 400.0);
            self.draw(&mut canvas, &laid, 0.0, 0.0, [0; 3]);
        }
        // Letters are drawn anew at each size; what is kept is what the fonts hold.
        self.letters.image_cache.clear();
    }

    /// Breaks a text into lines of at most `width`, as many as fit into `height`.
    pub(crate) fn lay(&mut self, text: &str, lettering: Lettering, width: f32, height: f32) -> Laid {
        let mut buffer = Buffer::new_empty(Metrics::new(lettering.px, lettering.line_px));
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(Some(width.max(1.0)), Some(height.max(1.0)));
        let family = match lettering.face {
            Face::Plain => fonts::PLAIN,
            Face::Bold => fonts::BOLD,
        };
        buffer.set_text(text, &Attrs::new().family(Family::Name(family)), Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let mut laid = Laid { buffer, width: 0.0, height: 0.0 };
        laid.measure(height);
        laid
    }

    /// The same lines, no wider than they need: those that end at the right come nearer.
    pub(crate) fn tighten(&mut self, laid: &mut Laid, height: f32) {
        laid.buffer.set_size(Some(laid.width.ceil() + 1.0), Some(height.max(1.0)));
        laid.buffer.shape_until_scroll(&mut self.fonts, false);
        laid.measure(height);
    }

    /// Draws lines from a place on: their upper left corner.
    pub(crate) fn draw(&mut self, canvas: &mut Canvas, laid: &Laid, x: f32, y: f32, colour: Colour) {
        for run in laid.buffer.layout_runs().take_while(|run| run.line_top + run.line_height <= laid.height + 0.5) {
            for glyph in run.glyphs {
                let placed = glyph.physical((x, y + run.line_y), 1.0);
                if let Some(image) = self.letters.get_image(&mut self.fonts, placed.cache_key)
                    && image.content == SwashContent::Mask
                {
                    let (left, top) = (placed.x + image.placement.left, placed.y - image.placement.top);
                    canvas.letter(left, top, image.placement.width, &image.data, colour);
                }
            }
        }
    }
}

impl Laid {
    fn measure(&mut self, height: f32) {
        let (mut widest, mut bottom) = (0.0_f32, 0.0_f32);
        for run in self.buffer.layout_runs() {
            if run.line_top + run.line_height > height + 0.5 {
                break;
            }
            widest = widest.max(run.line_w);
            bottom = run.line_top + run.line_height;
        }
        (self.width, self.height) = (widest, bottom);
    }
}
