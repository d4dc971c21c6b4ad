//! The road of one document: open, describe, show its first page, walk them all.

use crate::library::{self, LibraryMissing};
use crate::opening::{self, Closed, Head, stopped};
use crate::source::ReadTrouble;
use crate::walk::Walk;
use crate::{describe, first_page, locked, plain};
use assay_contract::details::DocumentDetails;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::profile::DerivativeName;
use assay_contract::text_layer;
use assay_kit::{Answer, Decoder, Input, Stop};
use pdfium_render::prelude::{PdfDocument, PdfPageIndex, Pdfium};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The part of a child's time that reading the text of all pages may take.
const READING_SHARE: u64 = 2;
/// Most pages that are looked for; PDFium has no more.
const MOST_PAGES: u32 = 0xf_ffff;

/// The decoder of paged documents.
#[derive(Debug)]
pub struct Document {
    pdfium: Pdfium,
}

impl Document {
    /// With the library that lies beside this executable. Fails when it is not there: no asset could be read.
    pub fn open() -> Result<Self, LibraryMissing> {
        Ok(Self { pdfium: library::beside_executable()? })
    }
}

impl Decoder for Document {
    fn family(&self) -> &'static str {
        "document"
    }

    fn libraries(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("pdfium".to_owned(), library::VERSION.to_owned())])
    }

    fn warm(&self) {
        library::warm(&self.pdfium);
    }

    fn decode(&self, task: &Task, input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
        let head = opening::head(input)?;
        match self.opened(task, input, &head, answer)? {
            Opened::Read => Ok(()),
            Opened::Locked => locked::tell(input, &head, answer),
        }
    }
}

/// How opening ended, where it did not stop everything.
enum Opened {
    /// It was read, or refused with a reason.
    Read,
    /// It wants a password that nobody has.
    Locked,
}

impl Document {
    fn opened(&self, task: &Task, input: &mut Input, head: &Head, answer: &mut Answer) -> Result<Opened, Stop> {
        let began = Instant::now();
        let catalogue_version = input.in_memory().and_then(plain::catalogue_version);
        let trouble = ReadTrouble::default();
        let document = match opening::open(&self.pdfium, input, &trouble) {
            Ok(document) => document,
            Err(Closed::Locked) => return Ok(Opened::Locked),
            Err(Closed::Stopped(stop)) => return Err(stop),
        };
        let details = describe::document(&document, head, catalogue_version);
        let read = read(task, &document, details, began, answer);
        // Bytes that could not be had look like damage to the library.
        match trouble.take() {
            Some(error) => Err(stopped(error)),
            None => read.map(|()| Opened::Read),
        }
    }
}

fn read(task: &Task, document: &PdfDocument<'_>, mut details: DocumentDetails, began: Instant, answer: &mut Answer) -> Result<(), Stop> {
    let announced = u32::try_from(document.pages().len()).unwrap_or(0).min(MOST_PAGES);
    let late = began + Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / READING_SHARE);
    details.page_count = Some(announced.into()).filter(|count| *count > 0);
    answer.facts(&describe::facts(&details, task.content_length))?;
    let count = present(document, announced, late, answer)?;
    details.page_count = Some(count.into()).filter(|count| *count > 0);
    if count < announced {
        let message = format!("The file says that it has {announced} pages; {count} were found.");
        answer.issue(&Issue::warning("pages-missing", message))?;
        answer.facts(&describe::facts(&details, task.content_length))?;
    }
    if count == 0 {
        return Err(Refusal::corrupt("no page was found in it").into());
    }
    let layer_bytes = task.derivatives.contains(&DerivativeName::TextLayer).then_some(task.limits.derivative_bytes);
    let mut walk = Walk::new(layer_bytes);
    if let Ok(page) = document.pages().get(0) {
        walk.take(Some(&page));
        walk.describe(&mut details, count);
        answer.facts(&describe::facts(&details, task.content_length))?;
        first_page::show(task, &page, answer)?;
    } else {
        walk.take(None);
        answer.refuse_output(&Refusal::corrupt("the first page could not be read"))?;
    }
    walk.go_on(document, count, late, answer)?;
    walk.describe(&mut details, count);
    answer.facts(&describe::facts(&details, task.content_length))?;
    match walk.finish(count, answer)? {
        Some(layer) => answer.derivative(task, DerivativeName::TextLayer, text_layer::MIME_TYPE, layer),
        None => Ok(()),
    }
}

/// How many pages there are: those that are announced, without the last ones that are not there.
fn present(document: &PdfDocument<'_>, announced: u32, late: Instant, answer: &mut Answer) -> Result<u32, Stop> {
    let mut present = 0;
    for (index, place) in (0..PdfPageIndex::try_from(announced).unwrap_or(0)).zip(1..) {
        if Instant::now() >= late {
            // What was not looked at is believed.
            return Ok(announced);
        }
        if document.pages().page_size(index).is_ok() {
            present = place;
        }
        answer.progress()?;
    }
    Ok(present)
}
