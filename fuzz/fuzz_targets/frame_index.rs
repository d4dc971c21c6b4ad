//! The target `frame_index`: libFuzzer's under `cargo fuzz`, else a program that drives itself.
#![cfg_attr(fuzzing, no_main)]

assay_fuzz::program!(frame_index, ["fuzz/seeds/frame_index"]);
