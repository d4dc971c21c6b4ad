//! Digests as records write them.

use std::fmt::Write;

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    #[test]
    fn hex_digits_are_lower_case_and_padded() {
        assert_eq!(super::hex(&[0, 10, 255]), "000aff");
    }
}
