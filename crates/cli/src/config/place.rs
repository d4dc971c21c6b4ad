//! What the settings name on this machine: folders that can be written, decoders that are there.

use super::{Config, Problems};
use crate::assemble::FAMILIES;
use assay_fetch::FetchConfig;
use std::path::{Path, PathBuf};

/// Tells what is missing.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    let spill = config.fetch.spill_folder.clone().unwrap_or_else(|| FetchConfig::default().spill_folder);
    // As it is used: a file without a name.
    if let Err(error) = tempfile::tempfile_in(&spill) {
        problems.0.push(format!("fetch.spill_folder: {} can't be written: {error}", spill.display()));
    }
    let Some(folder) = config.worker.decoders.clone().or_else(beside) else { return };
    let missing: Vec<String> = FAMILIES.iter().map(|family| format!("assay-{family}")).filter(|name| !is_file(&folder, name)).collect();
    if !missing.is_empty() {
        let whole = if folder.is_dir() { "has no" } else { "is no folder; it should have" };
        problems.0.push(format!("worker.decoders: {} {whole} {}", folder.display(), missing.join(", ")));
    }
}

fn is_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}

/// The folder of this binary.
fn beside() -> Option<PathBuf> {
    std::env::current_exe().ok()?.parent().map(PathBuf::from)
}
