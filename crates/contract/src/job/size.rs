//! How large a job may be: what a message costs in memory is known before it is read.

use super::{JobUnreadable, Unusable};
use serde_json::Value;
use std::io;

/// Largest job message, bytes: 4 MiB for an inline text as JSON writes it, 64 KiB for the rest of the job.
///
/// A worker holds the messages of its whole prefetch at once, beside its children and spools, and each text in it twice while it
/// goes into a spool: so the bound is small. What is larger lies in a bucket, from where it is streamed against a budget.
/// (RabbitMQ 4 would take 16 MiB.)
pub const MAX_JOB_BYTES: usize = (4 << 20) + (64 << 10);

/// Largest inline object, bytes as JSON writes it. A conversation is made of short texts; a larger one lies in a bucket.
pub const MAX_INLINE_OBJECT_BYTES: usize = 1 << 20;

/// Most JSON values of a message. Each costs 32 bytes or more once read, and the smallest object some 650 in place of the 6 that
/// it has as text, so the length alone bounds nothing: at this number the tree stays under 24 MiB beside its texts.
pub const MAX_JOB_VALUES: usize = 65_536;

/// Whether a message is small enough to be read: in one pass that builds nothing.
pub fn within_limits(message: &[u8]) -> Result<(), JobUnreadable> {
    if message.len() > MAX_JOB_BYTES {
        return Err(JobUnreadable::TooLong(message.len()));
    }
    let values = most_values(message);
    if values > MAX_JOB_VALUES {
        return Err(JobUnreadable::TooManyValues(values));
    }
    Ok(())
}

/// Whether an inline asset is small enough; text is as long as its message may be.
pub(super) fn inline_within_limits(inline: &Value) -> Result<(), Unusable> {
    let mut bytes = Counted(0);
    if inline.is_object() && (serde_json::to_writer(&mut bytes, inline).is_err() || bytes.0 > MAX_INLINE_OBJECT_BYTES) {
        return Err(Unusable::InlineTooLong(bytes.0));
    }
    Ok(())
}

/// At least as many as there are: each value but the first follows a `,` or stands first in an object or array. What is no JSON is
/// counted as if it were; the parser finds out.
fn most_values(message: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in message {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'{' | b'[' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

/// Counts what is written, and keeps nothing.
struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
