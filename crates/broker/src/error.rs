//! What can go wrong at the queue; no variant holds an address, a password or a message's content.

use crate::dead_letter::DeadLetterId;
use assay_contract::Code;
use std::time::Duration;

/// What can go wrong at the queue.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The broker's URL could not be read. The URL itself is a secret and is not shown.
    #[error("the broker's URL can't be read: {0}; the form is amqp[s]://user:password@host:port/vhost")]
    UrlUnreadable(&'static str),
    /// No connection within the time-out.
    #[error("the broker did not answer within {0:?}")]
    Unreachable(Duration),
    /// The broker, or the way to it, failed.
    #[error("the broker failed")]
    Amqp(#[from] lapin::Error),
    /// Declared before with other arguments, by another version or another configuration.
    #[error("{0:?} exists with other arguments than this configuration's; delete it when it is empty, or set another prefix")]
    QueueDiffers(String),
    /// The file of the embedded queue failed.
    #[error("the embedded queue's file failed")]
    File(#[from] sqlx::Error),
    /// No confirm within the time-out: the message may or may not be held.
    #[error("the broker did not confirm within {0:?}")]
    Unconfirmed(Duration),
    /// The broker said no: a queue is full, or its disk.
    #[error("the broker refused to hold the message; a queue is full or can't be written")]
    Refused,
    /// No queue is bound for it, so nobody holds it.
    #[error("no queue takes messages of routing key {0:?}; bind one, or let Assay declare its own")]
    Unroutable(String),
    /// Settled too late: the message has been, or will be, delivered again.
    #[error("the delivery was lost before it was settled; the message comes again")]
    DeliveryLost,
    /// No dead letter of that id; somebody may have requeued it.
    #[error("there is no dead letter {0}")]
    NoSuchDeadLetter(DeadLetterId),
    /// A worker is giving it its `failed` record; from then on it can be requeued.
    #[error("a worker is just writing the record of dead letter {0}; requeue it when `assay dead list` tells its cause")]
    DeadLetterHeld(DeadLetterId),
    /// What was to be done before a dead letter goes back to its lane failed; the letter stays.
    #[error("the dead letter stays, because its job could not be opened again")]
    NotOpened(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// More bytes than may be sent.
    #[error("the message has {bytes} bytes; {allowed} are allowed")]
    TooLong {
        /// How many it has.
        bytes: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// It could not be written as JSON.
    #[error("the message can't be written as JSON")]
    Unwritable(#[from] serde_json::Error),
    /// A configuration that can't be used.
    #[error("the broker's configuration can't be used: {0}")]
    Configuration(&'static str),
    /// The broker was closed by ourselves.
    #[error("the broker is closed")]
    Closed,
}

impl BrokerError {
    /// The row of the failure table.
    pub fn code(&self) -> Code {
        match self {
            Self::Unconfirmed(_)
            | Self::Refused
            | Self::Unroutable(_)
            | Self::Unreachable(_)
            | Self::Amqp(_)
            | Self::File(_)
            | Self::Closed => Code::PublishUnconfirmed,
            Self::UrlUnreadable(_)
            | Self::DeliveryLost
            | Self::NoSuchDeadLetter(_)
            | Self::DeadLetterHeld(_)
            | Self::NotOpened(_)
            | Self::TooLong { .. }
            | Self::Unwritable(_)
            | Self::Configuration(_)
            | Self::QueueDiffers(_) => Code::Internal,
        }
    }
}
