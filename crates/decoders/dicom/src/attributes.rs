//! The attributes that are read, and nothing else of a data set: what tells of the patient is not among them.

use crate::burned_in::BurnedIn;
use crate::lut::{Lut, Palette};
use crate::terms::{MODALITIES, PHOTOMETRICS};
use crate::value::Value;
use assay_contract::profile::Identifiers;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::collections::BTreeSet;

/// Where in a data set an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Root,
    /// A table from stored values to the modality's (PS3.3, C.11.1).
    ModalityLut,
    /// A table from the modality's values to shown ones (PS3.3, C.11.2).
    VoiLut,
    /// The sequence of groups that hold for all frames.
    SharedGroups,
    /// The sequence of groups of each frame.
    FrameGroups,
    /// The groups of all frames or of the one that is shown (PS3.3, C.7.6.16).
    Groups,
    /// One of those groups.
    Group,
    Elsewhere,
}

impl Place {
    /// What a sequence at this place is.
    pub(crate) fn inside(self, tag: Tag) -> Self {
        match (self, tag) {
            (Self::Root, tags::MODALITY_LUT_SEQUENCE) => Self::ModalityLut,
            (Self::Root | Self::Group, tags::VOILUT_SEQUENCE) => Self::VoiLut,
            (Self::Root, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE) => Self::SharedGroups,
            (Self::Groups, tags::PIXEL_MEASURES_SEQUENCE | tags::FRAME_VOILUT_SEQUENCE | tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE) => {
                Self::Group
            }
            _ => Self::Elsewhere,
        }
    }

    /// What an item of the sequence is, counted from 0; of the groups of each frame one is wanted.
    pub(crate) fn item(self, index: u64, frame: u64) -> Self {
        match self {
            Self::SharedGroups if index == 0 => Self::Groups,
            Self::FrameGroups if index == frame => Self::Groups,
            Self::ModalityLut | Self::VoiLut | Self::Group if index == 0 => self,
            _ => Self::Elsewhere,
        }
    }

    /// Whether a value at this place is read.
    pub(crate) fn wants(self, tag: Tag) -> bool {
        match self {
            Self::Root => ROOT.contains(&tag) || GROUPS.contains(&tag),
            Self::Group => GROUPS.contains(&tag),
            Self::ModalityLut | Self::VoiLut => matches!(tag, tags::LUT_DESCRIPTOR | tags::LUT_DATA),
            Self::SharedGroups | Self::FrameGroups | Self::Groups | Self::Elsewhere => false,
        }
    }
}

/// What may stand for all frames or for each.
const GROUPS: [Tag; 7] = [
    tags::PIXEL_SPACING,
    tags::SLICE_THICKNESS,
    tags::WINDOW_CENTER,
    tags::WINDOW_WIDTH,
    tags::VOILUT_FUNCTION,
    tags::RESCALE_SLOPE,
    tags::RESCALE_INTERCEPT,
];

/// What stands for the whole instance.
const ROOT: [Tag; 32] = [
    tags::SOP_CLASS_UID,
    tags::CONVERSION_TYPE,
    tags::SOP_INSTANCE_UID,
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
    tags::MODALITY,
    tags::PATIENT_IDENTITY_REMOVED,
    tags::IMAGER_PIXEL_SPACING,
    tags::NOMINAL_SCANNED_PIXEL_SPACING,
    tags::SAMPLES_PER_PIXEL,
    tags::PHOTOMETRIC_INTERPRETATION,
    tags::PLANAR_CONFIGURATION,
    tags::NUMBER_OF_FRAMES,
    tags::ROWS,
    tags::COLUMNS,
    tags::PIXEL_ASPECT_RATIO,
    tags::BITS_ALLOCATED,
    tags::BITS_STORED,
    tags::HIGH_BIT,
    tags::PIXEL_REPRESENTATION,
    tags::PIXEL_PADDING_VALUE,
    tags::BURNED_IN_ANNOTATION,
    tags::LOSSY_IMAGE_COMPRESSION,
    tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
    tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
    tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
    tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
];

/// How stored values become the modality's and the shown ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shading {
    pub(crate) slope: Option<f64>,
    pub(crate) intercept: Option<f64>,
    pub(crate) modality: Option<Lut>,
    pub(crate) center: Option<f64>,
    pub(crate) width: Option<f64>,
    pub(crate) function: Option<String>,
    pub(crate) voi: Option<Lut>,
    /// A stored value that is no measurement.
    pub(crate) padding: Option<u16>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) identifiers: Identifiers,
    pub(crate) sop_class: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) study: Option<String>,
    pub(crate) series: Option<String>,
    pub(crate) modality: Option<String>,
    pub(crate) deidentified: Option<bool>,
    pub(crate) burned_in: BurnedIn,
    pub(crate) lossy: Option<bool>,
    pub(crate) spacing: Option<[f64; 2]>,
    pub(crate) imager_spacing: Option<[f64; 2]>,
    pub(crate) aspect: Option<[f64; 2]>,
    pub(crate) thickness: Option<f64>,
    pub(crate) samples: Option<u16>,
    pub(crate) photometric: Option<String>,
    pub(crate) planar: Option<u16>,
    pub(crate) frames: Option<u64>,
    pub(crate) rows: Option<u16>,
    pub(crate) columns: Option<u16>,
    pub(crate) allocated: Option<u16>,
    pub(crate) stored: Option<u16>,
    pub(crate) high_bit: Option<u16>,
    pub(crate) representation: Option<u16>,
    pub(crate) shading: Shading,
    pub(crate) palette: Palette,
    /// Listed attributes whose values are none, by their numbers.
    pub(crate) unreadable: Vec<Tag>,
    /// What the data set itself said before.
    pub(crate) seen: BTreeSet<Tag>,
}

