//! Each fixture's record, held against the one that a person looked at and that is kept in `fixtures/expected/`.
//!
//! `ASSAY_TEST_BLESS=1 cargo nextest run -p assay-cli expected` writes those that differ anew; read the difference before it is committed.

use crate::running::{assay, command, run, with};
use assay_testkit::fixtures;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Numbers with a fraction may differ by this part: they come from other machines' floating point.
const PART: f64 = 1e-3;
/// Small enough to be nothing.
const NOTHING: f64 = 1e-9;

/// Fixtures that have one right outcome, below `fixtures/`. What may end in several ways, by its manifest, may do so from run to run.
fn settled() -> Vec<String> {
    let good_and_hostile = fixtures::manifest().unwrap().into_iter().filter(|entry| entry.expect.status.len() == 1).map(|entry| entry.path);
    let once_broken = files(&fixtures::root().join("regression"))
        .into_iter()
        .filter(|path| path.extension().is_none_or(|kind| kind != "md" && kind != "jsonl"));
    good_and_hostile.chain(once_broken.map(|path| below_root(&path))).collect()
}

fn below_root(path: &Path) -> String {
    path.strip_prefix(fixtures::root()).unwrap().to_string_lossy().into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Where a fixture's record is kept.
fn kept_at(fixture: &str) -> PathBuf {
    fixtures::root().join("expected").join(format!("{fixture}.json"))
}

/// What a record says of the file itself, and not of the machine, the moment, the build or an encoder.
fn facts(record: &Value) -> Value {
    let pick = |from: &Value, keys: &[&str]| -> Value {
        keys.iter().filter_map(|key| Some(((*key).to_owned(), from.get(key)?.clone()))).collect::<Map<_, _>>().into()
    };
    let each = |list: &Value, keys: &[&str]| Value::from(list.as_array().unwrap().iter().map(|one| pick(one, keys)).collect::<Vec<_>>());
    let mut details = record["details"].clone();
    if let Some(details) = details.as_object_mut() {
        // A shade more or less, from one processor's way to shrink pixels to another's.
        details.retain(|name, _| !matches!(name.as_str(), "dominant_color" | "thumbhash"));
    }
    json!({
        "status": record["status"],
        "failure": if record["failure"].is_null() { Value::Null } else { pick(&record["failure"], &["code", "stage", "blame", "retryable", "message", "limit"]) },
        "issues": record["issues"],
        "asset": pick(&record["asset"], &["content_length", "sha256", "detected_type"]),
        "media_attributes": record["media_attributes"],
        "details": details,
        "thumbnails": each(&record["thumbnails"], &["name", "mime_type", "width", "height"]),
        "derivatives": each(&record["derivatives"], &["name", "mime_type"]),
    })
}

/// The first place where two values differ, and how.
fn difference(at: &str, got: &Value, want: &Value) -> Option<String> {
    match (got, want) {
        (Value::Object(got), Value::Object(want)) => {
            let keys: BTreeSet<&String> = got.keys().chain(want.keys()).collect();
            keys.into_iter().find_map(|key| {
                let side = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or_default();
                difference(&format!("{at}/{key}"), &side(got), &side(want))
            })
        }
        (Value::Array(got), Value::Array(want)) if got.len() == want.len() => {
            got.iter().zip(want).enumerate().find_map(|(place, (got, want))| difference(&format!("{at}/{place}"), got, want))
        }
        _ if got == want || are_close(got, want) => None,
        _ => Some(format!("{at} is {got}, and was {want}")),
    }
}

fn are_close(got: &Value, want: &Value) -> bool {
    let have_fractions = got.is_f64() || want.is_f64();
    let close = |got: f64, want: f64| (got - want).abs() <= f64::max(PART * want.abs(), NOTHING);
    have_fractions && got.as_f64().zip(want.as_f64()).is_some_and(|(got, want)| close(got, want))
}

#[allow(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
fn is_blessed() -> bool {
    std::env::var_os("ASSAY_TEST_BLESS").is_some()
}

#[test]
fn each_fixture_has_the_record_that_was_looked_at() {
    let names = settled();
    let arguments = names.iter().map(|fixture| fixtures::root().join(fixture));
    let records = run(with(with(command(&assay()), ["inspect", "--json"]), arguments), b"").json();
    assert_eq!(records.len(), names.len());
    let mut differing = Vec::new();
    for (fixture, record) in names.iter().zip(&records) {
        let (path, got) = (kept_at(fixture), facts(record));
        let want = fs::read(&path).map_or(Value::Null, |kept| serde_json::from_slice(&kept).unwrap());
        let Some(difference) = difference("", &got, &want) else { continue };
        if is_blessed() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&got).unwrap())).unwrap();
        } else {
            differing.push(format!("{fixture}: {difference}"));
        }
    }
    assert_eq!(differing, Vec::<String>::new(), "if this is as it should be, bless it as this file's head says");
    let wanted: BTreeSet<PathBuf> = names.iter().map(|fixture| kept_at(fixture)).collect();
    let kept: BTreeSet<PathBuf> = files(&fixtures::root().join("expected")).into_iter().collect();
    let left_over: Vec<&PathBuf> = kept.difference(&wanted).collect();
    assert!(left_over.is_empty(), "records of fixtures that are no more: {left_over:?}");
}

#[test]
fn a_difference_is_found_and_named() {
    let kept = json!({ "details": { "width": 3, "bounds": [1.0, 2.5] }, "status": "complete" });
    assert_eq!(difference("", &kept, &kept), None);
    let other = |pointer: &str, value: Value| {
        let mut other = kept.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        difference("", &other, &kept)
    };
    assert_eq!(other("/details/width", json!(4)).unwrap(), "/details/width is 4, and was 3");
    assert_eq!(other("/details/bounds/1", json!(2.501)), None);
    assert_eq!(other("/details/bounds/1", json!(2.6)).unwrap(), "/details/bounds/1 is 2.6, and was 2.5");
    assert_eq!(other("/details/bounds", json!([1.0])).unwrap(), "/details/bounds is [1.0], and was [1.0,2.5]");
    assert_eq!(other("/status", Value::Null).unwrap(), "/status is null, and was \"complete\"");
}
