//! A file system of our own on a loop device, whose raw bytes can be searched.

use anyhow::{Context, Result, ensure};
use memchr::memmem;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often what is written is pushed to the device: what an unnamed file holds only in the page cache would never get there.
const PUSH_EVERY: Duration = Duration::from_millis(20);

/// ext4 in an image, mounted. Unmounted when dropped.
pub(crate) struct Device {
    image: PathBuf,
    mounted: PathBuf,
    ended: Arc<AtomicBool>,
    pushing: Option<JoinHandle<()>>,
}

impl Device {
    /// Makes and mounts one of `bytes`; the error says what it needs and does not have.
    pub(crate) fn mount(folder: &Path, bytes: u64) -> Result<Self> {
        ensure!(rustix::process::geteuid().is_root(), "only root may mount a loop device");
        let (image, mounted) = (folder.join("device.ext4"), folder.join("device"));
        File::create(&image)?.set_len(bytes)?;
        fs::create_dir(&mounted)?;
        // Without a journal and without discards: nothing but what is written, and it stays.
        run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), "-O".as_ref(), "^has_journal".as_ref(), image.as_ref()])?;
        run("mount", &["-o".as_ref(), "loop,nodiscard".as_ref(), image.as_ref(), mounted.as_ref()])?;
        let ended = Arc::new(AtomicBool::new(false));
        let mut device = Self { image, mounted, ended, pushing: None };
        fs::remove_dir(device.mounted.join("lost+found"))?;
        let (root, ended) = (File::open(&device.mounted)?, Arc::clone(&device.ended));
        device.pushing = Some(thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let _ = rustix::fs::syncfs(&root);
                thread::sleep(PUSH_EVERY);
            }
        }));
        Ok(device)
    }

    /// Its root folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.mounted
    }

    /// How often a word stands on the raw device.
    pub(crate) fn count(&self, word: &[u8]) -> Result<usize> {
        rustix::fs::syncfs(File::open(&self.mounted)?)?;
        let finder = memmem::Finder::new(word);
        let (mut image, mut block, mut kept, mut found) = (File::open(&self.image)?, vec![0; 4 << 20], 0, 0);
        loop {
            let read = image.read(block.get_mut(kept..).context("the block is full")?)?;
            let whole = block.get(..kept + read).unwrap_or_default();
            found += finder.find_iter(whole).count();
            if read == 0 {
                return Ok(found);
            }
            // A word may lie across two blocks; less than a word of the first is looked at again.
            let next = whole.len().min(word.len().saturating_sub(1));
            block.copy_within(kept + read - next..kept + read, 0);
            kept = next;
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(pushing) = self.pushing.take() {
            let _ = pushing.join();
        }
        let _ = run("umount", &[self.mounted.as_ref()]).or_else(|_| run("umount", &["-l".as_ref(), self.mounted.as_ref()]));
    }
}

#[allow(clippy::disallowed_methods, reason = "a bench sets up what it measures on")]
fn run(program: &str, arguments: &[&std::ffi::OsStr]) -> Result<()> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().with_context(|| format!("{program} can't be run"))?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
