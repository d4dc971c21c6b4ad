//! Waveform.
