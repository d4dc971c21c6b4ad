//! How long a broken download is taken up again: bounded by count, by time, and by what the store asks for.

use crate::config::Retries;
use crate::error::Cause;
use rustix::rand::{GetRandomFlags, getrandom};
use std::time::Duration;
use tokio::time::Instant;

/// New bytes that make an attempt a fruitful one.
const FRUITFUL: u64 = 1 << 20;

/// What a download has cost so far; outlives the download when that is dropped at its deadline.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) bytes_fetched: u64,
    pub(crate) requests: u32,
    /// The furthest byte that ever arrived: reading the same bytes again is no progress.
    pub(crate) furthest: u64,
    pub(crate) phase: Phase,
}

/// What a download waits for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The network.
    #[default]
    Network,
    /// Its turn in the memory budget.
    Room,
}

/// Counts attempts and pauses between them.
#[derive(Debug)]
pub(crate) struct Patience {
    retries: Retries,
    deadline: Instant,
    fruitless: u32,
    resigned: u32,
    furthest_before: u64,
}

/// Fresh signatures in a row that bring nothing: one for an expiry, one for a lesson such as the bucket's region.
const MAX_RESIGNED: u32 = 2;

impl Patience {
    pub(crate) fn new(retries: Retries, deadline: Instant) -> Self {
        Self { retries, deadline, fruitless: 0, resigned: 0, furthest_before: 0 }
    }

    /// Waits before the next attempt, or gives `cause` back when there is to be none.
    pub(crate) async fn pause(&mut self, cause: Cause, asked: Option<Duration>, tally: &Tally) -> Result<(), Cause> {
        self.see(tally);
        self.fruitless += 1;
        if self.fruitless >= self.retries.fruitless || tally.requests >= self.retries.requests {
            return Err(cause);
        }
        let doubled = self.retries.first_pause.saturating_mul(1 << (self.fruitless - 1).min(16));
        let pause = jitter(doubled.min(self.retries.longest_pause)).max(asked.unwrap_or_default());
        let in_time = Instant::now().checked_add(pause).is_some_and(|then| then < self.deadline);
        if pause > self.retries.longest_pause || !in_time {
            return Err(cause);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Lets one more signature be made, or gives `cause` back.
    pub(crate) fn resign(&mut self, cause: Cause, tally: &Tally) -> Result<(), Cause> {
        self.see(tally);
        self.resigned += 1;
        if self.resigned > MAX_RESIGNED || tally.requests >= self.retries.requests { Err(cause) } else { Ok(()) }
    }

    fn see(&mut self, tally: &Tally) {
        if tally.furthest - self.furthest_before >= FRUITFUL {
            self.fruitless = 0;
            self.resigned = 0;
        }
        self.furthest_before = tally.furthest;
    }
}

/// Half of it fixed, half random, so that workers that failed together do not come back together.
fn jitter(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    // Without randomness the pause is merely not spread.
    let share = getrandom(&mut byte, GetRandomFlags::empty()).map_or(0.0, |_| f64::from(byte[0]) / 255.0);
    pause.mul_f64(0.5 + share / 2.0)
}
