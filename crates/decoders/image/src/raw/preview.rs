//! The largest JPEG inside a camera's file, wherever it lies: each maker notes it in a place of its own, so it is looked for by its marks.

use crate::jpeg;
use memchr::memmem;

/// Most marks that are followed; samples of a sensor hold one by chance in every 16 MB.
const MOST_MARKS: usize = 256;
/// The segments before a first scan end within these bytes.
const HEAD_BYTES: usize = 1 << 20;

/// A JPEG that can be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Preview {
    /// Where in the file it begins.
    pub(super) at: usize,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The most pixels; of two alike the first.
pub(super) fn largest(bytes: &[u8]) -> Option<Preview> {
    let mut found: Option<Preview> = None;
    for at in memmem::find_iter(bytes, b"\xff\xd8\xff").take(MOST_MARKS) {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((width, height)) = jpeg::size_if_shown(rest.get(..HEAD_BYTES).unwrap_or(rest)) else { continue };
        let pixels = |preview: Preview| u64::from(preview.width) * u64::from(preview.height);
        let preview = Preview { at, width, height };
        if found.is_none_or(|best| pixels(preview) > pixels(best)) {
            found = Some(preview);
        }
    }
    found
}
