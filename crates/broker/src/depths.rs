//! How much waits in each lane.

use assay_contract::job::Lane;
use std::time::Duration;

/// How much waits, and where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depths {
    /// The interactive lane.
    pub interactive: LaneDepth,
    /// The batch lane.
    pub batch: LaneDepth,
    /// Messages in the dead letter, abandoned ones included.
    pub dead: u64,
}

impl Depths {
    /// The lane's depth.
    pub const fn of(&self, lane: Lane) -> LaneDepth {
        match lane {
            Lane::Interactive => self.interactive,
            Lane::Batch => self.batch,
        }
    }
}

/// How much waits in one lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LaneDepth {
    /// Jobs that could be taken at once.
    pub ready: u64,
    /// Jobs that are out at workers. RabbitMQ tells this only through its management plugin; without, it counts this process's own.
    pub unacknowledged: u64,
    /// Jobs that rest before their next attempt.
    pub resting: u64,
    /// How long ago the oldest ready job was put on the lane.
    ///
    /// RabbitMQ does not tell: there it is the wait of the job that this process took last, 0 with an empty lane, `None` before the first.
    pub oldest: Option<Duration>,
}
