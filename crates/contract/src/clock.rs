//! The seam through which every room reads the time, so that tests can turn it.

use jiff::Timestamp;
use std::sync::Arc;

/// Where the time comes from. Production uses [`SystemClock`].
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
}

/// A shared clock; what rooms hold.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl SystemClock {
    /// The system clock, ready to be shared.
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}
