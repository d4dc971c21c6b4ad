//! Jobs arrive as they were sent, each lane for itself.

use crate::stage::{PLENTY, Stage, id, job, next, submit, until};
use assay_broker::{Prefetch, Redelivered, TraceParent};
use assay_contract::Job;
use assay_contract::job::Lane;
use std::collections::BTreeSet;

pub(crate) async fn a_job_arrives_as_it_was_sent(stage: &Stage) {
    let broker = stage.open().await;
    let sent = job("one", Lane::Interactive);
    let trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    broker.submit_traced(&sent, Some(&trace)).await.unwrap();
    let mut deliveries = broker.consume(PLENTY).await.unwrap();
    let delivery = next(&mut deliveries).await;
    assert_eq!(Job::read(delivery.body()).unwrap(), sent);
    assert_eq!(delivery.lane(), Lane::Interactive);
    assert_eq!(delivery.attempt(), 1);
    assert_eq!(delivery.redelivered(), Redelivered::First);
    assert_eq!(delivery.message_id(), Some("one"));
    assert_eq!(delivery.message_type(), Some("assay.job/1"));
    assert_eq!(delivery.correlation_id(), Some("task_1"));
    assert_eq!(delivery.trace(), Some(&trace));
    assert!(!format!("{delivery:?}").contains("planted-signature"));
}

pub(crate) async fn each_lane_keeps_its_order(stage: &Stage) {
    let broker = stage.open().await;
    let batch: Vec<String> = (0..40).map(|n| format!("b{n:02}")).collect();
    let interactive: Vec<String> = (0..20).map(|n| format!("i{n:02}")).collect();
    submit(&*broker, Lane::Batch, batch.clone()).await;
    submit(&*broker, Lane::Interactive, interactive.clone()).await;
    let mut deliveries = broker.consume(Prefetch { interactive: 3, batch: 3 }).await.unwrap();
    let mut seen = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let delivery = next(&mut deliveries).await;
        match delivery.lane() {
            Lane::Batch => seen.0.push(id(&delivery)),
            Lane::Interactive => seen.1.push(id(&delivery)),
        }
        delivery.acknowledge().await.unwrap();
    }
    assert_eq!(seen, (batch, interactive));
}

pub(crate) async fn interactive_jobs_pass_a_full_batch_lane(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, (0..5).map(|n| format!("b{n}"))).await;
    let mut deliveries = broker.consume(Prefetch { interactive: 1, batch: 2 }).await.unwrap();
    let held = [next(&mut deliveries).await, next(&mut deliveries).await];
    submit(&*broker, Lane::Interactive, ["i0".to_owned()]).await;
    assert_eq!(id(&next(&mut deliveries).await), "i0");
    drop(held);
}

pub(crate) async fn no_more_than_the_prefetch_is_out(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, (0..6).map(|n| format!("b{n}"))).await;
    let mut deliveries = broker.consume(Prefetch { interactive: 0, batch: 2 }).await.unwrap();
    let first = next(&mut deliveries).await;
    let _second = next(&mut deliveries).await;
    // The other four are not only unseen here: they are still in the queue, for other workers.
    until("four wait in the queue", async || broker.depths().await.unwrap().batch.ready == 4).await;
    let mut other = broker.consume(Prefetch { interactive: 0, batch: 1 }).await.unwrap();
    let elsewhere = next(&mut other).await;
    assert_eq!(id(&elsewhere), "b2");
    first.acknowledge().await.unwrap();
    assert_eq!(id(&next(&mut deliveries).await), "b3");
}

pub(crate) async fn each_of_many_jobs_arrives_once_among_two_workers(stage: &Stage) {
    let (one, two) = (stage.open().await, stage.open().await);
    let sent: BTreeSet<String> = (0..200).map(|n| format!("b{n:03}")).collect();
    submit(&*one, Lane::Batch, sent.clone()).await;
    let mut first = one.consume(PLENTY).await.unwrap();
    let mut second = two.consume(Prefetch { interactive: 1, batch: 5 }).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..200 {
        let delivery = tokio::select! {
            delivery = next(&mut first) => delivery,
            delivery = next(&mut second) => delivery,
        };
        seen.push(id(&delivery));
        delivery.acknowledge().await.unwrap();
    }
    assert_eq!(seen.len(), 200);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), sent);
    until("the lane is empty", async || one.depths().await.unwrap().batch.ready == 0).await;
}

pub(crate) async fn depths_tell_what_waits(stage: &Stage) {
    let broker = stage.open().await;
    submit(&*broker, Lane::Batch, (0..3).map(|n| format!("b{n}"))).await;
    submit(&*broker, Lane::Interactive, ["i0".to_owned()]).await;
    until("three and one are ready", async || {
        let depths = broker.depths().await.unwrap();
        (depths.batch.ready, depths.interactive.ready, depths.dead) == (3, 1, 0)
    })
    .await;
    let mut deliveries = broker.consume(Prefetch { interactive: 0, batch: 1 }).await.unwrap();
    let held = next(&mut deliveries).await;
    until("one is out, two are ready", async || {
        let batch = broker.depths().await.unwrap().batch;
        (batch.ready, batch.unacknowledged) == (2, 1) && batch.oldest.is_some()
    })
    .await;
    held.retry(assay_broker::RetryDelay::Long).await.unwrap();
    // The long rung is 3 s: the lane is looked at well before.
    let batch = broker.depths().await.unwrap().batch;
    assert_eq!(batch.resting, 1);
}
