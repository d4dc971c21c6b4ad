//! The byte budget: a weighted semaphore that is first come, first served, with bounded overtaking and a reserve for people who wait.
//!
//! Large claims together never take the last eighth, so that a small asset need not wait for slow large ones; a waiting claim may be
//! overtaken [`PATIENCE`] times, so that a large one is served in the end.

use assay_contract::job::Lane;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// How often a waiting claim may be overtaken by later ones that fit.
const PATIENCE: u32 = 16;

/// The budget's present use, for metrics and `--plan`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BudgetUse {
    /// Bytes of memory claimed.
    pub memory_used: u64,
    /// Bytes of memory there are.
    pub memory_total: u64,
    /// Bytes of temporary files claimed.
    pub spill_used: u64,
    /// Bytes of temporary files there may be.
    pub spill_total: u64,
    /// Claims that wait for memory.
    pub waiting: usize,
}

/// Bytes to be shared out.
#[derive(Debug)]
pub(crate) struct Budget {
    total: u64,
    /// Only for the interactive lane.
    reserve: u64,
    /// Never taken by large claims.
    kept_for_small: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    interactive: u64,
    batch: u64,
    large: u64,
    next_ticket: u64,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    bytes: u64,
    lane: Lane,
    overtaken: u32,
    granted: oneshot::Sender<Permit>,
}

/// Bytes that are held; given back on drop.
#[derive(Debug)]
pub(crate) struct Permit {
    budget: Arc<Budget>,
    bytes: u64,
    lane: Lane,
    /// How many of the bytes count as a large claim's.
    large: u64,
}

impl Budget {
    /// Memory: `reserve` bytes only for the interactive lane, an eighth that large claims leave alone.
    pub(crate) fn of_memory(total: u64, reserve: u64) -> Arc<Self> {
        Arc::new(Self { total, reserve: reserve.min(total), kept_for_small: total / 8, state: Mutex::default() })
    }

    /// Temporary files: nobody waits for them, so nothing is kept back.
    pub(crate) fn of_files(total: u64) -> Arc<Self> {
        Arc::new(Self { total, reserve: 0, kept_for_small: 0, state: Mutex::default() })
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn used(&self) -> u64 {
        let state = self.lock();
        state.interactive + state.batch
    }

    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Whether so many bytes could ever be granted; a claim that could not must spill.
    pub(crate) fn could_grant(&self, bytes: u64, lane: Lane) -> bool {
        let empty = State::default();
        self.fits(&empty, bytes, lane)
    }

    /// Bytes, as soon as there are any and it is this claim's turn. `None` when they could never be granted.
    /// Dropping the future gives up the place in the queue.
    pub(crate) async fn claim(self: &Arc<Self>, bytes: u64, lane: Lane) -> Option<Permit> {
        if !self.could_grant(bytes, lane) {
            return None;
        }
        let (granted, grant) = oneshot::channel();
        let ticket = {
            let mut state = self.lock();
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.waiting.push_back(Waiter { ticket, bytes, lane, overtaken: 0, granted });
            ticket
        };
        let place = Place { budget: self, ticket };
        self.serve();
        let permit = grant.await.ok();
        drop(place);
        permit
    }

    /// Bytes at once or not at all; never waits, so it may be asked for while others are held.
    pub(crate) fn try_claim(self: &Arc<Self>, bytes: u64, lane: Lane) -> Option<Permit> {
        let mut state = self.lock();
        (state.waiting.is_empty() && self.fits(&state, bytes, lane)).then(|| self.take(&mut state, bytes, lane))
    }

    fn is_large(&self, bytes: u64) -> bool {
        bytes > self.total / 8
    }

    fn fits(&self, state: &State, bytes: u64, lane: Lane) -> bool {
        let within = |used: u64, limit: u64| used.checked_add(bytes).is_some_and(|sum| sum <= limit);
        let whole = within(state.interactive + state.batch, self.total);
        let lane_fits = match lane {
            Lane::Interactive => true,
            Lane::Batch => within(state.batch, self.total - self.reserve),
        };
        whole && lane_fits && (!self.is_large(bytes) || within(state.large, self.total - self.kept_for_small))
    }

    fn take(self: &Arc<Self>, state: &mut State, bytes: u64, lane: Lane) -> Permit {
        let large = if self.is_large(bytes) { bytes } else { 0 };
        match lane {
            Lane::Interactive => state.interactive += bytes,
            Lane::Batch => state.batch += bytes,
        }
        state.large += large;
        Permit { budget: Arc::clone(self), bytes, lane, large }
    }

    /// Grants what fits, in order of arrival.
    fn serve(self: &Arc<Self>) {
        let mut grants = Vec::new();
        {
            let mut state = self.lock();
            let mut still: VecDeque<Waiter> = VecDeque::with_capacity(state.waiting.len());
            let mut closed = Closed::Nobody;
            while let Some(waiter) = state.waiting.pop_front() {
                let allowed = match (closed, waiter.lane) {
                    (Closed::Nobody, _) => true,
                    // Somebody in the batch lane has waited long enough: only the interactive reserve is still open.
                    (Closed::Batch, Lane::Interactive) => state.interactive + waiter.bytes <= self.reserve,
                    (Closed::Batch, Lane::Batch) | (Closed::Everybody, _) => false,
                };
                if allowed && self.fits(&state, waiter.bytes, waiter.lane) {
                    for passed in &mut still {
                        passed.overtaken += 1;
                    }
                    let permit = self.take(&mut state, waiter.bytes, waiter.lane);
                    grants.push((waiter.granted, permit));
                } else {
                    if waiter.overtaken >= PATIENCE {
                        closed = closed.after(waiter.lane);
                    }
                    still.push_back(waiter);
                }
            }
            state.waiting = still;
        }
        // Outside the lock: a claim that was given up hands its permit back here, which serves the next.
        for (granted, permit) in grants {
            drop(granted.send(permit));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// To whom the queue is closed behind a claim whose patience is at an end.
#[derive(Debug, Clone, Copy)]
enum Closed {
    Nobody,
    Batch,
    Everybody,
}

impl Closed {
    fn after(self, lane: Lane) -> Self {
        match (self, lane) {
            (Self::Everybody, _) | (_, Lane::Interactive) => Self::Everybody,
            (_, Lane::Batch) => Self::Batch,
        }
    }
}

/// A place in the queue; leaving it lets those behind move up.
struct Place<'a> {
    budget: &'a Arc<Budget>,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let left = {
            let mut state = self.budget.lock();
            let before = state.waiting.len();
            state.waiting.retain(|waiter| waiter.ticket != self.ticket);
            state.waiting.len() != before
        };
        if left {
            self.budget.serve();
        }
    }
}

impl Permit {
    /// Gives back what turned out not to be needed.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let surplus = self.bytes.saturating_sub(bytes);
        self.give_back(surplus);
    }

    /// Takes over another claim on the same budget, so that both are given back together.
    pub(crate) fn absorb(&mut self, mut other: Self) {
        debug_assert!(Arc::ptr_eq(&self.budget, &other.budget) && self.lane == other.lane, "claims on two budgets can't be one");
        self.bytes += std::mem::take(&mut other.bytes);
        self.large += std::mem::take(&mut other.large);
    }

    fn give_back(&mut self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let large = self.large.min(bytes);
        self.bytes -= bytes;
        self.large -= large;
        {
            let mut state = self.budget.lock();
            match self.lane {
                Lane::Interactive => state.interactive -= bytes,
                Lane::Batch => state.batch -= bytes,
            }
            state.large -= large;
        }
        self.budget.serve();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests;
