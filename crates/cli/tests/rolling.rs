//! A deployment that rolls over three workers while jobs are queued: none is lost, doubled or counted as tried.

use crate::running::until;
use crate::stage::{BUCKET, Stage};
use assay_testkit::cloud::Fault;
use std::collections::{BTreeSet, VecDeque};

const JOBS: usize = 60;

/// Slow: six workers are started, one after the other. `benches rolling` does the same with 10,000 jobs.
#[test]
fn sigterm_rolling_over_three_workers_leaves_each_record_once() {
    let mut stage = Stage::served();
    stage.set("ASSAY_WORKER_FETCHES", "2");
    stage.set("ASSAY_WORKER_DECODES", "1");
    stage.connect();
    let keys: Vec<String> = (0..JOBS).map(|at| format!("asset-{at:02}")).collect();
    for key in &keys {
        stage.put(key, "jpeg-baseline.jpg");
        // Slow enough that there is work until the last of the three has rolled.
        stage.cloud.misbehave(BUCKET, key, Fault::Slow { bytes_per_second: 20_000 }.first(1));
    }
    let task = stage.submit(&keys);
    let mut crew: VecDeque<_> = (0..3).map(|number| stage.service(&["worker"], &format!("first-{number}.log"))).collect();
    for number in 0..3 {
        let done = stage.number("SELECT count(*) FROM records");
        until("some more jobs are done", || stage.number("SELECT count(*) FROM records") > done);
        let mut draining = crew.pop_front().unwrap();
        draining.terminate();
        crew.push_back(stage.service(&["worker"], &format!("next-{number}.log")));
        assert_eq!(draining.end(), 0, "{}", draining.said());
    }
    assert!(stage.number("SELECT count(*) FROM records") < 60, "all was done before the last one rolled");
    for key in &keys {
        stage.cloud.behave(BUCKET, key);
    }
    let records = stage.records(&task);
    let named: BTreeSet<&str> = records.iter().filter_map(|record| record["global_key"].as_str()).collect();
    assert_eq!(named, keys.iter().map(String::as_str).collect());
    assert!(
        records.iter().all(|record| record["status"] == "complete" && record["attempt"] == 1 && record["generation"] == 1),
        "{records:?}"
    );
    let workers: BTreeSet<&str> = records.iter().filter_map(|record| record["worker"]["id"].as_str()).collect();
    assert!(workers.len() > 3, "the next ones did nothing: {workers:?}");
    assert_eq!(stage.number("SELECT count(*) FROM records"), 60);
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE state = 'complete'"), 60);
    until("all are told", || stage.number("SELECT count(*) FROM records WHERE published_at_us IS NULL") == 0);
    assert_eq!(stage.assay(&["dead", "list", "--json"]).well().out, "");
    for mut worker in crew {
        worker.terminate();
        assert_eq!(worker.end(), 0, "{}", worker.said());
    }
}
