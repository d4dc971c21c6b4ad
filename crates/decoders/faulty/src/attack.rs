//! Attacks on the sandbox from inside: each tries something a decoder must not be able to do, and says what came of it.
#![allow(unsafe_code, reason = "attacks are system calls that no safe code makes")]

use assay_contract::failure::Issue;
use assay_kit::{Answer, Stop};
use libc::{c_int, c_long};
use std::io;
use std::ptr;

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
pub(crate) fn try_it(command: &str, words: &[String]) -> Option<Outcome> {
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    let number = |place: usize| word(place).parse::<c_int>().unwrap_or(0);
    Some(match command {
        "read" => std::fs::read(word(1)).map(|bytes| format!("read {} bytes of {}", bytes.len(), word(1))).map_err(text),
        "write" => std::fs::write(word(1), [1; 4096]).map(|()| format!("wrote {}", word(1))).map_err(text),
        "stat" => std::fs::metadata(word(1)).map(|file| format!("{} has {} bytes", word(1), file.len())).map_err(text),
        "tcp" => socket(libc::AF_INET, libc::SOCK_STREAM),
        "udp" => socket(libc::AF_INET, libc::SOCK_DGRAM),
        "unix" => socket(libc::AF_UNIX, libc::SOCK_STREAM),
        "ptrace" => call(libc::SYS_ptrace, [0x4206, c_long::from(number(1)), 0, 0], "seized the worker"),
        "peek" => peek(number(1)),
        // Signal 0 asks only whether one may (kill(2)).
        "kill" => call(libc::SYS_kill, [c_long::from(number(1)), 0, 0, 0], "may signal the worker"),
        "tgkill" => call(libc::SYS_tgkill, [c_long::from(number(1)), c_long::from(number(1)), 0, 0], "may signal the worker"),
        "fork" => fork(),
        "thread" => threads(number(1)),
        "exec" => exec(),
        "write-exec" => write_exec(),
        "io-uring" => io_uring(),
        "raise-limits" => raise_limits(),
        "memfd" => memfd(),
        "change-input" => change_input(),
        "x32" => call(0x4000_0000 + libc::SYS_getpid, [0; 4], "an x32 call ran"),
        "prctl" => call(libc::SYS_prctl, [c_long::from(libc::PR_SET_DUMPABLE), 1, 0, 0], "became dumpable"),
        "clone3" => call(libc::SYS_clone3, [0; 4], "clone3 ran"),
        "take-jobs" => take_jobs(),
        "remember" => {
            remember(word(1));
            Err("left in freed memory".to_owned())
        }
        "remember-and-recall" => {
            remember(&word(1).chars().rev().collect::<String>());
            recall(word(1))
        }
        "recall" => recall(word(1)),
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

fn call(number: c_long, [a, b, c, d]: [c_long; 4], breach: &str) -> Outcome {
    // SAFETY: the numbers are those of the attack; none of them is an address that the kernel writes to.
    if unsafe { libc::syscall(number, a, b, c, d) } < 0 { Err(last_error()) } else { Ok(breach.to_owned()) }
}

fn socket(family: c_int, kind: c_int) -> Outcome {
    call(libc::SYS_socket, [family.into(), kind.into(), 0, 0], "has a socket")
}

fn peek(worker: c_int) -> Outcome {
    let mut byte = 0u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: ptr::from_ref(&worker).cast_mut().cast(), iov_len: 1 };
    // SAFETY: one byte is written into a variable of one byte.
    let got = unsafe { libc::process_vm_readv(worker, &raw const local, 1, &raw const remote, 1, 0) };
    if got < 0 { Err(last_error()) } else { Ok("read the worker's memory".to_owned()) }
}

fn fork() -> Outcome {
    // SAFETY: a child that comes of it does nothing but end.
    match unsafe { libc::fork() } {
        -1 => Err(last_error()),
        // SAFETY: takes a number.
        0 => unsafe { libc::_exit(0) },
        _ => Ok("has a child".to_owned()),
    }
}

fn threads(wanted: c_int) -> Outcome {
    let mut begun = Vec::new();
    for _ in 0..wanted {
        match std::thread::Builder::new().stack_size(64 << 10).spawn(std::thread::park) {
            Ok(thread) => begun.push(thread),
            Err(error) => return Err(format!("{} threads, then: {error}", begun.len())),
        }
    }
    Ok(format!("{} threads", begun.len()))
}

fn exec() -> Outcome {
    let program = c"/bin/true".as_ptr();
    let none = [ptr::null()];
    // SAFETY: the strings and lists end with zero.
    unsafe { libc::execve(program, [program, ptr::null()].as_ptr(), none.as_ptr()) };
    Err(last_error())
}

fn write_exec() -> Outcome {
    // SAFETY: a fresh mapping that is written to within its length, and never run.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if page == libc::MAP_FAILED {
            return Err(last_error());
        }
        page.cast::<u8>().write(0xc3);
        if libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_EXEC) == 0 {
            Ok("has code of its own".to_owned())
        } else {
            Err(last_error())
        }
    }
}

