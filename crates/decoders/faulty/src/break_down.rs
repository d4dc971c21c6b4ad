//! Ways to die, to hang and to take too much.
#![allow(unsafe_code, reason = "it has to break what safe code can't")]

use assay_contract::exchange::Task;
use assay_kit::{Answer, Stop};
use std::hint::black_box;
use std::time::Duration;

/// Long enough for every clock.
const FOR_EVER: Duration = Duration::from_hours(1);

/// Does it, where the command is one of these.
pub(crate) fn now(command: &str, number: u64, task: &Task, answer: &mut Answer) -> Option<Result<(), Stop>> {
    match command {
        "panic" => panic_as_told(),
        "abort" => std::process::abort(),
        // SAFETY: none: this is the crash that a broken C library would make.
        "segfault" => unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) },
        "overflow" => {
            black_box(recurse(0));
        }
        "spin" => spin(),
        "sleep" => std::thread::sleep(FOR_EVER),
        // SAFETY: a signal to the process itself.
        "stop" => unsafe { _ = libc::raise(libc::SIGSTOP) },
        "done" => {}
        // SAFETY: it takes a number.
        "exit" => unsafe { libc::_exit(i32::try_from(number).unwrap_or(0)) },
        "eat" => return Some(crate::attack::confess(answer, &Ok(eat_rust(number)))),
        "eat-c" => return Some(crate::attack::confess(answer, &Ok(eat_c(number)))),
        "close" => {
            // SAFETY: the socket is never used again.
            unsafe { _ = libc::close(0) };
            std::thread::sleep(FOR_EVER);
        }
        "facts-then-sleep" => {
            if let Err(stop) = answer.facts(&crate::facts(task, 10, 20)) {
                return Some(Err(stop));
            }
            std::thread::sleep(FOR_EVER);
        }
        "linger" => return Some(linger(answer)),
        _ => return None,
    }
    Some(Ok(()))
}

#[expect(clippy::panic, reason = "its work")]
fn panic_as_told() -> ! {
    panic!("told to panic")
}

fn spin() -> ! {
    let mut turns = 0u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

#[expect(unconditional_recursion, reason = "its work")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 512]);
    recurse(depth + 1) + frame.iter().sum::<u64>()
}

/// Says every quarter of a second that it is alive, and never finishes.
fn linger(answer: &mut Answer) -> Result<(), Stop> {
    loop {
        answer.progress()?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn eat_rust(bytes: u64) -> String {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    while (eaten.len() as u64) << 20 < bytes {
        eaten.push(black_box(vec![1; 1 << 20]));
    }
    format!("{} MiB", eaten.len())
}

/// As a C library does: asks, is refused, and its wrapper says so.
fn eat_c(bytes: u64) -> String {
    let mut eaten = 0;
    while eaten < bytes {
        // SAFETY: the block is written within its length, and never freed.
        unsafe {
            let block = black_box(libc::malloc(1 << 20));
            if block.is_null() {
                assay_kit::out_of_memory();
            }
            libc::memset(block, 1, 1 << 20);
        }
        eaten += 1 << 20;
    }
    format!("{} MiB of C's", eaten >> 20)
}
