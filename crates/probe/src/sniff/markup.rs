//! Which element markup begins with: words further behind may be quoted, or stand in a comment.

/// The first element's name without its prefix in small letters, or the document type's where the head ends before the first element
/// (XML 1.0, 2.8: prolog). `None` where there is neither.
pub(super) fn root(text: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut doctype) = (text, None);
    loop {
        rest = rest.trim_ascii_start();
        let behind = if let Some(comment) = rest.strip_prefix(b"<!--") {
            behind(comment, b"-->")
        } else if let Some(instruction) = rest.strip_prefix(b"<?") {
            behind(instruction, b"?>")
        } else if let Some((_, kind)) = rest.split_at_checked(DOCTYPE.len()).filter(|(mark, _)| mark.eq_ignore_ascii_case(DOCTYPE)) {
            doctype = name(kind.trim_ascii_start());
            behind_declaration(kind)
        } else {
            return rest.strip_prefix(b"<").map_or(if rest.is_empty() { doctype } else { None }, name);
        };
        rest = behind.unwrap_or_default();
    }
}

const DOCTYPE: &[u8] = b"<!doctype";
/// Longer names are of nothing that we know.
const LONGEST_NAME: usize = 64;

fn name(text: &[u8]) -> Option<Vec<u8>> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'[');
    let whole = text.split(is_end).next().filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)?;
    whole.rsplit(|byte| *byte == b':').next().map(<[u8]>::to_ascii_lowercase)
}

fn behind<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let place = text.windows(mark.len()).position(|bytes| bytes == mark)?;
    text.get(place + mark.len()..)
}

/// What follows a document type's declaration: its own subset, quotes and comments may hold the sign that ends it.
fn behind_declaration(text: &[u8]) -> Option<&[u8]> {
    let (mut rest, mut is_in_subset) = (text, false);
    loop {
        let place = rest.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'[' | b']' | b'>' | b'<'))?;
        let (sign, after) = rest.get(place..)?.split_first()?;
        rest = match sign {
            b'<' if after.starts_with(b"!--") => behind(after, b"-->")?,
            b'"' | b'\'' => behind(after, &[*sign])?,
            b'>' if !is_in_subset => return Some(after),
            _ => after,
        };
        match sign {
            b'[' => is_in_subset = true,
            b']' => is_in_subset = false,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_is_found_behind_any_prolog() {
        for (text, want) in [
            ("<svg/>", Some("svg")),
            ("<q:SVG xmlns:q=\"…\">", Some("svg")),
            (
                "<?xml version=\"1.0\"?>\n<!-- <svg> --><!DOCTYPE svg PUBLIC \"a>b\" 'c' [\n<!ENTITY e \"]>\"> <!-- don't ]> -->\n] >\n<svg>",
                Some("svg"),
            ),
            ("<?xml version=\"1.0\"?><rss><item>&lt;svg <svg/></item></rss>", Some("rss")),
            ("<!DocType html><body><svg>", Some("body")),
            ("<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\"", Some("svg")),
            ("<!-- a heading -->\n# Title\n<svg>", None),
            ("<!-- <svg>", None),
            ("words", None),
            ("", None),
        ] {
            assert_eq!(root(text.as_bytes()).as_deref(), want.map(str::as_bytes), "{text}");
        }
    }
}
