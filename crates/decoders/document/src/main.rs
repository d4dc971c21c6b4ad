//! The executable that looks at documents for a worker.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match assay_document::Document::open() {
        Ok(decoder) => assay_kit::serve(&decoder),
        Err(missing) => {
            // Under a worker this goes to /dev/null, and the worker says that the decoder must be run by hand.
            let _ = writeln!(std::io::stderr(), "assay-document: {missing}");
            ExitCode::FAILURE
        }
    }
}
