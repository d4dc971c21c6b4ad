//! Outcomes, counted, and what cost the most.

use crate::variant::Variant;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt;

/// As many of the dearest files are named.
const DEAREST: usize = 8;

/// All outcomes so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    outcomes: BTreeMap<String, u64>,
    unexpected: u64,
    cpu_ms: u64,
    dearest: Vec<(u64, String)>,
}

impl Tally {
    pub(crate) fn count(&mut self, verdict: &Verdict, variant: &Variant) {
        *self.outcomes.entry(verdict.outcome.clone()).or_default() += 1;
        self.unexpected += u64::from(verdict.unexpected.is_some());
        self.cpu_ms += verdict.cpu_ms;
        self.dearest.push((verdict.cpu_ms, variant.title()));
        self.dearest.sort_by_key(|(cpu_ms, _)| std::cmp::Reverse(*cpu_ms));
        self.dearest.truncate(DEAREST);
    }

    pub(crate) fn all(&self) -> u64 {
        self.outcomes.values().sum()
    }

    pub(crate) fn unexpected(&self) -> u64 {
        self.unexpected
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (outcome, count) in &self.outcomes {
            writeln!(f, "{count:>7}  {outcome}")?;
        }
        writeln!(
            f,
            "{:>7}  in all, {} unexpected, {:.1} s of CPU in decoders; the dearest:",
            self.all(),
            self.unexpected,
            self.cpu_ms as f64 / 1000.0
        )?;
        let mut dearest = self.dearest.iter().peekable();
        while let Some((cpu_ms, title)) = dearest.next() {
            write!(f, "{cpu_ms:>7} ms  {title}")?;
            if dearest.peek().is_some() {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
