//! A file that is there whole or not at all: written without a name, and named when it is whole.
//!
//! What has no name ends with its writer: SIGKILL in the middle leaves nothing of it. Two names are left by a kill all the same, until
//! a file of that path is written again: that of a whole file which was about to take the place of another, and that of any file on a
//! file system where nothing is without a name. A lock on a file says that its writer lives. What takes the place of another file takes
//! over who may read and write it.

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Writers of one path that may be at work at once.
const MOST_WRITERS: u32 = 1_000;
/// Most bytes of a name on any file system of Linux (`NAME_MAX`).
const LONGEST_NAME: usize = 255;
/// Names beside a path that are looked at for what a dead writer left: more than a few never wrote at once.
const SWEPT: u32 = 4;

/// A file in the making. Dropped before it is finished, it was never there. All of it blocks.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    path: PathBuf,
    /// Its name until it is finished, on a file system where nothing is without one: there a kill leaves it.
    aside: Option<PathBuf>,
}

impl WholeFile {
    /// Begins a file; what lies at its path stays until [`WholeFile::finish`]. The folder must be there. What a killed writer left of
    /// such a file is removed.
    pub fn create(path: &Path) -> io::Result<Self> {
        (0..SWEPT).map(|number| aside(path, number)).for_each(|left| remove_if_dead(&left));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match unnamed(folder)? {
            Some(file) => Ok(Self { file, path: path.to_owned(), aside: None }),
            None => Self::create_aside(path),
        }
    }

    fn create_aside(path: &Path) -> io::Result<Self> {
        let (file, aside) = beside(path, |aside| {
            let file = OpenOptions::new().write(true).create_new(true).open(aside)?;
            lock(&file);
            // It was taken for a dead writer's before it was locked.
            if file.metadata()?.nlink() == 0 { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(file) }
        })?;
        // It has a name from now on: nobody is to read here what he may not read there.
        take_over(&file, path);
        Ok(Self { file, path: path.to_owned(), aside: Some(aside) })
    }

    /// Waits until what was written is on disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Puts it in its place, in place of what lies there: a reader sees the old or the new. Its bytes are on disk then; its name is when
    /// its folder is synced.
    pub fn finish(self) -> io::Result<()> {
        self.sync()?;
        self.place()
    }

