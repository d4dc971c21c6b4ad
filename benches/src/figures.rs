//! How figures are gathered and printed.

use std::time::Duration;

/// Middle and worst of many times.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub(crate) struct Spread {
    /// Half of them took at most this, milliseconds.
    pub(crate) p50_ms: u64,
    /// 99 of 100 took at most this, milliseconds.
    pub(crate) p99_ms: u64,
}

impl Spread {
    pub(crate) fn of(times_ms: impl Iterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = times_ms.collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0);
        Self { p50_ms: at(50), p99_ms: at(99) }
    }
}

/// Milliseconds for each of `count`, with two decimals.
pub(crate) fn each(total: Duration, count: usize) -> String {
    format!("{:>8.2} ms", millis_each(total, count))
}

/// Milliseconds for each of `count`.
pub(crate) fn millis_each(total: Duration, count: usize) -> f64 {
    total.as_secs_f64() * 1000.0 / count.max(1) as f64
}

/// A share in per cent.
pub(crate) fn percent(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Says something to the person at the terminal.
#[allow(clippy::print_stdout, reason = "a bench talks to a person")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
