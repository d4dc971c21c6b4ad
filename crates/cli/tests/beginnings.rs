//! What holds while a service is still being set up, and what is shipped.

use crate::running::{Service, command, run, until, with};
use crate::stage::Stage;
use std::net::TcpListener;
use std::path::Path;

#[test]
fn a_service_that_is_still_set_up_is_alive_not_ready_and_heeds_a_signal() {
    // A broker that takes the connection and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let mut stage = Stage::embedded();
    stage.set("ASSAY_BROKER_URL", &format!("amqp://guest:guest@{}/", silent.local_addr().unwrap()));
    for verb in ["up", "worker"] {
        let mut service = Service::begin(stage.command(&[verb]), stage.folder.path().join("service.log"));
        // The broker is what it waits for now.
        let mut held = None;
        until("it asks the broker", || {
            held = silent.accept().ok();
            held.is_some()
        });
        assert_eq!(service.page("/livez"), Some((200, "alive\n".to_owned())), "{}", service.said());
        assert_eq!(service.page("/readyz").map(|(status, _)| status), Some(503), "{}", service.said());
        assert_eq!(service.page("/metrics").map(|(status, _)| status), Some(200));
        service.terminate();
        assert_eq!(service.end(), 0, "{}", service.said());
        assert!(!service.said().contains("at work"), "{}", service.said());
        drop(held);
    }
}

#[test]
fn a_port_that_is_taken_is_told_before_any_work() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let stage = Stage::embedded();
    let listen = format!("worker.listen={}", taken.local_addr().unwrap());
    let ended = stage.assay(&["--set", &listen, "up", "--until-idle"]);
    assert!(ended.code == 2 && ended.err.contains("worker.listen") && !ended.err.contains("at work"), "{ended:?}");
}

#[test]
fn a_bound_of_open_files_that_the_slots_do_not_fit_in_is_told_before_any_work() {
    let stage = Stage::embedded();
    for (files, code) in [(60, 2), (512, 0)] {
        let script = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        let shell = with(command(Path::new("/bin/sh")), ["-c", &script]);
        let up = stage.command(&["--set", "worker.decodes=2", "--set", "worker.fetches=4", "up", "--until-idle"]);
        let mut bounded = with(with(shell, [up.get_program()]), up.get_args());
        bounded.current_dir(stage.folder.path()).envs(up.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = run(bounded, b"");
        assert_eq!((ended.code, ended.err.contains("ulimit -n")), (code, code == 2), "{files}: {ended:?}");
    }
}

/// `test-util` lets a test stop tokio's clock; in the product every timer would look for it.
#[test]
fn no_switch_for_tests_is_shipped() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest: toml::Table = std::fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    for (name, dependency) in manifest["workspace"]["dependencies"].as_table().unwrap() {
        assert!(!dependency.to_string().contains("test-util"), "{name} has it for every crate; only dev-dependencies may");
    }
}
