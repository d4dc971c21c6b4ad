//! The road of one document: open, describe, show its first page, walk them all.

use crate::count::{self, Count};
use crate::ending::Way;
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
use pdfium_render::prelude::{PdfDocument, Pdfium};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The part of a child's time after which no other way to open is tried.
const OPENING_SHARE: u64 = 12;
/// The part of a child's time that reading the text of all pages may take.
const READING_SHARE: u64 = 2;
/// The part of it that counting pages may take.
const COUNTING_SHARE: u64 = 8;
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
        let most_pages = count::most(input.length());
        let catalogue_version = input.in_memory().and_then(plain::catalogue_version);
        let is_cut = input.in_memory().is_some_and(plain::is_cut);
        let trouble = ReadTrouble::default();
        let (document, way) = match opening::open(&self.pdfium, input, &trouble, began + share(task, OPENING_SHARE), answer) {
            Ok(opened) => opened,
            Err(Closed::Locked) => return Ok(Opened::Locked),
            Err(Closed::Stopped(stop)) => return Err(stop),
        };
        let details = describe::document(&document, head, catalogue_version);
        let read = read(task, &document, details, &Bounds { began, most_pages, way, is_cut }, answer);
        // Bytes that could not be had look like damage to the library.
        match trouble.take() {
            Some(error) => Err(stopped(error)),
            None => read.map(|()| Opened::Read),
        }
    }
}

/// What a document can't go beyond, and how much of it there is.
struct Bounds {
    began: Instant,
    most_pages: u64,
    way: Way,
    is_cut: bool,
}

impl Bounds {
    /// When a part of the time is over.
    fn share(&self, task: &Task, share: u64) -> Instant {
        self.began + self::share(task, share)
    }
}

/// A part of the time.
fn share(task: &Task, share: u64) -> Duration {
    Duration::from_millis(task.limits.cpu_ms.min(task.limits.total_ms) / share)
}

fn read(task: &Task, document: &PdfDocument<'_>, mut details: DocumentDetails, bounds: &Bounds, answer: &mut Answer) -> Result<(), Stop> {
    let announced = u32::try_from(document.pages().len()).unwrap_or(0).min(MOST_PAGES);
    // What it announces is not told before it was seen to be so: a tree of pages can be made that nobody gets through.
    answer.facts(&describe::facts(&details, task.content_length))?;
    tell_damage(bounds, answer)?;
    let mut counted = count::pages(document, announced, bounds.most_pages, bounds.share(task, COUNTING_SHARE), answer)?;
    if bounds.way == Way::Pages {
        counted = Count::AtLeast(counted.found());
    }
    details.page_count = counted.told();
    answer.facts(&describe::facts(&details, task.content_length))?;
    if bounds.way != Way::Pages {
        tell_doubts(counted, announced, answer)?;
    }
    let count = counted.found();
    if count == 0 {
        return Err(Refusal::corrupt("no page was found in it").into());
    }
    // What is said of all pages is said of those that are announced, where nobody knows how many there are.
    let whole = match counted {
        Count::Sure(found) => found,
        Count::AtLeast(_) => announced,
    };
    let layer_bytes = task.derivatives.contains(&DerivativeName::TextLayer).then_some(task.limits.derivative_bytes);
    let mut walk = Walk::new(layer_bytes);
    if let Ok(page) = document.pages().get(0) {
        walk.take(Some(&page));
        walk.describe(&mut details, whole);
        answer.facts(&describe::facts(&details, task.content_length))?;
        first_page::show(task, &page, answer)?;
    } else {
        walk.take(None);
        answer.refuse_output(&Refusal::corrupt("the first page could not be read"))?;
    }
    walk.go_on(document, count, bounds.share(task, READING_SHARE), answer)?;
    walk.describe(&mut details, whole);
    answer.facts(&describe::facts(&details, task.content_length))?;
    match walk.finish(whole, answer)? {
        Some(layer) => answer.derivative(task, DerivativeName::TextLayer, text_layer::MIME_TYPE, layer),
        None => Ok(()),
    }
}

/// What is missing of the file, and what that means for the record.
fn tell_damage(bounds: &Bounds, answer: &mut Answer) -> Result<(), Stop> {
    let found = match bounds.way {
        Way::Whole if bounds.is_cut => "What is told and shown is of the part that is there.",
        Way::Whole => return Ok(()),
        Way::Catalogue => "Its table of objects is missing; what is told and shown was found without it.",
        Way::Pages => "Its tables of objects and pages are missing: pages were found without them, and how many there were is not known.",
    };
    answer.issue(&if bounds.is_cut {
        Issue::error("truncated-asset", format!("The file ends early. {found}"))
    } else {
        Issue::error("damaged-stream", found)
    })
}

fn tell_doubts(counted: Count, announced: u32, answer: &mut Answer) -> Result<(), Stop> {
    match counted {
        Count::Sure(found) if found < announced => {
            let message = format!("The file says that it has {announced} pages; {found} were found.");
            answer.issue(&Issue::warning("pages-missing", message))
        }
        Count::Sure(_) => Ok(()),
        Count::AtLeast(found) => {
            let message = format!(
                "The file says that it has {announced} pages; {found} were found before the search was given up, so their number is not told."
            );
            answer.issue(&Issue::error("pages-missing", message))
        }
    }
}
