//! Paging by where the last page ended, so that a page costs the same wherever it lies.

use crate::error::StoreError;
use std::fmt;
use std::str::FromStr;

/// Most entries of one page; more is cut to this.
pub const MAX_PAGE: u32 = 1000;

/// Some entries, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// In the order of their job ids (a ULID sorts by its time), then of their attachments.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// A place between two entries; opaque to whoever gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) job_id: String,
    pub(crate) attachment: i64,
}

/// The text was made by no [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor that Assay gave out")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.attachment, self.job_id)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (attachment, job_id) = text.split_once('/').ok_or(InvalidCursor)?;
        let job_id: assay_contract::JobId = job_id.parse().map_err(|_| InvalidCursor)?;
        Ok(Self { job_id: job_id.into(), attachment: attachment.parse().map_err(|_| InvalidCursor)? })
    }
}

impl Cursor {
    /// Before the first entry: no id is empty.
    pub(crate) fn begin() -> Self {
        Self { job_id: String::new(), attachment: i64::MIN }
    }
}

/// How many lines to ask for: one more than the page holds, to see whether it ends there.
pub(crate) fn lines(limit: u32) -> i64 {
    i64::from(limit.clamp(1, MAX_PAGE)) + 1
}

/// Cuts the line that was asked for too many.
pub(crate) fn page<L, T>(
    mut found: Vec<L>,
    limit: u32,
    end: impl Fn(&L) -> Result<Cursor, StoreError>,
    read: impl Fn(L) -> Result<T, StoreError>,
) -> Result<Page<T>, StoreError> {
    let room = usize::try_from(limit.clamp(1, MAX_PAGE)).unwrap_or(usize::MAX);
    let more = found.len() > room;
    found.truncate(room);
    let next = match found.last() {
        Some(last) if more => Some(end(last)?),
        _ => None,
    };
    Ok(Page { items: found.into_iter().map(read).collect::<Result<_, _>>()?, next })
}
