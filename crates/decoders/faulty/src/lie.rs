//! Lies: what a taken-over child may say to its worker.

use crate::facts;
use assay_contract::Code;
use assay_contract::exchange::{DerivativeHead, ReadAt, Refusal, Task, ThumbnailHead};
use assay_contract::failure::Issue;
use assay_contract::frame::{Frame, FrameKind};
use assay_contract::profile::DerivativeName;
use assay_kit::{Answer, Input, Stop};
use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;

/// Tells it, where the command is one of these.
pub(crate) fn tell(command: &str, words: &[String], task: &Task, input: &mut Input, answer: &mut Answer) -> Option<Result<(), Stop>> {
    let outcome = match command {
        "thumbnails" => words.iter().skip(1).try_for_each(|name| thumbnail(name, "image/webp", 10)),
        "huge-thumbnail" => thumbnail("grid", "image/webp", 100_000),
        "mistyped-thumbnail" => thumbnail("grid", "text/html", 10),
        "derivative" => derivative(),
        "garbage" => socket().write_all(&[0xee; 4096]),
        "terabyte" => terabyte(),
        "control-frame" => say(FrameKind::Launched, &(), Vec::new()),
        "blame" => say(FrameKind::Refused, &Refusal::new(Code::RoleRefused, "it was the role"), Vec::new()),
        "absurd-facts" => {
            socket_frame(&Frame { kind: FrameKind::Facts, head: br#"{"media_attributes":{"width":-1}}"#.to_vec(), body: Vec::new() })
        }
        "flood" => flood(FrameKind::Progress),
        "flood-issues" => flood_issues(answer),
        "flood-facts" => (0..1_000).try_for_each(|_| say(FrameKind::Facts, &facts(task, 1, 1), Vec::new())),
        "flood-bytes" => loop {
            if let Err(error) = socket().write_all(&[65; 16_384]) {
                break Err(error);
            }
        },
        "after-done" => socket_frame(&Frame::bare(FrameKind::Done)).and_then(|()| flood(FrameKind::Progress)),
        "ask" => ask(words),
        "sum" => return Some(sum(input, answer)),
        _ => return None,
    };
    Some(outcome.map_err(Stop::Gone))
}

/// The job's socket, not through the kit: the kit would not lie.
#[expect(unsafe_code, reason = "descriptor 0 is the job's socket; it is not closed here")]
fn socket() -> ManuallyDrop<File> {
    // SAFETY: the kit keeps it open as long as the child lives, and ManuallyDrop keeps us from closing it.
    ManuallyDrop::new(unsafe { File::from_raw_fd(0) })
}

fn socket_frame(frame: &Frame) -> io::Result<()> {
    frame.write_to(&mut *socket())
}

fn say(kind: FrameKind, head: &impl serde::Serialize, body: Vec<u8>) -> io::Result<()> {
    socket_frame(&Frame::new(kind, head, body)?)
}

fn thumbnail(name: &str, mime_type: &str, side: u32) -> io::Result<()> {
    let head = ThumbnailHead { name: name.to_owned(), mime_type: mime_type.to_owned(), width: side, height: side };
    say(FrameKind::Thumbnail, &head, vec![7; 100])
}

fn derivative() -> io::Result<()> {
    let head = DerivativeHead { name: DerivativeName::TextLayer, mime_type: "application/json".to_owned() };
    say(FrameKind::Derivative, &head, b"{}".to_vec())
}

/// A header that announces more than there is memory, and then bytes without end.
fn terabyte() -> io::Result<()> {
    let mut fixed = Frame::bare(FrameKind::Thumbnail).prologue();
    fixed.splice(12..16, u32::MAX.to_le_bytes());
    socket().write_all(&fixed)?;
    loop {
        socket().write_all(&[65; 16_384])?;
    }
}

fn flood(kind: FrameKind) -> io::Result<()> {
    loop {
        socket_frame(&Frame::bare(kind))?;
    }
}

fn flood_issues(answer: &mut Answer) -> io::Result<()> {
    while answer.issue(&Issue::warning("noise", "x".repeat(1_000))).is_ok() {}
    Err(io::ErrorKind::BrokenPipe.into())
}

/// `ask OFFSET BYTES`: a question that the kit would not ask, and then nothing.
fn ask(words: &[String]) -> io::Result<()> {
    let number = |place: usize| words.get(place).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    let bytes = u32::try_from(number(2)).unwrap_or(u32::MAX);
    say(FrameKind::ReadAt, &ReadAt { offset: number(1), bytes }, Vec::new())?;
    std::thread::sleep(std::time::Duration::from_hours(1));
    Ok(())
}

/// Reads its whole input and says the sum of its bytes, as an issue.
fn sum(input: &mut Input, answer: &mut Answer) -> Result<(), Stop> {
    let total: u64 = input.whole(1 << 30)?.iter().map(|byte| u64::from(*byte)).sum();
    answer.issue(&Issue::warning("sum", total.to_string()))
}
