//! The document's own layer, turned page by page beside the given one.

use super::words;
use assay_contract::text_layer::{Geometry, TextPage};
use std::collections::HashMap;

/// Most different words of a page that are looked up; the words of a page with more are not compared.
const MOST_WORDS: usize = 200_000;

/// Pages of a layer that was checked when it was made.
pub(super) struct OwnPages<'j> {
    rest: &'j [u8],
    /// Turned to already, and of a later number than was asked for.
    ahead: Option<TextPage<'j>>,
}

/// The words of one page.
pub(super) struct OwnPage {
    width: f64,
    height: f64,
    words: HashMap<String, Known>,
    /// How many there are in all.
    pub(super) count: u64,
}

/// A word that stands on a page.
#[derive(Debug, Default)]
struct Known {
    /// How often it was not yet found.
    left: u32,
    /// Its middle in shares of the page's sides, where it stands alone and at one place only.
    middle: Option<(f64, f64)>,
}

/// Where a word was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// It is not on the page, or not so often.
    Nowhere,
    /// At one of several places, or as part of what stands there.
    Somewhere,
    /// At the only place where it is: its middle in shares of the page's sides.
    At((f64, f64)),
}

impl<'j> OwnPages<'j> {
    /// Of a layer's JSON; none where there is no layer.
    pub(super) fn new(layer: &'j [u8]) -> Self {
        Self { rest: layer.strip_prefix(b"[").unwrap_or_default(), ahead: None }
    }

    /// The page of that number; numbers are asked for in their order.
    pub(super) fn page(&mut self, number: u32) -> Option<OwnPage> {
        loop {
            let page = self.ahead.take().or_else(|| self.turn())?;
            if page.number == number {
                return Some(OwnPage::of(&page));
            }
            if page.number > number {
                self.ahead = Some(page);
                return None;
            }
        }
    }

    fn turn(&mut self) -> Option<TextPage<'j>> {
        let rest = self.rest.strip_prefix(b",").unwrap_or(self.rest);
        let mut pages = serde_json::Deserializer::from_slice(rest).into_iter::<TextPage<'j>>();
        let page = pages.next()?.ok();
        self.rest = rest.get(pages.byte_offset()..).filter(|_| page.is_some()).unwrap_or_default();
        page
    }
}

impl OwnPage {
    fn of(page: &TextPage<'_>) -> Self {
        let mut own = Self { width: page.width, height: page.height, words: HashMap::new(), count: 0 };
        for token in page.groups.iter().flat_map(|group| &group.tokens) {
            let middle = own.middle(token.geometry);
            let mut in_token = 0;
            let mut last = String::new();
            words::each(&token.content, |word| {
                own.count += 1;
                in_token += 1;
                let known = own.words.entry(word.to_owned()).or_default();
                *known = Known { left: known.left + 1, middle: None };
                word.clone_into(&mut last);
            });
            if let Some(known) = own.words.get_mut(&last) {
                known.middle = middle.filter(|_| in_token == 1 && known.left == 1);
            }
            if own.words.len() > MOST_WORDS {
                return Self { words: HashMap::new(), count: 0, ..own };
            }
        }
        own
    }

    fn middle(&self, place: Geometry) -> Option<(f64, f64)> {
        let is_page = self.width > 0.0 && self.height > 0.0;
        is_page.then(|| ((place.left + place.width / 2.0) / self.width, (place.top + place.height / 2.0) / self.height))
    }

    /// Points, as shown.
    pub(super) fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// Looks for a word of the given page; each is found as often as it is there.
    pub(super) fn find(&mut self, word: &str) -> Found {
        let Some(known) = self.words.get_mut(word).filter(|known| known.left > 0) else { return Found::Nowhere };
        known.left -= 1;
        known.middle.map_or(Found::Somewhere, Found::At)
    }
}
