//! What somebody meets who uses `assay` for the first time: no identity, slips of the hand, and nothing that moves.

use crate::running::{Service, run, until};
use crate::stage::{BUCKET, INTEGRATION, ROLE, Stage};
use assay_testkit::cloud::Fault;
use assay_testkit::fixtures;
use serde_json::{Value, json};
use std::fs;

/// A customer who is connected, and a worker that then loses its keys and finds none on this machine.
fn without_identity() -> Stage {
    let mut stage = Stage::embedded();
    stage.connect();
    stage.put("street.jpg", "jpeg-baseline.jpg");
    stage.unset("ASSAY_ACCESS_ACCESS_KEY_ID");
    stage.unset("ASSAY_ACCESS_SECRET_ACCESS_KEY");
    stage.set("AWS_EC2_METADATA_DISABLED", "true");
    stage
}

/// `assay watch`, whose lines are looked at while it runs.
fn watching(stage: &Stage, task: &str) -> Service {
    Service::begin(stage.command(&["watch", task]), stage.folder.path().join("watch.err"))
}

#[test]
fn what_an_inspection_asked_of_a_bucket_is_told_though_it_failed() {
    let stage = Stage::embedded();
    stage.connect();
    let missing = format!("s3://{BUCKET}/missing.jpg");
    let record = stage.assay(&["inspect", "--json", "--integration", INTEGRATION, &missing]).json().remove(0);
    assert_eq!((&record["failure"]["code"], &record["cost"]["requests"]), (&json!("not-found"), &json!(1)), "{record}");
}

#[test]
fn without_an_aws_identity_it_is_said_what_to_do_and_nothing_is_said_of_the_role() {
    let stage = without_identity();
    let check = stage.assay(&["integration", "check", INTEGRATION]);
    assert_eq!((check.code, check.out.matches('✗').count(), check.out.matches('→').count()), (1, 1, 1), "{}", check.out);
    assert!(check.out.contains("✗ worker identity") && check.out.contains("access.access_key_id"), "{}", check.out);
    for proof in ["– role can be assumed", "– refused without external id", "– refused with a wrong external id"] {
        assert!(check.out.contains(proof), "{}", check.out);
    }
    let record = stage.assay(&["inspect", "--json", "--integration", INTEGRATION, &format!("s3://{BUCKET}/street.jpg")]).json().remove(0);
    let failure = &record["failure"];
    assert_eq!(
        (&failure["code"], &failure["blame"], &failure["stage"]),
        (&"worker-unidentified".into(), &"service".into(), &"access".into())
    );
    assert!(failure["message"].as_str().unwrap().contains("AWS_ACCESS_KEY_ID"), "{failure}");
}

#[test]
fn watch_says_what_a_row_waits_for() {
    let stage = without_identity();
    let task = stage.submit(&["street.jpg".to_owned()]);
    let watch = watching(&stage, &task);
    until("it is said that nobody works", || watch.said().contains("is `assay up` or `assay worker` running"));
    let up = stage.service(&["up"], "up.log");
    until("the worker says that it has no identity", || up.said().contains("this machine has no AWS identity"));
    until("the failure and the next attempt are told", || {
        watch.said().contains("street.jpg: worker-unidentified, tried again within") && watch.said().contains("0/1 done · 1 queued")
    });
}

#[test]
fn two_signals_at_once_are_one() {
    let stage = Stage::embedded();
    stage.connect();
    stage.put("slow", "jpeg-baseline.jpg");
    // Some seconds.
    stage.cloud.misbehave(BUCKET, "slow", Fault::Slow { bytes_per_second: SLOW }.first(1));
    let mut up = stage.service(&["up"], "up.log");
    let task = stage.submit(&["slow".to_owned()]);
    until("the download has begun", || stage.sent("slow") > 0);
    up.terminate();
    up.terminate();
    assert_eq!(up.end(), 0, "{}", up.said());
    let records = stage.records(&task);
    assert_eq!((&records[0]["status"], &records[0]["attempt"]), (&json!("complete"), &json!(1)), "{}", up.said());
}

/// Bytes a second with which a fixture of 46 kB takes some seconds.
const SLOW: u64 = 8_000;

#[test]
fn two_up_in_one_folder_share_its_work_and_make_each_record_once() {
    let stage = Stage::embedded();
    stage.connect();
    let keys: Vec<String> = (0..24).map(|at| format!("asset-{at:02}")).collect();
    for key in &keys {
        stage.put(key, "jpeg-baseline.jpg");
        stage.cloud.misbehave(BUCKET, key, Fault::Slow { bytes_per_second: 40_000 }.first(1));
    }
    let mut both = [stage.service(&["up"], "one.log"), stage.service(&["up"], "other.log")];
    let records = stage.records(&stage.submit(&keys));
    assert!(records.iter().all(|record| record["status"] == "complete" && record["attempt"] == 1), "{records:?}");
    assert_eq!((records.len(), stage.number("SELECT count(*) FROM records")), (24, 24));
    for up in &mut both {
        up.terminate();
        assert_eq!(up.end(), 0, "{}", up.said());
    }
}

