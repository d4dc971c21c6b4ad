//! `assay dead requeue` where a letter can't be taken: nothing is changed.

use crate::stage::Stage;
use std::fs;

const JOB: &str = r#"{"schema":"assay.job/1","job_id":"one","organization_id":"default","asset":{"uri":"https://127.0.0.1:1/a.jpg"},"submitted_at":"2026-01-01T00:00:00Z"}"#;

/// As a worker leaves it that is just giving an abandoned message its record.
const HELD: &str = r#"INSERT INTO messages (place, lane, body, message_id, outcomes, deliveries, enqueued_ms, visible_ms, lease, holder, lease_until_ms, dead_id, died_ms)
VALUES ('abandoned', 'batch', CAST('{"schema":"assay.job/1","job_id":"one","organization_id":"default","asset":{"uri":"https://127.0.0.1:1/a.jpg"},"submitted_at":"2026-01-01T00:00:00Z"}' AS BLOB),
'one', 0, 21, 0, 0, 'lease', 'somebody', 9999999999999, 'letter', 0)"#;

#[test]
fn a_letter_that_is_being_given_its_record_is_refused_and_its_job_is_not_opened() {
    let stage = Stage::embedded();
    fs::write(stage.folder.path().join("jobs.jsonl"), JOB).unwrap();
    stage.assay(&["submit", "jobs.jsonl"]).well();
    stage.assay(&["up", "--until-idle"]);
    assert_eq!(stage.number("SELECT count(*) FROM records WHERE status = 'failed'"), 1);
    stage.change_queue(HELD);
    let refused = stage.assay(&["dead", "requeue", "letter"]);
    assert!(refused.code == 1 && refused.err.contains("a worker is just writing the record of dead letter letter"), "{refused:?}");
    assert_eq!(stage.number("SELECT count(*) FROM records WHERE reopened_at_us IS NOT NULL"), 0, "nothing was opened");
    assert_eq!(stage.number("SELECT count(*) FROM data_rows WHERE state = 'failed'"), 1);

    stage.change_queue("UPDATE messages SET lease_until_ms = 0");
    let requeued = stage.assay(&["dead", "requeue", "letter"]).well();
    assert!(requeued.out.contains("letter is queued again"), "{requeued:?}");
    stage.assay(&["up", "--until-idle"]);
    assert_eq!(stage.number("SELECT max(generation) FROM records"), 2, "then it was really done again");
}
