//! Paged documents: facts, the first page's picture and the text layer, by PDFium over the kit's input.
//!
//! PDFium is built without JavaScript and XFA; it opens no file, not even a font: what a document does not bring is drawn with one of
//! the fonts that are built into the library, and the record says so.

mod count;
mod dates;
mod decoder;
mod describe;
mod ending;
mod first_page;
mod fonts;
mod geometry;
mod layer;
mod letters;
mod library;
mod locked;
mod opening;
mod plain;
mod source;
mod walk;
mod words;

pub use decoder::Document;
pub use library::LibraryMissing;
