//! One run of `assay inspect` over a few files, under a clock.

use crate::variant::Variant;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How files are looked at.
pub(crate) struct Inspection {
    /// The binary.
    pub(crate) assay: PathBuf,
    /// Silence after which it is killed.
    pub(crate) patience: Duration,
}

/// What was seen of one file.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A line, which should be a record; the log is that of the whole run.
    Record { line: String, log: String },
    /// Nothing, for longer than anything may take.
    Silence,
    /// The end of `assay`, and its last words.
    Death(String),
}

impl Inspection {
    /// Looks at files in order. What came after a silence or a death was not looked at: the answer is shorter then.
    pub(crate) fn run(&self, variants: &[Variant]) -> Result<Vec<Seen>> {
        #[allow(clippy::disallowed_methods, reason = "what is tried here is a process")]
        let mut command = Command::new(&self.assay);
        command.env_clear().env("PATH", "/usr/bin:/bin").args(["inspect", "--json", "--"]).args(variants.iter().map(Variant::path));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut assay = command.spawn().with_context(|| format!("{} can't be started", self.assay.display()))?;
        let (lines, mut log) = (assay.stdout.take().context("no output")?, assay.stderr.take().context("no log")?);
        let logged = std::thread::spawn(move || {
            let mut text = Vec::new();
            // What could be read of a log is all that is wanted of it.
            let _ = log.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let (tell, told) = channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let (mut said, mut is_silent) = (Vec::new(), false);
        while said.len() < variants.len() {
            match told.recv_timeout(self.patience) {
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    is_silent = true;
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let ended = end(&mut assay, is_silent)?;
        drop(told);
        let _ = reader.join();
        let log = logged.join().unwrap_or_default();
        let is_short = said.len() < variants.len();
        let mut seen: Vec<Seen> = said.into_iter().map(|line| Seen::Record { line, log: log.clone() }).collect();
        if is_silent {
            seen.push(Seen::Silence);
        } else if is_short {
            seen.push(Seen::Death(format!("{ended}: {}", log.lines().last().unwrap_or_default())));
        }
        Ok(seen)
    }
}

fn end(assay: &mut Child, is_silent: bool) -> Result<String> {
    if is_silent {
        assay.kill()?;
    }
    Ok(assay.wait()?.to_string())
}
