//! The figures of a bench, as a table and as JSON.

use assay_contract::record::Record;
use assay_worker::slots::SlotCounts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What came out.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// What the assets were drawn with.
    pub seed: u64,
    /// How many assets there were to draw from.
    pub found: usize,
    /// How many were drawn.
    pub drawn: usize,
    /// Kind by kind.
    pub kinds: Vec<Kind>,
    /// Records without success, by failure code, over all that was looked at.
    pub failures: BTreeMap<&'static str, usize>,
    /// The worker's own largest resident size, bytes; assets in memory are not in it.
    pub worker_peak_bytes: u64,
}

/// Where it ran.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Machine {
    /// Cores that may be used.
    pub cores: usize,
    /// Downloads at once.
    pub fetches: u16,
    /// Children at once.
    pub decodes: u16,
}

/// One kind of asset.
#[derive(Debug, Serialize)]
pub struct Kind {
    /// `image`, `video` …
    #[serde(rename = "kind")]
    pub name: &'static str,
    /// How many were measured.
    pub assets: usize,
    /// Of them without success.
    pub failed: usize,
    /// Through the whole road, from queueing the first to the last one's record.
    pub assets_per_second: f64,
    /// Bytes fetched a second, in millions.
    pub megabytes_per_second: f64,
    /// Bytes fetched for one asset, on average.
    pub bytes_per_asset: u64,
    /// HTTP requests for one asset, on average.
    pub requests_per_asset: f64,
    /// CPU time of an asset's child, on average, milliseconds.
    pub child_cpu_ms: f64,
    /// The largest child, bytes.
    pub child_peak_bytes: u64,
    /// Time by stage.
    pub stages: BTreeMap<&'static str, Spread>,
}

/// Middle and worst of many times.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    /// Half of them took at most this, milliseconds.
    pub p50_ms: u64,
    /// 99 of 100 took at most this, milliseconds.
    pub p99_ms: u64,
}

impl Machine {
    /// The cores of this process and the plan's slots.
    pub fn of_this_process(slots: SlotCounts) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores, fetches: slots.fetches, decodes: slots.decodes }
    }
}

impl Report {
    /// A report that knows the first look at each asset.
    pub fn new(machine: Machine, seed: u64, found: usize, first: &[Record]) -> Self {
        let mut report =
            Self { machine, seed, found, drawn: first.len(), kinds: Vec::new(), failures: BTreeMap::new(), worker_peak_bytes: 0 };
        report.count_failures(first);
        report
    }

    fn count_failures(&mut self, records: &[Record]) {
        for failure in records.iter().filter_map(|record| record.failure.as_ref()) {
            *self.failures.entry(failure.code.as_str()).or_default() += 1;
        }
    }

    /// Adds what one kind took.
    pub fn add(&mut self, name: &'static str, wall: Duration, records: &[Record]) {
        self.count_failures(records);
        let assets = records.len();
        let bytes: u64 = records.iter().map(|record| record.cost.bytes_fetched).sum();
        let each = |total: u64| total as f64 / assets.max(1) as f64;
        let seconds = wall.as_secs_f64().max(f64::MIN_POSITIVE);
        let spread = |time: fn(&Record) -> u64| Spread::of(records.iter().map(time).collect());
        self.kinds.push(Kind {
            name,
            assets,
            failed: records.iter().filter(|record| record.failure.is_some()).count(),
            assets_per_second: assets as f64 / seconds,
            megabytes_per_second: bytes as f64 / 1e6 / seconds,
            bytes_per_asset: bytes / (assets as u64).max(1),
            requests_per_asset: each(records.iter().map(|record| u64::from(record.cost.requests)).sum()),
            child_cpu_ms: each(records.iter().map(|record| record.cost.cpu_ms).sum()),
            child_peak_bytes: records.iter().map(|record| record.cost.peak_memory_bytes).max().unwrap_or(0),
            stages: BTreeMap::from([
                ("access", spread(|record| record.cost.access_ms)),
                ("fetch", spread(|record| record.cost.fetch_ms)),
                ("decode", spread(|record| record.cost.decode_ms)),
                ("total", spread(|record| record.cost.total_ms)),
            ]),
        });
    }

    /// Closes the report with what the worker itself took.
    pub fn finish(&mut self) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.trim().strip_suffix(" kB"));
        self.worker_peak_bytes = peak.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024;
    }
}

impl Spread {
    fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(0);
        Self { p50_ms: at(50), p99_ms: at(99) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, fetches, decodes } = self.machine;
        writeln!(
            out,
            "{} of {} assets drawn with seed {}; {cores} cores, {fetches} downloads and {decodes} children at once\n",
            self.drawn, self.found, self.seed
        )?;
        writeln!(
            out,
            "  {:<14}{:>8}{:>10}{:>9}{:>12}{:>10}{:>11}{:>12}",
            "kind", "assets", "a second", "MB/s", "bytes each", "requests", "child CPU", "child peak"
        )?;
        for kind in &self.kinds {
            writeln!(
                out,
                "  {:<14}{:>8}{:>10.1}{:>9.1}{:>12}{:>10.2}{:>8.1} ms{:>8} MiB",
                kind.name,
                kind.assets,
                kind.assets_per_second,
                kind.megabytes_per_second,
                kind.bytes_per_asset,
                kind.requests_per_asset,
                kind.child_cpu_ms,
                kind.child_peak_bytes >> 20
            )?;
        }
        writeln!(
            out,
            "\n  time of one asset, p50 / p99 in ms\n  {:<14}{:>16}{:>16}{:>16}{:>16}",
            "kind", "access", "fetch", "decode", "total"
        )?;
        for kind in &self.kinds {
            write!(out, "  {:<14}", kind.name)?;
            for stage in ["access", "fetch", "decode", "total"] {
                let Some(spread) = kind.stages.get(stage) else { continue };
                write!(out, "{:>16}", format!("{} / {}", spread.p50_ms, spread.p99_ms))?;
            }
            writeln!(out)?;
        }
        writeln!(out, "\n  the worker's own largest size: {} MiB", self.worker_peak_bytes >> 20)?;
        if self.failures.is_empty() {
            return write!(out, "  no asset failed");
        }
        let counts: Vec<String> = self.failures.iter().map(|(code, count)| format!("{count} × {code}")).collect();
        write!(out, "  failures: {}; `assay explain CODE` says what to do", counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_worst_are_of_the_sorted_times() {
        let spread = Spread::of((0..100).rev().collect());
        assert_eq!((spread.p50_ms, spread.p99_ms), (50, 99));
        let none = Spread::of(Vec::new());
        assert_eq!((none.p50_ms, none.p99_ms), (0, 0));
    }
}