/// Each of them is heard, however often it comes and wherever it stands.
pub(crate) const WITHHOLDING: [Tag; 4] = [tags::SOP_CLASS_UID, tags::MODALITY, tags::BURNED_IN_ANNOTATION, tags::CONVERSION_TYPE];

/// Most unreadable attributes that are named.
const NAMED: usize = 8;

impl Attributes {
    /// Nothing yet; UIDs are kept where they are wanted.
    pub(crate) fn new(identifiers: Identifiers) -> Self {
        Self { identifiers, ..Self::default() }
    }

    /// Whether nothing was found by which a DICOM instance is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.sop_class.is_none() && self.modality.is_none() && self.rows.is_none() && self.photometric.is_none()
    }

    /// Frames; one where nothing is said.
    pub(crate) fn frame_count(&self) -> u64 {
        self.frames.unwrap_or(1).max(1)
    }

    /// Notes an attribute that could not be read.
    pub(crate) fn unreadable(&mut self, tag: Tag) {
        if tag == tags::BURNED_IN_ANNOTATION {
            self.burned_in.take_unreadable();
        }
        if self.unreadable.len() < NAMED && !self.unreadable.contains(&tag) {
            self.unreadable.push(tag);
        }
    }

    /// Takes a listed value. Of an element that comes twice in a data set the first counts, as for other readers (DCMTK: "found
    /// twice, ignoring second entry"), but where any of them may speak against showing the pixels.
    pub(crate) fn take(&mut self, place: Place, tag: Tag, value: Value<'_>) {
        if value.bytes.is_empty() {
            return;
        }
        if place == Place::Root && !WITHHOLDING.contains(&tag) && !self.seen.insert(tag) {
            return;
        }
        match place {
            Place::ModalityLut => return Lut::take(&mut self.shading.modality, tag, value),
            Place::VoiLut => return Lut::take(&mut self.shading.voi, tag, value),
            _ => {}
        }
        let understood = match tag {
            tags::SOP_CLASS_UID => {
                let class = value.uid();
                self.burned_in.take_class(class.as_deref());
                keep_first(&mut self.sop_class, class)
            }
            tags::SOP_INSTANCE_UID => self.identifiers == Identifiers::Omit || keep(&mut self.instance, value.uid()),
            tags::STUDY_INSTANCE_UID => self.identifiers == Identifiers::Omit || keep(&mut self.study, value.uid()),
            tags::SERIES_INSTANCE_UID => self.identifiers == Identifiers::Omit || keep(&mut self.series, value.uid()),
            tags::MODALITY => {
                self.burned_in.take_modality(value);
                keep_first(&mut self.modality, value.one_of(MODALITIES))
            }
            tags::CONVERSION_TYPE => {
                if !value.is_empty() {
                    self.burned_in.take_conversion();
                }
                true
            }
            tags::PATIENT_IDENTITY_REMOVED => keep(&mut self.deidentified, yes(value)),
            tags::BURNED_IN_ANNOTATION => self.burned_in.take(value),
            tags::LOSSY_IMAGE_COMPRESSION => keep(&mut self.lossy, value.number().map(|number| number > 0.0)),
            tags::PIXEL_SPACING => keep(&mut self.spacing, value.two_lengths()),
            tags::IMAGER_PIXEL_SPACING | tags::NOMINAL_SCANNED_PIXEL_SPACING => keep(&mut self.imager_spacing, value.two_lengths()),
            tags::PIXEL_ASPECT_RATIO => keep(&mut self.aspect, value.two_lengths()),
            tags::SLICE_THICKNESS => keep(&mut self.thickness, value.number()),
            tags::SAMPLES_PER_PIXEL => keep(&mut self.samples, value.short()),
            tags::PHOTOMETRIC_INTERPRETATION => keep(&mut self.photometric, value.one_of(PHOTOMETRICS)),
            tags::PLANAR_CONFIGURATION => keep(&mut self.planar, value.short()),
            tags::NUMBER_OF_FRAMES => keep(&mut self.frames, value.count()),
            tags::ROWS => keep(&mut self.rows, value.short()),
            tags::COLUMNS => keep(&mut self.columns, value.short()),
            tags::BITS_ALLOCATED => keep(&mut self.allocated, value.short()),
            tags::BITS_STORED => keep(&mut self.stored, value.short()),
            tags::HIGH_BIT => keep(&mut self.high_bit, value.short()),
            tags::PIXEL_REPRESENTATION => keep(&mut self.representation, value.short()),
            tags::PIXEL_PADDING_VALUE => keep(&mut self.shading.padding, value.short()),
            tags::WINDOW_CENTER => keep(&mut self.shading.center, value.number()),
            tags::WINDOW_WIDTH => keep(&mut self.shading.width, value.number()),
            tags::VOILUT_FUNCTION => keep(&mut self.shading.function, value.code()),
            tags::RESCALE_SLOPE => keep(&mut self.shading.slope, value.number()),
            tags::RESCALE_INTERCEPT => keep(&mut self.shading.intercept, value.number()),
            _ => self.palette.take(tag, value),
        };
        // An empty value says nothing, which is no fault.
        if !understood && !value.is_empty() {
            self.unreadable(tag);
        }
    }
}

/// Keeps a value that is one.
fn keep<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let is_one = value.is_some();
    if is_one {
        *slot = value;
    }
    is_one
}

/// Keeps a value that is one, where none is kept.
fn keep_first<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let is_one = value.is_some();
    if slot.is_none() {
        *slot = value;
    }
    is_one
}

fn yes(value: Value<'_>) -> Option<bool> {
    value.one_of(&["YES", "NO"]).map(|word| word == "YES")
}
