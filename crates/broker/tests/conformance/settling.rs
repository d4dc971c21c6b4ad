//! Every way to be done with a delivery.

use crate::stage::{DELAYS, PLENTY, Stage, id, next, submit, until};
use assay_broker::{Redelivered, RetryDelay};
use assay_contract::job::Lane;
use std::time::{Duration, Instant};

/// Brokers count milliseconds by clocks of their own.
const SLACK: Duration = Duration::from_millis(20);

pub(crate) async fn an_acknowledged_job_is_gone(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a".to_owned(), "b".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    next(&mut deliveries).await.acknowledge().await.unwrap();
    next(&mut deliveries).await.acknowledge().await.unwrap();
    broker.close(Duration::from_secs(5)).await;
    let other = stage.open().await;
    submit(&*other, Lane::Batch, ["c".to_owned()]).await;
    let mut deliveries = other.consume(PLENTY).await.unwrap();
    assert_eq!(id(&next(&mut deliveries).await), "c", "what was acknowledged would come first");
}

pub(crate) async fn a_retried_job_comes_later_as_the_next_attempt(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Interactive, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    for attempt in 1..=4 {
        let delivery = next(&mut deliveries).await;
        assert_eq!((id(&delivery).as_str(), delivery.attempt(), delivery.lane()), ("a", attempt, Lane::Interactive));
        assert_eq!(delivery.redelivered(), Redelivered::First, "an outcome was seen each time");
        assert_eq!(delivery.correlation_id(), Some("task_1"));
        delivery.retry(RetryDelay::Short).await.unwrap();
    }
}

pub(crate) async fn each_rung_of_the_ladder_lasts_its_own_time(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a", "b", "c"].map(str::to_owned)).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let begun = Instant::now();
    // The longest is put to rest first: it must not hold up the others.
    for delay in [RetryDelay::Long, RetryDelay::Medium, RetryDelay::Short] {
        next(&mut deliveries).await.retry(delay).await.unwrap();
    }
    for (name, delay) in [("c", RetryDelay::Short), ("b", RetryDelay::Medium), ("a", RetryDelay::Long)] {
        let delivery = next(&mut deliveries).await;
        assert_eq!(id(&delivery), name);
        assert!(begun.elapsed() + SLACK >= DELAYS.of(delay), "{name} came after {:?}", begun.elapsed());
        delivery.acknowledge().await.unwrap();
    }
}

pub(crate) async fn a_postponed_job_costs_no_attempt(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    // More often than the delivery limit: postponing is an outcome.
    for _ in 0..4 {
        let begun = Instant::now();
        next(&mut deliveries).await.postpone(RetryDelay::Short).await.unwrap();
        let delivery = next(&mut deliveries).await;
        assert!(begun.elapsed() + SLACK >= DELAYS.short);
        assert_eq!((delivery.attempt(), delivery.redelivered()), (1, Redelivered::First));
        delivery.postpone(RetryDelay::Short).await.unwrap();
    }
}

pub(crate) async fn a_given_back_job_comes_at_once_and_costs_no_attempt(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    next(&mut deliveries).await.give_back().await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!((id(&delivery).as_str(), delivery.attempt()), ("a", 1));
    delivery.acknowledge().await.unwrap();
    until("it is gone", async || broker.depths().await.unwrap().batch.ready == 0).await;
}

pub(crate) async fn a_dropped_delivery_comes_again_and_must_run_alone(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    drop(next(&mut deliveries).await);
    let delivery = next(&mut deliveries).await;
    assert_eq!((id(&delivery).as_str(), delivery.attempt()), ("a", 1));
    assert_eq!(delivery.redelivered(), Redelivered::AfterLostOutcome);
}

pub(crate) async fn an_outcome_ends_running_alone(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, ["a".to_owned()]).await;
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    drop(next(&mut deliveries).await);
    next(&mut deliveries).await.retry(RetryDelay::Short).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!((delivery.attempt(), delivery.redelivered()), (2, Redelivered::First));
}
