//! Tone.