#[test]
fn config_check_looks_at_the_folders_and_list_names_every_setting() {
    let stage = Stage::embedded();
    fs::write(stage.folder.path().join("file"), b"").unwrap();
    let toml = "[fetch]\nspill_folder = \"/no/such\"\n[worker]\ndecoders = \"file\"\n[shelf]\nurl = \"s3://\"\n\
                [profiles.small.decode]\npixel = 1\ncpu_ms = \"x\"\n[[profiles.small.thumbnails]]\nname = 1\nmax = 1\n";
    fs::write(stage.folder.path().join("assay.toml"), toml).unwrap();
    let mut command = stage.command(&["--config", "assay.toml", "config", "check"]);
    command.env_remove("ASSAY_FETCH_SPILL_FOLDER");
    let ended = run(command, b"");
    assert_eq!(ended.code, 2);
    for problem in [
        "7 problem(s)",
        "fetch.spill_folder: /no/such can't be written",
        "worker.decoders: file is no folder; it should have assay-image, assay-media",
        "shelf.url: the bucket is missing",
        "[profiles.small] decode.cpu_ms",
        "[profiles.small] decode.pixel",
        "[profiles.small] thumbnails[1].max",
        "[profiles.small] thumbnails[1].name",
    ] {
        assert!(ended.err.contains(problem), "{problem} is not told: {}", ended.err);
    }
    let list = stage.assay(&["config", "list"]).well().out;
    for line in ["\nworker.drain_s = 60\n", "\nprofiles.NAME.decode.cpu_ms = 30000\n", "\nprofiles.NAME.thumbnails[].quality = ", "seconds"]
    {
        assert!(list.contains(line), "{line}: {list}");
    }
    let lines = stage.assay(&["config", "list", "--json"]).well().json();
    assert!(lines.len() > 50 && lines.iter().all(|line| !line["about"].as_str().unwrap().is_empty()), "{lines:?}");
}

