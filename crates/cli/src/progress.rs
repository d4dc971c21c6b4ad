//! Progress: a bar on a terminal, plain lines elsewhere.

use crate::card::plain;
use assay_broker::{Delays, RetryDelay};
use assay_store::{RowCounts, TaskProgress, Waiting};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a plain line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Most rows of those that are tried again that are named at once.
const NAMED: usize = 3;

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

    /// Shows where the task stands, and what the rows wait for that are to be tried again.
    pub fn show(&mut self, task: &TaskProgress, waiting: &[Waiting]) {
        let (ended, total) = (task.rows.ended(), task.rows.total());
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(ended);
                let again = waiting.first().map(|row| tried_again(row, Timestamp::now()));
                bar.set_message([Some(outcomes(&task.rows)), again].into_iter().flatten().collect::<Vec<_>>().join(" · "));
            }
            // The last state is always said, the ones before it now and then.
            None if task.state.is_final() || self.last_line.is_none_or(|last| last.elapsed() >= LINE_EVERY) => {
                self.last_line = Some(Instant::now());
                let parts = [format!("{ended}/{total} done"), outcomes(&task.rows)];
                let line = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
                let _ = writeln!(std::io::stderr(), "{line}");
                for row in waiting.iter().take(NAMED) {
                    let _ = writeln!(std::io::stderr(), "  {}", tried_again(row, Timestamp::now()));
                }
                if waiting.len() > NAMED {
                    let _ = writeln!(std::io::stderr(), "  and others");
                }
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
        ("queued", rows.queued),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(name, count)| format!("{count} {name}"))
    .collect::<Vec<_>>()
    .join(" · ")
}

/// `street-001: provider-unavailable, tried again within 8 s`
fn tried_again(row: &Waiting, now: Timestamp) -> String {
    let name = row.global_key.as_deref().map_or_else(|| row.job_id.to_string(), plain);
    // An outage of our own takes a job without costing it an attempt: then it comes sooner than this.
    let rest = Delays::default().of(RetryDelay::after(row.taken));
    let left = rest.saturating_sub(Duration::try_from(now.duration_since(row.failed_at)).unwrap_or_default());
    let when = match left.as_secs() {
        0 => "due again: it waits for a worker".to_owned(),
        seconds @ 1..60 => format!("tried again within {seconds} s"),
        seconds => format!("tried again within {} min", seconds.div_ceil(60)),
    };
    format!("{name}: {}, {when} (`assay explain {}`)", row.failure, row.failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::Code;

    #[test]
    fn a_row_that_is_tried_again_says_when_at_the_latest() {
        let failed_at = Timestamp::UNIX_EPOCH;
        let told = |taken, after: i64| {
            let row = Waiting {
                job_id: "j1".parse().unwrap(),
                global_key: Some("a\u{1b}b".into()),
                failure: Code::FetchTimeout,
                failed_at,
                taken,
            };
            tried_again(&row, failed_at + jiff::SignedDuration::from_secs(after))
        };
        assert_eq!(told(1, 2), "a\u{fffd}b: fetch-timeout, tried again within 8 s (`assay explain fetch-timeout`)");
        assert!(told(1, 12).contains("due again") && told(2, 1).contains("within 59 s") && told(3, 60).contains("within 9 min"));
        assert!(told(1, -5).contains("within 10 s"), "another machine's clock may be ahead");
    }
}
