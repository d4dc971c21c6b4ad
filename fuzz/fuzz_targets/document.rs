//! The target `document`: libFuzzer's under `cargo fuzz`, else a program that drives itself.
//!
//! Without the hostile fixtures: what bounds a bomb of forms in forms is a child's memory limit, and here PDFium would end this program.
#![cfg_attr(fuzzing, no_main)]

assay_fuzz::program!(document, ["fixtures/media", "fixtures/regression"]);
