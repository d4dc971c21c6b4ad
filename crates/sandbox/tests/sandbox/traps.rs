//! Traps that others fell into, each met once and kept shut.
#![allow(unsafe_code, reason = "the control of a test forks as `pre_exec` does")]

use crate::columns::{Column, faulty_with};
use crate::ground::{assert_healthy, decoders_folder, eventually, fork_servers, held, limits, run, run_under, sandbox, sandbox_of};
use crate::matrix::short;
use assay_contract::DecodeLimits;
use assay_sandbox::Ended;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recv, socketpair};
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A thread like those that tokio lends to blocking work: it ends when it has nothing to do.
#[test]
fn a_fork_server_outlives_the_thread_that_asked_for_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_keep_alive(Duration::from_millis(1)).enable_all().build().unwrap();
    runtime.block_on(async {
        let handle = tokio::runtime::Handle::current();
        let asked = tokio::task::spawn_blocking(move || (rustix::thread::gettid().as_raw_pid(), handle.block_on(sandbox())));
        let (thread, sandbox) = asked.await.unwrap();
        let server = fork_servers();
        eventually("the thread is gone", || !fs::exists(format!("/proc/self/task/{thread}")).unwrap()).await;
        assert_healthy(&sandbox).await;
        assert_eq!(fork_servers(), server);
    });
}

/// What would be without a permanent thread: PR_SET_PDEATHSIG follows the thread, not the process.
#[test]
fn a_decoder_started_from_a_thread_that_ends_is_killed_with_it() {
    let started = std::thread::spawn(|| {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        let decoder = Command::new(decoders_folder().join("assay-faulty")).stdin(Stdio::from(theirs)).spawn().unwrap();
        let (hello, _) = recv(&ours, &mut [0; 4096], RecvFlags::empty()).unwrap();
        assert!(hello > 0, "it said nothing");
        (ours, decoder)
    });
    let (_ours, mut decoder) = started.join().unwrap();
    assert_eq!(decoder.wait().unwrap().signal(), Some(libc::SIGKILL));
}

/// Writes to every page, and says how many had to be copied or brought first.
fn faults_of_touching(memory: &mut [u8]) -> u64 {
    // minflt is the tenth word (proc(5)); the name before it holds no blank here.
    let faults = || fs::read_to_string("/proc/self/stat").unwrap().split(' ').nth(9).unwrap().parse::<u64>().unwrap();
    let before = faults();
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = byte.wrapping_add(1));
    faults() - before
}

/// Counted, not timed: 78 ms at 2 GB are a fork's copies of page tables, and each page written later is copied.
#[test]
fn starting_a_decoder_copies_nothing_of_a_large_worker() {
    const PAGES: usize = 16_384;
    // SAFETY: takes numbers. Huge pages would be few faults.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) }, 0);
    let mut memory = vec![1u8; PAGES * 4096];
    faults_of_touching(&mut memory);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(sandbox());
    let by_spawning = faults_of_touching(&mut memory);
    drop(sandbox);

    let mut forked = Command::new("sleep");
    // SAFETY: it does nothing; its presence alone makes std fork.
    unsafe { forked.pre_exec(|| Ok(())) };
    let mut forked = forked.arg("30").spawn().unwrap();
    let by_forking = faults_of_touching(&mut memory);
    forked.kill().unwrap();
    forked.wait().unwrap();
    assert!(by_spawning < PAGES as u64 / 10 && by_forking >= PAGES as u64 * 9 / 10, "{by_spawning} pages, and {by_forking} by fork");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_no_file_and_passes_where_no_file_may_grow() {
    let (sandbox, _folder) = Column::Limits.sandbox().await;
    assert_eq!(short(&run(&sandbox, "memfd").await), "signal 25");
    let answered = run(&sandbox, "thumbnails grid").await;
    assert_eq!((answered.ended, answered.thumbnails.len()), (Ended::Done, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_socket_can_be_used_but_not_to_reach_an_address() {
    let (open, _folder) = Column::None.sandbox().await;
    // The kernel is asked, and refuses because the socket is connected (EISCONN).
    assert!(held(&run(&open, "send-to").await).contains("os error 106"));
    let (confined, _folder) = Column::All.sandbox().await;
    assert_eq!(short(&run(&confined, "send-to").await), "filter: sendto");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_counted_from_the_libraries_on() {
    let folder = faulty_with("--ballast 512");
    let sandbox = sandbox_of(folder.path().to_owned(), 1).await;
    assert!(sandbox.baseline_bytes("faulty") >= 512 << 20);
    let small = DecodeLimits { memory_bytes: 64 << 20, ..limits() };
    for (mebibytes, must) in [(32, "breach"), (128, "memory")] {
        let answered = run_under(&sandbox, &format!("eat {}", mebibytes << 20), small.clone()).await.unwrap();
        assert_eq!(short(&answered), must, "{mebibytes} MiB of 64");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_has_no_environment() {
    assert_eq!(held(&run(&sandbox().await, "environment").await), "no variable");
    // A shell in between sets some of its own: the question finds what is there.
    let folder = faulty_with("");
    assert_eq!(short(&run(&sandbox_of(folder.path().to_owned(), 1).await, "environment").await), "breach");
}
