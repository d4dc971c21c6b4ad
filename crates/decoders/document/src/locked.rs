//! A document that wants a password: what stands in it unencrypted is told, and then that it is locked.

use crate::count;
use crate::describe;
use crate::opening::Head;
use crate::plain;
use assay_contract::Code;
use assay_contract::details::DocumentDetails;
use assay_contract::exchange::Refusal;
use assay_kit::{Answer, Input, Stop};

/// Tells what can be read. Only texts and streams are encrypted, not the page tree (ISO 32000-1, 7.6.1), unless the tree itself lies
/// in a stream.
pub(crate) fn tell(input: &Input, head: &Head, answer: &mut Answer) -> Result<(), Stop> {
    let file = input.in_memory().unwrap_or_default();
    let details = DocumentDetails {
        pdf_version: head.version.clone().max(plain::catalogue_version(file)),
        page_count: announced(file),
        encrypted: true,
        ..DocumentDetails::default()
    };
    answer.facts(&describe::facts(&details, input.length()))?;
    Err(Refusal::new(Code::EncryptedAsset, "it opens with a password only, and the empty one is not it").into())
}

/// The pages that it announces, where so many can be in it: nobody can look for them.
fn announced(file: &[u8]) -> Option<u64> {
    plain::page_count(file).filter(|count| *count > 0 && *count <= count::most(file.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_pages_than_a_file_has_room_for_are_not_told() {
        let file = |count: u64| format!("2 0 obj<</Type/Pages/Kids[3 0 R]/Count {count:07}>>endobj");
        let most = count::most(file(0).len() as u64);
        assert_eq!(
            [0, 1, most, most + 1, 1_000_000].map(|count| announced(file(count).as_bytes())),
            [None, Some(1), Some(most), None, None]
        );
    }
}
