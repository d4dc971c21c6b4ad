//! Makes one connection; lapin's own recovery stays off, because it leaves a consumer hanging on a closed channel.

use super::RabbitMqConfig;
use super::names::Names;
use super::topology;
use crate::error::BrokerError;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};

/// Connects and declares, within the time-out. `purpose` is shown in the broker's management page.
pub(super) async fn connect(config: &RabbitMqConfig, names: &Names, purpose: &str) -> Result<Connection, BrokerError> {
    // The reason is not kept: it quotes the URL, which holds the password.
    let mut uri: AMQPUri = config.url.expose().parse().map_err(|_| BrokerError::UrlUnreadable("it is no AMQP URL"))?;
    let seconds = u16::try_from(config.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    uri.query.heartbeat.get_or_insert(seconds);
    let properties = ConnectionProperties::default().with_connection_name(format!("{} {purpose}", config.prefix).into());
    let work = async {
        let connection = Connection::connect_uri(uri, properties).await?;
        topology::declare(&connection, config, names).await?;
        Ok(connection)
    };
    let limit = config.connect_timeout;
    tokio::time::timeout(limit, work).await.unwrap_or(Err(BrokerError::Unreachable(limit)))
}

/// Closes politely, but does not wait for a broker that does not answer.
pub(super) async fn close(connection: &Connection) {
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), connection.close(200, "bye".into())).await;
}
