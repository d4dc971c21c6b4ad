//! How `assay` ends: 0 all complete, 1 some failed, 2 usage or set-up, 3 some partial.

use std::io::Write;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All complete.
    Complete,
    /// Some records are partial, none failed.
    Partial,
    /// Some failed.
    Failed,
    /// The command could not do its work: usage, configuration, a service that is down.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Complete => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Partial => 3,
        })
    }
}

/// One line for the person at the terminal.
pub fn complain(message: &str) {
    // Nobody is left to tell when even this fails.
    let _ = writeln!(std::io::stderr(), "assay: {message}");
}

/// A line of output. A closed pipe (`assay … | head`) ends the command quietly, as other tools do.
pub fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => Ok(written?),
    }
}
