//! The words that may stand for a modality and for a meaning of samples: a word that is none of them may be a name.

/// The defined terms of Modality, current and retired (DICOM PS3.3, C.7.3.1.1.1).
#[rustfmt::skip]
pub(crate) const MODALITIES: &[&str] = &[
    "ANN", "AR", "AS", "ASMT", "AU", "BDUS", "BI", "BMD", "CD", "CF", "CFM", "CP", "CR", "CS", "CT", "CTPROTOCOL", "DD", "DF", "DG", "DM",
    "DMS", "DOC", "DS", "DX", "EC", "ECG", "EEG", "EMG", "EOG", "EPS", "ES", "FA", "FID", "FS", "GM", "HC", "HD", "IO", "IOL", "IVOCT",
    "IVUS", "KER", "KO", "LEN", "LP", "LS", "M3D", "MA", "MG", "MR", "MS", "NM", "OAM", "OCT", "OP", "OPM", "OPR", "OPT", "OPTBSV",
    "OPTENF", "OPV", "OSS", "OT", "PA", "PLAN", "POS", "PR", "PT", "PX", "REG", "RESP", "RF", "RG", "RTDOSE", "RTIMAGE", "RTINTENT",
    "RTPLAN", "RTRAD", "RTRECORD", "RTSEGANN", "RTSTRUCT", "RWV", "SEG", "SM", "SMR", "SR", "SRF", "ST", "STAIN", "TEXTUREMAP", "TG", "US",
    "VA", "VF", "XA", "XAPROTOCOL", "XC",
];

/// The defined terms of Photometric Interpretation, current and retired (PS3.3, C.7.6.3.1.2).
#[rustfmt::skip]
pub(crate) const PHOTOMETRICS: &[&str] = &[
    "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "HSV", "ARGB", "CMYK", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420",
    "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT", "XYB",
];
