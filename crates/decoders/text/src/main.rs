//! The executable that looks at text, web pages and conversations for a worker.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay_kit::serve(&assay_text::Text::default())
}
