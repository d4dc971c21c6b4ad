//! One running fork server: asks it for children, hears of their ends.

use crate::child::{Child, kill};
use crate::clocks::within_ticks;
use crate::control::Control;
use crate::error::{ChildFailure, StartError};
use crate::{neighbours, spawner};
use assay_contract::exchange::{BUILD_ID, Exited, Hello, InputKind, Launch, Launched, Task};
use assay_contract::frame::{Frame, FrameKind};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// FFmpeg and GDAL take a tenth of a second to load; a cold disk and a busy machine much longer.
const HELLO_WITHIN: Duration = Duration::from_secs(30);

/// A fork takes a millisecond; a fork server that needs so long has stopped.
const LAUNCHED_WITHIN: Duration = Duration::from_secs(10);

/// One running fork server. Dropping it kills it, and with it its children.
pub(crate) struct ForkServer {
    hello: Hello,
    control: Arc<Control>,
    waiting: Waiting,
    tickets: AtomicU64,
    lost: Arc<AtomicBool>,
    ear: JoinHandle<()>,
    process: Option<process::Child>,
}

/// Who waits for which ticket.
type Waiting = Arc<Mutex<HashMap<u64, Expected>>>;

struct Expected {
    launched: Option<oneshot::Sender<Result<OwnedFd, i32>>>,
    exited: oneshot::Sender<Exited>,
}

impl ForkServer {
    /// Starts a decoder and checks who it says it is and whether it is confined.
    pub(crate) async fn start(family: &str, program: &Path) -> Result<Self, StartError> {
        if !program.is_file() {
            return Err(StartError::Missing(program.to_owned()));
        }
        let (control, theirs) = Control::pair()?;
        let process =
            spawner::start(program.to_owned(), theirs).await.map_err(|source| StartError::Spawn { family: family.to_owned(), source })?;
        match introduced(family, &control).await {
            Ok(hello) => Ok(Self::running(hello, control, process)),
            Err(error) => {
                // Nobody waits: a decoder that does not even introduce itself must not hold up the answer.
                drop(spawner::end(process));
                Err(error)
            }
        }
    }

    fn running(hello: Hello, control: Control, process: process::Child) -> Self {
        let (control, waiting, lost) = (Arc::new(control), Waiting::default(), Arc::new(AtomicBool::new(false)));
        let ear = tokio::spawn(listen(control.clone(), waiting.clone(), lost.clone()));
        Self { hello, control, waiting, tickets: AtomicU64::new(0), lost, ear, process: Some(process) }
    }

    /// What it said of itself.
    pub(crate) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Whether it can be asked for children.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Children it was asked for.
    pub(crate) fn children(&self) -> u64 {
        self.tickets.load(Ordering::Relaxed)
    }

    /// Asks for a child that finds its task, and its input's memfd where there is one, already in its socket.
    pub(crate) async fn launch(self: &Arc<Self>, task: &Task, input: Option<BorrowedFd<'_>>) -> Result<Child, ChildFailure> {
        neighbours::count().await;
        let asked = Instant::now();
        let (socket, theirs) = Child::socket(task, input)?;
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let (launched, is_launched) = oneshot::channel();
        let (exited, has_exited) = oneshot::channel();
        self.expect(ticket, Expected { launched: Some(launched), exited });
        let launch = Launch { ticket, memory_bytes: memory_limit(task), cpu_ms: task.limits.cpu_ms };
        let frame = Frame::new(FrameKind::Launch, &launch, Vec::new())?;
        let wait = async {
            let is_sent = self.control.send(&frame, Some(theirs.as_fd())).await.is_ok();
            // Ours is a copy: while it is open, a child that died would not read as EOF.
            drop(theirs);
            if is_sent { is_launched.await.ok() } else { None }
        };
        match within_ticks(LAUNCHED_WITHIN, wait).await {
            Some(Some(Ok(pidfd))) => Ok(Child::new(socket, pidfd, has_exited, asked, self.clone())),
            Some(Some(Err(errno))) => Err(ChildFailure::Fork { errno }),
            Some(None) => {
                self.forget(ticket);
                Err(ChildFailure::ServerLost)
            }
            None => {
                tracing::warn!(family = %self.hello.decoder, "a fork server hangs and is given up");
                self.dismiss();
                Err(ChildFailure::ServerLost)
            }
        }
    }

    /// Ends it and waits until it is gone.
    pub(crate) async fn end(mut self) {
        self.control.shut();
        if let Some(process) = self.process.take() {
            let _ = spawner::end(process).await;
        }
    }

    /// Ends it while others may still hold it: it reads EOF and exits; their children die with it.
    pub(crate) fn dismiss(&self) {
        self.lost.store(true, Ordering::Release);
        self.control.shut();
    }

