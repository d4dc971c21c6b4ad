//! Text layers that others made: read as leniently as labelling tools read them, one page at a time, and believed in nothing.
//!
//! What must be there is what Labelbox's schema asks for (<https://docs.labelbox.com/reference/import-document-data>): `number`, `units`
//! and `groups` of a page, `id`, `content` and `geometry` of a group and a token. All of it is needed, so that what is read takes little
//! more memory than its text. Ids are any text, a page may leave out its size, and more fields may stand beside them.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// One page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GivenPage<'t> {
    /// From 1.
    pub number: u32,
    /// What the lengths are.
    pub units: GivenUnits,
    /// Of the page as shown, where it is told.
    pub width: Option<f64>,
    /// Of the page as shown, where it is told.
    pub height: Option<f64>,
    /// Lines or blocks.
    #[serde(borrow, deserialize_with = "objects")]
    pub groups: Vec<GivenGroup<'t>>,
}

/// What the lengths of a page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum GivenUnits {
    /// 1/72 inch.
    Points,
    /// Shares of the page's sides, 0 to 1, whatever the word says: so Labelbox's own converters write it.
    Percent,
}

/// A line or a block.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GivenGroup<'t> {
    /// Must be there; what it is does not matter.
    pub id: IgnoredAny,
    /// Must be there; its tokens say the same.
    pub content: IgnoredAny,
    /// Around its tokens.
    pub geometry: GivenPlace,
    /// Words.
    #[serde(borrow, deserialize_with = "objects")]
    pub tokens: Vec<GivenToken<'t>>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GivenToken<'t> {
    /// Must be there; what it is does not matter.
    pub id: IgnoredAny,
    /// Its text.
    #[serde(borrow)]
    pub content: Cow<'t, str>,
    /// Where it stands.
    pub geometry: GivenPlace,
}

/// A place on a page. A side may be negative: some converters write turned words so.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct GivenPlace {
    /// Below the page's upper edge.
    pub top: f64,
    /// Right of the page's left edge.
    pub left: f64,
    /// To the right.
    pub width: f64,
    /// Downwards.
    pub height: f64,
}

/// Why a layer can't be read, and where; it holds nothing of the layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line}, column {column}")]
pub struct GivenLayerError {
    reason: String,
    line: usize,
    column: usize,
}

/// Hands each page to `take`, in the layer's order, and keeps none. Returns how many there were.
pub fn read<'j>(json: &'j [u8], take: impl FnMut(GivenPage<'j>)) -> Result<u32, GivenLayerError> {
    let mut source = serde_json::Deserializer::from_slice(json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json));
    let pages = source.deserialize_seq(Pages(take)).and_then(|pages| source.end().map(|()| pages));
    pages.map_err(|error| GivenLayerError { reason: reason(&error), line: error.line(), column: error.column() })
}

const OUT_OF_ORDER: &str = "the pages are not numbered from 1 in their order";
/// Every field that must be there.
const FIELDS: [&str; 11] = ["number", "units", "groups", "id", "content", "geometry", "tokens", "top", "left", "width", "height"];

/// In our own words: the parser's would repeat what stands at the wrong place.
fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    match error.classify() {
        Category::Eof => "it ends too early".to_owned(),
        Category::Syntax | Category::Io => "it is not JSON".to_owned(),
        Category::Data if said.starts_with(OUT_OF_ORDER) => OUT_OF_ORDER.to_owned(),
        Category::Data => match FIELDS.iter().find(|field| said.starts_with(&format!("missing field `{field}`"))) {
            Some(field) => format!("`{field}` is missing"),
            None => "something else than an array of pages with their groups and tokens stands".to_owned(),
        },
    }
}

struct Pages<F>(F);

impl<'de, F: FnMut(GivenPage<'de>)> Visitor<'de> for Pages<F> {
    type Value = u32;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an array of pages")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut pages: A) -> Result<u32, A::Error> {
        let (mut count, mut last) = (0_u32, 0);
        while let Some(page) = pages.next_element::<GivenPage<'de>>()? {
            if page.number <= last {
                return Err(A::Error::custom(OUT_OF_ORDER));
            }
            last = page.number;
            count = count.saturating_add(1);
            (self.0)(page);
        }
        Ok(count)
    }
}

/// Objects only: serde would take an array of the fields for a struct too, which can be a third as long as what it becomes in memory.
fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(source: D) -> Result<Vec<T>, D::Error> {
    source.deserialize_seq(Objects(PhantomData))
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Vec<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(Object(one)) = source.next_element()? {
            all.push(one);
        }
        Ok(all)
    }
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_map(OneObject(PhantomData)).map(Self)
    }
}

