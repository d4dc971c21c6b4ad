//! `assay inspect --html` in a real browser: its own script runs, and nothing else that the page holds.

use crate::running::{assay, command, run, with};
use assay_testkit::fixtures;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A page as Chromium has it after its scripts ran.
fn rendered(page: &Path) -> String {
    let profile = tempfile::tempdir().unwrap();
    let folder = format!("--user-data-dir={}", profile.path().display());
    let address = format!("file://{}", page.display());
    let quiet = ["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
    // Without its own sandbox, which a test as root can't have; the page is ours.
    let ended = run(
        with(with(command(Path::new("/usr/bin/chromium")), quiet), ["--no-sandbox", "--disable-sync", &folder, "--dump-dom", &address]),
        b"",
    );
    assert!(ended.code == 0, "chromium is missing or failed (deploy/setup.sh --tests brings it): {}", ended.err);
    ended.out
}

#[test]
fn the_gallery_filters_by_kind_and_status_and_runs_nothing_of_an_asset() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = folder.path().join("<img src=x onerror=document.title='owned'>.png");
    fs::copy(fixtures::root().join("media/png-rgb.png"), &hostile).unwrap();
    let script = folder.path().join("<script>document.title='owned'<.wav");
    fs::copy(fixtures::root().join("media/wav-pcm-16.wav"), &script).unwrap();
    let broken = fixtures::root().join("hostile/truncated-no-moov.mp4");
    let page = folder.path().join("page.html");
    let ended = run(with(with(command(&assay()), ["inspect", "--json", "--html"]), [page.as_path(), &hostile, &script, &broken]), b"");
    assert_eq!(ended.code, 1, "one of them is broken: {}", ended.err);
    assert_eq!(ended.out.lines().count(), 3);

    let text = fs::read_to_string(&page).unwrap();
    assert!(!text.contains("src=x onerror") || text.contains("&lt;img src=x onerror"), "a name is markup");
    assert!(!text.contains("http://") && !text.contains("https://"), "the page needs something from elsewhere");
    let seen = rendered(&page);
    assert!(seen.contains("<title>Assay: gallery</title>"), "a name ran");
    assert!(seen.contains("3 of 3 shown"), "{seen}");
    for button in ["complete 2", "failed 1", "audio 1", "image 1", "unknown 1"] {
        assert!(seen.contains(&format!(">{button}</button>")), "{button}");
    }
    assert_eq!((seen.matches("<article").count(), seen.matches("class=\"wave\"").count()), (3, 1));
    assert!(seen.contains("data:image/webp;base64,"));
}

#[test]
fn a_page_that_can_not_be_written_is_said_before_anything_is_read() {
    let began = std::time::Instant::now();
    let ended = run(with(command(&assay()), ["inspect", "--html", "/nowhere/page.html", "README.md"]), b"");
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("/nowhere/page.html can't be written"), "{}", ended.err);
    assert!(ended.out.is_empty() && began.elapsed() < Duration::from_mins(1));
}
