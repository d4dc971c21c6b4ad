//! The decoder of DICOM instances as a confined fork server.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay_kit::serve(&assay_dicom::Dicom)
}
