//! Every page once: its size, its text, its place in the text layer; within a share of the time.

use crate::geometry::rounded;
use crate::layer::Layer;
use crate::letters::{self, PageText};
use crate::words;
use assay_contract::details::{DocumentDetails, PageSize};
use assay_contract::failure::Issue;
use assay_kit::{Answer, Stop};
use pdfium_render::prelude::{PdfDocument, PdfPage, PdfPageIndex};
use std::time::Instant;

/// What the pages told.
#[derive(Debug)]
pub(crate) struct Walk {
    sizes: Vec<PageSize>,
    characters: u64,
    has_text: bool,
    layer: Option<Layer>,
    /// Pages that were looked at, from the first.
    done: u32,
    /// Of those, pages that could not be read.
    unreadable: u32,
    /// Of those, pages whose letters are numbers of glyphs.
    meaningless: u32,
}

impl Walk {
    /// A walk that has not begun; with a layer of so many bytes at most, where one is wanted.
    pub(crate) fn new(layer_bytes: Option<u64>) -> Self {
        Self {
            sizes: Vec::new(),
            characters: 0,
            has_text: false,
            layer: layer_bytes.map(Layer::new),
            done: 0,
            unreadable: 0,
            meaningless: 0,
        }
    }

    /// Takes the next page; the one that is shown comes first and is handed in.
    pub(crate) fn take(&mut self, page: Option<&PdfPage<'_>>) {
        self.done += 1;
        let Some(page) = page else {
            self.unreadable += 1;
            return;
        };
        let frame = letters::frame(page);
        let (width, height) = frame.size();
        if self.sizes.len() < DocumentDetails::MOST_PAGES {
            self.sizes.push(PageSize { width_pt: rounded(width), height_pt: rounded(height), rotation_deg: frame.turn.degrees() });
        }
        let Ok(PageText { signs, characters, has_text, is_meaningless }) = letters::read(page, &frame) else {
            self.unreadable += 1;
            return;
        };
        self.characters += characters;
        self.has_text |= has_text;
        self.meaningless += u32::from(is_meaningless);
        if let Some(layer) = &mut self.layer {
            layer.push(self.done, &frame, &words::groups(words::words(&signs)));
        }
    }

    /// Goes over the pages that are left, until it is late.
    pub(crate) fn go_on(&mut self, document: &PdfDocument<'_>, count: u32, late: Instant, answer: &mut Answer) -> Result<(), Stop> {
        while self.done < count && Instant::now() < late {
            let page = PdfPageIndex::try_from(self.done).ok().and_then(|index| document.pages().get(index).ok());
            self.take(page.as_ref());
            answer.progress()?;
        }
        Ok(())
    }

    /// Adds what is known to the details; what was not seen on all pages is not claimed of all.
    pub(crate) fn describe(&self, details: &mut DocumentDetails, count: u32) {
        let is_whole = self.done >= count && self.unreadable == 0;
        details.pages.clone_from(&self.sizes);
        details.has_text = (self.has_text || is_whole).then_some(self.has_text);
        details.text_characters = is_whole.then_some(self.characters);
    }

    /// Tells what is missing, and gives the layer, where there is one.
    pub(crate) fn finish(self, count: u32, answer: &mut Answer) -> Result<Option<Vec<u8>>, Stop> {
        if self.unreadable > 0 {
            let message = format!("{} of {} pages could not be read.", self.unreadable, self.done);
            answer.issue(&Issue::error("damaged-stream", message))?;
        }
        if self.meaningless > 0 {
            let message = format!(
                "{} of {} pages have text whose fonts do not say what it means: it can be seen, but not be told. Recognise it from the picture.",
                self.meaningless, self.done
            );
            answer.issue(&Issue::warning("text-without-meaning", message))?;
        }
        if self.done < count {
            let message = format!("The text of {} of {count} pages was read: reading all would take too long.", self.done);
            answer.issue(&Issue::warning("text-layer-cut-short", message))?;
        } else if self.layer.as_ref().is_some_and(Layer::is_full) {
            let message = "The text layer holds the first pages only: all of them would make it larger than it may be.";
            answer.issue(&Issue::warning("text-layer-cut-short", message))?;
        }
        Ok(self.layer.map(Layer::finish))
    }
}
