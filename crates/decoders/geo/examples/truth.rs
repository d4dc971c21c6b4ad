//! Holds the decoder against what gdalinfo says of a folder of files.
//!
//! `cargo run -p assay-geo --example truth -- TRUTH.jsonl FOLDER [PICTURES]`: each line of the first names a file of the second,
//! its kind and the expected values; prints each disagreement, each issue, the time that the slowest took, and the agreement.

use assay_geo::Geo;
use assay_kit::rehearse::{rehearse, task};
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

#[expect(clippy::print_stdout, reason = "its whole purpose")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(truth), Some(folder)) = (arguments.next(), arguments.next()) else {
        println!("usage: truth TRUTH.jsonl FOLDER [FOLDER FOR PICTURES]");
        return Ok(());
    };
    let pictures = arguments.next();
    if !Path::new(&truth).exists() {
        println!("{truth} is not there: nothing to hold against");
        return Ok(());
    }
    let (mut agrees, mut all, mut slowest) = (0, 0, (0, String::new()));
    for line in std::fs::read_to_string(truth)?.lines() {
        let row: Value = serde_json::from_str(line)?;
        if row.get("kind").and_then(Value::as_str) != Some("tiled_imagery") {
            continue;
        }
        let path = row.get("path").and_then(Value::as_str).unwrap_or_default();
        let bytes = std::fs::read(Path::new(&folder).join(path))?;
        let began = Instant::now();
        let said = rehearse(&Geo, &task("application/octet-stream", None, bytes.len() as u64), bytes);
        let took = began.elapsed().as_millis();
        if took > slowest.0 {
            slowest = (took, path.to_owned());
        }
        let issues: Vec<_> = said.issues.iter().map(|issue| issue.code.as_str()).collect();
        let flat = said.facts.as_ref().map(|facts| serde_json::to_value(&facts.media_attributes)).transpose()?.unwrap_or_default();
        let expected = row.get("expect").and_then(Value::as_object).into_iter().flatten();
        let wrong: Vec<String> = expected
            .filter(|(key, want)| flat.get(key.as_str()) != Some(want))
            .map(|(key, want)| format!("{key} {} not {want}", flat.get(key.as_str()).unwrap_or(&Value::Null)))
            .collect();
        all += 1;
        agrees += usize::from(wrong.is_empty());
        if !wrong.is_empty() || !issues.is_empty() || said.thumbnails.len() != 2 {
            println!("{path}: {} {issues:?} {} thumbnails {:?}", wrong.join("; "), said.thumbnails.len(), said.refusal);
        }
        if let Some(folder) = &pictures {
            for (head, bytes) in &said.thumbnails {
                std::fs::write(Path::new(folder).join(format!("{}.{}", path.replace('/', "_"), head.name)), bytes)?;
            }
        }
    }
    println!("slowest: {} ms, {}", slowest.0, slowest.1);
    println!("tiled_imagery {agrees}/{all}");
    Ok(())
}
