//! Where a verb writes, looked at before it begins: what can't be is told before any asset is read.

use anyhow::Context;
use std::path::Path;

/// The path of a page: of a file that may be made or replaced.
pub fn page(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(path != Path::new("-"), "--html -: a page is written as a file; name one, e.g. gallery.html");
    anyhow::ensure!(
        !path.is_dir(),
        "--html {}: this is a folder; name a file in it, e.g. {}",
        path.display(),
        path.join("gallery.html").display()
    );
    Ok(())
}

/// The folder of pictures, made where there is none.
pub fn pictures(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(!path.exists() || path.is_dir(), "--thumbnails {}: this is a file; name a folder", path.display());
    std::fs::create_dir_all(path).with_context(|| format!("--thumbnails {}: the folder can't be made", path.display()))
}
