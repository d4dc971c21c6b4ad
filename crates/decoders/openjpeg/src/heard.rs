//! What the library said while it worked.

use crate::decode::Failure;

/// The library's first sentences.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) warning: Option<String>,
    pub(crate) error: Option<String>,
}

impl Heard {
    /// Only the first counts: what follows is a consequence.
    pub(crate) fn warn(&mut self, words: String) {
        if self.warning.is_none() {
            self.warning = Some(words).filter(|words| !is_harmless(words));
        }
    }

    /// As [`Self::warn`].
    pub(crate) fn fail(&mut self, words: String) {
        self.error.get_or_insert(words);
    }

    /// Why there is no picture.
    pub(crate) fn failure(self) -> Failure {
        match self.error.or(self.warning) {
            Some(words) if words.contains("ot enough memory") || words.contains("ut of memory") => Failure::Memory,
            words => Failure::Damaged(words.unwrap_or_else(|| "the picture could not be decoded".to_owned())),
        }
    }
}

/// Whether every pixel is there after this warning of the library.
pub fn is_harmless(words: &str) -> bool {
    [
        "nknown marker",
        "nknown box",
        "JP2 box",
        "COLR BOX",
        "profile",
        "reserved",
        "cdef",
        "will be ignored",
        "ignoring",
        "Despite JP2 BPC",
        "PTERM",
        // A packet may begin with this marker and need not (ISO/IEC 15444-1, A.8.1).
        "Expected SOP marker",
        // Parts numbered from one, which the library counts anew; those that lack are counted by us.
        "TPsot==TNsot",
    ]
    .iter()
    .any(|harmless| words.contains(harmless))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_word_hides_no_other() {
        let mut heard = Heard::default();
        for words in ["Expected SOP marker", "Non conformant codestream TPsot==TNsot.", "Expected EPH marker", "Stream too short"] {
            heard.warn(words.to_owned());
        }
        assert_eq!(heard.warning.as_deref(), Some("Expected EPH marker"));
    }
}
