//! What a header tells, before any pixel: the details, what is wrong with them, and the colour profile.

use crate::cicp::Cicp;
use crate::exif::Notes;
use crate::format::Format;
use assay_contract::details::{Details, ImageDetails};
use assay_contract::exchange::Task;
use assay_contract::failure::Issue;
use assay_contract::{AssetKind, Facts, MediaAttributes};

/// What a header tells.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Everything but the format's name, the profile's name and what needs pixels.
    pub(crate) details: ImageDetails,
    /// What the owner should know.
    pub(crate) issues: Vec<Issue>,
    /// The embedded ICC profile.
    pub(crate) icc: Option<Vec<u8>>,
    /// Colours told by numbers; a profile goes before.
    pub(crate) cicp: Option<Cicp>,
    /// Whether the reader hands out sRGB whatever the file is in: then the profile is told, not applied.
    pub(crate) is_srgb: bool,
    /// Pixels as seen, where the reader itself cuts and turns the picture: then an orientation is told, not applied.
    pub(crate) shown: Option<[u32; 2]>,
    /// Pixels that are decoded, where they are not the stored ones: a drawing is made as small as its thumbnails, of a RAW a preview is shown.
    pub(crate) decoded: Option<(u32, u32)>,
    /// Where in a camera's file the preview begins.
    pub(crate) preview_at: Option<usize>,
    /// The exponent that turns samples into light, where the file gives that instead of a profile.
    pub(crate) gamma: Option<f32>,
}

impl Seen {
    /// A still of a size, upright.
    pub(crate) fn still(width: u32, height: u32) -> Self {
        let details =
            ImageDetails { stored_width: width, stored_height: height, orientation: 1, frame_count: Some(1), ..ImageDetails::default() };
        Self { details, ..Self::default() }
    }

    /// Adds what EXIF tells; a resolution of the container's own stands.
    pub(crate) fn note(&mut self, notes: Notes) {
        self.details.orientation = notes.orientation;
        self.details.dpi = self.details.dpi.or(notes.dpi);
        self.details.exif = notes.exif;
        self.issues.extend(notes.issue);
    }

    /// Pixels that are decoded.
    pub(crate) fn decoded_size(&self) -> (u32, u32) {
        self.decoded.unwrap_or((self.details.stored_width, self.details.stored_height))
    }

    /// The orientation that is left to apply to decoded pixels.
    pub(crate) fn turn(&self) -> u8 {
        if self.shown.is_some() { 1 } else { self.details.orientation }
    }

    /// Both views of what is known so far.
    pub(crate) fn facts(&self, format: &Format, task: &Task) -> Facts {
        let mut details = self.details.clone();
        format.name.clone_into(&mut details.format);
        let mut attributes = MediaAttributes::new(AssetKind::Image, format.mime_type, task.content_length);
        let [width, height] = self.shown.unwrap_or(match details.orientation {
            5..=8 => [details.stored_height, details.stored_width],
            _ => [details.stored_width, details.stored_height],
        });
        attributes.width = Some(width);
        attributes.height = Some(height);
        attributes.exif_rotation = Some(details.orientation.to_string());
        Facts { media_attributes: attributes, details: Details::Image(Box::new(details)) }
    }
}
