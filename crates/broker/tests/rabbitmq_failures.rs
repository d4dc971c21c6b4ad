//! RabbitMQ failing on purpose: each test breaks a node of its own, which takes seconds to start.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/stage.rs"]
#[allow(dead_code, reason = "shared with the conformance suite")]
mod stage;

use assay_broker::{Broker, BrokerError, Health, RabbitMq, RabbitMqConfig, Redelivered};
use assay_contract::job::Lane;
use assay_testkit::rabbitmq::PrivateRabbit;
use stage::{PLENTY, id, next, rabbitmq_config, record, submit, until};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_and_restarted_broker_loses_nothing() {
    let node = start("").await;
    let broker = RabbitMq::connect(rabbitmq_config(&node.url())).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    submit(&broker, Lane::Batch, ["held".to_owned()]).await;
    let held = next(&mut deliveries).await;
    // RabbitMQ 3.10.8 keeps the names of its Raft logs in a file that it writes out only now and then. Killed before, it gives the
    // queue that was declared last no log any more: that queue runs, and confirms nothing, with any client. Here the file is written out.
    on(&node, |node| drop(node.control(&["eval", "[dets:sync(Table) || Table <- dets:all()]."]).unwrap())).await;
    on(&node, |node| node.restart().unwrap()).await;
    assert!(matches!(held.acknowledge().await, Err(BrokerError::DeliveryLost)));
    // Both wait for the new connection by themselves.
    submit(&broker, Lane::Interactive, ["later".to_owned()]).await;
    broker.publish(&record("a")).await.unwrap();
    let mut seen = BTreeMap::new();
    while seen.len() < 2 {
        let delivery = next(&mut deliveries).await;
        seen.insert(id(&delivery), (delivery.attempt(), delivery.redelivered()));
        delivery.acknowledge().await.unwrap();
    }
    assert_eq!(seen["held"], (1, Redelivered::AfterLostOutcome));
    assert_eq!(seen["later"], (1, Redelivered::First));
    until("the broker is healthy again", async || broker.healthy().is_ready()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_held_too_long_comes_again_and_its_late_outcome_is_refused() {
    let node = start("consumer_timeout = 2000").await;
    let broker = RabbitMq::connect(rabbitmq_config(&node.url())).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    submit(&broker, Lane::Batch, ["slow".to_owned()]).await;
    let slow = next(&mut deliveries).await;
    let again = next(&mut deliveries).await;
    assert_eq!((id(&again).as_str(), again.attempt()), ("slow", 1));
    assert_eq!(again.redelivered(), Redelivered::AfterLostOutcome);
    assert!(slow.is_lost());
    let late = slow.retry(assay_broker::RetryDelay::Short).await;
    assert!(matches!(late, Err(BrokerError::DeliveryLost)), "{late:?}");
    again.acknowledge().await.unwrap();
    let depths = broker.depths().await.unwrap().batch;
    assert_eq!((depths.ready, depths.resting), (0, 0), "the late outcome made no copy");
    submit(&broker, Lane::Batch, ["next".to_owned()]).await;
    assert_eq!(id(&next(&mut deliveries).await), "next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_an_operator_closes_are_made_again() {
    let node = start("").await;
    let broker = RabbitMq::connect(rabbitmq_config(&node.url())).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    submit(&broker, Lane::Batch, ["held".to_owned()]).await;
    let held = next(&mut deliveries).await;
    on(&node, |node| drop(node.control(&["close_all_connections", "maintenance"]).unwrap())).await;
    let again = next(&mut deliveries).await;
    assert_eq!((id(&again).as_str(), again.redelivered()), ("held", Redelivered::AfterLostOutcome));
    assert!(matches!(held.acknowledge().await, Err(BrokerError::DeliveryLost)));
    again.acknowledge().await.unwrap();
    broker.publish(&record("a")).await.unwrap();
    submit(&broker, Lane::Batch, ["next".to_owned()]).await;
    assert_eq!(id(&next(&mut deliveries).await), "next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_confirms_nothing_is_told_within_the_timeout() {
    let node = start("").await;
    let config = RabbitMqConfig { confirm_timeout: Duration::from_secs(2), ..rabbitmq_config(&node.url()) };
    let broker = RabbitMq::connect(config).await.unwrap();
    on(&node, |node| drop(node.control(&["set_vm_memory_high_watermark", "0"]).unwrap())).await;
    // The first message is what makes the broker block the connection.
    let begun = Instant::now();
    let unconfirmed = broker.publish(&record("a")).await.unwrap_err();
    assert!(matches!(unconfirmed, BrokerError::Unconfirmed(_)), "{unconfirmed:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    until("the broker is told to be blocked", async || matches!(broker.healthy(), Health::Blocked { .. })).await;
    on(&node, |node| drop(node.control(&["set_vm_memory_high_watermark", "0.8"]).unwrap())).await;
    until("records are confirmed again", async || broker.publish(&record("b")).await.is_ok()).await;
    until("the broker is healthy again", async || broker.healthy().is_ready()).await;
}

async fn start(settings: &'static str) -> Arc<PrivateRabbit> {
    stage::log();
    tokio::task::spawn_blocking(move || Arc::new(PrivateRabbit::start_with(settings).unwrap())).await.unwrap()
}

/// Runs `rabbitmqctl` and the like, which wait, off the async threads.
async fn on(node: &Arc<PrivateRabbit>, work: impl FnOnce(&PrivateRabbit) + Send + 'static) {
    let node = Arc::clone(node);
    tokio::task::spawn_blocking(move || work(&node)).await.unwrap();
}
