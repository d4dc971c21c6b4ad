//! Whether an outcome is one that the failure table knows, and none of a decoder's own deaths.

use crate::inspection::Seen;
use assay_contract::Code;
use assay_contract::failure::Severity;
use assay_contract::record::{Record, Status};

/// How one file ended.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// `complete`, `partial truncated-asset`, `failed corrupt-asset`.
    pub(crate) outcome: String,
    /// What the decoder cost, milliseconds of CPU.
    pub(crate) cpu_ms: u64,
    /// What should never happen.
    pub(crate) unexpected: Option<String>,
}

/// Judges what was seen.
pub(crate) fn judge(seen: &Seen) -> Verdict {
    let nothing = |outcome: &str, unexpected: String| Verdict { outcome: outcome.to_owned(), cpu_ms: 0, unexpected: Some(unexpected) };
    match seen {
        Seen::Silence => nothing("hang", "hang: no record came".to_owned()),
        Seen::Death(last_words) => nothing("worker death", format!("worker death: {last_words}")),
        Seen::Record { line, .. } => match serde_json::from_str::<Record>(line) {
            Ok(record) => of(&record),
            Err(error) => nothing("no record", format!("no record of this build: {error}")),
        },
    }
}

fn of(record: &Record) -> Verdict {
    let word = match (&record.failure, record.status) {
        (Some(failure), _) => failure.code.as_str().to_owned(),
        (None, Status::Partial) => {
            let errors = record.issues.iter().filter(|issue| issue.severity == Severity::Error);
            errors.map(|issue| issue.code.as_str()).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" + ")
        }
        (None, Status::Complete | Status::Failed) => String::new(),
    };
    let unexpected = match (&record.failure, record.status) {
        (Some(failure), _) => match failure.code {
            Code::DecoderCrashed => Some(format!("crash: {}", failure.message)),
            Code::DecoderTimeout => Some(format!("hang: {}", failure.message)),
            Code::Internal => Some(format!("ours: {}", failure.message)),
            _ => None,
        },
        (None, Status::Failed) => Some("it failed without a code".to_owned()),
        (None, Status::Partial) if word.is_empty() => Some("it is partial without a reason".to_owned()),
        (None, _) => {
            let own = |code: &str| ["decoder-crashed", "decoder-timeout", "internal"].contains(&code);
            record.issues.iter().find(|issue| own(&issue.code)).map(|issue| format!("{}: {}", issue.code, issue.message))
        }
    };
    Verdict { outcome: format!("{} {word}", record.status.as_str()).trim_end().to_owned(), cpu_ms: record.cost.cpu_ms, unexpected }
}

/// What a file that was unexpected says when it is looked at alone, with what the log says of its decoder.
pub(crate) fn alone(line: &str, log: &str) -> String {
    let outcome = serde_json::from_str::<Record>(line).map_or_else(|error| error.to_string(), |record| of(&record).outcome);
    let told: Vec<&str> = log.lines().filter(|line| line.contains("decoder")).take(2).collect();
    format!("{outcome} {}", told.join(" | ")).trim_end().to_owned()
}
