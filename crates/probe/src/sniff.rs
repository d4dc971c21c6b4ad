//! What a file's first bytes say it is. The name and the `Content-Type` are never asked: both lie.
//!
//! Only a bounded head is looked at, in safe code, by comparing; nothing is parsed.

mod archive;
mod bare;
mod container;
mod markup;
mod medical;
mod netpbm;
mod portable_document;
mod sound;
mod still;
mod words;

pub(crate) use archive::is_archive;

use assay_contract::AssetKind;

/// How many bytes of an asset's head are looked at, at most.
pub const HEAD_BYTES: usize = 64 << 10;

/// Which decoder looks at a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Still and animated pictures.
    Image,
    /// Video and audio.
    Media,
    /// Paged documents.
    Document,
    /// DICOM instances.
    Dicom,
    /// Imagery with a place on earth.
    Geo,
    /// Text, web pages, conversations.
    Text,
}

impl Family {
    /// Whether a kind is one of those that this decoder may speak of.
    pub const fn knows(self, kind: AssetKind) -> bool {
        match self {
            Self::Image => matches!(kind, AssetKind::Image),
            Self::Media => matches!(kind, AssetKind::Video | AssetKind::Audio),
            Self::Document => matches!(kind, AssetKind::Document),
            Self::Dicom => matches!(kind, AssetKind::Dicom),
            Self::Geo => matches!(kind, AssetKind::TiledImagery),
            Self::Text => matches!(kind, AssetKind::Text | AssetKind::Html | AssetKind::Conversation),
        }
    }

    /// The decoder's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Media => "media",
            Self::Document => "document",
            Self::Dicom => "dicom",
            Self::Geo => "geo",
            Self::Text => "text",
        }
    }
}

/// What the head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sniffed {
    /// MIME type; the decoder may find a better one.
    pub mime_type: &'static str,
    /// The kind, where the head is enough to know: a container may hold video or audio.
    pub kind: Option<AssetKind>,
    /// The decoder; `None` for a format that is known and not read.
    pub family: Option<Family>,
}

impl Sniffed {
    /// Whether the content may turn out to be of a kind.
    pub fn may_be(&self, kind: AssetKind) -> bool {
        match (self.kind, self.family) {
            (Some(own), _) => own == kind,
            (None, Some(Family::Image | Family::Geo)) => matches!(kind, AssetKind::Image | AssetKind::TiledImagery),
            (None, Some(family)) => family.knows(kind),
            (None, None) => false,
        }
    }

    const fn image(mime_type: &'static str) -> Self {
        Self { mime_type, kind: Some(AssetKind::Image), family: Some(Family::Image) }
    }
    const fn video(mime_type: &'static str) -> Self {
        Self { mime_type, kind: Some(AssetKind::Video), family: Some(Family::Media) }
    }
    const fn audio(mime_type: &'static str) -> Self {
        Self { mime_type, kind: Some(AssetKind::Audio), family: Some(Family::Media) }
    }
    /// A container that may hold video, or sound alone.
    const fn either(mime_type: &'static str) -> Self {
        Self { mime_type, kind: None, family: Some(Family::Media) }
    }
    /// A TIFF: a picture, or imagery where its directory gives it a place.
    const fn tiff() -> Self {
        Self { mime_type: "image/tiff", kind: None, family: Some(Family::Image) }
    }
    /// A JPEG 2000 that seems to have a place: imagery, or a picture where it has none.
    const fn placed_jpeg_2000() -> Self {
        Self { mime_type: "image/jp2", kind: None, family: Some(Family::Geo) }
    }
    const fn document(mime_type: &'static str) -> Self {
        Self { mime_type, kind: Some(AssetKind::Document), family: Some(Family::Document) }
    }
    const fn imagery(mime_type: &'static str) -> Self {
        Self { mime_type, kind: Some(AssetKind::TiledImagery), family: Some(Family::Geo) }
    }
    const fn unread(mime_type: &'static str, kind: Option<AssetKind>) -> Self {
        Self { mime_type, kind, family: None }
    }
}

/// Says what a head is; `None` where nothing fits. Bytes beyond [`HEAD_BYTES`] are not looked at.
pub fn sniff(head: &[u8]) -> Option<Sniffed> {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    archive::tape(head)
        .or_else(|| medical::marked(head))
        .or_else(|| still::sniff(head))
        .or_else(|| archive::sniff(head))
        .or_else(|| container::sniff(head))
        .or_else(|| sound::sniff(head))
        .or_else(|| portable_document::sniff(head))
        .or_else(|| words::sniff(head))
        .or_else(|| words::plain(head))
        // Weak marks come last: two bytes of frame sync are also found in other files, and begin words such as `Västerås`.
        .or_else(|| sound::by_frame_sync(head))
        .or_else(|| medical::bare(head))
        .or_else(|| bare::sniff(head))
        .or_else(|| container::within_a_packet(head))
}

/// Whether `bytes` stand at a place in the head.
fn at(head: &[u8], place: usize, bytes: &[u8]) -> bool {
    head.get(place..place.saturating_add(bytes.len())) == Some(bytes)
}

/// Whether a mark made of letters stands at a place and is no word of a text: every format that has such a mark has control
/// characters behind it. The mark alone is a file that was cut.
fn marks(head: &[u8], place: usize, letters: &[u8]) -> bool {
    at(head, place, letters) && (head.len() == place + letters.len() || !words::is_text(head))
}

#[cfg(test)]
mod tests;
