//! What was found, as facts of the contract.

use crate::attributes::Attributes;
use crate::opening::Opened;
use assay_contract::details::{Details, DicomDetails};
use assay_contract::exchange::Task;
use assay_contract::{AssetKind, Facts, MediaAttributes};

/// The type of DICOM instances (RFC 3240).
const MIME_TYPE: &str = "application/dicom";

/// Both views of an instance.
pub(crate) fn of(found: &Attributes, opened: &Opened, task: &Task) -> Facts {
    let side = |pixels: Option<u16>| pixels.filter(|pixels| *pixels > 0).map(u32::from);
    let (rows, columns) = (side(found.rows), side(found.columns));
    // What has no pixels (a plan, a report, a palette) has no frames either.
    let frame_count = (rows.is_some() || columns.is_some() || found.frames.is_some()).then(|| found.frame_count());
    let shading = &found.shading;
    let details = DicomDetails {
        sop_class: found.sop_class.clone().or_else(|| opened.sop_class.clone()),
        modality: found.modality.clone(),
        transfer_syntax: Some(opened.syntax.clone()),
        photometric: found.photometric.clone(),
        rows,
        columns,
        frame_count,
        bits_allocated: found.allocated,
        bits_stored: found.stored,
        pixel_representation: found.representation,
        samples_per_pixel: found.samples,
        pixel_spacing_mm: found.spacing.or(found.imager_spacing),
        slice_thickness_mm: found.thickness,
        window_center: shading.center,
        window_width: shading.width,
        rescale_slope: shading.slope,
        rescale_intercept: shading.intercept,
        study_uid: found.study.clone(),
        series_uid: found.series.clone(),
        instance_uid: found.instance.clone(),
        lossy: found.lossy,
        deidentified: found.deidentified,
    };
    let mut attributes = MediaAttributes::new(AssetKind::Dicom, MIME_TYPE, task.content_length);
    attributes.width = columns;
    attributes.height = rows;
    attributes.frame_count = frame_count;
    attributes.modality.clone_from(&found.modality);
    Facts { media_attributes: attributes, details: Details::Dicom(Box::new(details)) }
}
