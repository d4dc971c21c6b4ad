//! Publishes with a confirm, a time-out, and notice of messages that no queue takes.

use crate::error::BrokerError;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout_at};

/// How many publishes may be on their way at once, each on a channel of its own: lapin gives a returned message to whichever
/// confirm is resolved next, so on a shared channel an unroutable message could be blamed on its neighbour, and itself count as held.
const CHANNELS: usize = 16;

/// In how many parts the time-out is spent: where a connection has gone silent without being closed, sending again on a new one helps,
/// and waiting does not.
const ATTEMPTS: u32 = 3;

/// Publishes over whichever connection the link has at the moment.
#[derive(Debug)]
pub(super) struct Publisher {
    current: watch::Receiver<Option<Arc<Connection>>>,
    suspect: mpsc::Sender<Suspicion>,
    confirm_timeout: Duration,
    room: Semaphore,
    idle: Mutex<Vec<Channel>>,
}

/// What a publisher tells the link's keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// A call failed.
    Failed,
    /// No confirm came.
    Silent,
}

impl Publisher {
    pub(super) fn new(
        current: watch::Receiver<Option<Arc<Connection>>>,
        suspect: mpsc::Sender<Suspicion>,
        confirm_timeout: Duration,
    ) -> Self {
        Self { current, suspect, confirm_timeout, room: Semaphore::new(CHANNELS), idle: Mutex::default() }
    }

    /// Returns when the broker holds the message. A connection lost meanwhile is waited for, within the time-out: the message may
    /// then be there twice.
    pub(super) async fn publish(&self, exchange: &str, key: &str, body: &[u8], properties: BasicProperties) -> Result<(), BrokerError> {
        let deadline = Instant::now() + self.confirm_timeout;
        let unconfirmed = |_| BrokerError::Unconfirmed(self.confirm_timeout);
        let _room = timeout_at(deadline, self.room.acquire()).await.map_err(unconfirmed)?.map_err(|_| BrokerError::Closed)?;
        let mut current = self.current.clone();
        loop {
            let connection = timeout_at(deadline, current.wait_for(Option::is_some)).await.map_err(unconfirmed)?;
            let Some(connection) = connection.map_err(|_| BrokerError::Closed)?.clone() else { continue };
            let attempt = deadline.min(Instant::now() + self.confirm_timeout / ATTEMPTS);
            let sent = timeout_at(attempt, async {
                let channel = self.channel(&connection).await?;
                let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
                let confirm = channel.basic_publish(exchange.into(), key.into(), options, body, properties.clone()).await?;
                Ok::<_, lapin::Error>((confirm.await?, channel))
            });
            match sent.await {
                Ok(Ok((confirmation, channel))) => {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
                    return judged(&confirmation, key);
                }
                Ok(Err(error)) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "a publish failed; trying again on a new connection");
                    // Full means that the keeper knows already.
                    let _ = self.suspect.try_send(Suspicion::Failed);
                }
                Err(_) => {
                    tracing::debug!("a publish was not confirmed; trying again on a new connection");
                    let _ = self.suspect.try_send(Suspicion::Silent);
                }
            }
            let replaced = current.wait_for(|now| now.as_ref().is_none_or(|now| !Arc::ptr_eq(now, &connection)));
            timeout_at(deadline, replaced).await.map_err(unconfirmed)?.map_err(|_| BrokerError::Closed)?;
        }
    }

    /// A channel in confirm mode that nobody else uses: one that lies idle, or a new one.
    async fn channel(&self, connection: &Connection) -> Result<Channel, lapin::Error> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                // Those of a lost connection are closed, and are let go.
                Some(channel) if channel.status().connected() => return Ok(channel),
                Some(_) => {}
                None => break,
            }
        }
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }
}

fn judged(confirmation: &Confirmation, key: &str) -> Result<(), BrokerError> {
    match confirmation {
        // A message that no queue takes is returned, and then acknowledged all the same.
        Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => Err(BrokerError::Unroutable(key.to_owned())),
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Nack(None) | Confirmation::NotRequested => Err(BrokerError::Refused),
    }
}
