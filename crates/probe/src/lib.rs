//! Says what the bytes are, picks the decoder, and distrusts its answer.

pub mod claim;
pub mod distrust;
pub mod examine;
pub mod sniff;

pub use examine::{Asked, Examined, Made, examine};
pub use sniff::{Family, Sniffed, sniff};
