//! `assay submit` of what was submitted before: no row is lost silently, and nobody waits for one that never comes.

use crate::running::{Service, until};
use crate::stage::{BUCKET, INTEGRATION, Stage};
use serde_json::{Value, json};
use std::fs;

/// A whole job, with more fields.
fn job(id: &str, more: &Value) -> String {
    let mut job = json!({
        "schema": "assay.job/1", "job_id": id, "organization_id": "default", "asset": { "inline": "hello" }, "submitted_at": "2026-01-01T00:00:00Z"
    });
    job.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    job.to_string()
}

#[test]
fn a_job_of_a_known_id_is_refused_by_its_line_within_a_manifest_and_after_it() {
    let stage = Stage::embedded();
    let manifest = stage.folder.path().join("jobs.jsonl");
    let lines = [job("one", &json!({})), job("two", &json!({})), job("one", &json!({ "asset": { "inline": "another" } }))];
    fs::write(&manifest, lines.join("\n")).unwrap();
    let none = stage.assay(&["submit", "jobs.jsonl", "--json"]);
    assert!(none.code == 2 && none.err.contains("jobs.jsonl line 3: its job_id is that of jobs.jsonl line 1 already"), "{none:?}");
    assert_eq!(stage.number("SELECT count(*) FROM data_rows"), 0);

    fs::write(&manifest, lines[..2].join("\n")).unwrap();
    let said = stage.assay(&["submit", "jobs.jsonl", "--json"]).well().json().remove(0);
    assert_eq!(said["queued"], 2);
    let again = stage.assay(&["submit", "jobs.jsonl", "--json"]);
    assert!(again.code == 2 && again.err.contains("line 2: a job of its job_id was submitted before (queued)"), "{again:?}");
    assert_eq!(again.json()[0]["queued"], 0);
    stage.assay(&["up", "--until-idle"]).well();
    assert_eq!(stage.records(said["task_id"].as_str().unwrap()).len(), 2);

    fs::write(&manifest, [lines[0].as_str(), &job("three", &json!({}))].join("\n")).unwrap();
    let rest = stage.assay(&["submit", "jobs.jsonl", "--json", "--skip-refused"]);
    assert!(rest.code == 1 && rest.err.contains("line 1: a job of its job_id was submitted before (complete)"), "{rest:?}");
    stage.assay(&["up", "--until-idle"]).well();
    let records = stage.records(rest.json()[0]["task_id"].as_str().unwrap());
    assert_eq!(records.iter().map(|record| &record["job_id"]).collect::<Vec<_>>(), [&json!("three")], "the task is done without the other");
}

#[test]
fn a_submission_that_was_killed_goes_on() {
    let stage = Stage::embedded();
    let manifest = stage.folder.path().join("jobs.jsonl");
    let lines = ["one", "two", "three"].map(|id| job(id, &json!({})));
    fs::write(&manifest, &lines[0]).unwrap();
    stage.assay(&["submit", "jobs.jsonl"]).well();
    stage.assay(&["up", "--until-idle"]).well();
    fs::write(&manifest, lines[..2].join("\n")).unwrap();
    let broken = stage.assay(&["submit", "jobs.jsonl", "--skip-refused", "--json"]).json().remove(0);
    // As SIGKILL between a row and its message leaves it.
    stage.change_queue("DELETE FROM messages");
    fs::write(&manifest, lines.join("\n")).unwrap();
    let again = stage.assay(&["submit", "jobs.jsonl", "--again", "--json"]).well();
    assert_eq!((&again.json()[0]["queued"], &again.json()[0]["sent_again"]), (&json!(1), &json!(1)));
    stage.assay(&["up", "--until-idle"]).well();
    for (said, id) in [(&broken, "two"), (&again.json()[0], "three")] {
        let records = stage.records(said["task_id"].as_str().unwrap());
        assert_eq!(records.iter().map(|record| &record["job_id"]).collect::<Vec<_>>(), [&json!(id)]);
        assert_eq!(records[0]["task_id"], said["task_id"]);
    }
    let none = stage.assay(&["submit", "jobs.jsonl", "--again"]);
    assert!(none.code == 2 && none.err.contains("3 jobs are known, and no more to be queued"), "{none:?}");
    assert_eq!(stage.number("SELECT count(*) FROM records"), 3);
}

const FOR_EVER_AT_A_MESSAGE: &str = "CREATE TRIGGER held_up BEFORE INSERT ON messages BEGIN
    SELECT max(n) FROM (WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT n FROM n); END";
