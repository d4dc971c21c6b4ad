//! `assay submit` of what was submitted before: no row is lost silently, and nobody waits for one that never comes.

use crate::stage::Stage;
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
