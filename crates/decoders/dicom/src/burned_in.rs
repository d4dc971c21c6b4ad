//! Whether a picture may show who the patient is: then it is withheld.

use crate::opening::Opened;
use crate::terms;
use crate::value::Value;
use assay_contract::failure::Issue;
use dicom_dictionary_std::uids;

/// What an instance says of names in its pixels. Whatever speaks for withholding them is not taken back by what comes after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BurnedIn {
    says_yes: bool,
    says_no: bool,
    is_suspect: bool,
    /// Whether what may say yes could not be looked at.
    is_unseen: bool,
    /// Whether a modality came that says what machine made it.
    has_modality: bool,
}

impl BurnedIn {
    /// Takes `BurnedInAnnotation` (DICOM PS3.3, C.7.6.1.1); `false` where it is none of its two words, which counts as yes.
    pub(crate) fn take(&mut self, value: Value<'_>) -> bool {
        if value.is_empty() {
            return true;
        }
        let is_no = value.is("NO");
        self.says_no |= is_no;
        self.says_yes |= !is_no;
        is_no || value.is("YES")
    }

    /// Takes that it was there and could not be read.
    pub(crate) fn take_unreadable(&mut self) {
        self.says_yes = true;
    }

    /// Takes that something could not be looked at that may say yes.
    pub(crate) fn take_unseen(&mut self) {
        self.is_unseen = true;
    }

    /// Takes a class of instances.
    pub(crate) fn take_class(&mut self, class: Option<&str>) {
        self.is_suspect |= class.is_some_and(|class| CLASSES.contains(&class));
    }

    /// Takes a modality, all its values: it should have one (DICOM PS3.3, C.7.3.1.1.1).
    pub(crate) fn take_modality(&mut self, value: Value<'_>) {
        for word in value.words() {
            let is_known = terms::MODALITIES.contains(&word.as_str());
            self.has_modality |= is_known;
            self.is_suspect |= !is_known || MODALITIES.contains(&word.as_str());
        }
    }

    /// Takes that it says how its pixels were converted (`ConversionType`; DICOM PS3.3, C.8.6.1): only what was captured from a screen,
    /// a film or a sheet of paper does, whatever class and modality it was filed under.
    pub(crate) fn take_conversion(&mut self) {
        self.is_suspect = true;
    }

    /// The issue of a withheld picture. Where silence counts as yes (DICOM PS3.15, annex E.3.1, leaves it to whoever knows the source):
    ///
    /// - ultrasound, whose machines draw the name into the picture's head;
    /// - endoscopy, whose processors draw name, number and date of birth beside the round picture;
    /// - captures of screens, films and paper, and what has no modality of its own (`OT`, `DOC`, `HC`): reports, scanned letters, hard copies;
    /// - what says no modality, or one that is none of the standard's: nobody knows what drew into it.
    ///
    /// One word of any of them is enough. Photographs (`XC`) and microscopy are shown: nothing is drawn into what a camera takes, and who
    /// could be recognised by a face is another question (`RecognizableVisualFeatures`), which `BurnedInAnnotation` does not answer.
    pub(crate) fn withheld(mut self, opened: &Opened) -> Option<Issue> {
        self.take_class(opened.sop_class.as_deref());
        let why = match self {
            Self { says_yes: true, .. } => {
                "The instance says that its pixels show who the patient is (BurnedInAnnotation is YES, or nothing that means no)"
            }
            Self { is_unseen: true, .. } => {
                "What stands behind the pixels could not be read to its end, and may say that they show who the patient is"
            }
            Self { says_no: true, .. } => return None,
            Self { is_suspect: true, .. } => {
                "The instance is of a kind whose pixels often show who the patient is, and does not say that these don't"
            }
            Self { has_modality: false, .. } => {
                "The instance does not say what kind of machine made its pixels, nor that they don't show who the patient is"
            }
            Self { .. } => return None,
        };
        Some(Issue::error("burned-in-annotation", format!("{why}, so no thumbnails were made.")))
    }
}

/// Ultrasound, with the terms that were retired for it (echocardiography, colour flow and duplex Doppler); endoscopy, with laparoscopy,
/// culdoscopy and cystoscopy, which were; documents, hard copies, and what is none of all modalities.
const MODALITIES: [&str; 13] = ["US", "IVUS", "BDUS", "EC", "CD", "DD", "ES", "LP", "CP", "CS", "DOC", "HC", "OT"];

/// Ultrasound, secondary capture, endoscopy and hard copies, with their retired forms.
const CLASSES: [&str; 14] = [
    uids::ULTRASOUND_IMAGE_STORAGE,
    uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE,
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.6.2",
    uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
    "1.2.840.10008.5.1.4.1.1.7.1",
    "1.2.840.10008.5.1.4.1.1.7.2",
    "1.2.840.10008.5.1.4.1.1.7.3",
    "1.2.840.10008.5.1.4.1.1.7.4",
    uids::VL_ENDOSCOPIC_IMAGE_STORAGE,
    uids::VIDEO_ENDOSCOPIC_IMAGE_STORAGE,
    "1.2.840.10008.5.1.1.29",
    "1.2.840.10008.5.1.1.30",
];
