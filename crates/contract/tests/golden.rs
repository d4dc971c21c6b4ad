//! Golden files of both messages and their JSON Schemas: a change of the wire is seen in a diff, never by a customer first.
//!
//! `ASSAY_TEST_BLESS=1 cargo nextest run -p assay-contract --test golden` writes them anew.

use assay_contract::{Job, Record, schema};
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Holds text against a file, or writes the file where a person asked for it.
#[allow(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
fn hold(path: &Path, now: &str) {
    if std::env::var("ASSAY_TEST_BLESS").is_ok() {
        assert!(std::fs::write(path, now).is_ok(), "{} can't be written", path.display());
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == now, "{} is not current; look at the difference, then bless it as this file's head says", path.display());
}

#[test]
fn the_schemas_are_current() {
    for (name, schema) in [("job-1.json", schema::job()), ("record-1.json", schema::record())] {
        hold(&folder("schemas").join(name), &format!("{}\n", serde_json::to_string_pretty(&schema).unwrap()));
    }
}

#[test]
fn the_golden_job_reads_and_writes_the_same() {
    let path = folder("golden").join("job-1.json");
    let job = Job::read(&std::fs::read(&path).unwrap()).unwrap();
    hold(&path, &format!("{}\n", serde_json::to_string_pretty(&job).unwrap()));
}

#[test]
fn the_golden_records_read_and_write_the_same() {
    for name in ["record-1-complete.json", "record-1-failed.json"] {
        let path = folder("golden").join(name);
        let record: Record = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        hold(&path, &format!("{}\n", serde_json::to_string_pretty(&record).unwrap()));
    }
}
