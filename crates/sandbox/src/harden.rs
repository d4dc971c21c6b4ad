//! What the worker does to itself, first thing in `main`: no core dump, nobody may look into its memory.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Why the worker could not be hardened.
#[derive(Debug, thiserror::Error)]
#[error("{what} could not be set")]
pub struct HardenError {
    what: &'static str,
    source: rustix::io::Errno,
}

/// Turns core dumps off and makes the process undumpable, so that a child of the same user can't read its memory or
/// environment (`PR_SET_DUMPABLE`, prctl(2)). `RLIMIT_CORE` alone is not enough: a `core_pattern` that is a pipe ignores it.
/// Warns when swap is in use, since assets in memory could then reach a disk.
pub fn harden_self() -> Result<(), HardenError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|source| HardenError { what: "PR_SET_DUMPABLE", source })?;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(|source| HardenError { what: "RLIMIT_CORE", source })?;
    Ok(())
}

/// Warns when assets in memory could be written to a disk.
pub(crate) fn warn_of_swap() {
    // The first line of /proc/swaps is its heading (proc(5)).
    let areas = std::fs::read_to_string("/proc/swaps").map_or(0, |text| text.lines().skip(1).count());
    if areas > 0 {
        tracing::warn!(areas, "swap is in use: bytes of assets in memory can reach a disk; turn swap off, or encrypt it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn a_hardened_worker_leaves_no_core_and_lets_nobody_look_in() {
        harden_self().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
    }
}
