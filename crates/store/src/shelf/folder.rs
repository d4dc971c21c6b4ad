//! Files of a local shelf: written without a name, and named only when they are whole.
//!
//! What has no name ends with its writer: SIGKILL in the middle of a picture leaves nothing of it.

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts bytes at a path, in place of what lies there; a reader sees the old or the new. On disk when it returns. Blocks.
pub(super) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    // A job that comes again makes the same pictures: nothing has to be put in place of them.
    if let Some(same) = same(path, bytes) {
        same.sync_all()?;
    } else {
        match unnamed(folder)? {
            Some(file) => name(&written(file, bytes)?, path)?,
            None => write_aside(path, bytes)?,
        }
    }
    File::open(folder)?.sync_all()
}

/// Whether a folder takes bytes: writes some, and leaves nothing. Blocks.
pub(super) fn takes_bytes(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    match unnamed(folder)? {
        Some(file) => written(file, b"ok").map(drop),
        None => {
            let path = aside(&folder.join("health"));
            write_new(&path, b"ok").map(drop)?;
            fs::remove_file(path)
        }
    }
}

/// A file without a name; `None` where the file system has none (open(2), `O_TMPFILE`), or no way to name one later (no /proc).
fn unnamed(folder: &Path) -> io::Result<Option<File>> {
    if !Path::new("/proc/self/fd").exists() {
        return Ok(None);
    }
    match open(folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::from_raw_mode(0o666)) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Names a whole file. No call names it in place of another: there it is called something else for the moment between two calls.
fn name(file: &File, path: &Path) -> io::Result<()> {
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    let link = |path: &Path| linkat(CWD, &unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW);
    match link(path) {
        Err(Errno::EXIST) => {
            let aside = aside(path);
            link(&aside)?;
            replace(&aside, path)
        }
        linked => Ok(linked?),
    }
}

/// The way where nothing is without a name: a name of its own first. A crash leaves it, until the job's next worker removes it.
fn write_aside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = aside(path);
    match write_new(&aside, bytes) {
        Ok(_) => replace(&aside, path),
        Err(error) => {
            let _ = fs::remove_file(aside);
            Err(error)
        }
    }
}

fn replace(aside: &Path, path: &Path) -> io::Result<()> {
    fs::rename(aside, path).inspect_err(|_| {
        let _ = fs::remove_file(aside);
    })
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<File> {
    written(OpenOptions::new().write(true).create_new(true).open(path)?, bytes)
}

fn written(mut file: File, bytes: &[u8]) -> io::Result<File> {
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
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

/// A name beside a path that nobody else uses: other workers write into the same folder.
fn aside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn both_ways_leave_the_file_alone_and_whole() {
        type Way = fn(&Path, &[u8]) -> io::Result<()>;
        for way in [put as Way, write_aside] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("grid.webp");
            for bytes in [&b"first"[..], b"another", b"another", b""] {
                way(&path, bytes).unwrap();
                assert_eq!(fs::read(&path).unwrap(), bytes);
                assert_eq!(names(folder.path()), ["grid.webp"]);
            }
        }
    }

    #[test]
    fn what_can_not_be_named_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("grid.webp");
        fs::create_dir(&taken).unwrap();
        put(&taken, b"a picture").unwrap_err();
        write_aside(&taken, b"a picture").unwrap_err();
        assert_eq!(names(folder.path()), ["grid.webp"]);
    }

    #[test]
    fn asking_a_folder_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        takes_bytes(&folder.path().join("shelf")).unwrap();
        assert_eq!(names(&folder.path().join("shelf")), Vec::<String>::new());
    }
}
