//! A decoder's `main`: become a confined fork server that has one child for each asset.

use crate::decoder::Decoder;
use crate::fork_server;
use crate::kernel;
use crate::last_words;
use crate::lockdown::{self, Confined, Layers, LockdownError};
use assay_contract::exchange::{BUILD_ID, Hello};
use assay_contract::frame::{Frame, FrameKind};
use rustix::net::SocketType;
use rustix::net::sockopt::{socket_peercred, socket_type};
use rustix::process::{getppid, set_parent_process_death_signal};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

/// Why a decoder can't serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("it is started by `assay`, with a socket for its stdin; it is no command for people")]
    NoSocket,
    #[error("the worker that started it is gone")]
    Orphan,
    #[error("a library started threads before the first asset; a fork would leave them behind")]
    Threads,
    #[error(transparent)]
    Lockdown(#[from] LockdownError),
    #[error("the worker can't be reached: {0}")]
    Io(#[from] io::Error),
}

/// Serves until the worker is gone. The whole `main` of a decoder.
pub fn serve(decoder: &impl Decoder) -> ExitCode {
    serve_with(decoder, Layers::ALL)
}

/// Serves with layers of the confinement left off: for `faulty`, to show that a worker notices. Every other decoder calls [`serve`].
pub fn serve_with(decoder: &impl Decoder, layers: Layers) -> ExitCode {
    match serve_or_fail(decoder, layers) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Under a worker this goes to /dev/null; a person who tries the binary by hand reads it.
            let _ = writeln!(io::stderr(), "assay-{}: {error}", decoder.family());
            ExitCode::FAILURE
        }
    }
}

fn serve_or_fail(decoder: &impl Decoder, layers: Layers) -> Result<(), ServeError> {
    let control = worker_socket()?;
    die_with_parent()?;
    kernel::close_from(3)?;
    lockdown::shut_curtains(layers)?;
    decoder.warm();
    if !is_alone()? {
        return Err(ServeError::Threads);
    }
    last_words::report_forbidden_calls()?;
    last_words::report_refused_memory()?;
    let confined = lockdown::lock_down(decoder.threads(), layers);
    // A worker that hears of the missing filter can say what to do; of a silent death it could not.
    fork_server::send(control.as_fd(), &hello(decoder, confined.as_ref().ok())?, None)?;
    let confined = confined?;
    fork_server::run(decoder, control, &confined)?;
    Ok(())
}

/// Stdin, where it is a packet socket whose other end was made by our own parent.
fn worker_socket() -> Result<OwnedFd, ServeError> {
    let stdin = kernel::take_stdin();
    if socket_type(&stdin) != Ok(SocketType::SEQPACKET) {
        // Given back: another hand may still use number 0.
        std::mem::forget(stdin);
        return Err(ServeError::NoSocket);
    }
    Ok(stdin)
}

/// Dies when the thread that started it dies; whoever made the socket must be that parent still (prctl(2), `PR_SET_PDEATHSIG`).
fn die_with_parent() -> Result<(), ServeError> {
    set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).map_err(io::Error::from)?;
    let maker = socket_peercred(kernel::STDIN).map_err(io::Error::from)?.pid;
    if getppid() == Some(maker) { Ok(()) } else { Err(ServeError::Orphan) }
}

/// Whether there is one thread: a fork copies only the one that calls it, and locks that others hold stay locked for ever.
fn is_alone() -> io::Result<bool> {
    Ok(std::fs::read_dir("/proc/self/task")?.count() == 1)
}

/// The first words; of a server that could not confine itself they say so.
fn hello(decoder: &impl Decoder, confined: Option<&Confined>) -> io::Result<Frame> {
    let hello = Hello {
        build_id: BUILD_ID.to_owned(),
        decoder: decoder.family().to_owned(),
        libraries: decoder.libraries(),
        landlock: confined.is_some_and(|confined| confined.landlock),
        landlock_abi: confined.map_or(0, |confined| confined.landlock_abi),
        seccomp: confined.is_some_and(|confined| confined.seccomp),
        baseline_bytes: confined.map_or(0, |confined| confined.baseline_bytes),
    };
    Frame::new(FrameKind::Hello, &hello, Vec::new())
}
