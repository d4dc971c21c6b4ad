//! The room's door: everything by which bytes come in.

use crate::budget::BudgetUse;
use crate::config::{ConfigError, FetchConfig, Retries};
use crate::download::Download;
use crate::error::{Cause, FetchError};
use crate::local;
use crate::progress::{Patience, Phase, Tally};
use crate::receive::Room;
use crate::request::Courier;
use crate::want::{Fetched, Signer, Want};
use assay_contract::AssetKind;
use assay_contract::clock::SharedClock;
use assay_contract::job::Lane;
use assay_contract::limits::FetchLimits;
use std::path::Path;
use std::time::{Duration, Instant};

/// Brings assets in, within one budget. One for each process; shared by reference.
#[derive(Debug)]
pub struct Fetcher {
    courier: Courier,
    room: Room,
    retries: Retries,
    clock: SharedClock,
}

impl Fetcher {
    /// Checks the settings, loads the root certificates and tries the spill folder.
    pub fn new(config: FetchConfig) -> Result<Self, ConfigError> {
        if config.interactive_reserve >= config.memory_budget {
            return Err(ConfigError::Reserve { reserve: config.interactive_reserve, budget: config.memory_budget });
        }
        tempfile::tempfile_in(&config.spill_folder)
            .map_err(|source| ConfigError::SpillFolder { folder: config.spill_folder.clone(), source })?;
        Ok(Self { courier: Courier::new(&config)?, room: Room::new(&config), retries: config.retries, clock: config.clock })
    }

    /// Downloads one asset. Whatever ends it, cancelling and dropping the future too, gives its bytes and its claims back at once.
    pub async fn fetch(&self, signer: &dyn Signer, want: Want) -> Result<Fetched, FetchError> {
        let mut tally = Tally::default();
        let total = Instant::now().checked_add(Duration::from_millis(want.limits.total_ms)).unwrap_or(want.deadline);
        let deadline = tokio::time::Instant::from_std(want.deadline.min(total));
        let patience = Patience::new(self.retries, deadline);
        let outcome = {
            let (courier, room, clock) = (&self.courier, &self.room, &self.clock);
            let download = Download { courier, room, clock, signer, want: &want, patience, tally: &mut tally }.run();
            tokio::select! {
                biased;
                () = want.cancel.cancelled() => Some(Err(Cause::Cancelled)),
                outcome = tokio::time::timeout_at(deadline, download) => outcome.ok(),
            }
        };
        let cause = match outcome {
            Some(Ok(fetched)) => return Ok(fetched),
            Some(Err(cause)) => cause,
            None if tally.phase == Phase::Room => Cause::Full("no memory became free in time"),
            None => Cause::DeadlinePassed,
        };
        Err(FetchError { cause, bytes_fetched: tally.bytes_fetched, requests: tally.requests })
    }

    /// Copies a local file into a spool, in the same way and under the same limits. Only regular files are read.
    pub async fn open_local(&self, path: &Path, limits: &FetchLimits, kind: Option<AssetKind>) -> Result<Fetched, FetchError> {
        local::open(&self.room, path, limits, kind).await.map_err(FetchError::new)
    }

    /// Puts bytes that a job brought along into a spool.
    pub async fn spool_bytes(
        &self,
        bytes: &[u8],
        limits: &FetchLimits,
        kind: Option<AssetKind>,
        lane: Lane,
    ) -> Result<Fetched, FetchError> {
        local::spool(&self.room, bytes, limits, kind, lane).await.map_err(FetchError::new)
    }

    /// What is claimed now.
    pub fn budget(&self) -> BudgetUse {
        BudgetUse {
            memory_used: self.room.memory.used(),
            memory_total: self.room.memory.total(),
            spill_used: self.room.spill.used(),
            spill_total: self.room.spill.total(),
            waiting: self.room.memory.waiting(),
        }
    }
}
