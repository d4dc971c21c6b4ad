//! The repository's own files, read for the rules.

use std::path::{Path, PathBuf};

/// A file with its path from the repository's root, `/` between the parts.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Every Rust file below `crates/`, `benches/` and `fuzz/`.
pub(crate) fn sources() -> Vec<Source> {
    let found = files(|name| Path::new(name).extension().is_some_and(|extension| extension == "rs"));
    assert!(found.len() > 50, "only {} Rust files found: the walk is broken", found.len());
    found
}

/// Every Cargo.toml below them.
pub(crate) fn manifests() -> Vec<Source> {
    files(|name| name == "Cargo.toml")
}

/// The folders of the packages that are no workspace of their own.
pub(crate) fn packages() -> Vec<String> {
    let own = manifests().into_iter().filter(|manifest| !manifest.text.contains("[workspace]"));
    own.filter_map(|manifest| manifest.path.strip_suffix("/Cargo.toml").map(str::to_owned)).collect()
}

fn files(wanted: impl Fn(&str) -> bool) -> Vec<Source> {
    let root = root();
    let mut folders: Vec<PathBuf> =
        ["crates", "benches", "fuzz"].map(|folder| root.join(folder)).into_iter().filter(|folder| folder.is_dir()).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" {
                folders.push(path);
            } else if wanted(&name) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}
