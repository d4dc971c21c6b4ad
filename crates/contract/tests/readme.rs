//! What the README says of the failure table, the issues and the limits is held against the code.

#![allow(clippy::unwrap_used, reason = "these are tests, with their helpers")]

use assay_contract::failure::{ISSUES, TABLE};
use assay_contract::limits::{DecodeLimits, FetchLimits};
use std::path::{Path, PathBuf};

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
fn every_issue_stands_in_the_readme_and_whatever_a_room_tells_is_an_issue_or_a_code() {
    let readme = readme();
    let missing: Vec<&str> = ISSUES.iter().map(|row| row.name).filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "the README leaves out {missing:?}");
    let known = |name: &str| ISSUES.iter().map(|row| row.name).chain(TABLE.iter().map(|row| row.name)).any(|known| known == name);
    let mut told = 0;
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for rest in ["Issue::warning(", "Issue::error("].into_iter().flat_map(|call| text.split(call).skip(1)) {
            // A name that is a constant is not followed.
            let Some((name, _)) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else { continue };
            told += 1;
            assert!(known(name), "{name:?} is explained nowhere: {}", file.display());
        }
    }
    assert!(told > 20, "issues are told elsewhere than in crates/*/src: {told}");
}

/// The source files of all rooms, but for the decoder that misbehaves on purpose and for tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = found.partition(|path| path.is_dir());
    let skipped =
        |path: &Path| path.file_name().is_some_and(|name| name == "tests" || name == "tests.rs" || name == "faulty" || name == "target");
    let below = folders.iter().filter(|path| !skipped(path)).flat_map(|path| sources(path));
    let own = files.iter().filter(|path| !skipped(path) && path.extension().is_some_and(|kind| kind == "rs"));
    own.cloned().chain(below).collect()
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
