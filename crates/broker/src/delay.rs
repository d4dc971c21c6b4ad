//! How long a failed job rests before it is tried again: a ladder of three, because a queue holds messages of one delay only.

use std::time::Duration;

/// A rung of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RetryDelay {
    /// 10 seconds by default.
    Short,
    /// 1 minute by default.
    Medium,
    /// 10 minutes by default.
    Long,
}

impl RetryDelay {
    /// All rungs, shortest first.
    pub const ALL: [Self; 3] = [Self::Short, Self::Medium, Self::Long];

    /// The rung after the given attempt (from 1) failed.
    pub const fn after(attempt: u32) -> Self {
        match attempt {
            0 | 1 => Self::Short,
            2 => Self::Medium,
            _ => Self::Long,
        }
    }
}

/// What the rungs last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// [`RetryDelay::Short`].
    pub short: Duration,
    /// [`RetryDelay::Medium`].
    pub medium: Duration,
    /// [`RetryDelay::Long`].
    pub long: Duration,
}

impl Delays {
    /// What a rung lasts.
    pub const fn of(&self, delay: RetryDelay) -> Duration {
        match delay {
            RetryDelay::Short => self.short,
            RetryDelay::Medium => self.medium,
            RetryDelay::Long => self.long,
        }
    }
}

impl Default for Delays {
    fn default() -> Self {
        Self { short: Duration::from_secs(10), medium: Duration::from_mins(1), long: Duration::from_mins(10) }
    }
}
