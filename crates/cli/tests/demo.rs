//! The demo, whole: it passes, shows its two failures, and proves that nothing is left.

use crate::running::{command, run, sibling};
use assay_testkit::fixtures;
use serde_json::Value;
use std::fs;

#[test]
fn the_demo_passes_and_shows_two_failures_and_its_proof() {
    let folder = tempfile::tempdir().unwrap();
    // Binaries of its own: the demo proves that none of its folder runs any more, and other tests run theirs meanwhile.
    let binaries = folder.path().join("binaries");
    fs::create_dir(&binaries).unwrap();
    for part in [
        "assay",
        "assay-image",
        "assay-media",
        "assay-document",
        "libpdfium.so",
        "assay-geo",
        "assay-dicom",
        "assay-text",
        "assay-faulty",
        "stand-in-cloud",
    ] {
        let (from, to) = (sibling(part), binaries.join(part));
        fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop)).unwrap();
    }
    let out = folder.path().join("out");
    let mut demo = command(&sibling("demo"));
    demo.current_dir(folder.path()).arg("--binaries").arg(&binaries);
    demo.arg("--fixtures").arg(fixtures::root()).arg("--out").arg(&out);
    let said = run(demo, b"").well();
    for failure in ["broken-on-purpose.mp4  corrupt-asset", "role-taken-back.jpg  role-refused"] {
        assert!(said.out.contains(failure), "{failure} is not shown:\n{}", said.out);
    }
    for proof in [
        "✓ refused without external id",
        "✓ refused with a wrong external id",
        "✓ the worker holds 0 bytes of assets",
        "✓ no child is alive but the",
        "✓ after its end no decoder and no worker runs",
        "✓ the spill folder is empty",
        "files that were written (store, queue, shelf, log) hold no 48 bytes of any of",
    ] {
        assert!(said.out.contains(proof), "{proof:?} is not shown:\n{}", said.out);
    }
    assert!(!said.out.contains('✗'), "{}", said.out);
    let page = out.join("gallery.html");
    assert_eq!(
        said.out.lines().last().map(str::trim),
        Some(fs::canonicalize(&page).unwrap().to_str().unwrap()),
        "the last line says where it is"
    );
    let page = fs::read_to_string(page).unwrap();
    let media = fs::read_dir(fixtures::media()).unwrap().count();
    assert_eq!(page.matches("<article").count(), media + 2, "a card for each fixture and each failure");
    for name in ["broken-on-purpose.mp4", "role-taken-back.jpg"] {
        assert!(page.contains(&format!(">{name}</h2>")), "{name} has no card of its own");
    }
    // Of a few there is nothing to show, and their records say why.
    let records = fs::read_to_string(out.join("records.jsonl")).unwrap();
    let shown = records.lines().filter(|line| !serde_json::from_str::<Value>(line).unwrap()["thumbnails"].as_array().unwrap().is_empty());
    assert_eq!(page.matches("<img").count(), shown.count(), "a picture for each record that has one");
    assert!(page.matches("<img").count() + 8 >= media, "most fixtures are shown");
    let films = records.lines().filter(|line| serde_json::from_str::<Value>(line).unwrap()["details"]["kind"] == "video").count();
    assert_eq!(page.matches("data-cues=").count(), films, "each video can be scrubbed");
    assert!(!page.contains("http://") && !page.contains("https://"), "the page is whole by itself");
}
