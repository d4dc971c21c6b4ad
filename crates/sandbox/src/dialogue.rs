//! The conversation with one child, under two clocks: one for silence, one for its whole life.

use crate::answered::{Answered, ChildCost, Ended};
use crate::child::{Child, NoNews};
use crate::clocks::Clocks;
use crate::death::ChildDeath;
use crate::error::ChildFailure;
use crate::listener::{Heard, Listener};
use crate::source::Blocks;
use assay_contract::exchange::{EXIT_FORBIDDEN_CALL, EXIT_OUT_OF_MEMORY, Exited, ReadAt, Task};
use assay_contract::frame::{Frame, FrameKind, HEADER_BYTES};
use assay_contract::limits::DecodeLimits;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A child that closed its socket is about to exit; one that lives on is up to something.
const EXITS_WITHIN: Duration = Duration::from_millis(500);

/// Linux numbers, equal on all architectures that have a seccomp filter here (signal(7)).
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;
const SIGSYS: i32 = 31;

/// Why the conversation stopped.
enum Stopped {
    /// It said its last word.
    Last(Ended),
    /// Its socket closed without one.
    Silent,
    /// We have to kill it.
    Kill(ChildDeath),
}

/// Talks with a child to its end.
pub(crate) async fn hold(mut child: Child, task: &Task, blocks: Option<Arc<dyn Blocks>>) -> Result<Answered, ChildFailure> {
    let mut conversation = Conversation {
        listener: Listener::new(task),
        clocks: Clocks::of(&task.limits).watching(child.threads()),
        blocks,
        input_failure: None,
    };
    let stopped = conversation.go_on(&mut child).await;
    let (ended, exited) = end(&mut child, stopped, &task.limits).await.map_err(|NoNews| ChildFailure::ServerLost)?;
    let Conversation { listener, input_failure, .. } = conversation;
    let cost = ChildCost {
        cpu: Duration::from_micros(exited.cpu_us),
        peak_bytes: exited.peak_bytes,
        wall: child.asked.elapsed(),
        block_bytes: listener.bytes_asked(),
    };
    Ok(Answered {
        facts: listener.facts,
        issues: listener.issues,
        thumbnails: listener.thumbnails,
        derivatives: listener.derivatives,
        refusal: listener.refusal,
        cost,
        ended,
        input_failure,
    })
}

struct Conversation<'a> {
    listener: Listener<'a>,
    clocks: Clocks,
    blocks: Option<Arc<dyn Blocks>>,
    input_failure: Option<io::Error>,
}

impl Conversation<'_> {
    async fn go_on(&mut self, child: &mut Child) -> Stopped {
        loop {
            let heard = match self.clocks.within_stall(next(&mut child.socket, &self.listener)).await {
                Ok(Ok(Some(frame))) => self.listener.hear(frame),
                Ok(Ok(None)) => return Stopped::Silent,
                Ok(Err(death)) | Err(death) => Err(death),
            };
            match heard {
                Ok(Heard::More) => {}
                Ok(Heard::Question(ask)) => match self.answer(child, ask).await {
                    Ok(true) => {}
                    Ok(false) => return Stopped::Silent,
                    Err(death) => return Stopped::Kill(death),
                },
                Ok(Heard::Done) => return Stopped::Last(Ended::Done),
                Ok(Heard::Refused) => return Stopped::Last(Ended::Refused),
                Err(death) => return Stopped::Kill(death),
            }
        }
    }

    /// Serves a block; `Ok(false)` when the child is gone. Our own reading is no silence of the child's.
    async fn answer(&mut self, child: &mut Child, ask: ReadAt) -> Result<bool, ChildDeath> {
        let Some(blocks) = self.blocks.clone() else {
            return Err(ChildDeath::Protocol("a question for blocks of an input that lies in memory".to_owned()));
        };
        let reading = tokio::task::spawn_blocking(move || read_block(&*blocks, ask));
        let read = self.clocks.within_life(reading).await?.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        let body = read.unwrap_or_else(|error| {
            self.input_failure = Some(error);
            Vec::new()
        });
        let block = Frame { kind: FrameKind::Block, head: Vec::new(), body };
        let sent = self.clocks.within_stall(async {
            child.socket.write_all(&block.prologue()).await?;
            child.socket.write_all(&block.body).await
        });
        Ok(sent.await?.is_ok())
    }
}

