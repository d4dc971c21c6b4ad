//! Where children share the worker's user they share its count of threads: none of them may use it up.
//!
//! The kernel counts threads for each user, not for each process (setrlimit(2), `RLIMIT_NPROC`), and a seccomp filter can't count. So a
//! child that may have threads gets a limit from its worker: what the user had at its start, and [`ALLOWANCE`] more. Children of root have
//! users of their own, and limit themselves; for root itself the kernel does not count. In a container a user of the same number in the
//! next one counts too, and can't be seen: a limit could stop healthy decodes, so there is none, and [`crate::threads`] alone holds.

use rustix::process::{Pid, Resource, Rlimit, geteuid, prlimit};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Far more than the user's other processes begin while a child lives, and far fewer than a machine or a container is out of. A healthy
/// child has four at most.
const ALLOWANCE: u64 = 1_024;

/// A count is good for so long: it takes a look at every process.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// Threads of this user when they were last counted; 0 before that, and where they can't be.
static THREADS: AtomicU64 = AtomicU64::new(0);
static COUNTED: Mutex<Option<Instant>> = Mutex::new(None);

/// Counts this user's threads anew, where the last count is old.
pub(crate) async fn count() {
    if geteuid().is_root() || !sees_all() {
        return;
    }
    {
        let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.is_some_and(|at| at.elapsed() < GOOD_FOR) {
            return;
        }
        // Whoever comes meanwhile goes on with the count before.
        *counted = Some(Instant::now());
    }
    let counting = tokio::task::spawn_blocking(|| threads_of(geteuid().as_raw()));
    THREADS.store(counting.await.unwrap_or(0), Ordering::Relaxed);
}

/// Limits a child that has just been forked. Its own limit, where it sets one, is lower and stays.
pub(crate) fn limit(child: i32) {
    let (threads, Some(pid)) = (THREADS.load(Ordering::Relaxed), Pid::from_raw(child)) else { return };
    if threads == 0 {
        return;
    }
    let most = Some(threads.saturating_add(ALLOWANCE));
    // It fails for a child that is gone, or has a lower limit already.
    let _ = prlimit(Some(pid), Resource::Nproc, Rlimit { current: most, maximum: most });
}

/// Whether this is the machine's first namespace of processes, whose number the kernel fixes (`PROC_PID_INIT_INO`): only there all are seen.
fn sees_all() -> bool {
    fs::read_link("/proc/self/ns/pid").is_ok_and(|namespace| namespace.as_os_str() == "pid:[4026531836]")
}

/// Threads of all processes of a user, as far as /proc shows them.
fn threads_of(user: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let statuses = processes.filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    statuses.filter_map(|entry| threads(&fs::read_to_string(entry.path().join("status")).ok()?, user)).sum()
}

/// Threads of a process, where its real user is this one (proc_pid_status(5)).
fn threads(status: &str, user: u32) -> Option<u64> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next();
    if field("Uid:")?.parse() == Ok(user) { field("Threads:")?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::getuid;

    #[test]
    fn a_users_threads_are_counted_and_no_others() {
        let status = "Name:\tassay\nUid:\t1000\t1000\t1000\t1000\nGid:\t7\t7\t7\t7\nThreads:\t12\n";
        assert_eq!((threads(status, 1000), threads(status, 7), threads("", 1000)), (Some(12), None, None));
        let (begun, end) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                begun.wait();
                end.wait();
            });
            begun.wait();
            assert!(threads_of(getuid().as_raw()) >= 2, "this test's own two");
            end.wait();
        });
    }
}
