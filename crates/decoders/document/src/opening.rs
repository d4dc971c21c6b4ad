//! Opening a document, and what its not opening means.

use crate::ending::{self, Way};
use crate::plain;
use crate::source::{ReadTrouble, SharedInput, Source};
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_kit::{Answer, Input, Stop};
use pdfium_render::prelude::{PdfDocument, Pdfium, PdfiumError, PdfiumInternalError};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Instant;

/// How far into a file its head may begin; other readers allow as much (ISO 32000-1, annex H, note 13).
const HEAD_BYTES: usize = 1024;

/// What the first bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// `1.7`.
    pub(crate) version: Option<String>,
}

/// Why there is no document.
pub(crate) enum Closed {
    /// It wants a password that nobody has, or a protection that is not known.
    Locked,
    /// Anything else.
    Stopped(Stop),
}

/// Reads the head, and makes sure that it is one.
pub(crate) fn head(input: &mut Input) -> Result<Head, Stop> {
    if input.length() == 0 {
        return Err(Refusal::new(Code::EmptyAsset, "0 bytes").into());
    }
    let mut head = vec![0; HEAD_BYTES];
    let count = input.read_at(0, &mut head).map_err(stopped)?;
    head.truncate(count);
    if memchr::memmem::find(&head, b"%PDF-").is_none() {
        let refusal = if plain::begins_with_an_object(&head) {
            Refusal::corrupt("its first line, which says that it is a PDF, is missing")
        } else {
            Refusal::unsupported("it does not begin as a PDF does")
        };
        return Err(refusal.into());
    }
    Ok(Head { version: plain::head_version(&head) })
}

/// Opens it; the empty password is tried where one is wanted, and where the table of objects is gone, the file with a new ending.
/// Each ending costs as much as the file did, and no call to PDFium can be stopped: none is tried once it is late.
pub(crate) fn open<'p>(
    pdfium: &'p Pdfium,
    input: &'p mut Input,
    trouble: &ReadTrouble,
    late: Instant,
    answer: &mut Answer,
) -> Result<(PdfDocument<'p>, Way), Closed> {
    let input: SharedInput<'p> = Rc::new(RefCell::new(input));
    let closed = match load(pdfium, Source::new(Rc::clone(&input), trouble.clone()), trouble) {
        Ok(document) => return Ok((document, Way::Whole)),
        Err(closed) => closed,
    };
    if let Closed::Stopped(Stop::Refused(_)) = &closed
        && Instant::now() < late
    {
        let endings = ending::endings(input.borrow().in_memory().unwrap_or_default());
        for (way, ending) in endings {
            answer.progress().map_err(Closed::Stopped)?;
            if Instant::now() >= late {
                break;
            }
            let source = Source::ending(Rc::clone(&input), ending, trouble.clone());
            if let Ok(document) = load(pdfium, source, trouble)
                && document.pages().page_size(0).is_ok()
            {
                return Ok((document, way));
            }
        }
    }
    Err(closed)
}

fn load<'p>(pdfium: &'p Pdfium, source: Source<'p>, trouble: &ReadTrouble) -> Result<PdfDocument<'p>, Closed> {
    let opened = pdfium.load_pdf_from_reader(source, None);
    if let Some(error) = trouble.take() {
        return Err(Closed::Stopped(stopped(error)));
    }
    opened.map_err(|error| match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError | PdfiumInternalError::SecurityError) => Closed::Locked,
        _ => Closed::Stopped(Refusal::corrupt("neither its table of objects nor its page tree can be read").into()),
    })
}

/// What a failed read of the input means: the allowance is used up, or the worker is gone.
pub(crate) fn stopped(error: io::Error) -> Stop {
    if error.kind() == io::ErrorKind::QuotaExceeded {
        return Refusal::new(Code::LimitExceeded, error.to_string()).into();
    }
    Stop::Gone(error)
}
