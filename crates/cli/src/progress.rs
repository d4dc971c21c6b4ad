//! Progress: a bar on a terminal, plain lines elsewhere.

use assay_store::{RowCounts, TaskProgress};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a plain line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far a task is.
pub struct Progress {
    bar: Option<ProgressBar>,
    last_line: Option<Instant>,
}

impl Progress {
    /// On standard error: a bar where it is a terminal.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            bar.set_style(bar_style());
            bar
        });
        Self { bar, last_line: None }
    }

    /// Shows where the task stands.
    pub fn show(&mut self, task: &TaskProgress) {
        let (ended, total) = (task.rows.ended(), task.rows.total());
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(ended);
                bar.set_message(outcomes(&task.rows));
            }
            // The last state is always said, the ones before it now and then.
            None if task.state.is_final() || self.last_line.is_none_or(|last| last.elapsed() >= LINE_EVERY) => {
                self.last_line = Some(Instant::now());
                let parts = [format!("{ended}/{total} done"), outcomes(&task.rows)];
                let line = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            None => {}
        }
    }

    /// Leaves the last state on the screen.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish();
        }
    }
}

/// A bar for a known number of files, where records go elsewhere and a person looks at standard error.
pub fn of_files(count: usize) -> Option<ProgressBar> {
    let watched = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
    watched.then(|| ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX)).with_style(bar_style()))
}

fn bar_style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len}  {per_sec}  {eta} left  {msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `12 complete · 1 failed`
pub fn outcomes(rows: &RowCounts) -> String {
    [
        ("complete", rows.complete),
        ("partial", rows.partial),
        ("failed", rows.failed),
        ("cancelled", rows.cancelled),
        ("held", rows.held),
        ("at work", rows.processing),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(name, count)| format!("{count} {name}"))
    .collect::<Vec<_>>()
    .join(" · ")
}
