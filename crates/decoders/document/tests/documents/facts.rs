//! What is told of good documents.

use super::{codes, details, fixture, good, looked_at};
use assay_contract::details::PageSize;

#[test]
fn a_plain_document_tells_all_that_it_says_of_itself() {
    let said = good("plain");
    let facts = said.facts.clone().unwrap();
    assert_eq!((facts.media_attributes.page_count, facts.media_attributes.mime_type.as_str()), (Some(3), "application/pdf"));
    let told = details(&said);
    assert_eq!((told.pdf_version.as_deref(), told.page_count, told.encrypted), (Some("1.4"), Some(3), false));
    assert_eq!((told.title.as_deref(), told.author.as_deref()), (Some("A plain document"), Some("Assay")));
    assert_eq!((told.creator.as_deref(), told.producer.as_deref()), (Some("fixtures/make.py"), Some("fixtures/make.py")));
    assert_eq!(told.created_at.as_deref(), Some("2026-02-29T14:30:00+01:00"));
    assert_eq!(told.modified_at.as_deref(), Some("2026-11-21T20:00:00Z"));
    assert_eq!((told.has_text, told.is_tagged, told.form.as_deref()), (Some(true), Some(false), None));
    assert_eq!(told.pages, [PageSize { width_pt: 612.0, height_pt: 792.0, rotation_deg: 0 }; 3]);
    assert!(codes(&said).is_empty(), "{:?}", said.issues);
}

#[test]
fn a_document_that_the_empty_password_opens_is_read_and_said_to_be_encrypted() {
    let (locked, plain) = (details(&good("empty-password")), details(&good("plain")));
    assert!(locked.encrypted);
    assert_eq!((locked.title, locked.created_at, locked.text_characters), (plain.title, plain.created_at, plain.text_characters));
}

#[test]
fn of_a_locked_document_is_told_what_is_not_encrypted() {
    let said = looked_at(fixture("hostile/pdf-password.pdf"));
    let told = details(&said);
    assert_eq!((told.encrypted, told.page_count, told.pdf_version.as_deref()), (true, Some(3), Some("1.4")));
    assert_eq!((told.title, told.has_text, said.thumbnails.len()), (None, None, 0));
    assert_eq!(said.refusal.unwrap().code, assay_contract::Code::EncryptedAsset);
}

#[test]
fn the_size_of_a_page_is_that_of_its_crop_box_after_rotation() {
    let told = details(&good("turned-cropped"));
    assert_eq!(told.pages, [PageSize { width_pt: 400.0, height_pt: 300.0, rotation_deg: 90 }]);
}

#[test]
fn a_scan_has_no_text() {
    let told = details(&good("scanned"));
    assert_eq!((told.has_text, told.text_characters), (Some(false), Some(0)));
}

#[test]
fn tags_forms_and_object_streams_are_seen() {
    assert_eq!(details(&good("tagged")).is_tagged, Some(true));
    assert_eq!(details(&good("form")).form.as_deref(), Some("acroform"));
    let packed = details(&good("object-streams"));
    assert_eq!((packed.page_count, packed.pdf_version.as_deref()), (Some(2), Some("1.5")));
}

#[test]
fn a_font_that_is_not_there_is_told_and_the_fourteen_are_not() {
    assert_eq!(codes(&good("missing-font")), ["fallback-font"]);
    assert!(codes(&good("two-columns")).is_empty());
}