fn io_uring() -> Outcome {
    let mut setup = [0u8; 120];
    // SAFETY: io_uring_params has 120 bytes.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, setup.as_mut_ptr()) };
    if ring < 0 { Err(last_error()) } else { Ok("has an io_uring".to_owned()) }
}

fn raise_limits() -> Outcome {
    let none = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the pointer leads to a live rlimit.
    if unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const none) } == 0 { Ok("has no limit".to_owned()) } else { Err(last_error()) }
}

fn memfd() -> Outcome {
    // SAFETY: the name ends with zero; the rest are numbers.
    unsafe {
        let file = libc::memfd_create(c"hidden".as_ptr(), 0);
        if file < 0 {
            return Err(last_error());
        }
        if libc::ftruncate(file, 1 << 30) == 0 { Ok("hid a gigabyte".to_owned()) } else { Err(last_error()) }
    }
}

/// The memfd is closed once it is mapped; whatever descriptor is left is tried.
fn change_input() -> Outcome {
    for descriptor in 1..16 {
        // SAFETY: one byte from a live variable; wrong descriptors are refused by the kernel.
        if unsafe { libc::write(descriptor, c"x".as_ptr().cast(), 1) } == 1 && descriptor > 2 {
            return Ok(format!("wrote to descriptor {descriptor}"));
        }
    }
    Err("no descriptor took a byte".to_owned())
}

/// Looks for a packet, another asset's, on every descriptor but its own.
fn take_jobs() -> Outcome {
    let mut packet = [0u8; 4096];
    for descriptor in 1..64 {
        // SAFETY: the buffer is as long as it is said to be.
        let got = unsafe { libc::recv(descriptor, packet.as_mut_ptr().cast(), packet.len(), libc::MSG_DONTWAIT) };
        if got >= 0 {
            return Ok(format!("descriptor {descriptor} is a socket and gave {got} bytes"));
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::WouldBlock {
            return Ok(format!("descriptor {descriptor} is a socket"));
        }
    }
    Err("no other socket".to_owned())
}

/// Leaves a marker all over the heap, as a decoder leaves pixels.
fn remember(marker: &str) {
    let blocks: Vec<String> = (0..4096).map(|_| marker.repeat(4)).collect();
    drop(std::hint::black_box(blocks));
}

/// Looks for another asset's marker in its own heap. The marker is given backwards, so that the question is not the finding.
fn recall(backwards: &str) -> Outcome {
    let marker: Vec<u8> = backwards.bytes().rev().collect();
    let mut found = 0;
    for _ in 0..64 {
        // SAFETY: fresh memory is read within its length: looking at what it held before is the attack.
        unsafe {
            let block = libc::malloc(64 << 10).cast::<u8>();
            if block.is_null() {
                break;
            }
            let old = std::slice::from_raw_parts(block, 64 << 10);
            found += old.windows(marker.len()).filter(|window| *window == marker).count();
        }
    }
    // The copy in `marker` itself lies outside those blocks.
    if found > 0 { Ok(format!("{found} copies of another asset's bytes")) } else { Err("no trace".to_owned()) }
}