    /// Puts it in its place as [`WholeFile::finish`] does, for what is easily made again: its bytes are on disk when the system has the time.
    pub fn place(mut self) -> io::Result<()> {
        if self.aside.is_none() {
            let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let link = |path: &Path| linkat(CWD, &unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from);
            match link(&self.path) {
                // No call names it in place of another: it is called something else for the moment between two calls.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    take_over(&self.file, &self.path);
                    lock(&self.file);
                    let ((), aside) = beside(&self.path, link)?;
                    self.aside = Some(aside);
                }
                linked => return linked,
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

/// Makes something at the first name beside a path that nobody has: other threads and processes write into the same folder.
fn beside<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    for number in 0..MOST_WRITERS {
        let aside = aside(path, number);
        match make(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (made, aside)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn aside(path: &Path, number: u32) -> PathBuf {
    /// What is left of the longest name beside the dot and the longest end.
    const ROOM: usize = LONGEST_NAME - ".".len() - ".assay-999".len();
    /// Of it, beside a mark and sixteen digits.
    const KEPT: usize = ROOM - 17;
    let whole = path.file_name().unwrap_or_default();
    let mut name = OsString::from(".");
    match begin_of(whole.as_bytes(), KEPT) {
        Some(begin) if whole.len() > ROOM => {
            name.push(OsStr::from_bytes(begin));
            name.push(format!("~{:016x}", digest(whole.as_bytes())));
        }
        _ => name.push(whole),
    }
    name.push(format!(".assay-{number}"));
    path.with_file_name(name)
}

/// No more than so many bytes of a name, and no part of a character: some file systems take only whole ones.
fn begin_of(name: &[u8], most: usize) -> Option<&[u8]> {
    let is_within = |at: usize| name.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    // A name that is no UTF-8 is cut anywhere: no character has more than four bytes.
    let end = (most.saturating_sub(3)..=most).rev().find(|at| !is_within(*at)).unwrap_or(most);
    name.get(..end)
}

/// The same in every process and version, so that what a dead writer left is found again. Names that share one and their begin only
/// wait for each other.
fn digest(name: &[u8]) -> u64 {
    Sha256::digest(name).iter().take(size_of::<u64>()).fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// Gives a file the owner, group and permissions of the one whose place it takes; none of them where that is a link, or no file.
/// Not everybody may give a file away: what another group was permitted, a group that took its place is not.
fn take_over(file: &File, path: &Path) {
    let Ok(old) = fs::symlink_metadata(path) else { return };
    if !old.is_file() {
        return;
    }
    let old_mode = old.mode() & 0o777;
    // Nobody else reads it while it changes hands.
    let _ = file.set_permissions(fs::Permissions::from_mode(old_mode & 0o700));
    let _ = fchown(file, Some(old.uid()), None);
    let _ = fchown(file, None, Some(old.gid()));
    let keeps_group = file.metadata().is_ok_and(|new| new.gid() == old.gid());
    let others = old_mode & 0o7;
    let mode = if keeps_group { old_mode } else { old_mode & (0o707 | others << 3) };
    let _ = file.set_permissions(fs::Permissions::from_mode(mode));
}

/// Says that the writer lives, as long as the file is open: the kernel ends it with its last process, in whatever container or namespace
/// that is. Where nothing can be locked, nothing is taken for dead either.
fn lock(file: &File) {
    let _ = file.lock();
}

/// Removes a file whose writer is dead; whatever else is there, or can't be told, stays.
fn remove_if_dead(aside: &Path) {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let Ok(file) = OpenOptions::new().write(true).custom_flags(flags.cast_signed()).open(aside) else { return };
    if file.try_lock().is_err() {
        return;
    }
    // Until it was locked, its writer may have finished, and another have begun under this name.
    let identity = |file: &fs::Metadata| (file.dev(), file.ino());
    if let (Ok(locked), Ok(named)) = (file.metadata(), fs::symlink_metadata(aside))
        && locked.is_file()
        && identity(&locked) == identity(&named)
    {
        let _ = fs::remove_file(aside);
    }
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

    #[test]
    fn what_a_killed_writer_left_goes_when_the_file_is_written_again_and_what_a_living_one_writes_stays() {
        for create in WAYS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("page.html");
            fs::write(aside(&path, 0), b"of a dead one").unwrap();
            let mut living = WholeFile::create_aside(&path).unwrap();
            living.write_all(b"first").unwrap();
            fs::write(aside(&path, 2), b"of another dead one").unwrap();
            std::os::unix::fs::symlink(folder.path(), aside(&path, 3)).unwrap();
            WholeFile::create(&path).unwrap();
            create(&path).unwrap().finish().unwrap();
            living.finish().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"first");
            let mut left = names(folder.path());
            left.sort();
            assert_eq!(left, [".page.html.assay-3", "page.html"], "what is no file is nobody's");
        }
    }

    #[test]
    fn a_file_whose_name_is_as_long_as_one_may_be_is_replaced_and_swept_as_any_other() {
        for create in WAYS {
            for name in ["n".repeat(255), "é".repeat(127), format!("n{}", "é".repeat(127)), format!("{}.tif", "字".repeat(83))] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join(&name);
                for bytes in [b"first", b"other"] {
                    fs::write(aside(&path, 0), b"of a dead one").unwrap();
                    WholeFile::create(&path).unwrap();
                    let mut file = create(&path).unwrap();
                    file.write_all(bytes).unwrap();
                    file.finish().unwrap();
                    assert_eq!((fs::read(&path).unwrap().as_slice(), names(folder.path())), (&bytes[..], vec![name.clone()]));
                }
            }
        }
    }

    #[test]
    fn what_is_aside_of_two_long_names_is_not_the_same_and_no_letter_of_them_is_cut() {
        let of = |name: &str, number| aside(Path::new(name), number).into_os_string().into_string().unwrap();
        let long = |end: &str| format!("{}{end}", "é".repeat(126));
        assert_ne!(of(&long("a"), 0), of(&long("b"), 0));
        assert_eq!(of(&long("a"), 7), of(&long("a"), 7));
        for begin in 0..4 {
            let name = format!("{}{}", "n".repeat(begin), "字".repeat(83));
            assert!(of(&name, MOST_WRITERS - 1).len() <= LONGEST_NAME, "{name}");
        }
        let shorter = "n".repeat(244);
        assert_eq!(of(&shorter, 0), format!(".{shorter}.assay-0"));
    }

    #[test]
    fn what_takes_the_place_of_a_file_is_read_by_the_same_people() {
        for create in WAYS {
            for mode in [0o600, 0o640, 0o644, 0o606, 0o400] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("page.html");
                fs::write(&path, b"old").unwrap();
                // Another owner, where the test may give files away.
                let _ = fchown(File::open(&path).unwrap(), Some(65_534), Some(65_534));
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let old = fs::metadata(&path).unwrap();
                let mut file = create(&path).unwrap();
                file.write_all(b"new").unwrap();
                file.finish().unwrap();
                let new = fs::metadata(&path).unwrap();
                assert_eq!((new.mode(), new.uid(), new.gid()), (old.mode(), old.uid(), old.gid()), "{mode:o}");
                assert_eq!(fs::read(&path).unwrap(), b"new");
            }
        }
    }

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        for create in WAYS {
            let folder = tempfile::tempdir().unwrap();
            let (path, other) = (folder.path().join("page.html"), folder.path().join("other"));
            fs::write(&other, b"of another").unwrap();
            std::os::unix::fs::symlink(&other, &path).unwrap();
            let mut file = create(&path).unwrap();
            file.write_all(b"page").unwrap();
            file.place().unwrap();
            assert_eq!((fs::read(&other).unwrap().as_slice(), fs::read(&path).unwrap().as_slice()), (&b"of another"[..], &b"page"[..]));
            assert!(!path.is_symlink());
        }
    }
}
