//! What the README says of the failure table and the limits is held against the code.

use assay_contract::failure::TABLE;
use assay_contract::limits::{DecodeLimits, FetchLimits};
use std::path::Path;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap_or_default()
}

#[test]
fn every_failure_code_stands_in_the_readme() {
    let readme = readme();
    let missing: Vec<&str> = TABLE.iter().map(|row| row.name).filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "the README leaves out {missing:?}");
}

#[test]
fn the_limits_of_the_readme_are_the_defaults() {
    let (decode, fetch) = (DecodeLimits::default(), FetchLimits::default());
    let rows = [
        format!("{} MB · {} GB · {} GB", fetch.image_bytes >> 20, fetch.audio_bytes >> 30, fetch.video_bytes >> 30),
        format!("| {} MB | `….fetch.text_layer_bytes`", fetch.text_layer_bytes >> 20),
        format!("{} million", decode.pixels / 1_000_000),
        format!("| {} | `….decode.jpeg_scans`", decode.jpeg_scans),
        format!("| {} MB | `….decode.memory_bytes`", decode.memory_bytes >> 20),
        format!("{} s · {} s · {} s", decode.cpu_ms / 1000, decode.stall_ms / 1000, decode.total_ms / 1000),
        format!("{} s · {} min", fetch.stall_ms / 1000, fetch.total_ms / 60_000),
    ];
    let readme = readme();
    for row in rows {
        assert!(readme.contains(&row), "the README does not say {row:?}");
    }
}
