//! Every fixture is what the manifest says, which gdalinfo wrote.

use super::{codes, folder, said};
use serde_json::Value;

fn rows(prefix: &str) -> Vec<(String, Value)> {
    let manifest = std::fs::read_to_string(folder().join("MANIFEST.jsonl")).unwrap();
    let rows = manifest.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["path"].as_str().unwrap().to_owned(), row["expect"].clone())).filter(|(path, _)| path.starts_with(prefix)).collect()
}

#[test]
fn every_fixture_is_what_its_manifest_says() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for (path, expect) in rows("media/").into_iter().filter(|(_, expect)| expect["kind"] == "tiled_imagery") {
        seen += 1;
        let said = said(&path);
        let Some(facts) = &said.facts else {
            wrong.push(format!("{path}: {:?}", said.refusal));
            continue;
        };
        let flat = serde_json::to_value(&facts.media_attributes).unwrap();
        for (key, want) in expect.as_object().unwrap().iter().filter(|(key, _)| !matches!(key.as_str(), "status" | "kind")) {
            if &flat[key] != want {
                wrong.push(format!("{path}: {key} is {}, not {want}", flat[key]));
            }
        }
        let is_partial = said.issues.iter().any(|issue| issue.severity == assay_contract::failure::Severity::Error);
        if is_partial != (expect["status"][0] == "partial") {
            wrong.push(format!("{path}: {:?}", said.issues));
        }
        let pictures = if flat["band_count"] == 0 { 0 } else { 2 };
        if said.thumbnails.len() != pictures {
            wrong.push(format!("{path}: {} thumbnails", said.thumbnails.len()));
        }
    }
    assert!(seen >= 20, "only {seen} fixtures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_hostile_file_has_its_outcome() {
    let (mut seen, mut wrong) = (0, Vec::new());
    let ours = |path: &str| ["hostile/geo-", "hostile/nitf-"].iter().any(|prefix| path.starts_with(prefix));
    // What has no magic of TIFF or NITF never comes here.
    for (path, expect) in rows("hostile/").into_iter().filter(|(path, _)| ours(path) && !path.contains("geo-vrt-")) {
        seen += 1;
        let said = said(&path);
        let status = match &said.facts {
            None => "failed",
            Some(_)
                if said.refusal.is_some() || said.issues.iter().any(|issue| issue.severity == assay_contract::failure::Severity::Error) =>
            {
                "partial"
            }
            Some(_) => "complete",
        };
        let wanted: Vec<&str> = expect["codes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let found = codes(&said);
        let is_right = expect["status"].as_array().unwrap().iter().any(|wanted| wanted == status)
            && (wanted.is_empty() || status == "complete" || wanted.iter().any(|code| found.contains(code)));
        if !is_right {
            wrong.push(format!("{path}: {status} {found:?}, not {expect}"));
        }
    }
    assert!(seen >= 10, "only {seen} fixtures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
