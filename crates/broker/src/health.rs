//! Whether a broker can be used at this moment.

use jiff::Timestamp;

/// What `/readyz` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Jobs can be taken and records published.
    Ready,
    /// The connection is lost; it is being rebuilt.
    Reconnecting {
        /// Since when.
        since: Timestamp,
    },
    /// The broker has stopped publishers for want of memory or disk; records wait.
    Blocked {
        /// Since when.
        since: Timestamp,
    },
    /// Closed by ourselves.
    Closed,
}

impl Health {
    /// Whether work can go on.
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Ready)
    }
}
