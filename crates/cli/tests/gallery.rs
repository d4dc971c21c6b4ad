//! `assay inspect --html` in a real browser: its own script runs, and nothing else that the page holds.

use crate::running::{assay, command, run, with};
use assay_testkit::fixtures;
use std::ffi::OsString;
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
    let garbage = fixtures::root().join("hostile/garbage.bin");
    let page = folder.path().join("page.html");
    let ended =
        run(with(with(command(&assay()), ["inspect", "--json", "--html"]), [page.as_path(), &hostile, &script, &broken, &garbage]), b"");
    assert_eq!(ended.code, 1, "two of them are broken: {}", ended.err);
    assert_eq!(ended.out.lines().count(), 4);

    let text = fs::read_to_string(&page).unwrap();
    assert!(!text.contains("src=x onerror") || text.contains("&lt;img src=x onerror"), "a name is markup");
    assert!(!text.contains("http://") && !text.contains("https://"), "the page needs something from elsewhere");
    let seen = rendered(&page);
    assert!(seen.contains("<title>Assay: gallery</title>"), "a name ran");
    assert!(seen.contains("4 of 4 shown"), "{seen}");
    for button in ["complete 2", "failed 2", "audio 1", "image 1", "video 1", "unknown 1"] {
        assert!(seen.contains(&format!(">{button}</button>")), "{button}");
    }
    assert_eq!((seen.matches("<article").count(), seen.matches("class=\"wave\"").count()), (4, 1));
    assert!(seen.contains("data:image/webp;base64,"));
}

/// Moves a pointer, a finger and the keys over the first video, and writes down what is shown after each.
const VISITOR: &str = r"<script>
const film = document.querySelector('.film'), tile = film.querySelector('.tile'), box = film.getBoundingClientRect(), seen = {};
const note = (what) => {
  const style = getComputedStyle(tile);
  seen[what] = { live: style.display !== 'none', at: style.backgroundPosition, text: film.querySelector('.clock').textContent };
};
const point = (type, part, pointerType) => film.dispatchEvent(new PointerEvent(type, { clientX: box.left + box.width * part, clientY: box.top + 9, pointerType }));
const press = (key) => film.dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }));
note('rest');
point('pointermove', 0.01, 'mouse'); note('left');
point('pointermove', 0.5, 'mouse'); note('middle');
point('pointermove', 0.99, 'mouse'); note('right');
point('pointerleave', 0.99, 'mouse'); note('gone');
point('pointerdown', 0.5, 'touch'); note('touched');
film.dispatchEvent(new FocusEvent('blur'));
film.dispatchEvent(new FocusEvent('focus')); note('focused');
press('End'); note('end');
press('ArrowLeft'); note('before_end');
press('Home'); note('home');
document.body.insertAdjacentHTML('beforeend', `<pre id=seen>${JSON.stringify(seen)}</pre>`);
</script>";

#[test]
fn a_video_is_scrubbed_by_pointer_by_finger_and_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let film = fixtures::root().join("media/mp4-h264-faststart.mp4");
    let sound = fixtures::root().join("media/wav-pcm-16.wav");
    run(with(with(command(&assay()), ["inspect", "--json", "--html"]), [page.as_path(), &film, &sound]), b"").well();
    let text = fs::read_to_string(&page).unwrap();
    assert_eq!(text.matches("data-cues=").count(), 1, "the sound has no storyboard");
    // Its policy lets nothing run but the page's own script: for the visitor's it has to go.
    let (before, policy) = text.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    let after = policy.split_once('>').unwrap().1;
    fs::write(&page, format!("{before}{after}{VISITOR}")).unwrap();
    let rendered = rendered(&page);
    let told = rendered.split_once("<pre id=\"seen\">").unwrap().1.split_once("</pre>").unwrap().0;
    let seen: serde_json::Value = serde_json::from_str(told).unwrap();
    let at = |what: &str| seen[what]["at"].as_str().unwrap().to_owned();
    for (what, live) in [("rest", false), ("left", true), ("right", true), ("gone", false), ("touched", true), ("focused", true)] {
        assert_eq!(seen[what]["live"], live, "{what}: {seen}");
    }
    assert_eq!((at("left"), at("home")), ("0px 0px".to_owned(), "0px 0px".to_owned()));
    assert!(at("middle") != at("left") && at("middle") != at("right") && at("right") != at("left"), "{seen}");
    assert_eq!((at("touched"), at("focused"), at("end")), (at("middle"), at("middle"), at("right")));
    assert_ne!(at("before_end"), at("end"));
    assert!(seen["right"]["text"].as_str().unwrap().ends_with(" / 0:03.0"), "{seen}");
}

#[test]
fn a_page_that_can_not_be_written_is_said_before_anything_is_read() {
    let began = std::time::Instant::now();
    let ended = run(with(command(&assay()), ["inspect", "--html", "/nowhere/page.html", "README.md"]), b"");
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("/nowhere/page.html can't be written"), "{}", ended.err);
    assert!(ended.out.is_empty() && began.elapsed() < Duration::from_mins(1));
}

/// The kernel kills whoever writes past the file size that the shell allows (setrlimit(2)): in the middle of the page, always. What was
/// there before stays, and nothing is beside it.
#[test]
fn a_kill_in_the_middle_of_a_page_leaves_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let earlier = "<!DOCTYPE html><title>Assay: gallery</title>an earlier page";
    fs::write(&page, earlier).unwrap();
    let picture = fixtures::root().join("media/png-rgb.png");
    // Sixteen pictures in the page are more than 64 blocks of 512 bytes, and none of the pictures is.
    let script = "ulimit -c 0; ulimit -f 64; exec \"$0\" \"$@\"";
    let shell = with(with(command(Path::new("/bin/sh")), ["-c", script]), [assay().as_os_str()]);
    let ended = run(with(with(with(shell, ["inspect", "--html"]), [&page]), [&picture; 16]), b"");
    assert_eq!(ended.code, -1, "a signal ended it: {}", ended.all());
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!((names, fs::read_to_string(&page).unwrap()), (vec![OsString::from("page.html")], earlier.to_owned()));
}
