//! What a card shows of a record whose pictures lie on the shelf.

use crate::exit::complain;
use assay_contract::profile::{DerivativeName, ThumbnailFormat};
use assay_contract::record::Record;
use assay_contract::storyboard;
use assay_probe::examine::{Made, What};
use assay_store::Shelf;

/// Thumbnails, waveform and storyboard, read from the shelf. What is no longer there is told on the terminal, and the card does without.
pub async fn made(shelf: &dyn Shelf, record: &Record) -> Vec<Made> {
    let mut made = Vec::new();
    for thumbnail in &record.thumbnails {
        let Some(format) = [ThumbnailFormat::Webp, ThumbnailFormat::Jpeg].into_iter().find(|one| one.mime_type() == thumbnail.mime_type)
        else {
            continue;
        };
        let what = What::Thumbnail { name: thumbnail.name.clone(), width: thumbnail.width, height: thumbnail.height, format };
        made.extend(one(shelf, thumbnail.uri.as_deref(), what, format.mime_type(), &thumbnail.sha256).await);
    }
    for derivative in &record.derivatives {
        let (name, mime_type) = match derivative.name.as_str() {
            "waveform" => (DerivativeName::Waveform, "application/json"),
            "storyboard" => (DerivativeName::Storyboard, storyboard::SHEET_MIME_TYPE),
            "storyboard-cues" => (DerivativeName::StoryboardCues, storyboard::CUES_MIME_TYPE),
            _ => continue,
        };
        made.extend(one(shelf, derivative.uri.as_deref(), What::Derivative(name), mime_type, &derivative.sha256).await);
    }
    made
}

async fn one(shelf: &dyn Shelf, uri: Option<&str>, what: What, mime_type: &'static str, sha256: &str) -> Option<Made> {
    match shelf.get(uri?).await {
        Ok(bytes) => Some(Made { what, mime_type, bytes, sha256: sha256.to_owned() }),
        Err(error) => {
            complain(&format!("a picture can't be read from the shelf: {error}"));
            None
        }
    }
}
