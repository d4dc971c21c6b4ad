//! Workers that are killed, told to end, or lose a fork server in the middle of their work: nothing is lost, doubled or left.

use crate::running::{Service, command, signal, until, with};
use crate::stage::{BUCKET, Stage};
use assay_testkit::cloud::{Fault, ObjectOptions};
use assay_testkit::kin::{self, Kin};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// Larger assets go to an encrypted temporary file: half of the jobs here.
const SPILL_ABOVE: &str = "100000";

/// Twenty assets; the first reads of seven are so slow that a kill meets them on the way.
fn twenty(stage: &Stage) -> (Vec<String>, Vec<String>) {
    let keys: Vec<String> = (0..20).map(|at| format!("asset-{at:02}")).collect();
    let mut slow = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        if at % 3 == 0 {
            stage.put(key, if at % 2 == 0 { "jpeg-baseline.jpg" } else { "mp4-h264-faststart.mp4" });
            stage.cloud.misbehave(BUCKET, key, Fault::Slow { bytes_per_second: 1_000 }.first(1));
            slow.push(key.clone());
        } else {
            // The decode that takes longest.
            stage.put(key, "jpeg-12-megapixels.jpg");
        }
    }
    (keys, slow)
}

/// Waits until three downloads are on the way, a record is stored, and a child that decodes was caught: stopped, it can't end by itself.
#[track_caller]
fn in_the_middle(stage: &Stage, worker: &Service, slow: &[String]) -> Kin {
    until("three slow downloads have begun", || slow.iter().filter(|key| stage.sent(key) > 0).count() >= 3);
    until("a record is stored", || stage.number("SELECT count(*) FROM records") > 0);
    let mut caught = None;
    until("a child that decodes was caught", || {
        let found = kin::family(worker.pid()).into_iter().find(|kin| kin.generation == 2);
        caught = found.filter(|child| {
            signal(child.pid, Signal::STOP);
            until("it has stopped, or had ended before", || kin::is_stopped(child) || kin::alive(std::slice::from_ref(child)).is_empty());
            kin::is_stopped(child)
        });
        caught.is_some()
    });
    caught.unwrap()
}

/// What was alive, open or named before the kill is gone after it.
#[track_caller]
fn kill_and_look_for_leftovers(stage: &Stage, worker: &mut Service, child: &Kin, slow: &[String]) {
    let family = kin::family(worker.pid());
    assert!(family.iter().any(|kin| kin == child), "the child that was caught is of the family: {family:?}");
    let spools = kin::spools(&family);
    assert_ne!(spools.as_deref(), Some([].as_slice()), "assets are held in memory when the kill comes");
    worker.kill();
    // A slow object that had not been asked for yet need not keep the next worker.
    behave(stage, slow);
    until("every process of the killed worker is gone", || kin::alive(&family).is_empty());
    match spools {
        Some(spools) => until("its memory files are gone", || kin::still_held(&spools).is_empty()),
        None => println!("only root may look for memory files: not looked"),
    }
    assert_eq!(std::fs::read_dir(stage.spill()).unwrap().count(), 0, "a named file lies in the spill folder");
}

fn behave(stage: &Stage, keys: &[String]) {
    for key in keys {
        stage.cloud.behave(BUCKET, key);
    }
}

/// Twenty rows, one record each, all published, none dead.
#[track_caller]
fn each_record_exists_once(stage: &Stage, keys: &[String], records: &[Value]) {
    assert_eq!(stage.number("SELECT count(*) FROM records"), 20);
    assert_eq!(stage.number("SELECT count(DISTINCT job_id) FROM records"), 20);
    assert_eq!(stage.number("SELECT count(*) FROM records WHERE generation <> 1 OR published_at_us IS NULL"), 0);
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE state = 'complete'"), 20);
    let named: BTreeSet<&str> = records.iter().filter_map(|record| record["global_key"].as_str()).collect();
    assert_eq!(named, keys.iter().map(String::as_str).collect());
    assert_eq!(records.len(), 20);
    for record in records {
        assert_eq!((&record["status"], &record["generation"], &record["attempt"]), (&"complete".into(), &1.into(), &1.into()), "{record}");
        assert!(record["erasure"]["erased_at"].is_string(), "{record}");
    }
    assert_eq!(stage.assay(&["dead", "list", "--json"]).well().out, "");
}

