//! The gallery: one page without any other file, with a card for each record, that a person looks at and filters.

mod drawing;
mod film;
pub mod shelved;

use crate::card;
use anyhow::Context;
use assay_contract::AssetKind;
use assay_contract::details::Details;
use assay_contract::profile::DerivativeName;
use assay_contract::record::{Record, Status};
use assay_probe::examine::{Made, What};
use assay_store::WholeFile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const STYLE: &str = include_str!("gallery/page.css");
const SCRIPT: &str = include_str!("gallery/page.js");

/// In which order the cards are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they were added.
    Given,
    /// By name: what is queued comes back in any order.
    Name,
}

/// A page that is being written, card by card: it may have more of them than memory holds.
pub struct Gallery {
    page: BufWriter<WholeFile>,
    path: PathBuf,
}

impl Gallery {
    /// Begins a page. Until [`Gallery::finish`] whatever lies at its path stays, and nothing of it has a name: whatever ends us leaves none.
    pub fn create(path: &Path, order: Order) -> anyhow::Result<Self> {
        let cannot = || format!("{} can't be written", path.display());
        let mut page = BufWriter::new(WholeFile::create(path).with_context(cannot)?);
        page.write_all(head(order).into_string().as_bytes()).with_context(cannot)?;
        Ok(Self { page, path: path.to_owned() })
    }

    /// Adds the card of one record, with what was made of its asset.
    pub fn add(&mut self, record: &Record, made: &[Made]) -> anyhow::Result<()> {
        let card = article(record, made).into_string();
        self.page.write_all(card.as_bytes()).with_context(|| format!("{} can't be written", self.path.display()))
    }

    /// Ends the page and puts it in its place.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let cannot = || format!("{} can't be written", self.path.display());
        writeln!(self.page, "</main><script>{SCRIPT}</script></body></html>").with_context(cannot)?;
        let file = self.page.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
        file.finish().with_context(cannot)
    }
}

/// By which a page is known that may be replaced.
const TITLE: &str = "Assay: gallery";
/// Bytes in which a page's title stands.
const TITLED: u64 = 2048;

/// Whether a file is such a page, or nothing yet.
pub fn is_page(file: &Path) -> io::Result<bool> {
    let mut begin = Vec::new();
    File::open(file)?.take(TITLED).read_to_end(&mut begin)?;
    Ok(begin.is_empty() || String::from_utf8_lossy(&begin).contains(&format!("<title>{TITLE}</title>")))
}

/// Everything before the first card. Titles and names come from strangers' files: nothing but our own script may run, nothing is loaded.
fn head(order: Order) -> Markup {
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{}'",
        STANDARD.encode(Sha256::digest(SCRIPT))
    );
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width";
                title { (TITLE) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Assay" }
                    span #count role="status" {}
                    div #bar role="group" aria-label="Filters" {}
                }
                main data-order=[(order == Order::Name).then_some("name")] {}
            }
        }
    };
    // The cards come one by one: the page is left open inside `main`.
    let text = whole.into_string();
    let open = text.split("</main>").next().unwrap_or_default().to_owned();
    PreEscaped(open)
}

fn article(record: &Record, made: &[Made]) -> Markup {
    let name = record.asset.uri.strip_prefix("file:").unwrap_or(&record.asset.uri);
    let file = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(name);
    // Two rows may be of one file.
    let short = card::plain(record.global_key.as_deref().unwrap_or(file));
    let (status, kind) = (word(record.status), kind(record));
    let lines = card::facts(record);
    html! {
        article data-status=(status) data-kind=(kind) data-name=(format!("{short} {name}").to_lowercase()) {
            (film::figure(&short, picture(made), made))
            div.text {
                span.status.(status) { (status) }
                h2 title=(card::plain(name)) { (short) }
                @if let Some(failure) = &record.failure {
                    p.why { strong { (failure.code) } " · " (failure.message) }
                }
                dl {
                    @for (name, value) in &lines {
                        dt { (name) } dd { (value) }
                    }
                }
                @if let Some(peaks) = derivative(made, DerivativeName::Waveform) { (drawing::waveform(peaks)) }
                @if let Some(Details::TiledImagery(imagery)) = &record.details {
                    @if let Some(bounds) = imagery.bounds_wgs84 { (drawing::place(bounds)) }
                }
                @if !record.issues.is_empty() {
                    details {
                        summary { (record.issues.len()) @if record.issues.len() == 1 { " issue" } @else { " issues" } }
                        ul { @for issue in &record.issues { li { strong { (issue.code) } " · " (issue.message) } } }
                    }
                }
            }
        }
        "\n"
    }
}

/// The kind of an asset; of one that could not be read, what it was taken for.
fn kind(record: &Record) -> &'static str {
    if let Some(details) = &record.details {
        return details.kind().as_str();
    }
    let detected = record.asset.detected_type.as_deref().unwrap_or_default();
    let kind = match detected.split_once('/') {
        Some(("image", _)) => AssetKind::Image,
        Some(("video", _)) => AssetKind::Video,
        Some(("audio", _)) => AssetKind::Audio,
        Some(("application", "pdf")) => AssetKind::Document,
        Some(("application", "dicom")) => AssetKind::Dicom,
        Some(("text", "html")) => AssetKind::Html,
        Some(("text", _)) => AssetKind::Text,
        _ => return "unknown",
    };
    kind.as_str()
}

/// The smallest thumbnail that fills a card on a fine screen, else the largest.
fn picture(made: &[Made]) -> Option<(&'static str, &[u8])> {
    let size = |made: &Made| match made.what {
        What::Thumbnail { width, height, .. } => Some(width.max(height)),
        What::Derivative(_) => None,
    };
    let mut pictures: Vec<(u32, &Made)> = made.iter().filter_map(|one| Some((size(one)?, one))).collect();
    pictures.sort_by_key(|(longest, _)| *longest);
    let chosen = pictures.iter().find(|(longest, _)| *longest >= 256).or(pictures.last());
    chosen.map(|(_, made)| (made.mime_type, made.bytes.as_ref()))
}

/// What was made under a name.
fn derivative(made: &[Made], name: DerivativeName) -> Option<&[u8]> {
    made.iter().find(|one| one.what == What::Derivative(name)).map(|one| one.bytes.as_ref())
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Failed => "failed",
    }
}
