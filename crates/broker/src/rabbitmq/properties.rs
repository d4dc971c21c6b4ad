//! A message's standard properties and our own headers, to and from RabbitMQ's.

use crate::dead_letter::{DeadCause, DeadLetterId};
use crate::error::BrokerError;
use crate::message::{JSON, Message, TraceParent, now_ms};
use assay_contract::job::Lane;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

/// Attempts that had an outcome. Our own, because RabbitMQ 4 drops `x-death` of published messages and `x-delivery-count` counts lost ones.
const OUTCOMES: &str = "assay-outcomes";
/// When the job was first put on a lane, milliseconds since 1970.
const ENQUEUED: &str = "assay-enqueued-ms";
/// <https://www.w3.org/TR/trace-context/>
const TRACE: &str = "traceparent";
/// The dead letter's own headers.
pub(super) const DEAD_ID: &str = "assay-dead-id";
pub(super) const DEAD_LANE: &str = "assay-dead-lane";
pub(super) const DEAD_CODE: &str = "assay-dead-code";
pub(super) const DEAD_SENTENCE: &str = "assay-dead-sentence";
pub(super) const DIED: &str = "assay-died-ms";

/// Persistent (<https://www.rabbitmq.com/docs/publishers#message-properties>).
const PERSISTENT: u8 = 2;

/// The properties of a message as it is published.
pub(super) fn of(message: &Message) -> Result<BasicProperties, BrokerError> {
    with_headers(message, headers(message))
}

/// The properties of a message that goes to the dead letter.
pub(super) fn of_dead(message: &Message, lane: Lane, cause: &DeadCause) -> Result<BasicProperties, BrokerError> {
    let mut headers = headers(message);
    headers.insert(DEAD_ID.into(), text(DeadLetterId::generate().as_str()));
    headers.insert(DEAD_LANE.into(), text(lane.as_str()));
    headers.insert(DEAD_CODE.into(), text(cause.code.as_str()));
    headers.insert(DEAD_SENTENCE.into(), text(&cause.sentence));
    headers.insert(DIED.into(), AMQPValue::LongLongInt(now_ms()));
    with_headers(message, headers)
}

/// A message as it came.
pub(super) fn message(properties: &BasicProperties, body: Vec<u8>) -> Message {
    let word = |property: &Option<ShortString>| property.as_ref().map(ToString::to_string);
    Message {
        body,
        id: word(properties.message_id()),
        schema: word(properties.kind()),
        correlation: word(properties.correlation_id()),
        trace: text_of(properties, TRACE).as_deref().and_then(TraceParent::parse),
        outcomes: number_of(properties, OUTCOMES).and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        enqueued_ms: number_of(properties, ENQUEUED),
    }
}

/// A header that is text.
pub(super) fn text_of(properties: &BasicProperties, name: &str) -> Option<String> {
    header(properties, name)?.as_long_string().map(ToString::to_string)
}

/// A header that is a whole number, in whichever width the sender's client wrote it.
pub(super) fn number_of(properties: &BasicProperties, name: &str) -> Option<i64> {
    match header(properties, name)? {
        AMQPValue::ShortShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortUInt(number) => Some(i64::from(*number)),
        AMQPValue::LongInt(number) => Some(i64::from(*number)),
        AMQPValue::LongUInt(number) => Some(i64::from(*number)),
        AMQPValue::LongLongInt(number) => Some(*number),
        _ => None,
    }
}

/// The queue that a message was in when the broker moved it, from the newest entry of `x-death`
/// (<https://www.rabbitmq.com/docs/dlx#effects>).
pub(super) fn died_in(properties: &BasicProperties) -> Option<String> {
    let newest = header(properties, "x-death")?.as_array()?.as_slice().first()?.as_field_table()?;
    newest.inner().get("queue")?.as_long_string().map(ToString::to_string)
}

fn header<'p>(properties: &'p BasicProperties, name: &str) -> Option<&'p AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn headers(message: &Message) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert(OUTCOMES.into(), AMQPValue::LongLongInt(i64::from(message.outcomes)));
    headers.insert(ENQUEUED.into(), AMQPValue::LongLongInt(message.enqueued_ms.unwrap_or_else(now_ms)));
    if let Some(trace) = &message.trace {
        headers.insert(TRACE.into(), text(trace.as_str()));
    }
    headers
}

fn with_headers(message: &Message, headers: FieldTable) -> Result<BasicProperties, BrokerError> {
    let seconds = u64::try_from(now_ms() / 1_000).unwrap_or(0);
    let mut properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type(JSON.into())
        .with_app_id("assay".into())
        .with_timestamp(seconds)
        .with_headers(headers);
    if let Some(id) = &message.id {
        properties = properties.with_message_id(short(id)?);
    }
    if let Some(schema) = &message.schema {
        properties = properties.with_type(short(schema)?);
    }
    if let Some(correlation) = &message.correlation {
        properties = properties.with_correlation_id(short(correlation)?);
    }
    Ok(properties)
}

/// A property has at most 255 bytes; lapin's own conversion panics beyond.
fn short(text: &str) -> Result<ShortString, BrokerError> {
    ShortString::try_new(text).map_err(|_| BrokerError::TooLong { bytes: text.len(), allowed: 255 })
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
