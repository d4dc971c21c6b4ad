//! Keeps the publishing connection alive: notices when it is lost or blocked, and makes a new one.

use super::RabbitMqConfig;
use super::backoff::Backoff;
use super::connection;
use super::names::Names;
use super::publisher::{Publisher, Suspicion};
use crate::error::BrokerError;
use crate::health::Health;
use futures::StreamExt;
use jiff::Timestamp;
use lapin::{Connection, Event};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How often a connection is looked at that gave no sign.
const LOOK: Duration = Duration::from_secs(1);

/// The publishing connection's keeper.
#[derive(Debug)]
pub(super) struct Link {
    config: RabbitMqConfig,
    names: Names,
    closing: CancellationToken,
    current: watch::Sender<Option<Arc<Connection>>>,
    suspicions: mpsc::Receiver<Suspicion>,
    health: watch::Sender<Health>,
}

impl Link {
    /// The first connection is made here, so that a wrong configuration is told at once.
    pub(super) async fn open(
        config: &RabbitMqConfig,
        names: &Names,
        closing: &CancellationToken,
    ) -> Result<(Self, Publisher, watch::Receiver<Health>), BrokerError> {
        let connection = connection::connect(config, names, "publishing").await?;
        let (current, watched) = watch::channel(Some(Arc::new(connection)));
        let (health, watched_health) = watch::channel(Health::Ready);
        // One is enough: the keeper needs to know that something is wrong, not how often.
        let (suspect, suspicions) = mpsc::channel(1);
        let publisher = Publisher::new(watched, suspect, config.confirm_timeout);
        let link = Self { config: config.clone(), names: names.clone(), closing: closing.clone(), current, suspicions, health };
        Ok((link, publisher, watched_health))
    }

    /// Runs until the broker is closed.
    pub(super) async fn keep(mut self) {
        let closing = self.closing.clone();
        let mut backoff = Backoff::new();
        loop {
            let connection = self.current.borrow().clone();
            if let Some(connection) = connection {
                tokio::select! {
                    biased;
                    () = closing.cancelled() => {
                        connection::close(&connection).await;
                        return;
                    }
                    () = self.until_lost(&connection) => {}
                }
                self.current.send_replace(None);
                self.health.send_replace(Health::Reconnecting { since: Timestamp::now() });
                tracing::warn!("the publishing connection to the broker is lost");
            }
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(backoff.wait()) => {}
            }
            match connection::connect(&self.config, &self.names, "publishing").await {
                Ok(connection) => {
                    backoff.reset();
                    // What was suspected of the old connection is not held against the new one.
                    while self.suspicions.try_recv().is_ok() {}
                    self.current.send_replace(Some(Arc::new(connection)));
                    self.health.send_replace(Health::Ready);
                    tracing::info!("the publishing connection to the broker is made again");
                }
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the broker can't be reached; trying again"),
            }
        }
    }

    async fn until_lost(&mut self, connection: &Connection) {
        let mut events = connection.events_listener();
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(_)) => {
                        tracing::warn!("the broker is short of memory or disk and has stopped publishers");
                        self.health.send_replace(Health::Blocked { since: Timestamp::now() });
                    }
                    Some(Event::ConnectionUnblocked) => {
                        self.health.send_replace(Health::Ready);
                    }
                    // lapin's enum is open. An error may be one channel's only; the connection's own state decides.
                    Some(_) if connection.status().connected() => {}
                    Some(_) | None => return,
                },
                suspicion = self.suspicions.recv() => match suspicion {
                    // A blocked broker confirms nothing, and a new connection would be blocked as well.
                    Some(Suspicion::Silent) if connection.status().blocked() => {}
                    // A channel's error may mean that an exchange or queue is gone: connecting anew declares them.
                    Some(Suspicion::Failed | Suspicion::Silent) => return,
                    // Nobody is left who could publish: the broker was dropped, which ends this task.
                    None => return self.closing.cancelled().await,
                },
                _ = look.tick() => {
                    if !connection.status().connected() {
                        return;
                    }
                }
            }
        }
    }
}