struct OneObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneObject<T> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"[{"number":1,"units":"PERCENT","groups":[{"id":"ed53dd86-ef39","content":"a b","geometry":{"top":0.1,"left":0.2,"width":0.3,"height":0.1},
        "typography":{"font":"Times","fontSize":9},"tokens":[{"id":"x","content":"a\u0020b","geometry":{"top":0.1,"left":0.2,"width":-0.3,"height":0.1,"angle":1}}]}]},
        {"number":2,"width":612,"height":792.5,"units":"POINTS","groups":[]}]"#;

    fn refusal(json: &str) -> String {
        read(json.as_bytes(), |_| {}).unwrap_err().to_string()
    }

    #[test]
    fn a_layer_as_labelling_tools_write_it_is_read_page_by_page() {
        for json in [WHOLE.to_owned(), format!("\u{feff}{WHOLE}\n")] {
            let mut pages = Vec::new();
            assert_eq!(read(json.as_bytes(), |page| pages.push((page.number, page.units, page.width, page.groups.len()))), Ok(2));
            assert_eq!(pages, [(1, GivenUnits::Percent, None, 1), (2, GivenUnits::Points, Some(612.0), 0)]);
        }
        let mut words = Vec::new();
        read(WHOLE.as_bytes(), |page| words.extend(page.groups.into_iter().flat_map(|group| group.tokens))).unwrap();
        assert_eq!((words.len(), words[0].content.as_ref(), words[0].geometry.width), (1, "a b", -0.3));
        assert_eq!(read(b"[]", |_| {}), Ok(0));
    }

    #[test]
    fn our_own_layers_are_read_too() {
        use crate::text_layer::{Geometry, TextGroup, TextPage, TextToken, Units};
        let geometry = Geometry { top: 1.0, left: 2.0, width: 3.0, height: 4.0 };
        let tokens = vec![TextToken { id: "1-1-1".into(), content: "a".into(), geometry }];
        let groups = vec![TextGroup { id: "1-1".into(), content: "a".into(), geometry, tokens }];
        let page = TextPage { number: 1, units: Units::Points, width: 612.0, height: 792.0, groups };
        assert_eq!(read(&serde_json::to_vec(&[page]).unwrap(), |_| {}), Ok(1));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_its_words() {
        for (change, to, said) in [
            ("\"units\":\"PERCENT\",", "", "`units` is missing at line 2"),
            ("\"tokens\":", "\"tokes\":", "`tokens` is missing at line 2"),
            ("{\"top\":0.1,", "{", "`top` is missing at line 1"),
            ("\"PERCENT\"", "\"s3cret\"", "something else than"),
            ("0.2", "\"s3cret\"", "something else than"),
            ("\"number\":2", "\"number\":1", OUT_OF_ORDER),
            ("\"number\":1", "\"number\":0", OUT_OF_ORDER),
            ("0.1", "1e999", "it is not JSON"),
            ("\"groups\":[]}]", "\"groups\":[]}] s3cret", "it is not JSON at line 3"),
            ("\"tokens\":[{", "\"tokens\":[[0,\"s3cret\",[0,0,0,0]],{", "something else than"),
        ] {
            assert!(WHOLE.contains(change), "{change}");
            let refused = refusal(&WHOLE.replacen(change, to, 1));
            assert!(refused.contains(said) && !refused.contains("s3cret"), "{change} to {to}: {refused}");
        }
        for (json, said) in [("", "ends too early"), ("{}", "something else"), ("s3cret", "not JSON"), ("\u{fffd}\u{1f}", "not JSON")] {
            assert!(refusal(json).contains(said), "{json}: {}", refusal(json));
        }
    }

    #[test]
    fn a_layer_that_is_cut_anywhere_is_refused() {
        for end in 0..WHOLE.len() {
            assert!(read(&WHOLE.as_bytes()[..end], |_| {}).is_err(), "{end}");
        }
    }

    #[test]
    fn depth_ends_in_a_refusal() {
        assert!(read(&vec![b'['; 1 << 20], |_| {}).is_err());
        let deep = format!("{}{}", "[{\"number\":1,\"more\":", "[".repeat(1 << 20));
        assert!(read(deep.as_bytes(), |_| {}).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..WHOLE.len(), byte in any::<u8>()) {
            let _ = read(&bytes, |_| {});
            let mut altered = WHOLE.as_bytes().to_vec();
            altered[at] = byte;
            let _ = read(&altered, |_| {});
        }
    }
}
