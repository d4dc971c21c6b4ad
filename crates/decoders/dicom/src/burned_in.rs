//! Whether a picture may show who the patient is: then it is withheld.

use crate::attributes::Attributes;
use crate::opening::Opened;
use assay_contract::failure::Issue;
use dicom_dictionary_std::uids;

/// The issue of a withheld picture. Names are drawn into most ultrasound pictures and many secondary captures (DICOM PS3.15, annex E.3.1):
/// there silence counts as yes.
pub(crate) fn withheld(found: &Attributes, opened: &Opened) -> Option<Issue> {
    let class = found.sop_class.as_deref().or(opened.sop_class.as_deref()).unwrap_or_default();
    let draws_names = found.modality.as_deref() == Some("US") || SUSPECTS.contains(&class);
    let why = match found.burned_in {
        Some(true) => "The instance says that its pixels show who the patient is (BurnedInAnnotation is YES)",
        None if draws_names => "The instance is of a kind whose pixels often show who the patient is, and does not say that these don't",
        Some(false) | None => return None,
    };
    Some(Issue::error("burned-in-annotation", format!("{why}, so no thumbnails were made.")))
}

/// Ultrasound and secondary capture, with their retired forms.
const SUSPECTS: [&str; 10] = [
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
];