fn read_block(blocks: &dyn Blocks, ask: ReadAt) -> io::Result<Vec<u8>> {
    let mut block = vec![0; ask.bytes as usize];
    let mut done = 0;
    while let Some(rest) = block.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let got = blocks.read_at(ask.offset + done as u64, rest)?;
        if got == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the source is shorter than the asset"));
        }
        done += got;
    }
    Ok(block)
}

/// The next frame; `None` where the child is gone. A frame that is cut short is the end of a child that died in the middle.
async fn next(socket: &mut tokio::net::UnixStream, listener: &Listener<'_>) -> Result<Option<Frame>, ChildDeath> {
    let mut fixed = [0; HEADER_BYTES];
    if socket.read_exact(&mut fixed).await.is_err() {
        return Ok(None);
    }
    let header = listener.admit(fixed)?;
    let (mut head, mut body) = (vec![0; header.head_bytes as usize], vec![0; header.body_bytes as usize]);
    if socket.read_exact(&mut head).await.is_err() || socket.read_exact(&mut body).await.is_err() {
        return Ok(None);
    }
    Ok(Some(Frame { kind: header.kind, head, body }))
}

/// Sees a child off: kills it where it lives, and tells what ended it.
async fn end(child: &mut Child, stopped: Stopped, limits: &DecodeLimits) -> Result<(Ended, Exited), NoNews> {
    match stopped {
        Stopped::Last(ended) => Ok((ended, child.end().await?)),
        Stopped::Silent => {
            if let Some(exited) = child.exits_within(EXITS_WITHIN).await? {
                return Ok((Ended::Died(cause(&exited, limits)), exited));
            }
            let death = ChildDeath::Protocol("it closed its socket and lived on".to_owned());
            Ok((Ended::Died(death), child.end().await?))
        }
        // Look before killing: afterwards the out-of-memory killer's SIGKILL would look like ours.
        Stopped::Kill(death) => match child.has_exited() {
            Some(exited) if exited.signal.is_some() => Ok((Ended::Died(cause(&exited, limits)), exited)),
            Some(exited) => Ok((Ended::Died(death), exited)),
            None => Ok((Ended::Died(death), child.end().await?)),
        },
    }
}

/// What ended a child that nobody of us killed.
fn cause(exited: &Exited, limits: &DecodeLimits) -> ChildDeath {
    // At the hard limit, a second later, the kernel kills a child that ignored SIGXCPU (setrlimit(2)).
    // Three quarters: the limit and the cost are not counted alike (a child stopped at 1 s was billed 0.83 s on a busy machine).
    let is_cpu_spent = exited.cpu_us >= limits.cpu_ms.saturating_mul(750);
    if exited.signal == Some(SIGXCPU) || (exited.signal == Some(SIGKILL) && is_cpu_spent) {
        return ChildDeath::CpuLimit { allowed_ms: limits.cpu_ms };
    }
    match (exited.signal, exited.code) {
        // Nobody of us killed it: that leaves the kernel's out-of-memory killer.
        (Some(SIGKILL), _) | (None, Some(EXIT_OUT_OF_MEMORY)) => ChildDeath::OutOfMemory,
        (Some(SIGSYS), _) | (None, Some(EXIT_FORBIDDEN_CALL)) => ChildDeath::SecurityViolation { syscall: None },
        (Some(signal), _) => ChildDeath::Signal(signal),
        (None, code) => ChildDeath::ExitedSilently { code: code.unwrap_or(0) },
    }
}
