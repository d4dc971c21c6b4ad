//! The text layer as JSON, page by page, within its limit.

use crate::geometry::{Frame, rounded};
use crate::words::Group;
use assay_contract::text_layer::{TextGroup, TextPage, TextToken, Units};

/// A layer that grows.
#[derive(Debug)]
pub(crate) struct Layer {
    json: Vec<u8>,
    most_bytes: u64,
    is_full: bool,
}

impl Layer {
    /// An empty one, to grow to so many bytes.
    pub(crate) fn new(most_bytes: u64) -> Self {
        Self { json: b"[".to_vec(), most_bytes, is_full: false }
    }

    /// Whether a page did not fit: then none after it is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Takes a page; `number` counts from 1.
    pub(crate) fn push(&mut self, number: u32, frame: &Frame, groups: &[Group]) {
        if self.is_full {
            return;
        }
        let (width, height) = frame.size();
        let groups = groups.iter().zip(1_usize..).map(|(group, place)| text_group(group, number, place)).collect();
        let page = TextPage { number, units: Units::Points, width: rounded(width), height: rounded(height), groups };
        // Plain values and texts: writing them can't fail.
        let json = serde_json::to_vec(&page).unwrap_or_default();
        let comma: &[u8] = if self.json.len() > 1 { b"," } else { b"" };
        // And the bracket after it.
        if (self.json.len() + comma.len() + json.len() + 1) as u64 > self.most_bytes {
            self.is_full = true;
            return;
        }
        self.json.extend_from_slice(comma);
        self.json.extend_from_slice(&json);
    }

    /// The whole.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.json.push(b']');
        self.json
    }
}

fn text_group(group: &Group, page: u32, place: usize) -> TextGroup<'_> {
    let id = format!("{page}-{place}");
    let tokens = group
        .words
        .iter()
        .zip(1_usize..)
        .map(|(word, place)| TextToken {
            id: format!("{id}-{place}").into(),
            content: word.text.as_str().into(),
            geometry: word.place.geometry(),
        })
        .collect();
    let content = group.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    TextGroup { id: id.into(), content: content.into(), geometry: group.place.geometry(), tokens }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Turn;
    use assay_contract::text_layer;

    fn page() -> Frame {
        Frame::new([0.0, 0.0, 612.0, 792.0], Turn::None)
    }

    #[test]
    fn pages_are_taken_up_to_the_limit_and_what_is_there_stays_a_layer() {
        let mut whole = Layer::new(1000);
        whole.push(1, &page(), &[]);
        let one = whole.finish().len() as u64;
        for (most, pages) in [(one - 1, 0), (one, 1), (2 * one - 2, 1), (2 * one - 1, 2)] {
            let mut layer = Layer::new(most);
            for number in 1..=3 {
                layer.push(number, &page(), &[]);
            }
            assert!(layer.is_full());
            let json = layer.finish();
            assert_eq!((text_layer::check(&json), json.len() as u64 <= most), (Ok(pages), true), "{most}");
        }
    }
}
