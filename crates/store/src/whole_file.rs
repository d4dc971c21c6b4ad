//! A file that is there whole or not at all: written without a name, and named when it is whole.
//!
//! What has no name ends with its writer: SIGKILL in the middle leaves nothing of it.

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file in the making. Dropped before it is finished, it was never there. All of it blocks.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    path: PathBuf,
    /// Its name until it is finished, on a file system where nothing is without one: there a kill leaves it.
    aside: Option<PathBuf>,
}

impl WholeFile {
    /// Begins a file; what lies at its path stays until [`WholeFile::finish`]. The folder must be there.
    pub fn create(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match unnamed(folder)? {
            Some(file) => Ok(Self { file, path: path.to_owned(), aside: None }),
            None => Self::create_aside(path),
        }
    }

    fn create_aside(path: &Path) -> io::Result<Self> {
        let aside = aside(path);
        let file = OpenOptions::new().write(true).create_new(true).open(&aside)?;
        Ok(Self { file, path: path.to_owned(), aside: Some(aside) })
    }

    /// Waits until what was written is on disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Puts it in its place, in place of what lies there: a reader sees the old or the new. Its bytes are on disk then; its name is when
    /// its folder is synced.
    pub fn finish(mut self) -> io::Result<()> {
        self.sync()?;
        if self.aside.is_none() {
            let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let link = |path: &Path| linkat(CWD, &unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW);
            match link(&self.path) {
                // No call names it in place of another: it is called something else for the moment between two calls.
                Err(Errno::EXIST) => {
                    let aside = aside(&self.path);
                    link(&aside)?;
                    self.aside = Some(aside);
                }
                linked => return Ok(linked?),
            }
        }
        if let Some(aside) = &self.aside {
            fs::rename(aside, &self.path)?;
            self.aside = None;
        }
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            let _ = fs::remove_file(aside);
        }
    }
}

/// A file without a name; `None` where the file system has none (open(2), `O_TMPFILE`), or nothing to name one by later (/proc).
fn unnamed(folder: &Path) -> io::Result<Option<File>> {
    if !Path::new("/proc/self/fd").exists() {
        return Ok(None);
    }
    match open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::from_raw_mode(0o666)) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A name beside a path that nobody else uses: other processes write into the same folder.
fn aside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Way = fn(&Path) -> io::Result<WholeFile>;
    const WAYS: [Way; 2] = [WholeFile::create, WholeFile::create_aside];

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_finished_file_is_alone_and_whole_and_takes_the_place_of_another() {
        for create in WAYS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("page.html");
            for bytes in [&b"first"[..], b"another", b"another", b""] {
                let mut file = create(&path).unwrap();
                file.write_all(bytes).unwrap();
                file.finish().unwrap();
                assert_eq!((fs::read(&path).unwrap().as_slice(), names(folder.path())), (bytes, vec!["page.html".to_owned()]));
            }
        }
    }

    #[test]
    fn a_file_that_is_not_finished_or_can_not_be_leaves_nothing() {
        for create in WAYS {
            let folder = tempfile::tempdir().unwrap();
            create(&folder.path().join("page.html")).unwrap().write_all(b"half a page").unwrap();
            assert_eq!(names(folder.path()), Vec::<String>::new());
            let taken = folder.path().join("folder");
            fs::create_dir(&taken).unwrap();
            create(&taken).unwrap().finish().unwrap_err();
            assert_eq!(names(folder.path()), ["folder"]);
        }
    }
}
