//! What every test here plants and looks for when it ends: secrets in logs, outputs, metrics, records and whatever lies in its folder.

use crate::stage::Stage;
use std::fs;
use std::path::Path;

/// Words that only a signed address has.
const SIGNED: [&str; 2] = ["X-Amz-Signature=", "X-Amz-Security-Token="];

/// Where a secret was found, with a few words around it; the secret itself is not repeated.
pub fn found(stage: &Stage) -> Vec<String> {
    let mut texts: Vec<(String, String)> = stage.said.borrow().iter().map(|(what, text)| (what.clone(), text.clone())).collect();
    texts.extend(logs(stage.folder.path()));
    let own = stage.cloud.secrets().into_iter().map(|secret| secret.expose().clone());
    let own: Vec<String> = own.chain(stage.passwords()).filter(|secret| secret.len() > 8).collect();
    let mut found = Vec::new();
    for (what, text) in &texts {
        let words = own.iter().map(String::as_str).chain(SIGNED);
        found.extend(words.filter(|word| text.contains(word)).map(|word| format!("{what}: {}", before(text, word))));
    }
    // The queue and the store keep what a sender wrote, and may: but never anything of ours.
    for (what, bytes) in below(&stage.folder.path().join("assay")) {
        found.extend(own.iter().filter(|word| contains(&bytes, word)).map(|_| format!("{what} holds a secret")));
    }
    found
}

/// Logs, and metrics as they were at the end.
fn logs(folder: &Path) -> Vec<(String, String)> {
    let named = |(name, bytes): (String, Vec<u8>)| (name, String::from_utf8_lossy(&bytes).into_owned());
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "log")).flat_map(|path| below(&path)).map(named).collect()
}

/// A file, or every file below a folder.
fn below(path: &Path) -> Vec<(String, Vec<u8>)> {
    if !path.is_dir() {
        return fs::read(path).map(|bytes| vec![(path.display().to_string(), bytes)]).unwrap_or_default();
    }
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    entries.flat_map(|path| below(&path)).collect()
}

/// The searched words are ASCII: what else there is in the bytes does not matter.
fn contains(bytes: &[u8], word: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(word)
}

fn before(text: &str, word: &str) -> String {
    let line = text.lines().find(|line| line.contains(word)).unwrap_or_default();
    line.split(word).next().unwrap_or_default().chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect()
}

#[test]
fn a_secret_in_a_log_an_output_or_the_store_is_found() {
    let stage = Stage::embedded();
    stage.connect();
    stage.put("a.jpg", "jpeg-baseline.jpg");
    let task = stage.submit(&["a.jpg".to_owned()]);
    let up = stage.service(&["up"], "up.log");
    assert_eq!(stage.records(&task).len(), 1);
    drop(up);
    assert!(fs::metadata(stage.folder.path().join("up.metrics.log")).is_ok_and(|metrics| metrics.len() > 0), "metrics are looked at");
    assert_eq!(found(&stage), Vec::<String>::new());
    let token = stage.cloud.secrets().into_iter().find(|secret| secret.expose().starts_with("token+/=")).expect("a session was begun");
    for place in ["planted.log", "assay/planted"] {
        let path = stage.folder.path().join(place);
        fs::write(&path, format!("a word, {}", token.expose())).unwrap();
        assert_eq!(found(&stage).len(), 1, "{place}");
        fs::remove_file(path).unwrap();
    }
    let shown = stage.folder.path().join("shown.log");
    fs::write(&shown, "https://acme-raw.invalid/a.jpg?X-Amz-Signature=0123").unwrap();
    assert_eq!(found(&stage).len(), 1);
    fs::remove_file(shown).unwrap();
}
