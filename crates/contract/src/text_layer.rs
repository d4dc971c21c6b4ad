//! The text layer of a document: pages, groups and tokens with their places, as labelling tools import it.
//!
//! The JSON form is the one that Labelbox documents (<https://docs.labelbox.com/reference/import-document-data>): an array of pages,
//! `number units width height groups[id content geometry tokens[id content geometry]]`. Lengths are points (1/72 inch), and the origin
//! is the upper left corner of the page as it is shown: after its crop box and its rotation.

pub mod given;

use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Its MIME type.
pub const MIME_TYPE: &str = "application/json";

/// How far beyond its page a place may reach by rounding, points.
const SLACK: f64 = 0.05;

/// One page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextPage<'t> {
    /// From 1.
    pub number: u32,
    /// What the lengths are.
    pub units: Units,
    /// Of the page as shown.
    pub width: f64,
    /// Of the page as shown.
    pub height: f64,
    /// Blocks of lines that belong together, in reading order as far as the file tells.
    #[serde(borrow)]
    pub groups: Vec<TextGroup<'t>>,
}

/// What the lengths of a layer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Units {
    /// 1/72 inch.
    Points,
}

/// Lines that belong together: a paragraph, a heading, the cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextGroup<'t> {
    /// Page and place in it, `3-12`: the same file gives the same ids.
    #[serde(borrow)]
    pub id: Cow<'t, str>,
    /// The tokens' texts with a space between them.
    #[serde(borrow)]
    pub content: Cow<'t, str>,
    /// Around all tokens.
    pub geometry: Geometry,
    /// Words.
    #[serde(borrow)]
    pub tokens: Vec<TextToken<'t>>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextToken<'t> {
    /// Its group's id and place in it, `3-12-1`.
    #[serde(borrow)]
    pub id: Cow<'t, str>,
    /// Its text.
    #[serde(borrow)]
    pub content: Cow<'t, str>,
    /// Where it stands.
    pub geometry: Geometry,
}

/// A place on a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    /// Below the page's upper edge.
    pub top: f64,
    /// Right of the page's left edge.
    pub left: f64,
    /// To the right.
    pub width: f64,
    /// Downwards.
    pub height: f64,
}

/// Why a layer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TextLayerError(String);

/// Reads a layer page by page and keeps none: its form, the order of its pages, the bounds of its places, the words of its texts.
/// Returns the number of its last page, 0 where it has none.
pub fn check(json: &[u8]) -> Result<u32, TextLayerError> {
    let mut source = serde_json::Deserializer::from_slice(json);
    let pages = source.deserialize_seq(Pages).map_err(|error| TextLayerError(error.to_string()))?;
    source.end().map_err(|error| TextLayerError(error.to_string()))?;
    Ok(pages)
}

struct Pages;

impl<'de> Visitor<'de> for Pages {
    type Value = u32;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an array of pages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pages: A) -> Result<u32, A::Error> {
        let mut count = 0;
        while let Some(number) = pages.next_element_seed(OnePage)? {
            if number <= count {
                return Err(A::Error::custom("pages are not in order"));
            }
            count = number;
        }
        Ok(count)
    }
}

/// One page at a time: a layer of a thousand pages takes the memory of its largest.
struct OnePage;

impl<'de> DeserializeSeed<'de> for OnePage {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<u32, D::Error> {
        let page = TextPage::deserialize(source)?;
        page.fault().map_or(Ok(page.number), |fault| Err(D::Error::custom(fault)))
    }
}

impl TextPage<'_> {
    fn fault(&self) -> Option<&'static str> {
        if !is_length(self.width) || !is_length(self.height) {
            return Some("a page has no size");
        }
        self.groups.iter().find_map(|group| {
            fault(&group.id, &group.content, group.geometry, self)
                .or_else(|| group.tokens.iter().find_map(|token| fault(&token.id, &token.content, token.geometry, self)))
        })
    }
}

fn fault(id: &str, content: &str, place: Geometry, page: &TextPage<'_>) -> Option<&'static str> {
    if id.is_empty() || id.len() > 40 || !id.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Some("an id is none of ours");
    }
    if content.is_empty() || content.chars().any(char::is_control) {
        return Some("a text is empty or holds control characters");
    }
    let Geometry { top, left, width, height } = place;
    let is_inside = [top, left].iter().all(|edge| edge.is_finite() && *edge >= -SLACK)
        && is_length(width)
        && is_length(height)
        && left + width <= page.width + SLACK
        && top + height <= page.height + SLACK;
    (!is_inside).then_some("a place is not on its page")
}

fn is_length(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(change: &str, to: &str) -> Vec<u8> {
        let whole = r#"[{"number":1,"units":"POINTS","width":100.0,"height":50.0,"groups":[{"id":"1-1","content":"a b","geometry":{"top":1.0,"left":2.0,"width":30.0,"height":9.0},"tokens":[{"id":"1-1-1","content":"a","geometry":{"top":1.0,"left":2.0,"width":10.0,"height":9.0}}]}]},{"number":2,"units":"POINTS","width":100,"height":50,"groups":[]}]"#;
        assert!(whole.contains(change), "{change}");
        whole.replacen(change, to, 1).into_bytes()
    }

    #[test]
    fn a_layer_that_is_right_is_read_to_its_last_page() {
        assert_eq!(check(&layer("[", "[")), Ok(2));
        assert_eq!(check(b"[]"), Ok(0));
    }

    #[test]
    fn what_no_honest_decoder_writes_is_no_layer() {
        for (change, to) in [
            ("POINTS", "PERCENT"),
            ("\"number\":2", "\"number\":1"),
            ("\"left\":2.0", "\"left\":95.0"),
            ("\"top\":1.0", "\"top\":-1.0"),
            ("\"width\":10.0", "\"width\":1e300"),
            ("\"width\":100.0", "\"width\":-1"),
            ("\"a\"", "\"\""),
            ("\"a\"", "\"a\\u001b[2J\""),
            ("1-1-1", "<b>"),
            ("\"units\"", "\"extra\":1,\"units\""),
            ("]}]", "]}]1"),
        ] {
            assert!(check(&layer(change, to)).is_err(), "{change} to {to}");
        }
    }

    #[test]
    fn a_layer_that_is_cut_anywhere_is_none() {
        let whole = layer("[", "[");
        for end in 0..whole.len() {
            assert!(check(&whole[..end]).is_err(), "{end}");
        }
    }
}
