//! Holds this decoder against a folder of files whose sizes other programs measured: `truth [FOLDER] [TRUTH.jsonl] [THUMBNAILS]`.
//!
//! Kinds and formats of other decoders are counted too: they show what is not read yet.
#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example speaks to a person")]

use assay_contract::AssetKind;
use assay_image::{ImageDecoder, format};
use assay_kit::rehearse::{rehearse, task};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/truth");
    let folder = arguments.next().map_or_else(|| home.join("corpus"), PathBuf::from);
    let truth = arguments.next().map_or_else(|| home.join("truth.jsonl"), PathBuf::from);
    let pictures = arguments.next().map(PathBuf::from);
    let Ok(lines) = std::fs::read_to_string(&truth) else {
        println!("skipped: no truth at {}", truth.display());
        return;
    };
    let mut tally: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for row in lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let path = row["path"].as_str().unwrap_or_default();
        let Ok(bytes) = std::fs::read(folder.join(path)) else { continue };
        let expected = &row["expect"];
        let mime_type = format::recognise(&bytes).map(|format| format.mime_type);
        let name = mime_type.or(expected["mime_type"].as_str()).unwrap_or("unknown");
        let (is_image, is_unsure) = (row["kind"] == "image", row["kind"] == "unsure");
        if !(is_image || is_unsure && mime_type.is_some()) {
            continue;
        }
        let started = Instant::now();
        let task = task(name, Some(AssetKind::Image), bytes.len() as u64);
        let said = rehearse(&ImageDecoder, &task, bytes);
        let took = started.elapsed().as_millis();
        let facts = said.facts.as_ref().map(|facts| serde_json::to_value(&facts.media_attributes).unwrap_or_default()).unwrap_or_default();
        let mut bad: Vec<String> = Vec::new();
        for key in ["width", "height", "exif_rotation", "mime_type"] {
            let same = |want: &&Value| **want == facts[key] || (*want == "image/apng" && facts[key] == "image/png");
            if let Some(want) = expected.get(key).filter(|want| !same(want)) {
                bad.push(format!("{key} {} not {want}", facts[key]));
            }
        }
        if let Some(folder) = &pictures {
            for (head, bytes) in said.thumbnails.iter().filter(|(head, _)| head.name == "preview") {
                let file = folder.join(format!("{}.{}.jpg", path.replace('/', "_"), head.name));
                if let Err(error) = std::fs::write(&file, bytes) {
                    println!("{}: {error}", file.display());
                }
            }
        }
        let outputs: Vec<_> = said.issues.iter().map(|issue| format!("{}: {}", issue.code, issue.message)).collect();
        let cell = tally.entry(format!("{} {name}", if is_image { "image" } else { "unsure" })).or_default();
        cell[1] += 1;
        cell[0] += u32::from(bad.is_empty());
        if !bad.is_empty() || !outputs.is_empty() || said.refusal.is_some() || took > 500 {
            let refusal = said.refusal.map(|refusal| refusal.to_string()).unwrap_or_default();
            println!("{name} {path} [{} pictures, {took} ms] {} {refusal} {outputs:?}", said.thumbnails.len(), bad.join(", "));
        }
    }
    for (name, [agree, all]) in tally {
        println!("{name}: {agree} of {all}");
    }
}