const FOR_EVER_AT_A_ROW: &str = "CREATE TRIGGER held_up BEFORE INSERT ON data_rows BEGIN
    SELECT max(n) FROM (WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT n FROM n); END";

/// Held up at its first message, and between the messages and the rows, by a trigger that never ends.
#[test]
fn a_submission_of_rows_that_is_killed_anywhere_leaves_none_that_waits_for_ever() {
    let stage = Stage::embedded();
    let rows = ["a", "b", "c"].map(|key| json!({ "asset": { "inline": "hello" }, "global_key": key }).to_string());
    fs::write(stage.folder.path().join("rows.jsonl"), rows.join("\n")).unwrap();
    fs::write(stage.folder.path().join("none.jsonl"), "\n").unwrap();
    stage.assay(&["submit", "none.jsonl"]);
    let submit = |log: &str| Service::begin(stage.command(&["submit", "rows.jsonl"]), stage.folder.path().join(log));

    stage.change_queue(FOR_EVER_AT_A_MESSAGE);
    let mut submission = submit("first.log");
    until("it puts its first message", || stage.number("SELECT count(*) FROM tasks") == 2 && stage.messages().is_none());
    submission.kill();
    stage.change_queue("DROP TRIGGER held_up");
    stage.assay(&["up", "--until-idle"]).well();
    assert_eq!(stage.number("SELECT count(*) FROM data_rows"), 0, "a row without a message");

    stage.change_store(FOR_EVER_AT_A_ROW);
    let mut submission = submit("second.log");
    until("its messages are in the queue", || stage.messages() == Some(3));
    submission.kill();
    stage.change_store("DROP TRIGGER held_up");
    assert_eq!(stage.number("SELECT count(*) FROM data_rows"), 0);
    stage.assay(&["up", "--until-idle"]).well();
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE state = 'complete'"), 3);
    assert_eq!(stage.number("SELECT count(*) FROM data_rows"), 3);
    assert_eq!(stage.number("SELECT count(DISTINCT task_id) FROM data_rows"), 1);
}

#[test]
fn an_attachment_s_address_is_refused_as_the_row_s_own() {
    let stage = Stage::embedded();
    stage.connect();
    let row = |uri: &str, attachments: &Value| json!({ "uri": uri, "integration": INTEGRATION, "attachments": attachments }).to_string();
    let good = format!("s3://{BUCKET}/k");
    let sound = json!([
        { "type": "RAW_TEXT", "value": "s3://" }, { "type": "HTML", "value": "<p>s3://" }, { "type": "LIDAR", "value": "s3://" },
        { "type": "IMAGE", "value": good }
    ]);
    let mut lines = vec![row(&good, &sound)];
    for wrong in ["s3://", "s3://another-bucket/k", "https://example.org/a.jpg", "ftp://example.org/a.jpg"] {
        lines.push(row(wrong, &json!([])));
        lines.push(row(&good, &json!([{ "type": "RAW_TEXT", "value": "words" }, { "type": "IMAGE", "value": wrong }])));
    }
    fs::write(stage.folder.path().join("rows.jsonl"), lines.join("\n")).unwrap();
    let ended = stage.assay(&["submit", "rows.jsonl", "--skip-refused", "--json"]);
    assert_eq!((&ended.json()[0]["queued"], &ended.json()[0]["refused"]), (&json!(1), &json!(8)), "{ended:?}");
    let said: Vec<&str> =
        ended.err.lines().filter_map(|line| line.split_once("rows.jsonl line ")?.1.split_once(": ").map(|(_, said)| said)).collect();
    assert_eq!(said.len(), 8, "{ended:?}");
    for pair in said.chunks(2) {
        assert_eq!(pair[1], format!("attachments[1]: {}", pair[0]));
    }
}

#[test]
fn what_the_queue_does_not_take_is_unknown_again() {
    let stage = Stage::embedded();
    let lines = ["one", "two"].map(|id| job(id, &json!({})));
    fs::write(stage.folder.path().join("jobs.jsonl"), lines.join("\n")).unwrap();
    fs::write(stage.folder.path().join("none.jsonl"), "\n").unwrap();
    stage.assay(&["submit", "none.jsonl"]);
    stage.change_queue("CREATE TRIGGER full BEFORE INSERT ON messages WHEN NEW.message_id = 'two' BEGIN SELECT RAISE(ABORT, 'full'); END");
    let ended = stage.assay(&["submit", "jobs.jsonl"]);
    assert!(ended.code == 2 && ended.err.contains("has the 1 rows that were queued before"), "{ended:?}");
    assert!(ended.err.contains("those that were not are unknown again"), "{ended:?}");
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE job_id = 'one'"), 1);
    stage.change_queue("DROP TRIGGER full");
    stage.assay(&["submit", "jobs.jsonl", "--skip-refused"]);
    stage.assay(&["up", "--until-idle"]).well();
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE state = 'complete'"), 2);
}

