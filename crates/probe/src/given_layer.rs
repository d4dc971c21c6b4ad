//! A text layer that came with a document, held against the document's own pages: what differs is told, nothing of it is kept.
//!
//! What can't be – another number of pages, other sizes, words beside their page – makes the layer useless and the record partial. What
//! only seems wrong is a warning: a scan's recognised words and a file's own may honestly differ.

mod own;
mod tally;
mod words;

use crate::examine::{Examined, What};
use assay_contract::Details;
use assay_contract::details::PageSize;
use assay_contract::failure::Issue;
use assay_contract::profile::DerivativeName;
use assay_contract::text_layer::given;
use bytes::Bytes;
use own::OwnPages;
use tally::Tally;

/// The code of a layer that is none.
pub const UNREADABLE: &str = "text-layer-unreadable";
/// The code of a layer that is another document's, or another version's.
pub const MISMATCH: &str = "text-layer-mismatch";

/// What is known of a document's pages; it outlives the document's bytes.
#[derive(Debug, Clone)]
pub struct DocumentPages {
    count: u64,
    /// Of the first ones.
    sizes: Vec<PageSize>,
    /// Our own text layer, believed, where one was made.
    layer: Option<Bytes>,
}

impl DocumentPages {
    /// Of what was found; `None` where it is no document, or its pages could not be counted.
    pub fn of(examined: &Examined) -> Option<Self> {
        let Details::Document(details) = &examined.facts.as_ref()?.details else { return None };
        let layer = examined.made.iter().find(|made| made.what == What::Derivative(DerivativeName::TextLayer));
        Some(Self { count: details.page_count?, sizes: details.pages.clone(), layer: layer.map(|made| made.bytes.clone()) })
    }

    /// Holds a layer against the pages; nothing is said of one that matches.
    ///
    /// The layer is hostile: it is read in safe code, page by page, and no word of it reaches an issue. Its time grows with its bytes alone
    /// (34 MB: 3 s unoptimised), its memory with its largest page (at most some 40 MB beside a text of 32 MB): to be called where blocking
    /// is allowed.
    pub fn compare(&self, layer: &[u8]) -> Vec<Issue> {
        let mut own = OwnPages::new(self.layer.as_deref().unwrap_or_default());
        let mut tally = Tally::default();
        let read = given::read(layer, |page| {
            let own = own.page(page.number);
            let size = own.as_ref().map(own::OwnPage::size).or_else(|| self.size(page.number));
            tally.take(&page, self.count, size, own);
        });
        match read {
            Ok(count) => tally.issues(count, self.count),
            Err(error) => {
                let message = format!(
                    "The text layer that came with the document could not be read: {error}. Give an array of pages, each with `number`, \
                     `units` and `groups` of `tokens`."
                );
                vec![Issue::error(UNREADABLE, message)]
            }
        }
    }

    fn size(&self, number: u32) -> Option<(f64, f64)> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        self.sizes.get(place).map(|page| (page.width_pt, page.height_pt))
    }
}

#[cfg(test)]
mod tests;
