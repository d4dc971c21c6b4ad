//! The decoder of pictures as a confined fork server.

use assay_image::ImageDecoder;
use std::process::ExitCode;

fn main() -> ExitCode {
    assay_kit::serve(&ImageDecoder)
}
