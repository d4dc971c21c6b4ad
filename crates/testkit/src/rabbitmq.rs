//! A private RabbitMQ node on loopback: its own ports, folder and port mapper, gone when it is dropped.

mod management;
mod node;

pub use node::PrivateRabbit;

use anyhow::{Context, Result};
use management::Management;
use std::sync::{Arc, Mutex, PoisonError};

/// Names a node that is there already: its AMQP address without a vhost, a space, and its management address.
pub const GIVEN: &str = "ASSAY_TEST_RABBITMQ";

/// The node that tests share: the one of [`GIVEN`], or one of this process's own. Each test has a vhost of its own on it.
#[allow(clippy::disallowed_methods, reason = "tests are told by the environment which node to use")]
pub fn vhost() -> Result<VirtualHost> {
    if let Ok(given) = std::env::var(GIVEN) {
        let (amqp, management) = given.split_once(' ').with_context(|| format!("{GIVEN} is not `AMQP-URL MANAGEMENT-URL`"))?;
        return VirtualHost::make(amqp, Management::at(management)?, None);
    }
    let node = own()?;
    VirtualHost::make(&node.amqp(), node.management(), Some(node))
}

/// One node for this process, as long as a virtual host of it is in use.
fn own() -> Result<Arc<PrivateRabbit>> {
    static NODE: Mutex<std::sync::Weak<PrivateRabbit>> = Mutex::new(std::sync::Weak::new());
    let mut kept = NODE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(node) = kept.upgrade() {
        return Ok(node);
    }
    let node = Arc::new(PrivateRabbit::start()?);
    *kept = Arc::downgrade(&node);
    Ok(node)
}

/// Queues that no other test sees. Removed with all that is in it when dropped.
#[derive(Debug)]
pub struct VirtualHost {
    url: String,
    name: String,
    management: Management,
    /// Keeps a node of our own alive.
    _node: Option<Arc<PrivateRabbit>>,
}

impl VirtualHost {
    fn make(amqp: &str, management: Management, node: Option<Arc<PrivateRabbit>>) -> Result<Self> {
        let name = format!("test-{}", assay_contract::JobId::generate());
        management.put(&format!("/api/vhosts/{name}"), "{}").context("making a virtual host")?;
        let all = r#"{"configure":".*","write":".*","read":".*"}"#;
        management.put(&format!("/api/permissions/{name}/guest"), all).context("permitting a virtual host")?;
        Ok(Self { url: format!("{amqp}/{name}"), name, management, _node: node })
    }

    /// `amqp://guest:guest@127.0.0.1:port/name`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes a queue, as an operator would.
    pub fn delete_queue(&self, queue: &str) -> Result<()> {
        self.management.delete(&format!("/api/queues/{}/{queue}", self.name))
    }

    /// Takes the one message of a queue out and shows it as the management page does: properties, headers, payload.
    pub fn take(&self, queue: &str) -> Result<serde_json::Value> {
        let ask = r#"{"count":1,"ackmode":"ack_requeue_false","encoding":"auto"}"#;
        let answer = self.management.post(&format!("/api/queues/{}/{queue}/get", self.name), ask)?;
        let mut messages: Vec<serde_json::Value> = serde_json::from_str(&answer)?;
        messages.pop().with_context(|| format!("nothing is in {queue}"))
    }

    /// How many connections the management page shows; it is some seconds late.
    pub fn connections(&self) -> Result<usize> {
        let answer = self.management.get(&format!("/api/vhosts/{}/connections", self.name))?;
        Ok(serde_json::from_str::<Vec<serde_json::Value>>(&answer)?.len())
    }

    /// Drops every message that is ready in a queue.
    pub fn purge(&self, queue: &str) -> Result<()> {
        self.management.delete(&format!("/api/queues/{}/{queue}/contents", self.name))
    }

    /// A queue as the management page shows it: type and arguments.
    pub fn queue(&self, queue: &str) -> Result<serde_json::Value> {
        Ok(serde_json::from_str(&self.management.get(&format!("/api/queues/{}/{queue}", self.name))?)?)
    }
}

impl Drop for VirtualHost {
    fn drop(&mut self) {
        // A node that is gone has nothing left to remove.
        let _ = self.management.delete(&format!("/api/vhosts/{}", self.name));
    }
}
