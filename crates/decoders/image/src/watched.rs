//! Work that may take any time: it runs in a thread of its own, which is left behind when its share of CPU time is spent.

use assay_contract::Code;
use assay_contract::exchange::Refusal;
use assay_contract::limits::{DecodeLimits, LimitHit};
use rustix::time::{ClockId, clock_gettime};
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// The part of a child's CPU time, or of its life where that is shorter, after which work is given up: 5 s of the usual 30. Facts are told
/// long before, and a machine that is slower still ends well within its limits.
const SHARE: u64 = 6;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(50);
/// What the thread may lay on its stack; only what it touches counts as used, but all of it as mapped.
const STACK_BYTES: u64 = 64 << 20;
/// No more than this part of the child's memory is mapped for it.
const STACK_SHARE: u64 = 8;

/// The share of CPU time of one piece of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    begun_ms: u64,
    allowed_ms: u64,
}

impl Share {
    /// Begins to count.
    pub(crate) fn begin(limits: &DecodeLimits) -> Self {
        Self { begun_ms: cpu_ms(), allowed_ms: limits.cpu_ms.min(limits.total_ms) / SHARE }
    }

    /// Whether any is left.
    pub(crate) fn is_left(&self) -> bool {
        self.spent_ms() <= self.allowed_ms
    }

    /// Why the work was given up, by the name of what it spent.
    pub(crate) fn spent(&self, name: &'static str) -> Refusal {
        Refusal::limit(Code::LimitExceeded, LimitHit::new(name, self.spent_ms(), self.allowed_ms))
    }

    fn spent_ms(&self) -> u64 {
        cpu_ms().saturating_sub(self.begun_ms)
    }
}

/// Runs `work` and waits for it; calls `alive` meanwhile. When its share of time is spent the thread goes on, but nobody hears of it: the
/// process must end soon, as a child's does. What it answers can only come from here.
pub(crate) fn within<T: Send + 'static>(
    limits: &DecodeLimits,
    alive: &dyn Fn(),
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let share = Share::begin(limits);
    let stack_bytes = STACK_BYTES.min(limits.memory_bytes / STACK_SHARE);
    let (tell, told) = sync_channel(1);
    // Nobody may hear it.
    let work = move || drop(tell.send(work()));
    let Ok(thread) = thread::Builder::new().stack_size(usize::try_from(stack_bytes).unwrap_or(usize::MAX)).spawn(work) else {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("memory_bytes", stack_bytes, limits.memory_bytes)));
    };
    loop {
        match told.recv_timeout(TICK) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) => {}
            // It panicked, and that is what became of the asset.
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => return Err(Refusal::corrupt("the drawing can't be read")),
            },
        }
        alive();
        if !share.is_left() {
            return Err(share.spent("drawing_ms"));
        }
    }
}

/// CPU time of this process, milliseconds.
fn cpu_ms() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn limits(cpu_ms: u64) -> DecodeLimits {
        DecodeLimits { cpu_ms, ..DecodeLimits::default() }
    }

    #[test]
    fn work_that_never_ends_is_left_behind_by_its_cpu_time() {
        let signs = Cell::new(0);
        let refusal = within(&limits(600), &|| signs.set(signs.get() + 1), || -> Result<(), Refusal> {
            loop {
                std::hint::spin_loop();
            }
        });
        let hit = refusal.unwrap_err().limit.unwrap();
        assert_eq!((hit.name.as_str(), hit.allowed), ("drawing_ms", 100));
        assert!(hit.asked > 100 && signs.get() > 0, "{hit:?}");
    }

    #[test]
    fn time_that_is_waited_is_not_spent() {
        let (end, ended) = sync_channel(0);
        let ticks = Cell::new(0);
        let alive = || {
            ticks.set(ticks.get() + 1);
            // More than it may spend.
            if ticks.get() == 24 {
                end.send(()).unwrap();
            }
        };
        let outcome = within(&limits(6_000), &alive, move || ended.recv().map_err(|_| Refusal::corrupt("nobody ended it")));
        assert_eq!((outcome.is_ok(), ticks.get()), (true, 24));
    }

    #[test]
    fn its_answer_and_its_panic_are_handed_on() {
        assert_eq!(within(&limits(30_000), &|| (), || Ok(7)).ok(), Some(7));
        assert!(within(&limits(30_000), &|| (), || Err::<(), _>(Refusal::corrupt("torn"))).is_err());
        let torn = || within(&limits(30_000), &|| (), || -> Result<(), Refusal> { panic!("torn") });
        assert!(catch_unwind(AssertUnwindSafe(torn)).is_err());
    }
}
