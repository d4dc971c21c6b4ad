//! Files of a local shelf. All of it blocks.

use crate::whole_file::WholeFile;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Instant;

/// Puts bytes at a path, in place of what lies there; a reader sees the old or the new. On disk when it returns.
/// Names nothing after `until`: nobody waits for it any more, and what lies there may be another's.
pub(super) fn put(path: &Path, bytes: &[u8], until: Instant) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    // A job that comes again makes the same pictures: nothing has to be put in place of them.
    if let Some(same) = same(path, bytes) {
        same.sync_all()?;
    } else {
        let mut file = WholeFile::create(path)?;
        file.write_all(bytes)?;
        file.sync()?;
        if Instant::now() >= until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        file.place()?;
    }
    File::open(folder)?.sync_all()
}

/// Whether a folder takes bytes: writes some, and leaves nothing.
pub(super) fn takes_bytes(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = WholeFile::create(&folder.join("health"))?;
    file.write_all(b"ok")?;
    file.sync()
}

/// The file at a path, where it holds these bytes.
fn same(path: &Path, bytes: &[u8]) -> Option<File> {
    let mut file = File::open(path).ok()?;
    if file.metadata().ok()?.len() != bytes.len() as u64 {
        return None;
    }
    let mut there = Vec::with_capacity(bytes.len());
    Read::by_ref(&mut file).take(bytes.len() as u64 + 1).read_to_end(&mut there).ok()?;
    (there == bytes).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_comes_late_takes_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job/grid.webp");
        let late = put(&path, b"late", Instant::now()).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert_eq!(fs::read_dir(folder.path().join("job")).unwrap().count(), 0);
        put(&path, b"of another", Instant::now() + Duration::from_mins(1)).unwrap();
        put(&path, b"late", Instant::now()).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"of another");
    }

    #[test]
    fn asking_a_folder_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = folder.path().join("shelf");
        takes_bytes(&shelf).unwrap();
        assert_eq!(fs::read_dir(&shelf).unwrap().count(), 0);
    }
}
