//! What differs between two layers, counted page by page and said in sentences.

use super::own::{Found, OwnPage};
use super::{MISMATCH, words};
use assay_contract::failure::{Issue, Severity};
use assay_contract::text_layer::given::{GivenPage, GivenPlace, GivenUnits};

/// Points by which two sizes of a page may differ: paper in whole millimetres, pixels in whole points.
const SIZE_SLACK_PT: f64 = 2.0;
/// Share of a side by which sizes may differ, and by which a word may reach beyond its page.
const SIDE_SLACK: f64 = 0.01;
/// Share of a side by which a word's middle may stand elsewhere.
const PLACE_SLACK: f64 = 0.05;
/// Words on either page below which nothing is said of their likeness.
const FEWEST_WORDS: u64 = 5;

/// How many pages or words have something, and the first page of them.
#[derive(Debug, Default, Clone, Copy)]
struct Spots {
    count: u64,
    first: u32,
}

impl Spots {
    fn add(&mut self, page: u32) {
        if self.count == 0 {
            self.first = page;
        }
        self.count += 1;
    }
}

/// The differences found so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    beyond: Spots,
    other_size: Spots,
    /// Of the first page of another size: given, and the document's own.
    sizes: [(f64, f64); 2],
    swapped: u64,
    outside: Spots,
    compared: u64,
    unlike: Spots,
    placed: u64,
    displaced: Spots,
}

impl Tally {
    /// Takes a page. `size` is the document's own, in points.
    pub(super) fn take(&mut self, page: &GivenPage<'_>, pages: u64, size: Option<(f64, f64)>, own: Option<OwnPage>) {
        if u64::from(page.number) > pages {
            self.beyond.add(page.number);
        }
        let told = page.width.zip(page.height).filter(|_| page.units == GivenUnits::Points);
        if let (Some(told), Some(size)) = (told, size) {
            self.compare_sizes(page.number, told, size);
        }
        let sides = match page.units {
            GivenUnits::Points => told.or(size),
            GivenUnits::Percent => Some((1.0, 1.0)),
        };
        let places = page.groups.iter().flat_map(|group| &group.tokens).map(|token| token.geometry);
        if let Some(sides) = sides {
            places.filter(|place| !is_inside(*place, sides)).for_each(|_| self.outside.add(page.number));
        }
        if let Some(own) = own {
            self.compare_words(page, sides, own);
        }
    }

    fn compare_sizes(&mut self, number: u32, told: (f64, f64), own: (f64, f64)) {
        if is_near(told.0, own.0) && is_near(told.1, own.1) {
            return;
        }
        if self.other_size.count == 0 {
            self.sizes = [told, own];
        }
        if is_near(told.1, own.0) && is_near(told.0, own.1) {
            self.swapped += 1;
        }
        self.other_size.add(number);
    }

    fn compare_words(&mut self, page: &GivenPage<'_>, sides: Option<(f64, f64)>, mut own: OwnPage) {
        let (mut given, mut found) = (0_u64, 0_u64);
        for token in page.groups.iter().flat_map(|group| &group.tokens) {
            let (mut in_token, mut last) = (0, Found::Nowhere);
            words::each(&token.content, |word| {
                (given, in_token) = (given + 1, in_token + 1);
                last = own.find(word);
                found += u64::from(last != Found::Nowhere);
            });
            if let (1, Found::At(middle), Some(sides)) = (in_token, last, sides) {
                self.placed += 1;
                if !is_at(token.geometry, sides, middle) {
                    self.displaced.add(page.number);
                }
            }
        }
        // A layer may leave out what its maker found unimportant, but not all of it.
        if own.count >= FEWEST_WORDS && (given == 0 || given >= FEWEST_WORDS) {
            self.compared += 1;
            if given == 0 || found * 2 < given {
                self.unlike.add(page.number);
            }
        }
    }

    /// One issue for each kind of difference. `count` pages were given, the document has `pages`.
    pub(super) fn issues(&self, count: u32, pages: u64) -> Vec<Issue> {
        let mut issues = Vec::new();
        let mut say = |severity, message: String| issues.push(Issue { code: MISMATCH.to_owned(), severity, message });
        if u64::from(count) != pages || self.beyond.count > 0 {
            let also =
                if self.beyond.count > 0 { format!("; page {} of the layer is none of its", self.beyond.first) } else { String::new() };
            say(
                Severity::Error,
                format!(
                    "The number of pages differs: {count} in the text layer that came with the document, {pages} in the document{also}. It \
                     seems to be of another document or version: make the layer from this file, with a page for each."
                ),
            );
        }
        if self.other_size.count > 0 {
            let [told, own] = self.sizes;
            let hint = if self.swapped == self.other_size.count {
                "the sides are swapped, as where a page was turned before its words were recognised"
            } else {
                "its places do not fit"
            };
            say(
                Severity::Error,
                format!(
                    "In the text layer that came with the document, {} {} another size than in the document; the first is page {}: {:.0} × \
                     {:.0} points in the layer, {:.0} × {:.0} in the document ({hint}). Make the layer from the pages as they are shown.",
                    self.other_size.count,
                    if self.other_size.count == 1 { "page has" } else { "pages have" },
                    self.other_size.first,
                    shown(told.0),
                    shown(told.1),
                    shown(own.0),
                    shown(own.1)
                ),
            );
        }
        if self.outside.count > 0 {
            say(
                Severity::Error,
                format!(
                    "The text layer that came with the document has tokens that lie beside their page: {} in all, the first on page {}. Give \
                     places in the page's units, from its upper left corner.",
                    self.outside.count, self.outside.first
                ),
            );
        }
        if self.unlike.count > 0 {
            say(
                Severity::Warning,
                format!(
                    "On {} of {} pages that have text of their own, fewer than half of the words of the text layer that came with the \
                     document are found; the first is page {}. Look whether it is this document's layer.",
                    self.unlike.count, self.compared, self.unlike.first
                ),
            );
        }
        if self.placed >= FEWEST_WORDS && self.displaced.count * 2 > self.placed {
            say(
                Severity::Warning,
                format!(
                    "Of {} words that are found at one place only, {} stand elsewhere in the text layer that came with the document, the \
                     first on page {}. Look whether its places are turned, or counted from another corner.",
                    self.placed, self.displaced.count, self.displaced.first
                ),
            );
        }
        issues
    }
}

/// A length for a sentence: a layer may claim one of three hundred digits.
fn shown(length: f64) -> f64 {
    length.clamp(0.0, 99_999.0)
}

fn is_near(told: f64, own: f64) -> bool {
    (told - own).abs() <= SIZE_SLACK_PT.max(own * SIDE_SLACK)
}

fn is_inside(place: GivenPlace, (width, height): (f64, f64)) -> bool {
    let fits = |from: f64, length: f64, side: f64| {
        let (slack, to) = (side * SIDE_SLACK, from + length);
        from.min(to) >= -slack && from.max(to) <= side + slack
    };
    fits(place.left, place.width, width) && fits(place.top, place.height, height)
}

fn is_at(place: GivenPlace, (width, height): (f64, f64), middle: (f64, f64)) -> bool {
    let (across, down) = ((place.left + place.width / 2.0) / width, (place.top + place.height / 2.0) / height);
    (across - middle.0).abs() <= PLACE_SLACK && (down - middle.1).abs() <= PLACE_SLACK
}