#[test]
fn a_worker_killed_in_the_middle_of_twenty_jobs_leaves_each_record_once_and_nothing_else() {
    let mut stage = Stage::served();
    stage.set("ASSAY_FETCH_SPILL_ABOVE", SPILL_ABOVE);
    stage.connect();
    let (keys, slow) = twenty(&stage);
    let mut killed = stage.service(&["worker"], "killed.log");
    let task = stage.submit(&keys);
    let child = in_the_middle(&stage, &killed, &slow);
    kill_and_look_for_leftovers(&stage, &mut killed, &child, &slow);
    assert!(stage.number("SELECT count(*) FROM records") < 20, "the kill came too late to prove anything");

    let mut next = stage.service(&["worker"], "next.log");
    let records = stage.records(&task);
    until("every record is published", || stage.number("SELECT count(*) FROM records WHERE published_at_us IS NULL") == 0);
    each_record_exists_once(&stage, &keys, &records);
    let rabbit = stage.rabbit.as_ref().unwrap();
    let mut published = BTreeSet::new();
    while let Ok(message) = rabbit.take("assay.records") {
        let record: Value = serde_json::from_str(message["payload"].as_str().unwrap()).unwrap();
        published.insert(record["global_key"].as_str().unwrap().to_owned());
    }
    assert_eq!(published, keys.into_iter().collect());
    next.terminate();
    assert_eq!(next.end(), 0, "{}", next.said());
}

/// Slow: the embedded queue gives a killed process's jobs to the next after a lease of 30 seconds.
#[test]
fn assay_up_killed_in_the_middle_of_twenty_jobs_leaves_each_record_once_and_nothing_else() {
    let mut stage = Stage::embedded();
    stage.set("ASSAY_FETCH_SPILL_ABOVE", SPILL_ABOVE);
    let mut killed = stage.service(&["up"], "killed.log");
    stage.connect();
    let (keys, slow) = twenty(&stage);
    let task = stage.submit(&keys);
    let child = in_the_middle(&stage, &killed, &slow);
    kill_and_look_for_leftovers(&stage, &mut killed, &child, &slow);
    assert!(stage.number("SELECT count(*) FROM records") < 20, "the kill came too late to prove anything");

    stage.assay(&["up", "--until-idle"]).well();
    each_record_exists_once(&stage, &keys, &stage.records(&task));
    assert_eq!(std::fs::read_dir(stage.spill()).unwrap().count(), 0);
}

