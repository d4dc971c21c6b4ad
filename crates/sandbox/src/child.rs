//! One child: its socket, its pidfd, and the news of its end. Dropping it kills it.

use crate::clocks::within_ticks;
use crate::control::send_with;
use crate::server::ForkServer;
use crate::threads::Threads;
use assay_contract::exchange::{Exited, Task};
use assay_contract::frame::{Frame, FrameKind};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Signal, pidfd_send_signal};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::UnixStream;
use tokio::sync::oneshot;

/// A killed child is reaped at once; only a kernel that hangs lets us wait so long.
const REAPED_WITHIN: Duration = Duration::from_secs(10);

/// One child at work.
pub(crate) struct Child {
    /// Frames to and from it.
    pub(crate) socket: UnixStream,
    /// When it was asked for.
    pub(crate) asked: Instant,
    pidfd: OwnedFd,
    exited: oneshot::Receiver<Exited>,
    // Dropping the last hold on a fork server kills it and its children.
    _server: Arc<ForkServer>,
}

/// The fork server died before it told of the child's end.
#[derive(Debug)]
pub(crate) struct NoNews;

impl Child {
    pub(crate) fn new(
        socket: UnixStream,
        pidfd: OwnedFd,
        exited: oneshot::Receiver<Exited>,
        asked: Instant,
        server: Arc<ForkServer>,
    ) -> Self {
        Self { socket, asked, pidfd, exited, _server: server }
    }

    /// A job's own socket: our end, and the child's with its task waiting in it.
    pub(crate) fn socket(task: &Task, input: Option<BorrowedFd<'_>>) -> io::Result<(UnixStream, OwnedFd)> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        let mut bytes = Vec::new();
        Frame::new(FrameKind::Task, task, Vec::new())?.write_to(&mut bytes)?;
        // The descriptor travels with the first byte. A task is a few kilobytes, an empty socket takes 200.
        if send_with(ours.as_fd(), &bytes, input)? != bytes.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the task is too long for a socket"));
        }
        let socket = UnixStream::from_std(std::os::unix::net::UnixStream::from(ours))?;
        Ok((socket, theirs))
    }

    /// Where its threads are counted.
    pub(crate) fn threads(&self) -> Threads {
        Threads::of(&self.pidfd)
    }

    /// How it ended, where it has ended by now.
    pub(crate) fn has_exited(&mut self) -> Option<Exited> {
        self.exited.try_recv().ok()
    }

    /// Waits for its end for a while; `Ok(None)` when it lives on.
    pub(crate) async fn exits_within(&mut self, patience: Duration) -> Result<Option<Exited>, NoNews> {
        match within_ticks(patience, &mut self.exited).await {
            Some(Ok(exited)) => Ok(Some(exited)),
            Some(Err(_)) => Err(NoNews),
            None => Ok(None),
        }
    }

    /// Kills it, if it lives, and hears what it cost.
    pub(crate) async fn end(&mut self) -> Result<Exited, NoNews> {
        kill(&self.pidfd);
        self.exits_within(REAPED_WITHIN).await?.ok_or(NoNews)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        kill(&self.pidfd);
    }
}

/// Kills by pidfd: never another process that got the same number.
pub(crate) fn kill(pidfd: &OwnedFd) {
    // It may be gone already.
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
}
