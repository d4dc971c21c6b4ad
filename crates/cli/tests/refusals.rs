//! What is wrong is refused at once, with a sentence, and no secret is ever repeated.

use crate::running::Ended;
use crate::stage::Stage;
use std::fs;

/// Marks every secret that a test plants.
const PLANTED: &str = "pl4nted-Passw0rd";

#[track_caller]
fn keeps_it(ended: &Ended) {
    assert!(!ended.all().contains(PLANTED), "a secret was repeated: {ended:?}");
}

#[test]
fn config_check_tells_every_problem_at_once() {
    let stage = Stage::embedded();
    let file = stage.folder.path().join("assay.toml");
    let wrong =
        "[stor]\n[store]\nurll = 1\n[worker]\nattempts = 0\ndecodes = \"two\"\njob_deadline_s = 601\n[fetch]\nprivate_ranges = [\"10\"]\n";
    fs::write(&file, wrong).unwrap();
    let ended = stage.assay(&["--config", "assay.toml", "--set", "fetch.private_ranges=[\"10\"]", "config", "check"]);
    assert_eq!(ended.code, 2);
    for problem in [
        "6 problem(s)",
        "[stor]",
        "[worker] decodes: invalid type: string, expected a whole number from 0 to 65535",
        "urll",
        "worker.attempts",
        "worker.job_deadline_s",
        "fetch.private_ranges",
    ] {
        assert!(ended.err.contains(problem), "{problem} is not told: {}", ended.err);
    }
    for verb in [&["worker"][..], &["up"], &["migrate"], &["inspect", "x"]] {
        let ended = stage.assay(&[&["--config", "assay.toml"], verb].concat());
        assert!(ended.code == 2 && ended.err.contains("[stor]"), "{verb:?} begins with a wrong configuration: {ended:?}");
    }
    fs::write(&file, "[worker]\ndecodes = 1\n").unwrap();
    assert_eq!(stage.assay(&["--config", "assay.toml", "config", "check"]).well().out, "the configuration is sound\n");
    for broken in ["[worker\n", "[worker]\ndecodes = 0\n", "[worker]\nmemory_budget = 9000000000000000\n"] {
        fs::write(&file, broken).unwrap();
        let ended = stage.assay(&["--config", "assay.toml", "config", "check"]);
        assert!(ended.code == 2 && ended.err.len() > 20, "{broken}: {ended:?}");
    }
    assert_eq!(stage.assay(&["--config", "none-such.toml", "config", "check"]).code, 2);
}

#[test]
fn no_secret_of_the_configuration_is_ever_printed() {
    let mut stage = Stage::embedded();
    let url = format!("amqp://assay:{PLANTED}@127.0.0.1:1/assay");
    stage.set("ASSAY_BROKER_URL", &url);
    stage.set("ASSAY_ACCESS_SECRET_ACCESS_KEY", PLANTED);
    stage.set("ASSAY_SHELF_ACCESS_KEY_ID", "AKIA");
    stage.set("ASSAY_SHELF_SECRET_ACCESS_KEY", PLANTED);
    stage.set("ASSAY_FETCH_PROXY", &format!("http://proxy:{PLANTED}@127.0.0.1:1"));
    stage.set("ASSAY_LOG", "trace");
    let shown = stage.assay(&["config", "show"]).well();
    assert!(shown.out.contains("amqp://(withheld)@127.0.0.1:1/assay"), "{}", shown.out);
    for line in
        ["fetch.proxy                http://(withheld)@127.0.0.1:1", "worker.job_deadline_s      600  (default)", "\"image_bytes\": "]
    {
        assert!(shown.out.contains(line), "{line} is not shown: {}", shown.out);
    }
    assert_eq!(shown.out.lines().filter(|line| line.starts_with("worker.")).count(), 12, "every setting is shown: {}", shown.out);
    keeps_it(&shown);
    keeps_it(&stage.assay(&["config", "check"]));
    // Nobody listens there: what is said of the failure goes through every layer's error.
    for verb in [&["dead", "list"][..], &["submit", "s3://b/k"], &["worker"], &["up", "--until-idle"]] {
        let ended = stage.assay(verb);
        assert!(ended.code == 2 && ended.err.contains("the broker can't be reached"), "{verb:?}: {ended:?}");
        keeps_it(&ended);
    }
    let postgres = format!("store.url=postgres://assay:{PLANTED}@127.0.0.1:1/assay");
    for verb in [&["migrate"][..], &["integration", "list"]] {
        let ended = stage.assay(&[&["--set", &postgres], verb].concat());
        assert_eq!(ended.code, 2);
        keeps_it(&ended);
    }
}

