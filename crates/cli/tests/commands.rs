//! Every verb's good day, through the binary.

use crate::running::until;
use crate::stage::{BUCKET, INTEGRATION, ROLE, Stage};
use assay_testkit::cloud::Fault;
use serde_json::{Value, json};
use std::fs;

/// The failure codes that a task's records have, sorted; `none` for those that did not fail.
fn codes(records: &[Value]) -> Vec<&str> {
    let mut codes: Vec<&str> = records.iter().map(|record| record["failure"]["code"].as_str().unwrap_or("none")).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn an_integration_is_added_listed_checked_made_default_and_removed() {
    let stage = Stage::embedded();
    let added = stage.connect();
    stage.put("one.jpg", "jpeg-baseline.jpg");
    let external_id = added["external_id"].as_str().unwrap();
    assert!(external_id.len() >= 20 && added["trust_policy"].to_string().contains(external_id), "{added}");
    assert!(added["permission_policy"].to_string().contains(&format!("arn:aws:s3:::{BUCKET}/*")), "{added}");
    assert_eq!(stage.connect()["external_id"], external_id, "the customer's trust policy names it: it stays");

    let sample = format!("s3://{BUCKET}/one.jpg");
    let check = |json: &[&str]| stage.assay(&[&["integration", "check", INTEGRATION, "--sample", &sample], json].concat());
    let lines = check(&["--json"]).well().json();
    assert!(lines.len() >= 6 && lines.iter().all(|line| line["outcome"] == "passed"), "{lines:?}");
    let shown = check(&[]).well().out;
    assert!(shown.contains("✓ refused without external id") && shown.contains("✓ object can be read"), "{shown}");

    stage.assay(&["integration", "default", INTEGRATION]).well();
    let listed = stage.assay(&["integration", "list"]).well().out;
    assert!(listed.contains(INTEGRATION) && listed.contains(&format!("s3://{BUCKET}/")) && listed.contains("default"), "{listed}");
    assert_eq!(stage.assay(&["integration", "list", "--json"]).well().json()[0]["is_default"], true);
    let another = stage.assay(&["--organization", "another", "integration", "list"]).well().out;
    assert!(another.contains("organisation another has no integrations") && !another.contains(INTEGRATION), "no other tenant sees it");
    assert_eq!(stage.assay(&["--organization", "another", "integration", "list", "--json"]).well().out, "");

    stage.cloud.revoke(ROLE);
    let refused = check(&[]);
    assert!(refused.code == 1 && refused.out.contains('✗') && refused.out.contains('→'), "what failed says what to do: {refused:?}");

    stage.assay(&["integration", "remove", INTEGRATION]).well();
    for gone in [["integration", "remove", INTEGRATION], ["integration", "check", INTEGRATION], ["integration", "default", INTEGRATION]] {
        let ended = stage.assay(&gone);
        assert!(ended.code == 2 && ended.err.contains(INTEGRATION), "{gone:?}: {ended:?}");
    }
}

#[test]
fn a_manifest_with_bad_lines_is_queued_without_them_where_asked_and_watched_to_its_end() {
    let stage = Stage::embedded();
    stage.connect();
    stage.put("good.jpg", "jpeg-baseline.jpg");
    let uri = |key: &str| format!("s3://{BUCKET}/{key}");
    let lines = [
        json!({ "uri": uri("good.jpg"), "global_key": "good", "metadata_fields": [{ "name": "tag", "value": "v" }] }).to_string(),
        "no json".to_owned(),
        json!({ "url": uri("good.jpg") }).to_string(),
        json!({ "global_key": "nowhere" }).to_string(),
        String::new(),
        json!({ "row_data": uri("missing.jpg"), "external_id": "missing" }).to_string(),
        json!({ "schema": "assay.job/1", "job_id": "job-of-another", "organization_id": "another", "asset": uri("good.jpg"), "submitted_at": "2026-01-01T00:00:00Z" })
            .to_string(),
    ];
    let manifest = stage.folder.path().join("rows.jsonl");
    fs::write(&manifest, lines.join("\n")).unwrap();
    let submit = ["submit", "rows.jsonl", &uri("good.jpg"), "--integration", INTEGRATION, "--json"];
    let none = stage.assay(&submit);
    assert!(none.code == 2 && none.err.contains("nothing is queued: 4 refused") && none.err.contains("--skip-refused"), "{none:?}");
    assert_eq!((none.json()[0]["queued"].as_u64(), stage.number("SELECT count(*) FROM tasks")), (Some(0), 0));
    let ended = stage.assay(&[&submit[..], &["--skip-refused"]].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    let said = ended.json().remove(0);
    assert_eq!((&said["queued"], &said["refused"]), (&json!(3), &json!(4)));
    for number in [2, 3, 4, 7] {
        assert!(ended.err.contains(&format!("rows.jsonl line {number}:")), "{}", ended.err);
    }
    assert!(ended.err.contains("rows.jsonl: `metadata_fields` is passed by (rows: 1)"), "{}", ended.err);
    let task = said["task_id"].as_str().unwrap();
    stage.assay(&["up", "--until-idle"]).well();

    let watched = stage.assay(&["watch", task, "--json"]);
    assert_eq!(watched.code, 1, "one row failed");
    let records = watched.json();
    assert_eq!(codes(&records), ["none", "none", "not-found"]);
    let names: Vec<&Value> = records.iter().map(|record| &record["global_key"]).collect();
    assert!(names.contains(&&json!("good")) && names.contains(&&json!("missing")) && names.contains(&&Value::Null), "{names:?}");
    let told = stage.assay(&["watch", task]);
    assert!(told.out.contains("missing: not-found") && told.out.contains("2 complete · 1 failed"), "{told:?}");
    assert_eq!(stage.assay(&["watch", "no-such-task"]).code, 2);

    fs::write(&manifest, "no json\n").unwrap();
    assert_eq!(stage.assay(&["submit", "rows.jsonl"]).code, 2, "nothing was queued");
    let (tasks, address) = (stage.number("SELECT count(*) FROM tasks"), uri("good.jpg"));
    for (mistyped, told) in [
        (&["rows.jsonl", "none.jsonl"][..], "none.jsonl can't be opened"),
        (&[&address, "--integration", "int_acne"], "has no integration int_acne; `assay integration list` shows"),
        (&[&address, "--profile", "defualt"], "there are: default"),
        (&["--integration", INTEGRATION, "--prefix", "gs://bucket"], "s3://BUCKET/PREFIX"),
    ] {
        let ended = stage.assay(&[&["submit"], mistyped].concat());
        assert!(ended.code == 2 && ended.err.contains(told), "{mistyped:?}: {ended:?}");
    }
    assert_eq!(stage.number("SELECT count(*) FROM tasks"), tasks, "what was mistyped is told before there is a task");
    let good = stage.assay(&["submit", &uri("good.jpg"), "--integration", INTEGRATION]).well().out;
    assert!(good.contains("1 queued"), "{good}");
}

/// A job that used up its attempts is dead; requeued, it is really done again and its row is complete.
#[track_caller]
fn a_dead_job_comes_back(mut stage: Stage, service: &str) {
    stage.set("ASSAY_WORKER_ATTEMPTS", "1");
    stage.connect();
    stage.put("tired", "jpeg-baseline.jpg");
    stage.cloud.misbehave(BUCKET, "tired", Fault::SlowDown.always());
    let worker = stage.service(&[service], "worker.log");
    let task = stage.submit(&["tired".to_owned()]);
    assert_eq!(stage.assay(&["watch", &task]).code, 1, "{}", worker.said());

    let mut letters = Vec::new();
    until("the message is in the dead letter", || {
        letters = stage.assay(&["dead", "list", "--json"]).well().json();
        !letters.is_empty()
    });
    let (id, cause) = (letters[0]["id"].as_str().unwrap(), letters[0]["cause"].as_str().unwrap());
    assert!(cause.starts_with("too-many-requests") || cause.starts_with("provider-unavailable"), "{letters:?}");
    assert_eq!(letters[0]["job"]["global_key"], "tired");
    let listed = stage.assay(&["dead", "list"]).well().out;
    assert!(listed.contains(id) && listed.contains(&format!("s3://{BUCKET}/tired ")), "{listed}");
    assert!(!cause.contains("by itself") && !cause.contains("tried again"), "no attempt is left: {cause}");
    let shown: Value = serde_json::from_str(&stage.assay(&["dead", "show", id]).well().out).unwrap();
    assert_eq!(shown["job"]["asset"], format!("s3://{BUCKET}/tired"));
    for arguments in [["dead", "show", "none-such"], ["dead", "requeue", "none-such"]] {
        let ended = stage.assay(&arguments);
        assert!(ended.code == 1 && ended.err.contains("none-such"), "{arguments:?}: {ended:?}");
    }

    stage.cloud.behave(BUCKET, "tired");
    let requeued = stage.assay(&["dead", "requeue", "none-such", id]);
    assert!(requeued.code == 1 && requeued.out.contains(id), "the one that exists is queued all the same: {requeued:?}");
    assert_eq!(stage.assay(&["dead", "list"]).well().out, "there are no dead letters\n");
    let watched = stage.assay(&["watch", &task, "--json"]).well().json();
    assert_eq!((watched.len(), &watched[0]["status"], &watched[0]["generation"]), (1, &json!("complete"), &json!(2)), "{}", worker.said());
    assert_eq!(stage.number("SELECT count(*) FROM records"), 2, "the failed record stays");
}

#[test]
fn a_dead_job_that_is_requeued_is_really_done_again_embedded() {
    a_dead_job_comes_back(Stage::embedded(), "up");
}

#[test]
fn a_dead_job_that_is_requeued_is_really_done_again_on_rabbitmq_and_postgresql() {
    a_dead_job_comes_back(Stage::served(), "worker");
}

#[test]
fn a_postgresql_without_its_schema_is_refused_with_the_line_to_type() {
    let stage = Stage::served_without_schema();
    for verb in [&["worker"][..], &["submit", "s3://b/k"], &["watch", "task"], &["integration", "list"]] {
        let ended = stage.assay(verb);
        assert!(ended.code == 2 && ended.err.contains("run `assay migrate`"), "{verb:?}: {ended:?}");
    }
    let migrated = stage.assay(&["migrate"]).well().out;
    assert!(migrated.starts_with("applied 1 "), "{migrated}");
    assert_eq!(stage.assay(&["migrate"]).well().out, "the schema is up to date\n");
    stage.assay(&["integration", "list"]).well();
}

#[test]
fn the_pages_say_that_it_lives_is_ready_and_what_it_did() {
    let stage = Stage::embedded();
    let up = stage.service(&["up"], "up.log");
    stage.connect();
    stage.put("one.jpg", "jpeg-baseline.jpg");
    let records = stage.records(&stage.submit(&["one.jpg".to_owned()]));
    assert_eq!(codes(&records), ["none"]);
    assert_eq!(up.page("/livez"), Some((200, "alive\n".to_owned())));
    let (status, ready) = up.page("/readyz").unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        (&ready["store"], &ready["shelf"], &ready["broker"], &ready["draining"]),
        (&json!("ok"), &json!("ok"), &json!("ok"), &json!(false))
    );
    assert!(ready["sandbox"] == "full" || ready["sandbox"] == "degraded", "{ready}");
    let (_, metrics) = up.page("/metrics").unwrap();
    assert!(metrics.contains(r#"assay_outcomes_total{code="complete",kind="image"} 1"#), "{metrics}");
    for name in [
        "assay_stage_seconds",
        "assay_queue_ready",
        "assay_dead_letters 0",
        r#"assay_budget_used_bytes{spool="memory"} 0"#,
        "assay_slots_busy 0",
    ] {
        assert!(metrics.contains(name), "{name} is missing: {metrics}");
    }
    for secret in ["one.jpg", BUCKET, "default", INTEGRATION] {
        assert!(!metrics.contains(secret), "labels never name a tenant: {secret}");
    }
    assert_eq!(up.page("/none").map(|(status, _)| status), Some(404));
}

#[test]
fn every_failure_code_and_every_issue_is_explained_and_an_unknown_one_refused() {
    let stage = Stage::embedded();
    let all = stage.assay(&["explain"]).well().out;
    assert!(all.lines().count() > 30, "{all}");
    let (failures, issues) = all.split_once("\n\n").unwrap();
    for (lines, word) in [(failures, "to be mended by"), (issues, "the record is")] {
        for line in lines.lines() {
            let code = line.split_whitespace().next().unwrap();
            let told = stage.assay(&["explain", code]).well().out;
            assert!(told.starts_with(code) && told.contains(word) && told.contains("tried again"), "{told}");
        }
    }
    for (issue, record) in [("damaged-stream", "partial"), ("fallback-font", "complete"), ("text-layer-mismatch", "partial where")] {
        let told = stage.assay(&["explain", issue]).well().out;
        assert!(told.contains(&format!("the record is {record}")), "{told}");
    }
    let unknown = stage.assay(&["explain", "no-such-code"]);
    assert!(unknown.code == 2 && unknown.err.contains("no-such-code"), "{unknown:?}");
}

#[test]
fn schemas_and_the_plan_are_printed_without_any_server() {
    let stage = Stage::embedded();
    for which in ["job", "record"] {
        let schema: Value = serde_json::from_str(&stage.assay(&["schema", which]).well().out).unwrap();
        assert!(schema["properties"]["schema"].is_object(), "{schema}");
    }
    assert_eq!(stage.assay(&["schema", "row"]).code, 2);
    let plan = stage.assay(&["--set", "worker.decodes=1", "--set", "store.url=postgres://nobody.invalid/x", "worker", "--plan"]).well().out;
    assert!(plan.contains("children at once") && plan.contains("MB"), "{plan}");
    assert!(!stage.folder.path().join("assay").exists(), "looking at a plan leaves nothing behind");
}
