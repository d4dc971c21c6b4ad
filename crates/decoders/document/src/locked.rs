//! A document that wants a password: what stands in it unencrypted is told, and then that it is locked.

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
        page_count: plain::page_count(file),
        encrypted: true,
        ..DocumentDetails::default()
    };
    answer.facts(&describe::facts(&details, input.length()))?;
    Err(Refusal::new(Code::EncryptedAsset, "it opens with a password only, and the empty one is not it").into())
}
