//! Both ends of the queue behind one seam: jobs come in by lane, are settled exactly once, and records go out confirmed.
//!
//! [`RabbitMq`] speaks to a broker, [`Embedded`] keeps the same promises in one SQLite file; both pass one conformance suite.
//! No other room names lapin. What each way of settling a [`Delivery`] does on the wire is tabled in [`delivery`].

pub mod broker;
pub mod dead_letter;
pub mod delay;
pub mod deliveries;
pub mod delivery;
pub mod depths;
pub mod embedded;
pub mod error;
pub mod health;
mod message;
pub mod rabbitmq;

pub use broker::{Broker, Opening, Prefetch, Published, SharedBroker};
pub use dead_letter::{DeadCause, DeadLetter, DeadLetterId, DeadOrigin};
pub use delay::{Delays, RetryDelay};
pub use deliveries::{Deliveries, Stopper};
pub use delivery::{Delivery, Redelivered};
pub use depths::{Depths, LaneDepth};
pub use embedded::{Embedded, EmbeddedConfig};
pub use error::BrokerError;
pub use health::Health;
pub use message::TraceParent;
pub use rabbitmq::{DefaultQueue, RabbitMq, RabbitMqConfig};