#[test]
fn the_configurations_of_the_readme_can_be_used() {
    let stage = Stage::embedded();
    let readme = fs::read_to_string(fixtures::root().join("../README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect();
    assert!(blocks.len() >= 2 && blocks.iter().any(|block| block.contains("[[profiles.")), "{blocks:?}");
    for block in blocks {
        fs::write(stage.folder.path().join("assay.toml"), block).unwrap();
        stage.assay(&["--config", "assay.toml", "config", "check"]).well();
    }
}

#[test]
fn an_integration_that_can_not_be_is_refused_and_a_wide_one_is_told() {
    let stage = Stage::embedded();
    let add = |more: &[&str]| stage.assay(&[&["integration", "add", "int", "--role-arn", ROLE][..], more].concat());
    for (wrong, word) in [
        (&["--covers", "s3://acme-raw", "--bucket-owner", "1234"][..], "twelve digits"),
        (&["--covers", "s3://acme-raw", "--region", "Frankfurt"], "--region Frankfurt"),
        (&["--covers", "s3://acme-raw", "--region", "cn-north-1"], "partition aws"),
        (&["--covers", "s3://a"], "no bucket can be called"),
        (&["--covers", "s3://acme raw/x"], "no bucket can be called"),
        (&["--covers", "s3://acme-raw", "--worker-role", "assay-worker"], "--worker-role"),
    ] {
        let ended = add(wrong);
        assert!(ended.code == 2 && ended.err.contains(word) && ended.out.is_empty(), "{wrong:?}: {ended:?}");
    }
    assert!(!stage.folder.path().join("assay").exists(), "nothing of what was refused is kept");
    let wide = add(&["--covers", "s3://acme-raw/2026", "--covers", "s3://acme-raw/2025/", "--json"]).well();
    assert!(
        wide.err.contains("2026-old/a.jpg") && wide.err.contains("--covers s3://acme-raw/2026/") && !wide.err.contains("2025"),
        "{}",
        wide.err
    );

    let external_id = wide.json()[0]["external_id"].as_str().unwrap().to_owned();
    let worker = "arn:aws:iam::111111111111:role/workers";
    let shown = stage.assay(&["integration", "show", "int", "--worker-role", worker]).well().out;
    for part in [&external_id, worker, ROLE, "s3:GetObject", "s3://acme-raw/2025/", "may list      no"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json = stage.assay(&["integration", "show", "int", "--worker-role", worker, "--json"]).well().json().remove(0);
    assert_eq!(json["trust_policy"]["Statement"][0]["Principal"]["AWS"], worker);
    assert_eq!(stage.assay(&["integration", "show", "none"]).code, 2);
}

#[test]
fn a_placeholder_in_the_trust_policy_says_how_it_is_filled() {
    let stage = without_identity();
    let shown = stage.assay(&["integration", "show", INTEGRATION]).well().out;
    assert!(shown.contains("YOUR-ACCOUNT") && shown.contains("--worker-role ARN"), "{shown}");
}

#[test]
fn rows_that_can_not_succeed_are_refused_all_at_once_and_nothing_is_queued() {
    let stage = Stage::embedded();
    stage.connect();
    stage.assay(&["integration", "add", "narrow", "--role-arn", ROLE, "--covers", "s3://acme-raw/in/"]).well();
    let row = |uri: &str, more: Value| {
        let mut row = json!({ "uri": uri, "integration": "narrow" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row.to_string()
    };
    let lines = [
        row("s3://acme-raw/in/good.jpg", json!({ "global_key": "one" })),
        row("file:///etc/passwd", json!({})),
        row("ftp://host/a.jpg", json!({ "integration": null })),
        row("s3://acme-raw/out/a.jpg", json!({})),
        row("s3://acme-raw/in/again.jpg", json!({ "global_key": "one" })),
        row("s3://acme-raw/in/a.jpg", json!({ "integration": "int_acne" })),
        row("gs://bucket/a.jpg", json!({})),
        row("http://host/a.jpg", json!({ "integration": null })),
        row("s3://acme-raw/in/a.jpg", json!({ "integration": null })),
        row("s3://acme-raw/in/a.jpg", json!({ "profile": "defualt" })),
        row("https://host/signed.jpg", json!({ "integration": null })),
        json!({ "row_data": { "inline": "a text" } }).to_string(),
    ];
    fs::write(stage.folder.path().join("rows.jsonl"), lines.join("\n")).unwrap();
    let ended = stage.assay(&["submit", "rows.jsonl"]);
    assert!(ended.code == 2 && ended.out.is_empty(), "{ended:?}");
    for (number, word) in [
        (2, "the scheme is none of"),
        (3, "the scheme is none of"),
        (4, "outside the integration's scope"),
        (5, "rows.jsonl line 1"),
        (6, "no integration int_acne"),
        (7, "reads S3"),
        (8, "only https"),
        (9, "no default"),
        (10, "there are: default"),
    ] {
        let line = ended.err.lines().find(|line| line.contains(&format!("rows.jsonl line {number}: "))).unwrap_or_default();
        assert!(line.contains(word), "line {number} is not refused for {word}: {}", ended.err);
    }
    assert!(ended.err.contains("nothing is queued: 9 refused"), "{}", ended.err);
    assert_eq!(stage.number("SELECT count(*) FROM tasks") + stage.number("SELECT count(*) FROM data_rows"), 0);
    let rest = stage.assay(&["submit", "rows.jsonl", "--skip-refused", "--json"]);
    assert_eq!((rest.code, rest.json()[0]["queued"].as_u64()), (1, Some(3)), "{rest:?}");

    let blind = stage.assay(&["submit", "--integration", "narrow", "--prefix", "s3://acme-raw/in/"]);
    assert!(blind.code == 2 && blind.err.contains("--may-list"), "{blind:?}");
    stage.assay(&["integration", "add", "narrow", "--role-arn", ROLE, "--covers", "s3://acme-raw/in/", "--may-list"]).well();
    let outside = stage.assay(&["submit", "--integration", "narrow", "--prefix", "s3://acme-raw/"]);
    assert!(outside.code == 2 && outside.err.contains("outside of what the integration narrow covers"), "{outside:?}");
}

#[test]
fn where_something_can_not_be_written_or_opened_is_told_before_any_work() {
    let stage = Stage::embedded();
    fs::create_dir(stage.folder.path().join("out")).unwrap();
    fs::write(stage.folder.path().join("file"), b"").unwrap();
    let picture = fixtures::media().join("png-rgb.png").display().to_string();
    for (wrong, words) in [
        (&["inspect", "--html", "out", &picture][..], "--html out: this is a folder; name a file in it, e.g. out/gallery.html"),
        (&["inspect", "--html", "-", &picture], "--html -: a page is written as a file"),
        (&["inspect", "--thumbnails", "file", &picture], "--thumbnails file: this is a file; name a folder"),
        (&["watch", "task", "--html", "out"], "--html out: this is a folder"),
        (&["--set", "store.url=sqlite:///no/such/assay.db", "migrate"], "/no/such/assay.db"),
        (&["--set", "store.url=postgres://u:p@127.0.0.1:1/assay", "migrate"], "postgres://(withheld)@127.0.0.1:1/assay"),
        (&["--set", "broker.url=amqp://u:p@127.0.0.1:1/", "submit", "https://host/a.jpg"], "amqp://(withheld)@127.0.0.1:1/"),
    ] {
        let ended = stage.assay(wrong);
        assert!(ended.code == 2 && ended.err.contains(words) && ended.out.is_empty(), "{wrong:?}: {ended:?}");
    }
}
