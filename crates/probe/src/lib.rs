//! Says what the bytes are, picks the decoder, and distrusts its answer.

pub mod claim;
pub mod distrust;
pub mod examine;
pub mod given_layer;
pub mod sniff;

pub use examine::{Asked, Examined, Made, examine, examine_words};
pub use given_layer::DocumentPages;
pub use sniff::{Family, Sniffed, sniff};
