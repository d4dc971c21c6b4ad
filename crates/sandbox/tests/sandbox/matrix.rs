//! Carries the attacks out, column by column, and compares what came with what must come.

use crate::attacks::{ATTACKS, Attack, B, Clock, Control};
use crate::columns::Column;
use crate::ground::{decoders_folder, run_under};
use crate::targets::Targets;
use assay_contract::DecodeLimits;
use assay_sandbox::{Answered, ChildDeath, Ended, Sandbox};
use rustix::process::{DumpableBehavior, geteuid, set_dumpable_behavior};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;

/// A machine that refuses something to everybody does it by one of these.
const CLOSED: [&str; 5] = ["EPERM", "EACCES", "ENOSYS", "ENOSPC", "signal 11"];

/// What came of all attacks.
pub(crate) struct Report {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Connections and datagrams that reached a target, in each column.
    contacts: Vec<usize>,
    /// Files that were left behind, in each column.
    left_behind: Vec<usize>,
    is_root: bool,
}

struct Row {
    attack: &'static Attack,
    /// What came, for each column; `None` where the target is not here.
    came: Vec<Option<String>>,
}

impl Report {
    /// Every attack in each of these columns.
    pub(crate) async fn of(columns: &[Column], targets: &Arc<Targets>) -> Self {
        let mut rows: Vec<Row> = ATTACKS.iter().map(|attack| Row { attack, came: Vec::new() }).collect();
        let (mut contacts, mut left_behind) = (Vec::new(), Vec::new());
        for column in columns {
            let before = targets.contacts();
            let came = attack_all(*column, targets).await;
            rows.iter_mut().zip(came).for_each(|(row, came)| row.came.push(came));
            contacts.push(targets.contacts() - before);
            left_behind.push(targets.left_behind());
        }
        set_dumpable_behavior(DumpableBehavior::Dumpable).unwrap();
        Self { columns: columns.to_vec(), rows, contacts, left_behind, is_root: geteuid().is_root() }
    }

    /// Cells that are not as they must be, each as a sentence.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in &self.rows {
            let must = row.attack.cells(self.is_root);
            for (column, came) in self.columns.iter().zip(&row.came) {
                let must = must[*column as usize];
                if let Some(came) = came
                    && !must.split(" or ").any(|must| must == came)
                    && !row.is_closed(came)
                {
                    wrong.push(format!("{} / {}: {came} instead of {must}", row.attack.name, column.name()));
                }
            }
        }
        for ((column, contacts), left_behind) in self.columns.iter().zip(&self.contacts).zip(&self.left_behind) {
            match column {
                Column::None if *contacts == 0 || *left_behind == 0 => {
                    wrong.push("the control reached no target or left no file".to_owned());
                }
                Column::All if *contacts + *left_behind > 0 => {
                    wrong.push(format!("{contacts} contacts, {left_behind} files with all layers"));
                }
                _ => {}
            }
        }
        wrong
    }

    /// Attacks that could not be shown here, and why.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let told = |row: &Row| match row.came.first()? {
            None => Some(format!("{}: its target is not on this machine", row.attack.name)),
            Some(came) if row.is_closed(came) => Some(format!("{}: this machine refuses it to everybody ({came})", row.attack.name)),
            Some(_) => None,
        };
        self.rows.iter().filter_map(told).collect()
    }
}

