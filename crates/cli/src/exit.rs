//! How `assay` ends: 0 all complete, 1 some failed, 2 usage or set-up, 3 some partial.

use crate::card::plain;
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

/// A line for the person at the terminal, or a few: what it repeats of names and files drives no terminal.
pub fn complain(message: &str) {
    let lines: Vec<String> = message.split('\n').map(plain).collect();
    // Nobody is left to tell when even this fails.
    let _ = writeln!(std::io::stderr(), "assay: {}", lines.join("\n"));
}

/// An error with its causes, as one line. A cause that only repeats what was said is passed over: rooms word their own errors, and
/// libraries print theirs with all that is below.
pub fn told(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.is_empty() {
            said = cause;
        } else if let Some(more) = cause.strip_prefix(&said) {
            said.push_str(more);
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

/// A line of output. A closed pipe (`assay … | head`) ends the command quietly, as other tools do.
pub fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => Ok(written?),
    }
}

/// A line of output beside what is written elsewhere: that is made to its end though nobody listens.
pub fn say_beside(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_layer_of_an_error_repeats_another() {
        let root = || anyhow::anyhow!("no such file");
        let told = |error: anyhow::Error| told(&error);
        assert_eq!(
            told(root().context("the file can't be read").context("the store is closed")),
            "the store is closed: the file can't be read: no such file"
        );
        assert_eq!(
            told(root().context("the shelf can't be opened").context("the shelf can't be opened")),
            "the shelf can't be opened: no such file"
        );
        assert_eq!(told(root().context("it can't be opened: no such file")), "it can't be opened: no such file");
        assert_eq!(
            told(root().context("it can't be opened: the disk").context("it can't be opened")),
            "it can't be opened: the disk: no such file"
        );
    }
}
