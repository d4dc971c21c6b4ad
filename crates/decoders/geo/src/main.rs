//! The executable that looks at imagery with a place on earth for a worker.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay_kit::serve(&assay_geo::Geo)
}