#[test]
fn a_mistake_around_a_secret_does_not_repeat_it() {
    let mut stage = Stage::embedded();
    stage.unset("ASSAY_ACCESS_ACCESS_KEY_ID");
    stage.unset("ASSAY_ACCESS_SECRET_ACCESS_KEY");
    stage.set("ASSAY_LOG", "trace");
    let url = format!("amqp://assay:{PLANTED}@127.0.0.1:1/assay");
    for text in [
        format!("broker = \"{url}\"\n"),
        format!("[broker]\nurl = [\"{url}\"]\n"),
        format!("[broker]\nurl = {{ text = \"{url}\" }}\n"),
        format!("[broker]\nurl = \"{url}\n"),
        format!("[broker]\nurl = {PLANTED}\n"),
        format!("[access]\nsecret_access_key = \"{PLANTED}\"\n"),
    ] {
        fs::write(stage.folder.path().join("assay.toml"), &text).unwrap();
        let ended = stage.assay(&["--config", "assay.toml", "config", "check"]);
        assert_eq!(ended.code, 2, "{text}: {ended:?}");
        keeps_it(&ended);
    }
    let ended = stage.assay(&["--set", &format!("broker={PLANTED}"), "config", "check"]);
    assert_eq!(ended.code, 2);
    keeps_it(&ended);
    // A secret of digits is a secret, and no number.
    stage.set("ASSAY_ACCESS_ACCESS_KEY_ID", "0123");
    stage.set("ASSAY_ACCESS_SECRET_ACCESS_KEY", "1234567890");
    stage.assay(&["config", "check"]).well();
}

#[test]
fn what_nobody_knows_is_a_usage_error() {
    let mut stage = Stage::embedded();
    for wrong in [
        &["--such-a-flag"][..],
        &["such-a-verb"],
        &["worker", "--bogus"],
        &["submit"],
        &["dead", "requeue"],
        &["schema"],
        &["integration", "add", "x"],
        &["--organization", "two words", "config", "check"],
        &["--set", "nonsense", "config", "check"],
        &["integration", "add", "x", "--role-arn", "arn:aws:iam::222222222222:role/r", "--covers", "gs://b"],
        &["integration", "add", "x", "--role-arn", "no arn", "--covers", "s3://b"],
    ] {
        let ended = stage.assay(wrong);
        assert!(ended.code == 2 && !ended.err.is_empty() && ended.out.is_empty(), "{wrong:?}: {ended:?}");
    }
    assert!(!stage.folder.path().join("assay").exists(), "nothing of what was refused is kept");
    stage.set("ASSAY_TYPO", "1");
    let ended = stage.assay(&["config", "check"]);
    assert!(ended.code == 2 && ended.err.contains("ASSAY_TYPO"), "{ended:?}");
    let version = Stage::embedded().assay(&["--version"]).well().out;
    assert!(version.starts_with("assay "), "{version}");
}

#[test]
fn a_verb_that_only_reads_makes_nothing_in_a_folder_that_was_mistyped() {
    let stage = Stage::embedded();
    for verb in [
        &["watch", "task"][..],
        &["dead", "list"],
        &["dead", "show", "x"],
        &["dead", "requeue", "x"],
        &["integration", "list"],
        &["integration", "check", "x"],
        &["integration", "default", "x"],
        &["integration", "remove", "x"],
        &["inspect", "--integration", "x", "s3://b/k"],
    ] {
        let ended = stage.assay(verb);
        assert!(ended.code == 2 && ended.out.is_empty(), "{verb:?}: {ended:?}");
        assert!(ended.err.contains("there is no ") && ended.err.contains("--folder"), "{verb:?} says what to do: {}", ended.err);
        assert!(!stage.folder.path().join("assay").exists(), "{verb:?} made a folder");
    }
}

#[test]
fn an_error_says_nothing_twice() {
    let stage = Stage::embedded();
    let ended = stage.assay(&["--set", "shelf.url=file://no-whole-path", "up", "--until-idle"]);
    assert!(ended.code == 2 && ended.err.matches("the shelf can't be opened").count() == 1, "{ended:?}");
}
