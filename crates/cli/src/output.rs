//! Where a verb writes, looked at before it begins: what can't be is told before any asset is read.

use anyhow::Context;
use assay_store::WholeFile;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a page is written: a file that may be made or replaced. Of a link, what it leads to.
pub fn page(path: &Path) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(path != Path::new("-"), "--html -: a page is written as a file; name one, e.g. gallery.html");
    anyhow::ensure!(
        !path.is_dir(),
        "--html {}: this is a folder; name a file in it, e.g. {}",
        path.display(),
        path.join("gallery.html").display()
    );
    if path.symlink_metadata().is_err() {
        return Ok(path.to_owned());
    }
    let file = path.canonicalize().with_context(|| format!("--html {}: this is a link that leads to no file", path.display()))?;
    // A page takes the place of what was there: of a device, that would be one less.
    anyhow::ensure!(
        file.is_file(),
        "--html {}: this is no regular file (a device, a pipe, a socket); name one that may be made or replaced, e.g. gallery.html",
        path.display()
    );
    // `--html *.jpg` names somebody's picture.
    let is_ours = crate::gallery::is_page(&file).with_context(|| format!("--html {}: it can't be read", path.display()))?;
    anyhow::ensure!(
        is_ours,
        "--html {}: there is another file, and it would be lost; name one that may be made, or a page that Assay wrote",
        path.display()
    );
    Ok(file)
}

/// The folder of pictures, made where there is none.
pub fn pictures(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(!path.exists() || path.is_dir(), "--thumbnails {}: this is a file; name a folder", path.display());
    std::fs::create_dir_all(path).with_context(|| format!("--thumbnails {}: the folder can't be made", path.display()))
}

/// Writes one picture into such a folder, or into a folder of its own in it: whole or not at all. What lies there under its name is
/// replaced, and no link is followed.
pub fn picture(folder: &Path, own_folder: Option<&str>, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let place = own_folder.map_or_else(|| folder.to_owned(), |own| folder.join(own));
    let path = place.join(name);
    let write = || {
        std::fs::create_dir_all(folder)?;
        if own_folder.is_some() {
            match std::fs::create_dir(&place) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => {}
            }
            if !place.symlink_metadata()?.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
        }
        let mut file = WholeFile::create(&path)?;
        file.write_all(bytes)?;
        file.place()
    };
    write().with_context(|| format!("{} was not written", path.display()))?;
    Ok(path)
}
