//! The life of a child: confine itself, take its one task, decode, answer, exit.

use crate::channel::SharedChannel;
use crate::decoder::{Decoder, Stop};
use crate::fork_server::receive_with;
use crate::kernel;
use crate::last_words;
use crate::lockdown::{Confined, Layer, confine_child};
use crate::mapping::Mapping;
use crate::{Answer, Input};
use assay_contract::exchange::{InputKind, Launch, Task};
use assay_contract::frame::{Frame, FrameHeader, FrameKind, HEADER_BYTES};
use rustix::process::Pid;
use std::cell::RefCell;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

/// Exit codes beside those of the contract: what could not be said in a frame.
const DONE: i32 = 0;
const NOT_CONFINED: i32 = 73;
const NO_TASK: i32 = 74;
const NOBODY_LISTENS: i32 = 75;
/// As Rust's own.
const PANICKED: i32 = 101;

/// Runs one asset and ends the process.
pub(crate) fn live(decoder: &impl Decoder, control: &mut OwnedFd, job: &OwnedFd, confined: &Confined, launch: &Launch, server: Pid) -> ! {
    kernel::exit(match become_child(control, job, confined, launch, server) {
        Ok(()) => work(decoder),
        Err(code) => code,
    })
}

/// Takes the job's socket in place of the server's: a child that held the server's could take the next asset.
fn become_child(control: &mut OwnedFd, job: &OwnedFd, confined: &Confined, launch: &Launch, server: Pid) -> Result<(), i32> {
    if confined.layers.descriptors != Layer::On {
        // For `faulty` alone: what would be if the server's socket lived on in its children.
        std::mem::forget(rustix::io::dup(&*control).map_err(|_| NOT_CONFINED)?);
    }
    rustix::io::dup2(job, control).map_err(|_| NOT_CONFINED)?;
    if confined.layers.descriptors == Layer::On {
        // Among them `job` and its siblings' pidfds; this process never returns to their owners.
        kernel::close_from(3).map_err(|_| NOT_CONFINED)?;
    }
    last_words::speak_as_child(launch.memory_bytes);
    confine_child(confined, launch, server).map_err(|_| NOT_CONFINED)
}

fn work(decoder: &impl Decoder) -> i32 {
    keep_panics_for_the_worker();
    let Ok((task, mut input, channel)) = receive_task() else { return NO_TASK };
    let mut answer = Answer::new(channel.clone());
    // Whatever a panic left half done is gone with the process.
    let outcome = catch_unwind(AssertUnwindSafe(|| decoder.decode(&task, &mut input, &mut answer)));
    let last = match outcome {
        Ok(Ok(())) => Ok(Frame::bare(FrameKind::Done)),
        Ok(Err(Stop::Refused(refusal))) => Frame::new(FrameKind::Refused, &refusal, Vec::new()),
        Ok(Err(Stop::Gone(_))) => return NOBODY_LISTENS,
        Err(_) => {
            last_words::panicked(&PANIC.lock().unwrap_or_else(PoisonError::into_inner));
            return PANICKED;
        }
    };
    match last.and_then(|frame| channel.borrow_mut().send(&frame)) {
        Ok(()) => DONE,
        Err(_) => NOBODY_LISTENS,
    }
}

/// The task lies in the socket already, the memfd with its first byte.
fn receive_task() -> io::Result<(Task, Input, SharedChannel)> {
    let mut socket = UnixStream::from(kernel::take_stdin());
    let mut fixed = [0; HEADER_BYTES];
    let (bytes, memfd) = receive_with(socket.as_fd(), &mut fixed)?;
    if bytes != HEADER_BYTES {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let header = FrameHeader::parse(fixed, 0).map_err(io::Error::other)?;
    let mut head = vec![0; header.head_bytes as usize];
    socket.read_exact(&mut head)?;
    let task: Task = serde_json::from_slice(&head)?;
    let channel: SharedChannel = Rc::new(RefCell::new(socket));
    let input = match (task.input, memfd) {
        (InputKind::Memory, Some(memfd)) => Input::whole_in_memory(Mapping::of(&memfd, task.content_length)?),
        (InputKind::Blocks, None) => Input::in_blocks(channel.clone(), task.content_length, task.limits.block_bytes),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "a task and an input that do not fit")),
    };
    Ok((task, input, channel))
}

/// The last panic's place; its message may hold what stands in the asset. Not sent from the hook: libraries may catch panics of their own.
static PANIC: Mutex<String> = Mutex::new(String::new());

fn keep_panics_for_the_worker() {
    std::panic::set_hook(Box::new(|panic| {
        // A panic in a panic would abort; then the signal tells.
        if let (Ok(mut place), Some(told)) = (PANIC.try_lock(), panic.location()) {
            *place = told.to_string();
        }
    }));
}
