//! The word that users know a codec by.

/// The container's four-character code where it is printable (`avc1`), else the codec's name.
pub(crate) fn called(tag: u32, name: &str) -> String {
    let bytes = tag.to_le_bytes();
    let code = std::str::from_utf8(&bytes).unwrap_or_default().trim_end_matches(' ');
    if code.len() >= 3 && code.bytes().all(|byte| byte.is_ascii_graphic()) { code.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printable_code_is_used_and_any_other_is_not() {
        assert_eq!(called(u32::from_le_bytes(*b"avc1"), "h264"), "avc1");
        assert_eq!(called(u32::from_le_bytes(*b"raw "), "rawvideo"), "raw");
        assert_eq!(called(0x1b, "h264"), "h264");
        assert_eq!(called(0, "mp3"), "mp3");
        assert_eq!(called(u32::from_le_bytes([0xff, b'a', b'b', b'c']), "x"), "x");
    }
}
