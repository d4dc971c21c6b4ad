//! Addresses as senders write them, with a signature and with a password in them.

use crate::SIGNATURE;
use assay_contract::address::{AssetAddress, Reading, without_secrets};

/// An address is read or refused, and neither what is shown of it nor the refusal holds the signature or password that it came with.
///
/// The signature goes where the first line ends: behind it may be the rest of a query.
pub fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // libFuzzer finds out what is looked for, and writes it where no secret stands.
    if text.to_ascii_lowercase().contains(SIGNATURE) {
        return;
    }
    let (before, after) = text.split_once('\n').unwrap_or((text, ""));
    shows_no_secret(&format!("{before}?X-Amz-Signature={SIGNATURE}{after}"));
    if let Some((scheme, rest)) = before.split_once("://") {
        shows_no_secret(&format!("{scheme}://user:{SIGNATURE}@{rest}{after}"));
    }
}

fn shows_no_secret(address: &str) {
    let hides = |shown: &str| assert!(!shown.to_ascii_lowercase().contains(SIGNATURE), "{address:?} is shown as {shown:?}");
    hides(&without_secrets(address));
    for reading in [Reading::Delegated, Reading::AsSigned] {
        match AssetAddress::parse(address, reading) {
            Ok(read) => hides(&format!("{} {read:?}", read.public())),
            Err(refused) => hides(&format!("{refused} {refused:?}")),
        }
    }
}
