//! What a child gives up beyond its server: memory, CPU time, files, a name; then the calls that did it.

use super::{Confined, Layer, LockdownError};
use crate::decoder::Threads;
use assay_contract::exchange::Launch;
use rustix::process::{
    DumpableBehavior, Gid, Pid, Resource, Rlimit, Signal, Uid, geteuid, getppid, set_dumpable_behavior, set_parent_process_death_signal,
    setrlimit,
};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::io;

/// Stdin, stdout, stderr, the memfd, and a few for libraries that duplicate.
const DESCRIPTORS: u64 = 16;
/// Users that nobody is: each child gets one of its own where the worker is root. No system hands these numbers out
/// (<https://systemd.io/UIDS-GIDS/>).
const FIRST_USER: u32 = 1_900_000_000;
const USERS: u64 = 200_000_000;

/// Confines a child; afterwards nothing can be given back.
pub(crate) fn confine_child(confined: &Confined, launch: &Launch, server: Pid) -> Result<(), LockdownError> {
    die_with(server)?;
    let is_private = confined.layers.user == Layer::On && become_nobody(confined.chance.wrapping_add(launch.ticket));
    if is_private {
        // A change of user forgets both (prctl(2)).
        die_with(server)?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(io::Error::from)?;
    }
    if confined.layers.limits == Layer::On {
        limit(confined, launch, is_private)?;
    }
    if confined.layers.seccomp == Layer::On {
        confined.child_filter.load()?;
    }
    Ok(())
}

fn die_with(server: Pid) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() == Some(server) { Ok(()) } else { Err(io::Error::other("the fork server is gone")) }
}

/// A user that owns nothing, where the worker is root and may choose; elsewhere the other layers carry on alone.
fn become_nobody(place: u64) -> bool {
    if !geteuid().is_root() {
        return false;
    }
    let number = FIRST_USER + u32::try_from(place % USERS).unwrap_or(0);
    let (user, group) = (Uid::from_raw(number), Gid::from_raw(number));
    set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(group, group, group))
        .and_then(|()| set_thread_res_uid(user, user, user))
        .is_ok()
}

fn limit(confined: &Confined, launch: &Launch, is_private: bool) -> io::Result<()> {
    let at_most = |resource, most: u64| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    at_most(Resource::As, confined.baseline_bytes.saturating_add(launch.memory_bytes))?;
    // SIGXCPU at the soft limit ends it; SIGKILL a second later, should it ignore that.
    let seconds = launch.cpu_ms.div_ceil(1_000).max(1);
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds.saturating_add(1)) })?;
    at_most(Resource::Fsize, 0)?;
    at_most(Resource::Nofile, DESCRIPTORS)?;
    at_most(Resource::Memlock, 0)?;
    at_most(Resource::Msgqueue, 0)?;
    match (confined.threads, is_private) {
        (Threads::One, _) => at_most(Resource::Nproc, 0)?,
        (Threads::UpToFour, true) => at_most(Resource::Nproc, 4)?,
        // Counted for each user, and this one is shared with the worker: memory and CPU time must bound the threads.
        (Threads::UpToFour, false) => {}
    }
    Ok(())
}
