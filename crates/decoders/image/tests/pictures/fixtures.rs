//! Every fixture is what its manifest says, which other programs wrote.

use crate::stage::{codes, details, fixture, fixtures, is_complete, said};
use serde_json::Value;

fn rows(folder: &str) -> Vec<Value> {
    let manifest = std::fs::read_to_string(fixtures().join("MANIFEST.jsonl")).unwrap();
    manifest
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["path"].as_str().unwrap().starts_with(folder))
        .collect()
}

#[test]
fn every_good_picture_is_complete_and_agrees() {
    let mut seen = 0;
    for row in rows("media/").into_iter().filter(|row| row["expect"]["kind"] == "image") {
        let path = row["path"].as_str().unwrap();
        let bytes = fixture(path);
        if assay_image::format::recognise(&bytes).is_none() {
            // Formats of later rows of the table.
            continue;
        }
        seen += 1;
        let told = said(&bytes);
        assert!(is_complete(&told), "{path}: {told:?}");
        let attributes = serde_json::to_value(&told.facts.as_ref().unwrap().media_attributes).unwrap();
        let details = serde_json::to_value(details(&told)).unwrap();
        for (key, want) in row["expect"].as_object().unwrap().iter().filter(|(key, _)| *key != "status" && *key != "kind") {
            let got = attributes.get(key).unwrap_or(&details[key]);
            assert_eq!(got, want, "{path}: {key}");
        }
        for (head, _) in &told.thumbnails {
            let (width, height) = (attributes["width"].as_f64().unwrap(), attributes["height"].as_f64().unwrap());
            let off = f64::from(head.width) * height / width - f64::from(head.height);
            assert!(off.abs() <= 1.0, "{path}: a thumbnail of {} x {}", head.width, head.height);
        }
    }
    assert!(seen >= 30, "only {seen} fixtures");
}

#[test]
fn every_hostile_picture_ends_as_it_should() {
    for row in rows("hostile/") {
        let path = row["path"].as_str().unwrap();
        if !["jpg", "png", "gif", "webp"].iter().any(|extension| path.ends_with(extension)) {
            continue;
        }
        // A web page and a JSON by the name of a picture are none of ours.
        if matches!(fixture(path).first(), Some(b'<' | b'{')) {
            continue;
        }
        let told = said(&fixture(path));
        let has_errors = told.issues.iter().any(|issue| issue.severity == assay_contract::failure::Severity::Error);
        let status = if told.refusal.is_some() {
            "failed"
        } else if has_errors {
            "partial"
        } else {
            "complete"
        };
        assert!(row["expect"]["status"].as_array().unwrap().contains(&status.into()), "{path}: {status}: {told:?}");
        if let Some(expected) = row["expect"]["codes"].as_array() {
            let code =
                told.refusal.as_ref().map_or_else(|| codes(&told).first().copied().unwrap_or_default(), |refusal| refusal.code.as_str());
            assert!(expected.contains(&code.into()), "{path}: {code}");
        }
    }
}
