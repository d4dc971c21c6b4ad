//! Holds the decoder against what independent tools say of a folder of files.
//!
//! `cargo run -p assay-media --example truth -- TRUTH.jsonl FOLDER [PICTURES]`: each line of the first names a file of the second,
//! its kind and the expected values; prints each disagreement and the agreement of video and of audio.

use assay_kit::rehearse::{rehearse, task};
use assay_media::Media;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

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
    let mut tally: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in std::fs::read_to_string(truth)?.lines() {
        let row: Value = serde_json::from_str(line)?;
        let kind = row.get("kind").and_then(Value::as_str).unwrap_or_default();
        if !matches!(kind, "video" | "audio") {
            continue;
        }
        let path = row.get("path").and_then(Value::as_str).unwrap_or_default();
        let bytes = std::fs::read(Path::new(&folder).join(path))?;
        let mut task = task(&format!("{kind}/x-unsniffed"), None, bytes.len() as u64);
        task.thumbnails.truncate(1);
        let said = rehearse(&Media, &task, bytes);
        let issues: Vec<_> = said.issues.iter().map(|issue| issue.code.as_str()).collect();
        let wrong = match (&said.facts, &said.refusal) {
            (Some(facts), _) => {
                let (flat, details) = (serde_json::to_value(&facts.media_attributes)?, serde_json::to_value(&facts.details)?);
                disagreements(kind, row.get("expect").unwrap_or(&Value::Null), &flat, &details)
            }
            (None, refusal) => vec![format!("refused: {refusal:?}")],
        };
        let count = tally.entry(kind.to_owned()).or_default();
        count.0 += usize::from(wrong.is_empty());
        count.1 += 1;
        if !wrong.is_empty() || !issues.is_empty() || said.thumbnails.is_empty() {
            println!("{kind} {path}: {} {issues:?} {} thumbnails", wrong.join("; "), said.thumbnails.len());
        }
        if let Some(folder) = &pictures {
            for (head, bytes) in &said.thumbnails {
                std::fs::write(Path::new(folder).join(format!("{}.{}.webp", path.replace('/', "_"), head.name)), bytes)?;
            }
        }
    }
    for (kind, (agrees, all)) in tally {
        println!("{kind} {agrees}/{all}");
    }
    Ok(())
}

/// The same tolerances as the truth's own judge.
fn disagreements(kind: &str, expect: &Value, flat: &Value, details: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if details.get("kind").and_then(Value::as_str) != Some(kind) {
        wrong.push(format!("kind {:?}", details.get("kind")));
    }
    let near = |got: Option<f64>, want: f64, least: f64| got.is_some_and(|got| (got - want).abs() <= least.max(want.abs() * 0.01));
    for (key, want) in expect.as_object().into_iter().flatten() {
        let (got, number) = (flat.get(key), want.as_f64().unwrap_or_default());
        let agrees = match key.as_str() {
            "duration" => near(got.and_then(Value::as_f64), number, 0.06),
            "frame_rate" => near(got.and_then(Value::as_f64), number, 0.02),
            "packet_count" => {
                let count = flat.get("frame_count");
                count == Some(want) || count == expect.get("mediainfo_frame_count") || details.get("packet_count") == Some(want)
            }
            "mediainfo_frame_count" => true,
            "codec_name" => details.get(key) == Some(want),
            _ => got == Some(want),
        };
        if !agrees {
            wrong.push(format!("{key} {} not {want}", details.get(key).or(got).or(flat.get("frame_count")).unwrap_or(&Value::Null)));
        }
    }
    wrong
}
