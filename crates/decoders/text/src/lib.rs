//! Text, web pages and conversations: facts, and a picture of their first words.
//!
//! Nothing is fetched and nothing is run. The fonts are part of the executable (`fonts/`), so that a child opens none.

mod bubbles;
mod canvas;
mod characters;
mod counting;
mod decoder;
mod encoding;
mod excerpt;
mod fonts;
mod json;
mod language;
mod page;
mod pen;
mod plain;
mod sheet;
mod talk;

pub use decoder::Text;
