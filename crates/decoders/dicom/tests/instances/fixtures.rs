//! Every fixture is what its manifest says, which dcmdump wrote.

use crate::stage::{codes, fixture, fixtures, said, status};
use serde_json::Value;

fn rows(folder: &str) -> Vec<Value> {
    let manifest = std::fs::read_to_string(fixtures().join("MANIFEST.jsonl")).unwrap();
    let rows = manifest.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.filter(|row: &Value| row["path"].as_str().is_some_and(|path| path.starts_with(&format!("{folder}dicom-")))).collect()
}

#[test]
fn every_good_instance_is_read_and_agrees() {
    let rows = rows("media/");
    assert!(rows.len() >= 20, "only {} fixtures", rows.len());
    for row in rows {
        let path = row["path"].as_str().unwrap();
        let said = said(&fixture(path));
        let expect = &row["expect"];
        assert_eq!(expect["status"][0], status(&said), "{path}: {said:?}");
        let attributes = serde_json::to_value(&said.facts.as_ref().unwrap().media_attributes).unwrap();
        for key in ["mime_type", "width", "height", "frame_count"] {
            assert_eq!(attributes[key], expect[key], "{path}: {key}");
        }
        let has_pixels = !attributes["width"].is_null();
        assert_eq!(said.thumbnails.len(), if status(&said) == "complete" && has_pixels { 2 } else { 0 }, "{path}: {said:?}");
    }
}

#[test]
fn every_hostile_instance_ends_as_it_should() {
    let rows = rows("hostile/");
    assert!(rows.len() >= 10, "only {} fixtures", rows.len());
    for row in rows {
        let path = row["path"].as_str().unwrap();
        let said = said(&fixture(path));
        let expect = &row["expect"];
        assert!(expect["status"].as_array().unwrap().contains(&status(&said).into()), "{path}: {said:?}");
        if let Some(expected) = expect["codes"].as_array() {
            assert!(codes(&said).iter().any(|code| expected.contains(&(*code).into())), "{path}: {said:?}");
        }
    }
}
