//! A machine that has less to give: without Landlock decoders are used and the loss is told, without seccomp they are refused.

use crate::columns::Column;
use crate::ground::{assert_healthy, decoders_folder, sandbox};
use crate::matrix::Report;
use crate::targets::Targets;
use assay_contract::record::Posture;
use assay_sandbox::{Sandbox, SandboxConfig, StartError};
use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::Eq;
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Landlock's three calls have the same numbers on every architecture (landlock(7)).
const LANDLOCK: [i64; 3] = [444, 445, 446];

/// Takes calls from this thread, and from every thread and process that it starts, as a container's profile does.
fn take_away(rules: BTreeMap<i64, Vec<SeccompRule>>) {
    let missing = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let architecture = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, missing, architecture).unwrap();
    seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
}

/// Runs on this thread alone: the filter is this thread's, and so is the log.
fn here(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn without_landlock_every_attack_is_held_and_the_loss_is_told() {
    take_away(LANDLOCK.into_iter().map(|call| (call, Vec::new())).collect());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    here(async {
        let sandbox = sandbox().await;
        assert_eq!(sandbox.posture(), Posture::Degraded);
        assert!(log.text().contains("WARN") && log.text().contains("Landlock is not fully enforced"), "{}", log.text());
        assert_healthy(&sandbox).await;
        sandbox.self_test().await.unwrap();
        let report = Report::of(&[Column::All], &Arc::new(Targets::open())).await;
        println!("{report}");
        assert_eq!(report.wrong(), Vec::<String>::new());
    });
}

#[test]
fn without_seccomp_the_worker_refuses_to_start_and_says_why() {
    const PR_SET_SECCOMP: u64 = 22;
    let by_prctl = SeccompRule::new(vec![SeccompCondition::new(0, Dword, Eq, PR_SET_SECCOMP).unwrap()]).unwrap();
    take_away(BTreeMap::from([(libc::SYS_seccomp, Vec::new()), (libc::SYS_prctl, vec![by_prctl])]));
    here(async {
        let config = SandboxConfig { decoders_folder: decoders_folder(), families: vec!["faulty".to_owned()], max_children: 1 };
        let refused = Sandbox::start(config).await.err().unwrap();
        assert!(matches!(refused, StartError::Unconfined { .. }), "{refused:?}");
        assert!(refused.to_string().contains("does not decode without"), "{refused}");
    });
}