#[test]
fn a_refused_row_takes_nobody_s_name_and_one_that_expired_is_refused() {
    let stage = Stage::embedded();
    let lines = [
        json!({ "uri": "s3://", "global_key": "k" }).to_string(),
        json!({ "asset": { "inline": "hello" }, "global_key": "k" }).to_string(),
        json!({ "asset": { "inline": "hello" }, "expires_at": "2020-01-01T00:00:00Z" }).to_string(),
    ];
    fs::write(stage.folder.path().join("rows.jsonl"), lines.join("\n")).unwrap();
    let ended = stage.assay(&["submit", "rows.jsonl", "--skip-refused", "--json"]);
    assert_eq!((&ended.json()[0]["queued"], &ended.json()[0]["refused"]), (&json!(1), &json!(2)), "{ended:?}");
    assert!(ended.err.contains("line 3: it expired at 2020-01-01T00:00:00Z"), "{ended:?}");
}

#[test]
fn a_job_that_names_a_task_is_refused() {
    let stage = Stage::embedded();
    fs::write(stage.folder.path().join("jobs.jsonl"), job("one", &json!({ "task_id": "other" }))).unwrap();
    let ended = stage.assay(&["submit", "jobs.jsonl"]);
    assert!(ended.code == 2 && ended.err.contains("line 1: it names a task") && ended.err.contains("`task_id`"), "{ended:?}");
    fs::write(stage.folder.path().join("jobs.jsonl"), job("one", &json!({ "task_id": null }))).unwrap();
    stage.assay(&["submit", "jobs.jsonl"]).well();
}

#[test]
fn a_global_key_that_comes_again_later_makes_a_later_record() {
    let stage = Stage::embedded();
    let manifest = stage.folder.path().join("rows.jsonl");
    let row = json!({ "asset": { "inline": "hello" }, "global_key": "k" }).to_string();
    for generation in 1..=2 {
        fs::write(&manifest, &row).unwrap();
        let said = stage.assay(&["submit", "rows.jsonl", "--json"]).well().json().remove(0);
        stage.assay(&["up", "--until-idle"]).well();
        let records = stage.records(said["task_id"].as_str().unwrap());
        assert_eq!((records.len(), &records[0]["status"], &records[0]["generation"]), (1, &json!("complete"), &json!(generation)));
    }
    fs::write(&manifest, [row.as_str(), &row].join("\n")).unwrap();
    let twice = stage.assay(&["submit", "rows.jsonl"]);
    assert!(twice.code == 2 && twice.err.contains("line 2: its global_key is that of rows.jsonl line 1 already"), "{twice:?}");
}

#[test]
fn what_is_said_of_a_manifest_drives_no_terminal() {
    let stage = Stage::embedded();
    let lines = [
        r#"{"uri":"https://x.example/a","gl\u001b[2Jobal":"x"}"#,
        r#"{"row_data":"\u001b]0;title\u0007https://a","global_key":"a\u001b[31m"}"#,
        r#"{"asset":{"inline":"t"},"profile":"p\u001b[2J\u202e"}"#,
    ];
    fs::write(stage.folder.path().join("rows.jsonl"), lines.join("\n")).unwrap();
    let list = "names\u{1b}[2J\u{202e}";
    for verb in [
        &["submit", "rows.jsonl"][..],
        &["submit", "none\u{1b}[2J.jsonl"],
        &["inspect", "--files-from", list],
        &["inspect", "x", "--html", "no\u{1b}[2Jfolder/page.html"],
        &["inspect", "x", "--thumbnails", "rows.jsonl/\u{1b}[2J"],
    ] {
        let ended = stage.assay(verb);
        assert!(ended.code == 2 && ended.err.contains('\u{fffd}'), "{verb:?}: {ended:?}");
        assert!(!ended.all().contains(['\u{1b}', '\u{7}', '\u{202e}']), "{verb:?}: {ended:?}");
    }
}
