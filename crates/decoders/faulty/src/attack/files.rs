//! Attacks by a path.

use super::{Outcome, text};
use std::fs;

pub(super) fn read(path: &str) -> Outcome {
    fs::read(path).map(|bytes| format!("read {} bytes of {path}", bytes.len())).map_err(text)
}

pub(super) fn write(path: &str) -> Outcome {
    fs::write(path, [1; 4096]).map(|()| format!("wrote {path}")).map_err(text)
}

pub(super) fn stat(path: &str) -> Outcome {
    fs::metadata(path).map(|file| format!("{path} has {} bytes", file.len())).map_err(text)
}

/// Opens its output, /dev/null, a second time: with other rights, or with an offset of its own.
pub(super) fn reopen() -> Outcome {
    fs::OpenOptions::new().write(true).open("/proc/self/fd/1").map(|_| "opened a descriptor again".to_owned()).map_err(text)
}
