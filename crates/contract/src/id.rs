//! Names of things, as types: each can only hold what may stand in a path, a message header and a log line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most characters an id may have; Labelbox's own limit for a `global_key`.
pub const MAX_ID_CHARACTERS: usize = 200;

/// Why a string is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing in it.
    #[error("{what} is empty; give 1 to {MAX_ID_CHARACTERS} characters")]
    Empty {
        /// Which kind of id.
        what: &'static str,
    },
    /// Over [`MAX_ID_CHARACTERS`].
    #[error("{what} has {characters} characters; {MAX_ID_CHARACTERS} are allowed")]
    TooLong {
        /// Which kind of id.
        what: &'static str,
        /// How many it has.
        characters: usize,
    },
    /// A character outside `A-Z a-z 0-9 - _ . : @`, or a leading dot.
    #[error("{what} holds {found:?}; letters, digits and - _ . : @ are allowed, and no leading dot")]
    Character {
        /// Which kind of id.
        what: &'static str,
        /// The first offender.
        found: char,
    },
}

fn checked(what: &'static str, text: &str) -> Result<(), InvalidId> {
    let characters = text.chars().count();
    if characters == 0 {
        return Err(InvalidId::Empty { what });
    }
    if characters > MAX_ID_CHARACTERS {
        return Err(InvalidId::TooLong { what, characters });
    }
    if text.starts_with('.') {
        return Err(InvalidId::Character { what, found: '.' });
    }
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.:@".contains(*c))) {
        Some(found) => Err(InvalidId::Character { what, found }),
        None => Ok(()),
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                checked($what, text)?;
                Ok(Self(text.to_owned()))
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                checked($what, &text)?;
                Ok(Self(text))
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

ids! {
    /// One job; a redelivery carries the same one. A ULID when we make it.
    JobId = "job_id";
    /// The tenant. Nothing of one organisation is ever shown to another.
    OrganizationId = "organization_id";
    /// A batch of jobs that its submitter watches as one.
    TaskId = "task_id";
    /// The row in the sender's catalogue that the asset belongs to.
    DataRowId = "data_row_id";
    /// The collection the row belongs to.
    DatasetId = "dataset_id";
    /// A customer's delegation: which role to assume, and what it may reach.
    IntegrationId = "integration";
}

impl JobId {
    /// A new job id: a ULID, so ids sort by the time they were made.
    pub fn generate() -> Self {
        Self(ulid::Ulid::new().to_string())
    }
}

impl TaskId {
    /// A new task id: a ULID.
    pub fn generate() -> Self {
        Self(ulid::Ulid::new().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_takes_200_characters_and_no_more() {
        assert!("a".repeat(199).parse::<JobId>().is_ok());
        assert!("a".repeat(200).parse::<JobId>().is_ok());
        assert_eq!("a".repeat(201).parse::<JobId>(), Err(InvalidId::TooLong { what: "job_id", characters: 201 }));
    }

    #[test]
    fn an_id_can_not_leave_its_folder() {
        for bad in ["", "../x", "a/b", ".", "a b", "a\nb", "é"] {
            assert!(bad.parse::<OrganizationId>().is_err(), "{bad:?}");
        }
    }
}
