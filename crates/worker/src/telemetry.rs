//! Metrics: names are part of the contract, labels are bounded and never name a tenant.

use crate::rooms::Rooms;
use assay_contract::job::Lane;
use assay_contract::record::Record;
use futures::{Stream, StreamExt};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;

/// How often what histograms have gathered is folded together: the exporter's own measure.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Says what each metric means; called once at start.
pub fn describe() {
    describe_counter!("assay_outcomes_total", "Records by outcome: `code` is the failure's, or the status; `kind` is the asset's.");
    describe_counter!("assay_retries_total", "Transient failures that went back to the queue, by `code`.");
    describe_counter!("assay_newer_jobs_total", "Jobs of a schema newer than this worker, given back.");
    describe_counter!("assay_bytes_fetched_total", Unit::Bytes, "Bytes that came over the network.");
    describe_counter!("assay_requests_total", "HTTP requests for assets.");
    describe_histogram!("assay_stage_seconds", Unit::Seconds, "Time an asset spent in each `stage`.");
    describe_gauge!("assay_queue_ready", "Jobs that could be taken, by `lane`.");
    describe_gauge!("assay_queue_unacknowledged", "Jobs that are out at workers, by `lane`.");
    describe_gauge!("assay_queue_oldest_seconds", Unit::Seconds, "Age of the oldest ready job, by `lane`.");
    describe_gauge!("assay_dead_letters", "Messages in the dead letter.");
    describe_gauge!("assay_slots_busy", "Children at work.");
    describe_gauge!("assay_budget_used_bytes", Unit::Bytes, "Bytes of assets held, by `spool`.");
    describe_gauge!("assay_sandbox_full", "1 when every layer of the sandbox holds, 0 when Landlock is missing.");
}

/// Folds what histograms gather, for as long as it is polled: else each sample is held until somebody scrapes, and nobody may.
pub async fn fold_for_ever(metrics: PrometheusHandle) {
    fold_at(metrics, futures::stream::repeat(()).then(|()| tokio::time::sleep(FOLD_EVERY))).await;
}

async fn fold_at(metrics: PrometheusHandle, moments: impl Stream<Item = ()>) {
    moments.for_each(async |()| metrics.run_upkeep()).await;
}

/// One record was made.
pub fn recorded(record: &Record) {
    let kind = record.details.as_ref().map_or("none", |details| details.kind().as_str());
    outcome(record.failure.as_ref().map_or(record.status.as_str(), |failure| failure.code.as_str()), kind);
    counter!("assay_bytes_fetched_total").increment(record.cost.bytes_fetched);
    counter!("assay_requests_total").increment(record.cost.requests.into());
    let cost = &record.cost;
    for (stage, millis) in [
        ("queue", cost.queue_ms),
        ("access", cost.access_ms),
        ("fetch", cost.fetch_ms),
        ("decode", cost.decode_ms),
        ("total", cost.total_ms),
    ] {
        histogram!("assay_stage_seconds", "stage" => stage).record(Duration::from_millis(millis).as_secs_f64());
    }
}

/// One outcome without a record, or part of one.
pub fn outcome(code: &'static str, kind: &'static str) {
    counter!("assay_outcomes_total", "code" => code, "kind" => kind).increment(1);
}

/// A transient failure went back to the queue.
pub fn retried(code: &'static str) {
    counter!("assay_retries_total", "code" => code).increment(1);
}

/// A job of a newer schema was given back.
pub fn newer_job() {
    counter!("assay_newer_jobs_total").increment(1);
}

/// Reads all gauges; asked for before each scrape.
pub async fn gauges(rooms: &Rooms) {
    if let Ok(depths) = rooms.broker.depths().await {
        for lane in Lane::ALL {
            let depth = depths.of(lane);
            gauge!("assay_queue_ready", "lane" => lane.as_str()).set(depth.ready as f64);
            gauge!("assay_queue_unacknowledged", "lane" => lane.as_str()).set(depth.unacknowledged as f64);
            if let Some(oldest) = depth.oldest {
                gauge!("assay_queue_oldest_seconds", "lane" => lane.as_str()).set(oldest.as_secs_f64());
            }
        }
        gauge!("assay_dead_letters").set(depths.dead as f64);
    }
    let budget = rooms.fetcher.budget();
    gauge!("assay_budget_used_bytes", "spool" => "memory").set(budget.memory_used as f64);
    gauge!("assay_budget_used_bytes", "spool" => "encrypted-file").set(budget.spill_used as f64);
    gauge!("assay_slots_busy").set(rooms.slots.decoding() as f64);
    let full = rooms.sandbox.posture() == assay_contract::record::Posture::Full;
    gauge!("assay_sandbox_full").set(if full { 1.0 } else { 0.0 });
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::SinkExt;
    use metrics_exporter_prometheus::PrometheusBuilder;

    /// Bytes of memory in use by this process (proc(5), statm: the second figure, in pages of 4 KiB or more).
    fn resident() -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }

    #[tokio::test]
    async fn samples_that_nobody_scrapes_are_not_held() {
        const SAMPLES: usize = 100_000;
        const ROUNDS: usize = 20;
        let recorder = PrometheusBuilder::new().build_recorder();
        let (mut moment, moments) = futures::channel::mpsc::channel(0);
        let folding = tokio::spawn(fold_at(recorder.handle(), moments));
        let mut before = 0;
        for round in 0..ROUNDS {
            metrics::with_local_recorder(&recorder, || (0..SAMPLES).for_each(|_| histogram!("assay_stage_seconds").record(0.1)));
            // The second finds room when the first was heard, so the samples are folded.
            for _ in 0..2 {
                moment.send(()).await.unwrap();
            }
            // What is freed is used again, not given back: the first rounds say how much one takes.
            if round == 2 {
                before = resident();
            }
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < SAMPLES * ROUNDS * size_of::<f64>() / 2, "{grown} bytes more");
        folding.abort();
    }
}
