//! The target `document`: libFuzzer's under `cargo fuzz`, else a program that drives itself.
#![cfg_attr(fuzzing, no_main)]

assay_fuzz::program!(document, ["fixtures/media", "fixtures/hostile", "fixtures/regression"]);
