//! The one permanent thread that starts fork servers and reaps them.
//!
//! `PR_SET_PDEATHSIG` follows the *thread* that started a process (prctl(2)): a fork server started from one of tokio's
//! threads would be killed when that thread goes idle.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use tokio::sync::oneshot;

enum Order {
    Start { program: PathBuf, stdin: OwnedFd, answer: oneshot::Sender<io::Result<Child>> },
    End { process: Child, done: oneshot::Sender<()> },
}

/// Starts a program with a socket as its stdin, nothing as its output and an empty environment.
pub(crate) async fn start(program: PathBuf, stdin: OwnedFd) -> io::Result<Child> {
    let (answer, answered) = oneshot::channel();
    orders()?.send(Order::Start { program, stdin, answer }).map_err(|_| lost())?;
    answered.await.map_err(|_| lost())?
}

/// Kills a process and reaps it; the receiver hears when it is gone.
pub(crate) fn end(process: Child) -> oneshot::Receiver<()> {
    let (done, is_done) = oneshot::channel();
    if let Ok(orders) = orders() {
        // The thread never ends, so its channel is never closed.
        let _ = orders.send(Order::End { process, done });
    }
    is_done
}

fn orders() -> io::Result<&'static mpsc::Sender<Order>> {
    static ORDERS: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    if let Some(orders) = ORDERS.get() {
        return Ok(orders);
    }
    let (orders, received) = mpsc::channel();
    std::thread::Builder::new().name("assay-spawner".to_owned()).spawn(move || received.into_iter().for_each(carry_out))?;
    // Where two began at once the loser's channel closes and its thread ends, before it started anything.
    Ok(ORDERS.get_or_init(|| orders))
}

fn carry_out(order: Order) {
    match order {
        Order::Start { program, stdin, answer } => {
            if let Err(Ok(unwanted)) = answer.send(spawn(program, stdin)) {
                reap(unwanted);
            }
        }
        Order::End { process, done } => {
            reap(process);
            let _ = done.send(());
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place where a process is started")]
fn spawn(program: PathBuf, stdin: OwnedFd) -> io::Result<Child> {
    // No `pre_exec`: it would make std fork instead of posix_spawn, 78 ms with 2 GB resident. The child locks itself down.
    // The command, and with it our copy of the socket, is dropped here: else a dead fork server would never read as EOF.
    Command::new(program).env_clear().stdin(Stdio::from(stdin)).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

fn reap(mut process: Child) {
    // Both fail only where it is gone already.
    let _ = process.kill();
    let _ = process.wait();
}

fn lost() -> io::Error {
    io::Error::other("the thread that starts decoders is gone")
}
