//! The decoder of documents over `fixtures/`, rehearsed: the same code as in a child, without the confinement.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod facts;
mod hostile;
mod layer;
mod limits;
mod pictures;

use assay_contract::details::{Details, DocumentDetails};
use assay_contract::exchange::Task;
use assay_document::Document;
use assay_kit::rehearse::{Rehearsed, rehearse, task};
use std::path::PathBuf;
use std::sync::Mutex;

/// PDFium is one for the whole process, and not made for threads.
static PDFIUM: Mutex<()> = Mutex::new(());

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn task_of(bytes: &[u8]) -> Task {
    task("application/pdf", None, bytes.len() as u64)
}

fn done(task: &Task, bytes: Vec<u8>) -> Rehearsed {
    let _alone = PDFIUM.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    rehearse(&Document::open().unwrap(), task, bytes)
}

fn looked_at(bytes: Vec<u8>) -> Rehearsed {
    done(&task_of(&bytes), bytes)
}

fn good(name: &str) -> Rehearsed {
    let said = looked_at(fixture(&format!("media/pdf-{name}.pdf")));
    assert!(said.refusal.is_none(), "{name}: {:?}", said.refusal);
    said
}

fn details(said: &Rehearsed) -> DocumentDetails {
    match said.facts.as_ref().map(|facts| &facts.details) {
        Some(Details::Document(details)) => (**details).clone(),
        other => panic!("no document: {other:?}"),
    }
}

fn codes(said: &Rehearsed) -> Vec<&str> {
    said.issues.iter().map(|issue| issue.code.as_str()).collect()
}
