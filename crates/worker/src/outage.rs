//! The gate that closes while store, shelf or broker is down: taking jobs would only send them back.

use crate::rooms::Rooms;
use std::time::Duration;
use tokio::sync::watch;

/// How often a closed gate asks whether the outage is over.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Open, or closed by an outage of our own.
#[derive(Debug)]
pub struct Gate {
    state: watch::Sender<State>,
}

/// Whether jobs may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They may.
    Open,
    /// They would only be sent back.
    Closed,
}

impl Default for Gate {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::Open) }
    }
}

impl Gate {
    /// Whether jobs may be taken.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Closes the gate: a room of ours did not answer.
    pub fn close(&self) {
        if self.state.send_replace(State::Closed) == State::Open {
            tracing::error!("an outage of our own: no jobs are taken until store, shelf and broker answer");
        }
    }

    /// Returns when the gate is open; asks the rooms while it is closed.
    pub async fn passed(&self, rooms: &Rooms) {
        while self.state() == State::Closed {
            if rooms.store.ping().await.is_ok() && rooms.shelf.healthy().await.is_ok() && rooms.broker.healthy().is_ready() {
                self.state.send_replace(State::Open);
                tracing::info!("the outage is over: jobs are taken again");
                return;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}
