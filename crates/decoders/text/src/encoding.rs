//! From bytes to characters: by mark, by what the file says of itself, by validity, and only then by statistics.

use crate::characters;
use assay_contract::Code;
use assay_contract::exchange::{Refusal, Task};
use assay_contract::failure::Issue;
use assay_contract::limits::LimitHit;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::fmt::Write;

/// Bytes that are looked at to guess an encoding, from shortly before the first that is no ASCII.
const GUESSED_BYTES: usize = 1 << 20;
/// A text of so many good characters for each bad place is what it says, and damaged.
const GOOD_FOR_EACH_BAD: u64 = 10;
/// Of so many characters, more than this part may not be control characters: such a file is no text.
const MOST_CONTROLS: u64 = 20;

/// Characters, and how they were had.
#[derive(Debug)]
pub(crate) struct Decoded<'b> {
    /// Without the byte order mark; unreadable places are U+FFFD.
    pub(crate) text: Cow<'b, str>,
    pub(crate) encoding: &'static Encoding,
    pub(crate) has_bom: bool,
    damage: Option<Damage>,
}

#[derive(Debug)]
enum Damage {
    /// The last character is not all there.
    Cut,
    /// So many characters could not be read.
    Places(u64),
}

impl Decoded<'_> {
    /// The encoding's name, lower case.
    pub(crate) fn name(&self) -> String {
        self.encoding.name().to_ascii_lowercase()
    }

    /// What the owner should know of its bytes.
    pub(crate) fn issue(&self) -> Option<Issue> {
        self.damage.as_ref().map(|damage| match damage {
            Damage::Cut => Issue::error("truncated-asset", "The file ends in the middle of a character."),
            Damage::Places(count) => {
                let mut message = format!("{count} characters are not valid {}", self.encoding.name());
                let _ = write!(message, ": they are counted and shown as U+FFFD.");
                Issue::error("damaged-stream", message)
            }
        })
    }
}

/// Decodes all of it. Refuses what is text in no encoding, and what would not fit into memory as UTF-8.
pub(crate) fn decode<'b>(bytes: &'b [u8], task: &Task) -> Result<Decoded<'b>, Refusal> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, mark),
        None => (without_mark(bytes), 0),
    };
    let body = bytes.get(mark..).unwrap_or_default();
    let (text, damage) = converted(body, encoding, task.limits.memory_bytes / 2)?;
    let decoded = Decoded { text, encoding, has_bom: mark > 0, damage };
    let bad = match decoded.damage {
        Some(Damage::Places(count)) => count,
        Some(Damage::Cut) | None => 0,
    };
    let (all, controls) = characters::all_and_controls(&decoded.text);
    if (controls + bad).saturating_mul(MOST_CONTROLS) > all {
        return Err(Refusal::unsupported("it is text in no encoding that is known"));
    }
    Ok(decoded)
}

fn converted<'b>(body: &'b [u8], encoding: &'static Encoding, allowed: u64) -> Result<(Cow<'b, str>, Option<Damage>), Refusal> {
    let cut = if encoding == UTF_8 {
        match std::str::from_utf8(body) {
            Ok(text) => return Ok((Cow::Borrowed(text), None)),
            Err(error) => error.error_len().is_none(),
        }
    } else {
        (encoding == UTF_16LE || encoding == UTF_16BE) && !body.len().is_multiple_of(2)
    };
    let most = encoding.new_decoder_without_bom_handling().max_utf8_buffer_length(body.len()).map_or(u64::MAX, |most| most as u64);
    if most > allowed {
        return Err(Refusal::limit(Code::LimitExceeded, LimitHit::new("decoded_bytes", most, allowed)));
    }
    let (text, had_errors) = encoding.decode_without_bom_handling(body);
    // A mark of replacement that stands in the file itself is told apart by the decoder.
    let places = if had_errors { text.matches('\u{fffd}').count() as u64 } else { 0 };
    let damage = match (places, cut) {
        (0, _) => None,
        (1, true) => Some(Damage::Cut),
        (count, _) => Some(Damage::Places(count)),
    };
    Ok((text, damage))
}

fn without_mark(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = characters::utf_16(bytes) {
        return encoding;
    }
    if let Some(encoding) = characters::declared(bytes) {
        return encoding;
    }
    if is_mostly_utf_8(bytes) { UTF_8 } else { guessed(bytes) }
}

/// Whether it is valid, but for a few places or a cut end.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_u64, 0_u64);
    if bytes.contains(&0x1b) && std::str::from_utf8(bytes).is_ok_and(str::is_ascii) {
        // Seven bits with escapes may be ISO-2022-JP.
        return guessed(bytes) != encoding_rs::ISO_2022_JP;
    }
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count() as u64;
        bad += u64::from(!chunk.invalid().is_empty());
    }
    let is_cut = bad == 1 && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    bad == 0 || (is_cut && good > 0) || good >= bad.saturating_mul(GOOD_FOR_EACH_BAD)
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    let first = bytes.iter().position(|byte| *byte >= 0x80 || *byte == 0x1b).unwrap_or(0);
    let from = first.saturating_sub(4096);
    let part = bytes.get(from..bytes.len().min(from.saturating_add(GUESSED_BYTES))).unwrap_or_default();
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(part, true);
    detector.guess(None, Utf8Detection::Allow)
}