#[test]
fn a_worker_told_to_end_finishes_what_it_began_and_leaves_the_rest_to_the_next() {
    let mut stage = Stage::served();
    stage.set("ASSAY_WORKER_FETCHES", "2");
    stage.set("ASSAY_WORKER_DECODES", "1");
    stage.connect();
    let keys: Vec<String> = (0..20).map(|at| format!("asset-{at:02}")).collect();
    for key in &keys {
        stage.put(key, "jpeg-baseline.jpg");
        stage.cloud.misbehave(BUCKET, key, Fault::Slow { bytes_per_second: 20_000 }.first(1));
    }
    let mut first = stage.service(&["worker"], "first.log");
    let family = kin::family(first.pid());
    let task = stage.submit(&keys);
    until("two downloads have begun", || keys.iter().filter(|key| stage.sent(key) > 0).count() >= 2);
    first.terminate();
    until("it says that it drains", || {
        first.page("/readyz").is_some_and(|(status, body)| status == 503 && body.contains(r#""draining":true"#))
    });
    assert_eq!(first.page("/livez").map(|(status, _)| status), Some(200), "a drain is no reason to restart it");
    assert_eq!(first.end(), 0, "{}", first.said());
    until("its fork servers are gone with it", || kin::alive(&family).is_empty());
    let (done, begun) = (stage.number("SELECT count(*) FROM records"), keys.iter().filter(|key| stage.sent(key) > 0).count());
    assert!((2..20).contains(&done) && done == i64::try_from(begun).unwrap(), "{done} of {begun} that had begun are done");
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE state = 'processing'"), 0);

    behave(&stage, &keys);
    let _next = stage.service(&["worker"], "next.log");
    let records = stage.records(&task);
    assert_eq!(records.len(), 20);
    assert!(records.iter().all(|record| record["status"] == "complete" && record["attempt"] == 1), "{records:?}");
    let workers: BTreeSet<&str> = records.iter().filter_map(|record| record["worker"]["id"].as_str()).collect();
    assert_eq!(workers.len(), 2);
}

#[test]
fn a_second_signal_ends_a_drain_at_once() {
    let stage = Stage::embedded();
    let mut up = stage.service(&["up"], "up.log");
    stage.connect();
    stage.put("slow", "jpeg-baseline.jpg");
    stage.cloud.misbehave(BUCKET, "slow", Fault::Slow { bytes_per_second: 500 }.first(1));
    stage.submit(&["slow".to_owned()]);
    until("the download has begun", || stage.sent("slow") > 0);
    let family = kin::family(up.pid());
    up.terminate();
    let first = Instant::now();
    until("it drains", || up.page("/readyz").is_some_and(|(status, _)| status == 503));
    // What is promised is a time: only after it a signal is a second one.
    until("the two seconds are over", || first.elapsed() > Duration::from_millis(2500));
    up.terminate();
    assert_eq!(up.end(), 2);
    assert!(up.said().contains("second signal"), "{}", up.said());
    until("nothing of it is alive", || kin::alive(&family).is_empty());
}

#[test]
fn a_worker_whose_fork_server_is_killed_goes_on() {
    let stage = Stage::embedded();
    let up = stage.service(&["up"], "up.log");
    stage.connect();
    let keys: Vec<String> = (0..3).map(|at| format!("asset-{at}")).collect();
    for key in &keys {
        stage.put(key, "jpeg-baseline.jpg");
    }
    let server = kin::family(up.pid()).into_iter().find(|kin| kin.name == "assay-image").unwrap();
    assert_eq!(server.generation, 1);
    signal(server.pid, Signal::KILL);
    until("the fork server is gone", || kin::alive(std::slice::from_ref(&server)).is_empty());
    let records = stage.records(&stage.submit(&keys));
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record["status"] == "complete"), "{records:?}\n{}", up.said());
    let another = kin::family(up.pid()).into_iter().find(|kin| kin.name == "assay-image").unwrap();
    assert_ne!(another, server);
}

/// The kernel kills whoever writes past the file size that it may (`ulimit -f`, setrlimit(2)), and an asset in memory is a file to it.
#[test]
fn an_asset_larger_than_a_file_may_be_ends_in_its_code_and_kills_no_worker() {
    let mut stage = Stage::embedded();
    stage.set("ASSAY_WORKER_ATTEMPTS", "1");
    stage.set("ASSAY_LOG", "info");
    stage.connect();
    stage.put("small", "png-rgb.png");
    stage.cloud.put_object(BUCKET, "large", vec![b'x'; 9_000_000], ObjectOptions::default());
    // 8,192 blocks of 512 bytes.
    let up = stage.command(&["up"]);
    let shell = with(command(Path::new("/bin/sh")), ["-c", "ulimit -c 0; ulimit -f 8192; exec \"$0\" \"$@\""]);
    let mut bounded = with(with(shell, [up.get_program()]), up.get_args());
    bounded.current_dir(stage.folder.path()).envs(up.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut service = Service::start(bounded, stage.folder.path().join("bounded.log"));
    let records = stage.records(&stage.submit(&["large".to_owned(), "small".to_owned()]));
    let codes = |key: &str| records.iter().find(|record| record["global_key"] == key).map(|record| record["failure"]["code"].clone());
    assert_eq!((codes("large"), codes("small")), (Some(json!("spool-full")), Some(json!(null))), "{}", service.said());
    service.terminate();
    assert_eq!(service.end(), 0, "{}", service.said());
}
