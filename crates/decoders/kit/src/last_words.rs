//! What a dying child still says: in a signal handler or with no memory left, so nothing here allocates.

use crate::kernel;
use assay_contract::exchange::{Death, EXIT_FORBIDDEN_CALL, EXIT_OUT_OF_MEMORY};
use assay_contract::frame::{Frame, FrameHeader, FrameKind, HEADER_BYTES};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Set in a child: elsewhere nobody listens at descriptor 0.
static IN_CHILD: AtomicBool = AtomicBool::new(false);

/// Where so much can't be had any more, an abort is put down to it, bytes.
static SHORT_OF_MEMORY: AtomicUsize = AtomicUsize::new(0);
/// A buffer that doubles is refused while much is still free; an honest decoder needs little of its limit.
const MOST_SHORT_OF: u64 = 384 << 20;

/// From here on this process is a child whose socket is descriptor 0, and which may have so much memory.
pub(crate) fn speak_as_child(memory_bytes: u64) {
    SHORT_OF_MEMORY.store(usize::try_from((memory_bytes / 2).min(MOST_SHORT_OF)).unwrap_or(usize::MAX), Ordering::Release);
    IN_CHILD.store(true, Ordering::Release);
}

/// Whether this process is a child.
pub(crate) fn is_child() -> bool {
    IN_CHILD.load(Ordering::Acquire)
}

/// Says that memory is used up, and ends the process. For decoders whose C library was refused memory and says so.
pub fn out_of_memory() -> ! {
    say(format_args!("{{\"how\":\"out-of-memory\"}}"));
    kernel::exit(EXIT_OUT_OF_MEMORY)
}

/// Has forbidden system calls reported by their number.
pub(crate) fn report_forbidden_calls() -> io::Result<()> {
    kernel::on_forbidden_call(forbidden_call)
}

fn forbidden_call(number: i64) -> ! {
    say(format_args!("{{\"how\":\"violation\",\"syscall\":{number}}}"));
    kernel::exit(EXIT_FORBIDDEN_CALL)
}

/// Has aborts reported that come of memory that was refused: C and C++ libraries end so, and do not say why.
pub(crate) fn report_refused_memory() -> io::Result<()> {
    kernel::on_abort(|| {
        if is_child() && kernel::is_refused(SHORT_OF_MEMORY.load(Ordering::Acquire)) {
            out_of_memory()
        }
    })
}

/// Says that the decoder panicked, and where. Allocates: a panic leaves memory to do so.
pub(crate) fn panicked(place: &str) {
    if let Ok(frame) = Frame::new(FrameKind::Died, &Death::Panic { place: place.to_owned() }, Vec::new()) {
        write(&frame.prologue());
    }
}

fn say(head: std::fmt::Arguments<'_>) {
    let mut bytes = [0; 128];
    let (fixed, rest) = bytes.split_at_mut(HEADER_BYTES);
    let free = rest.len();
    let mut left = &mut *rest;
    if left.write_fmt(head).is_err() {
        return;
    }
    let said = free - left.len();
    let header = FrameHeader { kind: FrameKind::Died, head_bytes: u32::try_from(said).unwrap_or(0), body_bytes: 0 };
    fixed.copy_from_slice(&header.to_bytes());
    write(bytes.get(..HEADER_BYTES + said).unwrap_or_default());
}

fn write(mut bytes: &[u8]) {
    if !is_child() {
        return;
    }
    while !bytes.is_empty() {
        match rustix::io::write(kernel::STDIN, bytes) {
            Ok(count) if count > 0 => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            // Nobody listens any more; the exit code says the rest.
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_written_by_hand_are_those_that_the_worker_reads() {
        let read = |words: &str| serde_json::from_str::<Death>(words).unwrap();
        assert_eq!(read(r#"{"how":"out-of-memory"}"#), Death::OutOfMemory);
        assert_eq!(read(r#"{"how":"violation","syscall":41}"#), Death::Violation { syscall: 41 });
    }
}