    fn expect(&self, ticket: u64, expected: Expected) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Checked under the lock that the ear takes when it hears of the end: nobody waits for ever.
        if !self.is_lost() {
            waiting.insert(ticket, expected);
        }
    }

    fn forget(&self, ticket: u64) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket);
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        self.ear.abort();
        self.control.shut();
        if let Some(process) = self.process.take() {
            drop(spawner::end(process));
        }
    }
}

/// What a child may map beside its libraries: its own memory, and its input where that is mapped (the memfd's pages are ours already).
fn memory_limit(task: &Task) -> u64 {
    let mapped = match task.input {
        InputKind::Memory => task.content_length,
        InputKind::Blocks => 0,
    };
    task.limits.memory_bytes.saturating_add(mapped)
}

async fn introduced(family: &str, control: &Control) -> Result<Hello, StartError> {
    let no_hello = |reason: String| StartError::NoHello { family: family.to_owned(), reason };
    let first = within_ticks(HELLO_WITHIN, control.receive())
        .await
        .ok_or_else(|| no_hello(format!("it was silent for {HELLO_WITHIN:?}")))?
        .map_err(|error| no_hello(error.to_string()))?;
    let (frame, _) = first.ok_or_else(|| no_hello("it exited".to_owned()))?;
    if frame.kind != FrameKind::Hello {
        return Err(no_hello(format!("it began with {:?}", frame.kind)));
    }
    let hello: Hello = frame.head().map_err(|error| no_hello(error.to_string()))?;
    if hello.build_id != BUILD_ID {
        return Err(StartError::OtherBuild { family: family.to_owned(), theirs: hello.build_id, ours: BUILD_ID.to_owned() });
    }
    if hello.decoder != family {
        return Err(StartError::OtherFamily { family: family.to_owned(), theirs: hello.decoder });
    }
    if !hello.seccomp {
        return Err(StartError::Unconfined { family: family.to_owned() });
    }
    Ok(hello)
}

/// Hears of launches and exits until the fork server is gone.
async fn listen(control: Arc<Control>, waiting: Waiting, lost: Arc<AtomicBool>) {
    while let Ok(Some((frame, descriptor))) = control.receive().await {
        if note(&waiting, &frame, descriptor).is_err() {
            tracing::warn!(kind = ?frame.kind, "a fork server broke its protocol");
            break;
        }
    }
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    lost.store(true, Ordering::Release);
    // Whoever waits finds its channel closed.
    waiting.clear();
}

fn note(waiting: &Waiting, frame: &Frame, descriptor: Option<OwnedFd>) -> io::Result<()> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    match frame.kind {
        FrameKind::Launched => {
            let launched: Launched = frame.head()?;
            neighbours::limit(launched.pid);
            let result = descriptor.ok_or(launched.errno);
            let listener = waiting.get_mut(&launched.ticket).and_then(|expected| expected.launched.take());
            if result.is_err() {
                waiting.remove(&launched.ticket);
            }
            let unheard = match listener {
                Some(listener) => listener.send(result).err(),
                None => Some(result),
            };
            // Cancelled before its child ran.
            if let Some(Ok(pidfd)) = unheard {
                kill(&pidfd);
            }
        }
        FrameKind::Exited => {
            let exited: Exited = frame.head()?;
            if let Some(expected) = waiting.remove(&exited.ticket) {
                // Nobody listens where the asset was cancelled.
                let _ = expected.exited.send(exited);
            }
        }
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "not a frame of a fork server")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{SendFlags, send};

    /// A server that a bug has changed; no file can reach it, for it reads none.
    #[tokio::test]
    async fn a_fork_server_that_says_what_none_says_is_lost_and_nobody_waits_for_it() {
        let launched_twice = Launched { ticket: 9, pid: 1, errno: 0 };
        for frame in [
            Frame::bare(FrameKind::Done),
            Frame { kind: FrameKind::Exited, head: b"{}".to_vec(), body: Vec::new() },
            Frame { kind: FrameKind::Launched, head: vec![0xff; 64], body: Vec::new() },
        ] {
            let (control, theirs) = Control::pair().unwrap();
            let (waiting, lost) = (Waiting::default(), Arc::new(AtomicBool::new(false)));
            let (launched, is_launched) = oneshot::channel();
            let (exited, has_exited) = oneshot::channel();
            waiting.lock().unwrap().insert(0, Expected { launched: Some(launched), exited });
            // About a child that nobody asked for: no harm, and no reason to give it up.
            let stray = Frame::new(FrameKind::Launched, &launched_twice, Vec::new()).unwrap();
            for frame in [&stray, &frame] {
                let mut packet = Vec::new();
                frame.write_to(&mut packet).unwrap();
                send(&theirs, &packet, SendFlags::empty()).unwrap();
            }
            listen(Arc::new(control), waiting.clone(), lost.clone()).await;
            assert!(lost.load(Ordering::Acquire) && waiting.lock().unwrap().is_empty());
            assert!(is_launched.await.is_err() && has_exited.await.is_err());
        }
    }
}
