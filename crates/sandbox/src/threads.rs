//! How many threads a child has, told by the kernel: no filter and no limit of its own counts them for certain.

use crate::death::ChildDeath;
use assay_contract::limits::LimitHit;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Far more than the five of a decoder that may have some.
const MOST: u64 = 16;

/// Where a child's threads are counted.
pub(crate) struct Threads {
    /// Its `/proc/PID/task`; `None` where /proc does not say which it is.
    folder: Option<PathBuf>,
}

impl Threads {
    /// Of the child behind a pidfd (pidfd_open(2) says what stands in its fdinfo).
    pub(crate) fn of(child: &OwnedFd) -> Self {
        let told = fs::read_to_string(format!("/proc/self/fdinfo/{}", child.as_raw_fd())).unwrap_or_default();
        let pid = told.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse::<u32>().ok());
        Self { folder: pid.map(|pid| format!("/proc/{pid}/task").into()) }
    }

    /// An end to a child with more than any decoder has. To be asked often: it is one system call.
    pub(crate) fn check(&self) -> Result<(), ChildDeath> {
        let folder = self.folder.as_ref().and_then(|folder| fs::metadata(folder).ok());
        // Two links of its own, and one for each thread (proc(5)); a child that is gone has none.
        let threads = folder.map_or(0, |folder| folder.nlink().saturating_sub(2));
        if threads > MOST { Err(ChildDeath::TooMuch(LimitHit::new("threads", threads, MOST))) } else { Ok(()) }
    }
}
