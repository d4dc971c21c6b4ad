//! Every attack on every layer, as root and as a plain user; and with all layers on where the machine has less to give.

use crate::attacks::ATTACKS;
use crate::columns::{Column, faulty_with};
use crate::ground::{death, decoders_folder, eventually, fork_servers, limits, run, run_under, sandbox_of};
use crate::matrix::{Report, short};
use crate::targets::Targets;
use assay_contract::DecodeLimits;
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// Set where this very test executable is run again, as somebody else or with less: the conditions it must find.
const CONDITIONS: &str = "ASSAY_TEST_CONDITIONS";
/// A user without any right.
const NOBODY: u32 = 65_534;

/// All cells are as the table says.
async fn assert_all_held(columns: &[Column]) {
    assert_held_by(columns, Targets::open()).await;
}

async fn assert_held_by(columns: &[Column], targets: Targets) {
    let report = Report::of(columns, &Arc::new(targets)).await;
    println!("{report}");
    report.skipped().iter().for_each(|why| println!("skipped: {why}"));
    assert_eq!(report.wrong(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_succeeds_without_its_layer_and_is_held_by_it() {
    assert_all_held(&Column::EVERY).await;
}

#[test]
fn the_readme_says_how_many_attacks_there_are() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    assert!(readme.contains(&format!("{} attacks on each layer", ATTACKS.len())), "there are {}", ATTACKS.len());
}

/// Not a test of its own: what the next ones run under their conditions.
#[tokio::test(flavor = "multi_thread")]
async fn attacked_under_conditions() {
    match std::env::var(CONDITIONS).as_deref() {
        Ok("plain-user") => {
            assert_eq!(geteuid().as_raw(), NOBODY);
            assert_nobody_looks_into_a_fork_server().await;
            assert_threads_are_bounded().await;
            assert_all_held(&Column::EVERY).await;
        }
        Ok("no-namespaces") => {
            let (open, _folder) = Column::None.sandbox().await;
            assert_eq!(short(&run(&open, "unshare").await), "ENOSPC", "the condition itself");
            assert_all_held(&[Column::All]).await;
        }
        Ok("metadata-server") => {
            let targets = Targets::open();
            assert!(targets.aim("{metadata}").is_some(), "the condition itself");
            assert_held_by(&Column::EVERY, targets).await;
        }
        _ => {}
    }
}

/// Exec makes a process dumpable again, so a decoder must see to it itself. What is not dumpable belongs to root in /proc (proc(5)).
async fn assert_nobody_looks_into_a_fork_server() {
    for (column, owner) in [(Column::None, NOBODY), (Column::All, 0)] {
        let (sandbox, _folder) = column.sandbox().await;
        let environment = fs::metadata(format!("/proc/{}/environ", fork_servers()[0])).unwrap();
        assert_eq!(environment.uid(), owner, "{}", column.name());
        drop(sandbox);
        eventually("this column's server is gone", || fork_servers().is_empty()).await;
    }
}

/// Threads are counted for each user, and this one's is the worker's too: a child that may have some leaves the rest to others.
async fn assert_threads_are_bounded() {
    let folder = faulty_with("--threads");
    let sandbox = sandbox_of(folder.path().to_owned(), 1).await;
    // Memory is none of the matter.
    let roomy = DecodeLimits { memory_bytes: 4 << 30, ..limits() };
    let few = run_under(&sandbox, "thread 4", roomy.clone()).await.unwrap();
    assert_eq!(few.issues.first().map(|issue| issue.message.as_str()), Some("4 threads"));
    let many = run_under(&sandbox, "throng 3000", roomy).await.unwrap();
    let hit = death(&many).limit().unwrap();
    // In a container the user's other threads can't be seen, so only the worker looks, a tenth of a second apart.
    let is_container = fs::read_link("/proc/self/ns/pid").unwrap().as_os_str() != "pid:[4026531836]";
    assert!(hit.name == "threads" && (17..if is_container { 3_002 } else { 1_100 }).contains(&hit.asked), "{hit:?}");
    drop(sandbox);
    eventually("its server is gone", || fork_servers().is_empty()).await;
}

/// Runs the above in a process of its own; `Err` says why that can't be had here.
fn under(conditions: &str, command: Command) -> Result<(), String> {
    again("attacked::attacked_under_conditions", conditions, command)
}

/// Runs one test of this executable in a process of its own.
fn again(test: &str, conditions: &str, mut command: Command) -> Result<(), String> {
    let output = command.args(["--exact", test, "--nocapture"]).env(CONDITIONS, conditions).output().map_err(|error| error.to_string())?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    if !said.contains("1 passed") && !said.contains("panicked") {
        return Err(format!("this executable could not be run so: {}", output.status));
    }
    assert!(output.status.success(), "{conditions}: see above");
    Ok(())
}

fn say_skipped(why: &str) {
    println!("skipped: {why}");
}

/// This executable and the test decoder, run by a user without any right.
fn as_plain_user() -> (Command, TempDir) {
    // A copy: nobody else may look into root's folders.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(folder.path().join("deps")).unwrap();
    let executable = folder.path().join("deps/tests");
    fs::copy(std::env::current_exe().unwrap(), &executable).unwrap();
    fs::copy(decoders_folder().join("assay-faulty"), folder.path().join("assay-faulty")).unwrap();
    let mut command = Command::new(&executable);
    command.uid(NOBODY).gid(NOBODY).current_dir("/");
    (command, folder)
}

#[test]
fn every_attack_is_held_for_a_worker_that_is_a_plain_user() {
    if !geteuid().is_root() {
        return say_skipped("this is a plain user: the matrix above was its own");
    }
    let (command, _folder) = as_plain_user();
    under("plain-user", command).unwrap();
}

#[test]
fn without_landlock_every_attack_is_held_for_a_plain_user_too() {
    if !geteuid().is_root() {
        return say_skipped("this is a plain user: its own test without Landlock says it");
    }
    let (command, _folder) = as_plain_user();
    again("conditions::without_landlock_every_attack_is_held_and_the_loss_is_told", "", command).unwrap();
}

#[test]
fn no_user_namespace_is_needed() {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\""]);
    command.arg(std::env::current_exe().unwrap());
    if let Err(why) = under("no-namespaces", command) {
        say_skipped(&why);
    }
}

#[test]
fn a_metadata_server_hears_nothing() {
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "ip link set lo up && ip address add 169.254.169.254/32 dev lo && exec \"$0\" \"$@\""]);
    command.arg(std::env::current_exe().unwrap());
    if let Err(why) = under("metadata-server", command) {
        say_skipped(&why);
    }
}
