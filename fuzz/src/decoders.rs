//! The decoders in this process, unconfined, with limits that let many inputs be tried a second.

use assay_contract::Code;
use assay_contract::failure::Stage;
use assay_dicom::Dicom;
use assay_document::Document;
use assay_geo::Geo;
use assay_image::ImageDecoder;
use assay_kit::Decoder;
use assay_kit::rehearse::{rehearse, task};
use assay_media::Media;
use assay_probe::distrust;
use assay_probe::sniff::{Family, sniff};
use assay_text::Text;
use std::sync::Once;

/// Any bytes end as facts, as a reasoned no, or both, whatever format they begin like, and a worker believes all that is said.
pub fn image(bytes: &[u8]) {
    static WARM: Once = Once::new();
    WARM.call_once(|| ImageDecoder.warm());
    run(&ImageDecoder, Family::Image, bytes);
}

/// The same of whatever container they begin like.
pub fn media(bytes: &[u8]) {
    static WARM: Once = Once::new();
    WARM.call_once(|| Media.warm());
    run(&Media, Family::Media, bytes);
}

/// The same of whatever they begin like, as an instance.
pub fn dicom(bytes: &[u8]) {
    static WARM: Once = Once::new();
    WARM.call_once(|| Dicom.warm());
    run(&Dicom, Family::Dicom, bytes);
}

/// The same, as imagery.
pub fn geo(bytes: &[u8]) {
    static WARM: Once = Once::new();
    WARM.call_once(|| Geo.warm());
    run(&Geo, Family::Geo, bytes);
}

/// The same, as a document; `libpdfium.so` must lie beside this program.
pub fn document(bytes: &[u8]) {
    thread_local! {
        static DOCUMENT: Document = warmed(Document::open().expect("PDFium lies beside this program"));
    }
    DOCUMENT.with(|decoder| run(decoder, Family::Document, bytes));
}

/// The same, as words.
pub fn text(bytes: &[u8]) {
    thread_local! {
        static TEXT: Text = warmed(Text::default());
    }
    TEXT.with(|decoder| run(decoder, Family::Text, bytes));
}

fn warmed<D: Decoder>(decoder: D) -> D {
    decoder.warm();
    decoder
}

fn run(decoder: &impl Decoder, family: Family, bytes: &[u8]) {
    let content_length = bytes.len() as u64;
    // As a worker asks, where it would ask this decoder at all; what it would not is tried all the same.
    let (mime_type, kind) = match sniff(bytes).filter(|found| found.family == Some(family)) {
        Some(found) => (found.mime_type, found.kind),
        None => ("application/octet-stream", None),
    };
    let mut task = task(mime_type, kind, content_length);
    task.limits.pixels = 2_000_000;
    task.limits.frames = 2_000;
    task.limits.jpeg_scans = 50;
    task.limits.memory_bytes = 256 << 20;
    task.limits.cpu_ms = 3_000;
    task.limits.total_ms = 3_000;
    for spec in &mut task.thumbnails {
        spec.max_px = spec.max_px.min(64);
    }
    let said = rehearse(decoder, &task, bytes.to_vec());
    assert!(said.facts.is_some() || said.refusal.is_some(), "it ended without an answer");
    if let Some(refusal) = &said.refusal {
        assert!(refusal.code.row().stage == Stage::Probe && refusal.code != Code::Internal, "{refusal}");
    }
    if let Some(facts) = &said.facts {
        distrust::facts(facts, family, content_length).expect("its facts are believed");
    }
    for (head, picture) in &said.thumbnails {
        distrust::thumbnail(head, picture, &task).expect("its pictures are believed");
    }
    for (head, made) in &said.derivatives {
        distrust::derivative(head, made, &task).expect("its derivatives are believed");
    }
}
