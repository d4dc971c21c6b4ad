//! The executable that looks at video and audio for a worker.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay_kit::serve(&assay_media::Media)
}
