//! A worker that ends, politely or not, costs no job anything.

use crate::stage::{PLENTY, SOON, Stage, id, job, next, submit};
use assay_broker::{BrokerError, Health, Prefetch, Redelivered};
use assay_contract::job::Lane;
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) async fn a_stopped_worker_leaves_the_rest_to_another(stage: &Stage) {
    let (one, two) = (stage.open().await, stage.open().await);
    let sent: BTreeSet<String> = (0..10).map(|n| format!("b{n}")).collect();
    submit(&*one, Lane::Batch, sent.clone()).await;
    let mut deliveries = one.consume(Prefetch { interactive: 1, batch: 4 }).await.unwrap();
    let held = next(&mut deliveries).await;
    deliveries.stop();
    assert!(deliveries.next().await.is_none());
    let mut seen = BTreeSet::from([id(&held)]);
    let mut others = two.consume(PLENTY).await.unwrap();
    for _ in 0..9 {
        let delivery = next(&mut others).await;
        assert_eq!(delivery.attempt(), 1);
        assert!(seen.insert(id(&delivery)), "came twice");
        delivery.acknowledge().await.unwrap();
    }
    assert_eq!(seen, sent);
    held.acknowledge().await.unwrap();
}

pub(crate) async fn what_is_out_can_be_settled_after_the_stop(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let held = next(&mut deliveries).await;
    let stopper = deliveries.stopper();
    let waiting = tokio::spawn(async move { deliveries.next().await.is_none() });
    stopper.stop();
    assert!(tokio::time::timeout(SOON, waiting).await.unwrap().unwrap(), "a waiting worker is told of the stop");
    let closing = tokio::spawn({
        let broker = broker.clone();
        async move { broker.close(SOON).await }
    });
    held.retry(assay_broker::RetryDelay::Short).await.unwrap();
    tokio::time::timeout(SOON, closing).await.expect("close waits for what is out, and no longer").unwrap();
    let other = stage.open().await;
    let mut deliveries = other.consume(PLENTY).await.unwrap();
    assert_eq!(next(&mut deliveries).await.attempt(), 2);
}

pub(crate) async fn a_worker_that_ends_with_a_job_in_hand_loses_it_to_another(stage: &Stage) {
    let (one, two) = (stage.open().await, stage.open().await);
    submit(&*one, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = one.consume(PLENTY).await.unwrap();
    let held = next(&mut deliveries).await;
    one.close(Duration::ZERO).await;
    let mut others = two.consume(PLENTY).await.unwrap();
    let delivery = next(&mut others).await;
    assert_eq!((id(&delivery).as_str(), delivery.attempt()), ("a", 1));
    assert_eq!(delivery.redelivered(), Redelivered::AfterLostOutcome);
    let late = held.acknowledge().await;
    assert!(matches!(late, Err(BrokerError::DeliveryLost | BrokerError::Closed)), "{late:?}");
    delivery.acknowledge().await.unwrap();
}

pub(crate) async fn a_dropped_stream_gives_everything_back(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, (0..4).map(|n| format!("b{n}"))).await;
    let mut deliveries = broker.consume(Prefetch { interactive: 0, batch: 4 }).await.unwrap();
    next(&mut deliveries).await.acknowledge().await.unwrap();
    drop(deliveries);
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let delivery = next(&mut deliveries).await;
        seen.insert(id(&delivery));
        delivery.acknowledge().await.unwrap();
    }
    assert_eq!(seen, ["b1", "b2", "b3"].map(str::to_owned).into());
}

pub(crate) async fn a_closed_broker_says_so(stage: &Stage) {
    let broker = stage.open().await;
    assert_eq!(broker.healthy(), Health::Ready);
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    broker.close(SOON).await;
    assert_eq!(broker.healthy(), Health::Closed);
    assert!(tokio::time::timeout(SOON, deliveries.next()).await.unwrap().is_none());
    assert!(matches!(broker.submit(&job("a", Lane::Batch)).await, Err(BrokerError::Closed)));
    assert!(matches!(broker.depths().await, Err(BrokerError::Closed)));
}
