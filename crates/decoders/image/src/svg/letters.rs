//! The letters of a drawing's markup, in the encodings that drawing programs write: UTF-8, UTF-16 and Latin 1.

use std::borrow::Cow;

/// Within so many bytes a declaration says its encoding.
const DECLARATION_BYTES: usize = 256;
/// Names of encodings whose bytes are taken for the letters of those numbers (XML 1.0, 4.3.3). What Windows has otherwise are signs of
/// typography, which stand in words and not in names.
const LATIN_1: [&[u8]; 5] = [b"iso-8859-1", b"iso8859-1", b"latin1", b"iso-8859-15", b"windows-1252"];

/// Markup as text; a letter of any other encoding is lost, not the drawing.
pub(super) fn read(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(wide(rest, u16::from_be_bytes)),
        [b'<', 0, ..] => Cow::Owned(wide(bytes, u16::from_le_bytes)),
        [0, b'<', ..] => Cow::Owned(wide(bytes, u16::from_be_bytes)),
        _ => match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if is_latin_1(bytes) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Err(_) => String::from_utf8_lossy(bytes),
        },
    }
}

fn wide(bytes: &[u8], read: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| read(*unit));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn is_latin_1(bytes: &[u8]) -> bool {
    let head = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes).to_ascii_lowercase();
    let declaration = head.strip_prefix(b"<?xml").and_then(|rest| rest.split(|byte| *byte == b'>').next()).unwrap_or_default();
    LATIN_1.iter().any(|name| crate::bytes::contains(declaration, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_read_in_the_encoding_that_it_is_written_in() {
        let markup = "<?xml version='1.0' encoding='ISO-8859-1'?><g id='é'/>";
        let units: Vec<u16> = markup.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let latin: Vec<u8> = markup.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        for bytes in [
            markup.as_bytes(),
            &little,
            &big,
            &[b"\xff\xfe".as_slice(), &little].concat(),
            &[b"\xfe\xff".as_slice(), &big].concat(),
            &latin,
        ] {
            assert_eq!(read(bytes), markup, "{bytes:?}");
        }
        assert_eq!(read(b"<g id='\xe9'/>"), "<g id='\u{fffd}'/>");
    }
}
