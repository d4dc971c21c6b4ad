//! Attacks on the sandbox from inside: each tries something a decoder must not be able to do, and says what came of it.

mod code;
mod descriptors;
mod files;
mod kernel;
mod memory;
mod network;
mod others;
mod processes;

use assay_contract::failure::Issue;
use assay_kit::{Answer, Input, Stop};
use std::io;

/// What came of an attack: it worked, or this stopped it.
pub(crate) type Outcome = Result<String, String>;

/// Tells the worker. Where the filter kills, nothing is told: then the death is the answer.
pub(crate) fn confess(answer: &mut Answer, outcome: &Outcome) -> Result<(), Stop> {
    answer.issue(&match outcome {
        Ok(breach) => Issue::error("breach", breach),
        Err(held) => Issue::warning("held", held),
    })
}

/// Tries it, where the command is one of these.
pub(crate) fn try_it(command: &str, words: &[String], input: &mut Input) -> Option<Outcome> {
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    let number = |place: usize| word(place).parse::<i32>().unwrap_or(0);
    // As `{:x}` of a pointer.
    let address = |place: usize| usize::from_str_radix(word(place), 16).unwrap_or(0);
    Some(match command {
        "read" => files::read(word(1)),
        "write" => files::write(word(1)),
        "stat" => files::stat(word(1)),
        "reopen" => files::reopen(),
        "tcp" => network::tcp(word(1)),
        "udp" => network::udp(word(1)),
        "unix" => network::unix(word(1)),
        "abstract" => network::abstract_unix(word(1)),
        "send-to" => network::send_to(),
        "ptrace" => others::trace(number(1)),
        "peek" => others::peek(number(1), address(2)),
        "mem" => others::read_memory(number(1), address(2)),
        "kill" => others::kill(number(1)),
        "tgkill" => others::tgkill(number(1)),
        "own" => others::own_descriptor(number(1)),
        "pidfd" => others::signal_by_pidfd(number(1)),
        "steal-descriptor" => others::steal_descriptor(number(1)),
        "fork" => processes::fork(),
        "fork-bomb" => processes::fork_bomb(number(1)),
        "thread" => processes::threads(number(1)),
        "throng" => processes::throng(number(1)),
        "exec" => processes::exec(),
        "write-exec" => code::write_then_run(),
        "x32" => code::x32(),
        "int80" => code::int80(),
        "blocked" => code::with_signals_blocked(),
        "io-uring" => kernel::io_uring(),
        "userfaultfd" => kernel::userfaultfd(),
        "bpf" => kernel::bpf(),
        "keyctl" => kernel::keyctl(),
        "perf" => kernel::perf_event(),
        "unshare" => kernel::unshare(),
        "raise-limits" => kernel::raise_limits(),
        "prctl" => kernel::become_dumpable(),
        "clone3" => kernel::clone3(),
        "environment" => memory::environment(),
        "memfd" => memory::memfd(),
        "core" => memory::dump(word(1)),
        "change-input" => descriptors::change_input(),
        "change-unsealed" => descriptors::change_unsealed(),
        "take-jobs" => descriptors::take_jobs(),
        "take-next-job" => descriptors::take_next_job(input),
        "remember" => {
            memory::remember(word(1));
            Err("left in freed memory".to_owned())
        }
        "remember-and-recall" => {
            memory::remember(&word(1).chars().rev().collect::<String>());
            memory::recall(word(1))
        }
        "recall" => memory::recall(word(1)),
        _ => return None,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "so that map_err takes it by name")]
fn text(error: io::Error) -> String {
    error.to_string()
}

fn last_error() -> String {
    text(io::Error::last_os_error())
}

/// A call of the C library, judged: below zero it was refused.
fn judged(result: i64, breach: &str) -> Outcome {
    if result < 0 { Err(last_error()) } else { Ok(breach.to_owned()) }
}
