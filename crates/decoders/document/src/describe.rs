//! What a document says of itself, as the contract names it.

use crate::dates;
use crate::opening::Head;
use assay_contract::details::{Details, DocumentDetails};
use assay_contract::kind::AssetKind;
use assay_contract::{Facts, MediaAttributes};
use pdfium_render::prelude::{PdfDocument, PdfDocumentMetadataTagType as Tag, PdfFormType, PdfSecurityHandlerRevision};

/// Longest text of the document's own that is kept, characters; the worker cuts there too.
const LONGEST_TEXT: usize = 4_000;

/// Everything but what its pages tell.
pub(crate) fn document(document: &PdfDocument<'_>, head: &Head, catalogue_version: Option<String>) -> DocumentDetails {
    let text = |tag| {
        let value = document.metadata().get(tag)?;
        let value: String = value.value().trim().chars().take(LONGEST_TEXT).collect();
        (!value.is_empty()).then_some(value)
    };
    let revision = document.permissions().security_handler_revision();
    DocumentDetails {
        pdf_version: head.version.clone().max(catalogue_version),
        title: text(Tag::Title),
        author: text(Tag::Author),
        creator: text(Tag::Creator),
        producer: text(Tag::Producer),
        created_at: text(Tag::CreationDate).as_deref().and_then(dates::iso),
        modified_at: text(Tag::ModificationDate).as_deref().and_then(dates::iso),
        // A revision that the library does not know is a protection all the same.
        encrypted: !matches!(revision, Ok(PdfSecurityHandlerRevision::Unprotected)),
        is_tagged: Some(document.catalog().is_tagged()),
        form: document.form().and_then(|form| match form.form_type() {
            PdfFormType::None => None,
            PdfFormType::Acrobat => Some("acroform".to_owned()),
            PdfFormType::XfaFull | PdfFormType::XfaForeground => Some("xfa".to_owned()),
        }),
        ..DocumentDetails::default()
    }
}

/// Both views.
pub(crate) fn facts(details: &DocumentDetails, content_length: u64) -> Facts {
    let mut attributes = MediaAttributes::new(AssetKind::Document, "application/pdf", content_length);
    attributes.page_count = details.page_count;
    Facts { media_attributes: attributes, details: Details::Document(Box::new(details.clone())) }
}
