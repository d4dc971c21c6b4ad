//! Every fixture of video and audio is what the manifest says, which other tools wrote.

use super::{fixture, folder, looked_at};
use serde_json::Value;

#[test]
fn every_fixture_is_what_its_manifest_says() {
    let manifest = std::fs::read_to_string(folder().join("MANIFEST.jsonl")).unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for row in manifest.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let (path, expect) = (row["path"].as_str().unwrap(), &row["expect"]);
        if !matches!(expect["kind"].as_str(), Some("video" | "audio")) || !path.starts_with("media/") {
            continue;
        }
        seen += 1;
        let said = looked_at(fixture(path));
        let Some(facts) = said.facts else {
            wrong.push(format!("{path}: {:?}", said.refusal));
            continue;
        };
        let flat = serde_json::to_value(&facts.media_attributes).unwrap();
        let details = serde_json::to_value(&facts.details).unwrap();
        for (key, want) in expect.as_object().unwrap().iter().filter(|(key, _)| *key != "status") {
            let got = flat.get(key).or_else(|| details.get(key)).unwrap_or(&Value::Null);
            let near = match (got.as_f64(), want.as_f64()) {
                (Some(got), Some(want)) => (got - want).abs() <= if key == "duration" { 0.05 } else { want * 0.001 },
                _ => got == want,
            };
            if !near {
                wrong.push(format!("{path}: {key} is {got}, not {want}"));
            }
        }
        if said.thumbnails.len() != 2 || !said.issues.is_empty() {
            wrong.push(format!("{path}: {} thumbnails, issues {:?}", said.thumbnails.len(), said.issues));
        }
    }
    assert!(seen >= 20, "only {seen} fixtures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
