//! Faults of a conversation: a JSON pointer (RFC 6901) and a sentence each.

use assay_contract::failure::{Issue, Severity};

/// Faults that are told one by one; a record takes 32 issues in all.
const MOST_TOLD: usize = 28;

/// What is wrong with a conversation, in the order in which it was found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    told: Vec<Issue>,
    more: u64,
    /// Whether one that is not told is an error.
    worst: Option<Severity>,
    left_out: u64,
}

impl Faults {
    /// Something without which a labelling tool refuses it.
    pub(super) fn err(&mut self, pointer: impl AsRef<str>, what: impl AsRef<str>) {
        self.add(Severity::Error, pointer.as_ref(), what.as_ref());
    }

    /// Something that it should know.
    pub(super) fn warn(&mut self, pointer: impl AsRef<str>, what: impl AsRef<str>) {
        self.add(Severity::Warning, pointer.as_ref(), what.as_ref());
    }

    /// Ids that did not fit into the record.
    pub(super) fn left_out(&mut self, ids: u64) {
        self.left_out = ids;
    }

    /// All of them, as a record tells them.
    pub(super) fn issues(self) -> Vec<Issue> {
        let mut issues = self.told;
        if let Some(severity) = self.worst {
            let message = format!("{} more faults were found.", self.more);
            issues.push(Issue { code: CODE.to_owned(), severity, message });
        }
        if self.left_out > 0 {
            let message = format!("{} ids of messages that may be labelled are not in the record: it would be too long.", self.left_out);
            issues.push(Issue::warning("labelable-ids-left-out", message));
        }
        issues
    }

    fn add(&mut self, severity: Severity, pointer: &str, what: &str) {
        if self.told.len() < MOST_TOLD {
            let place = if pointer.is_empty() { "The conversation" } else { pointer };
            self.told.push(Issue { code: CODE.to_owned(), severity, message: format!("{place}: {what}.") });
        } else {
            self.more += 1;
            if self.worst != Some(Severity::Error) {
                self.worst = Some(severity);
            }
        }
    }
}

const CODE: &str = "conversation-fault";

/// One step of a pointer: `~` and `/` are escaped, and a long name is cut.
pub(super) fn step(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    format!("/{}", short.replace('~', "~0").replace('/', "~1"))
}
