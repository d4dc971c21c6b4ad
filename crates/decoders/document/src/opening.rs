//! Opening a document, and what its not opening means.

use crate::plain;
use crate::source::{ReadTrouble, Source};
use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_kit::{Input, Stop};
use pdfium_render::prelude::{PdfDocument, Pdfium, PdfiumError, PdfiumInternalError};
use std::io;

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
        return Err(Refusal::unsupported("it does not begin as a PDF does").into());
    }
    Ok(Head { version: plain::head_version(&head) })
}

/// Opens it; the empty password is tried where one is wanted.
pub(crate) fn open<'p>(pdfium: &'p Pdfium, input: &'p mut Input, trouble: &ReadTrouble) -> Result<PdfDocument<'p>, Closed> {
    let source = Source::new(input, trouble.clone());
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
