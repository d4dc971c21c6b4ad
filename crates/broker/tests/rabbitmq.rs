//! What only RabbitMQ has: queues and properties as documented, messages that no queue takes, errors that keep the password.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/stage.rs"]
#[allow(dead_code, reason = "shared with the conformance suite")]
mod stage;

use assay_broker::{Broker, BrokerError, DeadCause, DefaultQueue, RabbitMq, RabbitMqConfig, TraceParent};
use assay_contract::Code;
use assay_contract::job::Lane;
use assay_contract::record::Status;
use assay_testkit::rabbitmq::vhost;
use lapin::options::{BasicPublishOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use stage::{PLENTY, id, job, next, rabbitmq_config, record, submit, until};
use std::error::Error;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_are_declared_as_documented() {
    let vhost = vhost().unwrap();
    let _broker = RabbitMq::connect(RabbitMqConfig::at(vhost.url().to_owned())).await.unwrap();
    for lane in Lane::ALL {
        let queue = vhost.queue(&format!("assay.jobs.{lane}")).unwrap();
        assert_eq!((&queue["type"], &queue["durable"]), (&"quorum".into(), &true.into()));
        assert_eq!(queue["arguments"]["x-delivery-limit"], 20);
        assert_eq!(queue["arguments"]["x-dead-letter-strategy"], "at-least-once");
        assert_eq!(queue["arguments"]["x-dead-letter-routing-key"], "assay.dead.abandoned");
        for (word, milliseconds) in [("10s", 10_000), ("60s", 60_000), ("600s", 600_000)] {
            let queue = vhost.queue(&format!("assay.retry.{lane}.{word}")).unwrap();
            assert_eq!(queue["type"], "quorum");
            assert_eq!(queue["arguments"]["x-message-ttl"], milliseconds);
            assert_eq!(queue["arguments"]["x-dead-letter-routing-key"], format!("assay.jobs.{lane}"));
            assert_eq!(queue["arguments"]["x-dead-letter-strategy"], "at-least-once");
        }
    }
    for name in ["assay.dead", "assay.dead.abandoned", "assay.records"] {
        assert_eq!(vhost.queue(name).unwrap()["type"], "quorum", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_carries_the_standard_properties() {
    let vhost = vhost().unwrap();
    let broker = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
    let trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    broker.submit_traced(&job("one", Lane::Batch), Some(&trace)).await.unwrap();
    let properties = &vhost.take("assay.jobs.batch").unwrap()["properties"];
    assert_eq!(properties["message_id"], "one");
    assert_eq!(properties["type"], "assay.job/1");
    assert_eq!(properties["correlation_id"], "task_1");
    assert_eq!(properties["content_type"], "application/json");
    assert_eq!(properties["delivery_mode"], 2);
    assert_eq!(properties["headers"]["traceparent"], trace.as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_no_queue_takes_is_not_published() {
    let vhost = vhost().unwrap();
    let config = RabbitMqConfig { records: DefaultQueue::Absent, ..rabbitmq_config(vhost.url()) };
    let broker = RabbitMq::connect(config).await.unwrap();
    let unroutable = broker.publish(&record("a")).await.unwrap_err();
    assert!(matches!(&unroutable, BrokerError::Unroutable(key) if key == "failed.none"), "{unroutable:?}");
    assert_eq!(unroutable.code(), Code::PublishUnconfirmed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unroutable_record_is_not_blamed_on_its_neighbours() {
    let vhost = vhost().unwrap();
    let config = RabbitMqConfig { records: DefaultQueue::Absent, ..rabbitmq_config(vhost.url()) };
    let broker = RabbitMq::connect(config).await.unwrap();
    let operator = Connection::connect(vhost.url(), ConnectionProperties::default()).await.unwrap();
    let channel = operator.create_channel().await.unwrap();
    channel.queue_declare("complete".into(), QueueDeclareOptions::durable(), FieldTable::default()).await.unwrap();
    let key = "complete.#".into();
    channel.queue_bind("complete".into(), "assay.records".into(), key, QueueBindOptions::default(), FieldTable::default()).await.unwrap();
    let publishes = (0..120).map(|n| {
        let broker = broker.clone();
        tokio::spawn(async move {
            let status = if n % 3 == 0 { Status::Failed } else { Status::Complete };
            let record = assay_contract::Record { status, ..record(&n.to_string()) };
            (status, broker.publish(&record).await)
        })
    });
    for publish in publishes.collect::<Vec<_>>() {
        match publish.await.unwrap() {
            (Status::Failed, outcome) => assert!(matches!(outcome, Err(BrokerError::Unroutable(_))), "{outcome:?}"),
            (_, outcome) => assert!(outcome.is_ok(), "{outcome:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_queue_is_declared_again_and_consumed() {
    stage::log();
    let vhost = vhost().unwrap();
    let broker = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    submit(&broker, Lane::Batch, ["a".to_owned()]).await;
    next(&mut deliveries).await.acknowledge().await.unwrap();
    vhost.delete_queue("assay.jobs.batch").unwrap();
    let b = job("b", Lane::Batch);
    until("the lane takes jobs again", async || broker.submit(&b).await.is_ok()).await;
    assert_eq!(id(&next(&mut deliveries).await), "b");
    until("the broker is healthy again", async || broker.healthy().is_ready()).await;
}

/// RabbitMQ moves a consumer to the new queue by itself when it is there before the old one's end is heard, and then takes
/// the first deliveries for old ones that it has seen: they are unacknowledged in the broker, and nobody was given them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_deleted_and_at_once_declared_by_somebody_else_is_consumed() {
    stage::log();
    let vhost = vhost().unwrap();
    let broker = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let operator = Connection::connect(vhost.url(), ConnectionProperties::default()).await.unwrap();
    for round in 0..5 {
        let (before, after) = (format!("before-{round}"), format!("after-{round}"));
        submit(&broker, Lane::Batch, [before.clone()]).await;
        let delivery = next(&mut deliveries).await;
        assert_eq!(id(&delivery), before);
        delivery.acknowledge().await.unwrap();
        let channel = operator.create_channel().await.unwrap();
        channel.queue_delete("assay.jobs.batch".into(), QueueDeleteOptions::default()).await.unwrap();
        let _declares = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
        submit(&broker, Lane::Batch, [after.clone()]).await;
        let delivery = next(&mut deliveries).await;
        assert_eq!(id(&delivery), after);
        delivery.acknowledge().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_broker_leaves_no_connection() {
    let vhost = vhost().unwrap();
    let broker = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    submit(&broker, Lane::Batch, ["a".to_owned()]).await;
    next(&mut deliveries).await.acknowledge().await.unwrap();
    until("its connections are seen", async || vhost.connections().unwrap() >= 2).await;
    drop((deliveries, broker));
    until("its connections are gone", async || vhost.connections().unwrap() == 0).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(vhost.connections().unwrap(), 0, "one was made again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_properties_can_be_given_up_and_requeued() {
    let vhost = vhost().unwrap();
    let broker = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
    let sender = Connection::connect(vhost.url(), ConnectionProperties::default()).await.unwrap();
    let channel = sender.create_channel().await.unwrap();
    let (queue, options) = ("assay.jobs.batch".into(), BasicPublishOptions::default());
    channel.basic_publish("".into(), queue, options, b"no job at all", BasicProperties::default()).await.unwrap().await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!((delivery.body(), delivery.message_id(), delivery.attempt()), (&b"no job at all"[..], None, 1));
    delivery.dead(DeadCause::from(Code::JobUnreadable)).await.unwrap();
    until("it is in the dead letter", async || broker.dead(1).await.unwrap().len() == 1).await;
    let letter = broker.dead(1).await.unwrap().remove(0);
    broker.requeue(&letter.id).await.unwrap();
    assert_eq!(next(&mut deliveries).await.body(), b"no job at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_with_other_arguments_is_named() {
    let vhost = vhost().unwrap();
    let _broker = RabbitMq::connect(rabbitmq_config(vhost.url())).await.unwrap();
    let other = RabbitMqConfig { delivery_limit: 7, ..rabbitmq_config(vhost.url()) };
    let error = RabbitMq::connect(other).await.unwrap_err();
    assert!(matches!(&error, BrokerError::QueueDiffers(name) if name == "assay.jobs.interactive"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_error_holds_the_password() {
    let vhost = vhost().unwrap();
    let refused = vhost.url().replace("guest:guest", "guest:planted-password");
    let nobody = "amqp://guest:planted-password@127.0.0.1:1/%2f".to_owned();
    let unreadable = "amqp:// guest:planted-password@[host".to_owned();
    for url in [refused, nobody, unreadable] {
        let config = RabbitMqConfig::at(url);
        assert!(!format!("{config:?}").contains("planted-password"));
        let error = RabbitMq::connect(config).await.unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            shown = format!("{shown} {cause} {cause:?}");
            source = cause.source();
        }
        assert!(!shown.contains("planted-password"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_does_not_answer_is_told_within_the_timeout() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("amqp://guest:guest@{}/%2f", silent.local_addr().unwrap());
    let config = RabbitMqConfig { connect_timeout: Duration::from_millis(300), ..RabbitMqConfig::at(url) };
    let begun = Instant::now();
    let error = RabbitMq::connect(config).await.unwrap_err();
    assert!(matches!(error, BrokerError::Unreachable(_)), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_prefix_that_is_no_name_is_refused() {
    let config = RabbitMqConfig { prefix: "a b".to_owned(), ..RabbitMqConfig::at("amqp://127.0.0.1".to_owned()) };
    assert!(matches!(RabbitMq::connect(config).await, Err(BrokerError::Configuration(_))));
}
