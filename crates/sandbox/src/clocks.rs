//! The two clocks of a conversation, one for silence, one for a child's whole life. They go while the worker goes.
//!
//! A machine that stands still – a suspended guest, a stopped container – stops the child too: what passes meanwhile is no silence of
//! the child's. So time is counted by ticks of the worker's own, and a tick that took too long is one tick all the same.

use crate::death::ChildDeath;
use crate::threads::Threads;
use assay_contract::limits::DecodeLimits;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The most that one stand-still counts.
const TICK: Duration = Duration::from_millis(100);

/// What is left of a child's time.
pub(crate) struct Clocks {
    stall_ms: u64,
    total_ms: u64,
    life_left: Duration,
    threads: Option<Threads>,
}

impl Clocks {
    /// Begins to count.
    pub(crate) fn of(limits: &DecodeLimits) -> Self {
        let (stall_ms, total_ms) = (limits.stall_ms, limits.total_ms);
        Self { stall_ms, total_ms, life_left: Duration::from_millis(total_ms), threads: None }
    }

    /// Looks at a child's threads at each tick, and whenever it was heard.
    pub(crate) fn watching(self, threads: Threads) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Waits for the child until either clock runs out.
    pub(crate) async fn within_stall<T>(&mut self, wait: impl Future<Output = T>) -> Result<T, ChildDeath> {
        self.within(Duration::from_millis(self.stall_ms), wait).await
    }

    /// Waits for something of our own, which is no silence of the child's, until its life is over.
    pub(crate) async fn within_life<T>(&mut self, wait: impl Future<Output = T>) -> Result<T, ChildDeath> {
        self.within(Duration::MAX, wait).await
    }

    async fn within<T>(&mut self, mut stall_left: Duration, wait: impl Future<Output = T>) -> Result<T, ChildDeath> {
        let mut wait = pin!(wait);
        loop {
            let tick = TICK.min(stall_left).min(self.life_left);
            let began = Instant::now();
            let waited = timeout(tick, &mut wait).await;
            let counted = began.elapsed().min(tick);
            self.life_left -= counted;
            stall_left -= counted;
            self.threads.as_ref().map_or(Ok(()), Threads::check)?;
            if let Ok(came) = waited {
                return Ok(came);
            }
            if self.life_left.is_zero() {
                return Err(ChildDeath::TotalDeadline { allowed_ms: self.total_ms });
            }
            if stall_left.is_zero() {
                return Err(ChildDeath::Stalled { allowed_ms: self.stall_ms });
            }
        }
    }
}

/// Waits for a process of ours until `limit` has passed by ticks of the worker's own; `None` when it has.
pub(crate) async fn within_ticks<T>(limit: Duration, wait: impl Future<Output = T>) -> Option<T> {
    let (mut wait, mut left) = (pin!(wait), limit);
    while !left.is_zero() {
        let (tick, began) = (TICK.min(left), Instant::now());
        if let Ok(came) = timeout(tick, &mut wait).await {
            return Some(came);
        }
        left -= began.elapsed().min(tick);
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::future::pending;
    use std::thread;
    use tokio::sync::oneshot;

    fn clocks(stall_ms: u64, total_ms: u64) -> Clocks {
        Clocks::of(&DecodeLimits { stall_ms, total_ms, ..DecodeLimits::default() })
    }

    #[tokio::test]
    async fn silence_and_a_long_life_end() {
        let stalled = clocks(150, 60_000).within_stall(pending::<()>()).await;
        assert!(matches!(stalled, Err(ChildDeath::Stalled { allowed_ms: 150 })), "{stalled:?}");
        for too_long in [clocks(60_000, 150).within_stall(pending::<()>()).await, clocks(1, 150).within_life(pending::<()>()).await] {
            assert!(matches!(too_long, Err(ChildDeath::TotalDeadline { allowed_ms: 150 })), "{too_long:?}");
        }
        let mut long = clocks(60_000, 300);
        let mut waits = 0;
        let ended = loop {
            match long.within_stall(tokio::time::sleep(Duration::from_millis(20))).await {
                Ok(()) => waits += 1,
                Err(death) => break death,
            }
        };
        assert!(matches!(ended, ChildDeath::TotalDeadline { allowed_ms: 300 }) && (1..=15).contains(&waits), "{ended:?} after {waits}");
    }

    /// One thread: while it is blocked nothing of the worker goes on, as when the machine stands still.
    #[tokio::test]
    async fn a_machine_that_stands_still_is_no_silence() {
        let (say, said) = oneshot::channel();
        let mut clocks = clocks(1_000, 2_000);
        let still = async {
            tokio::task::yield_now().await;
            thread::sleep(Duration::from_millis(2_500));
            // The clocks are asked before the child is heard again.
            tokio::time::sleep(Duration::from_millis(20)).await;
            say.send(()).unwrap();
        };
        let (heard, ()) = tokio::join!(clocks.within_stall(said), still);
        assert!(matches!(heard, Ok(Ok(()))), "{heard:?}");
    }

    /// Two steps, as a launch: asked, then answered. Whoever waits stands still between them for longer than it would wait.
    #[tokio::test]
    async fn a_wait_that_stood_still_hears_what_comes_after() {
        let limit = Duration::from_millis(500);
        let steps = async {
            tokio::task::yield_now().await;
            thread::sleep(limit * 3);
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(within_ticks(limit, steps).await.is_some());
        assert!(within_ticks(limit, pending::<()>()).await.is_none());
    }
}