impl Row {
    /// Refused by the machine itself: then it was refused in the first column too.
    fn is_closed(&self, came: &str) -> bool {
        let first = self.came.first().and_then(Option::as_deref);
        self.attack.may_be_closed && first == Some(came) && CLOSED.contains(&came)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:<36}", if self.is_root { "worker: root" } else { "worker: a plain user" })?;
        for column in &self.columns {
            write!(out, "{:<19}", column.name())?;
        }
        writeln!(out)?;
        for row in &self.rows {
            write!(out, "{:<36}", row.attack.name)?;
            for came in &row.came {
                write!(out, "{:<19}", came.as_deref().unwrap_or("-"))?;
            }
            writeln!(out)?;
        }
        for (what, counts) in [("servers were reached, times", &self.contacts), ("files were left behind", &self.left_behind)] {
            write!(out, "{what:<36}")?;
            for count in counts {
                write!(out, "{count:<19}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// All attacks in one column, a few at a time.
async fn attack_all(column: Column, targets: &Arc<Targets>) -> Vec<Option<String>> {
    let dumpable = if column.hardens_the_worker() { DumpableBehavior::NotDumpable } else { DumpableBehavior::Dumpable };
    set_dumpable_behavior(dumpable).unwrap();
    let (sandbox, _folder) = column.sandbox().await;
    let sandbox = Arc::new(sandbox);
    let attacks = ATTACKS.iter().map(|attack| {
        let (sandbox, targets) = (sandbox.clone(), targets.clone());
        tokio::spawn(async move { carry_out(attack, column, &sandbox, &targets).await })
    });
    let mut came = Vec::new();
    for attack in attacks.collect::<Vec<_>>() {
        came.push(attack.await.unwrap());
    }
    sandbox.close().await;
    came
}

async fn carry_out(attack: &Attack, column: Column, sandbox: &Sandbox, targets: &Targets) -> Option<String> {
    let command = match attack.control {
        Control::Other(control) if column == Column::None => control,
        _ => attack.command,
    };
    let command = targets.aim(command)?;
    if column == Column::None && matches!(attack.control, Control::InProcess) {
        return Some(in_process(&command, attack.clock).await);
    }
    let limits = limits(attack.clock, column);
    if let Some(before) = attack.before {
        run_under(sandbox, &targets.aim(before)?, limits.clone()).await.unwrap();
    }
    Some(short(&run_under(sandbox, &command, limits).await.unwrap()))
}

fn limits(clock: Clock, column: Column) -> DecodeLimits {
    let stall_ms = match clock {
        Clock::Brief => 300,
        Clock::Cpu if !column.limits() => 300,
        Clock::Patient | Clock::Cpu => 30_000,
    };
    DecodeLimits { memory_bytes: 64 << 20, cpu_ms: 1_000, stall_ms, total_ms: 40_000, ..DecodeLimits::default() }
}

/// What becomes of a process that does it itself.
async fn in_process(command: &str, clock: Clock) -> String {
    let mut worker = Command::new(decoders_folder().join("assay-faulty"))
        .args(["--in-process", command])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let patience = if matches!(clock, Clock::Patient) { Duration::from_secs(30) } else { Duration::from_millis(300) };
    match tokio::time::timeout(patience, worker.wait()).await {
        Err(_) => "worker: hangs".to_owned(),
        Ok(status) => match status.unwrap().signal() {
            Some(signal) => format!("worker: signal {signal}"),
            None => "worker: lives".to_owned(),
        },
    }
}

/// What came of an attack, in a word or two.
pub(crate) fn short(answered: &Answered) -> String {
    let issue = |code| answered.issues.iter().find(|issue| issue.code == code);
    if issue("breach").is_some() {
        return B.to_owned();
    }
    match &answered.ended {
        Ended::Died(death) => by_death(death),
        Ended::Done if !answered.thumbnails.is_empty() => "taken".to_owned(),
        ended => issue("held").map_or_else(|| format!("{ended:?}"), |held| by_words(&held.message)),
    }
}

fn by_death(death: &ChildDeath) -> String {
    match death {
        // The exit code of the program that the attack runs in its own place.
        ChildDeath::ExitedSilently { code: 77 } => B.to_owned(),
        ChildDeath::SecurityViolation { syscall: Some(number) } => format!("filter: {}", call(*number)),
        ChildDeath::SecurityViolation { syscall: None } => "filter".to_owned(),
        ChildDeath::Signal(signal) => format!("signal {signal}"),
        ChildDeath::OutOfMemory => "memory".to_owned(),
        ChildDeath::CpuLimit { .. } => "cpu".to_owned(),
        ChildDeath::Stalled { .. } => "stall".to_owned(),
        ChildDeath::Protocol(_) => "protocol".to_owned(),
        ChildDeath::TooMuch(_) => "limit".to_owned(),
        other => other.to_string(),
    }
}

fn call(number: i64) -> String {
    match number {
        libc::SYS_socket => "socket".to_owned(),
        libc::SYS_kill => "kill".to_owned(),
        libc::SYS_execve => "execve".to_owned(),
        libc::SYS_mprotect => "mprotect".to_owned(),
        libc::SYS_sendto => "sendto".to_owned(),
        libc::SYS_fcntl => "fcntl".to_owned(),
        number if number == 0x4000_0000 + libc::SYS_getpid => "x32 getpid".to_owned(),
        number => number.to_string(),
    }
}

/// The name of the error in "… (os error 13)".
fn by_words(held: &str) -> String {
    let number = held.rsplit_once("(os error ").and_then(|(_, rest)| rest.strip_suffix(')')?.parse::<i32>().ok());
    match number {
        Some(libc::EPERM) => "EPERM".to_owned(),
        Some(libc::EACCES) => "EACCES".to_owned(),
        Some(libc::EAGAIN) => "EAGAIN".to_owned(),
        Some(libc::ENOSYS) => "ENOSYS".to_owned(),
        Some(libc::ENOSPC) => "ENOSPC".to_owned(),
        Some(libc::ENOMEM) => "ENOMEM".to_owned(),
        Some(number) => format!("errno {number}"),
        None if held == "no descriptor and no path" => "no path".to_owned(),
        None => held.to_owned(),
    }
}
