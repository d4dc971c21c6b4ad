//! A sender's claim against the content: the content decides.

use assay_contract::failure::Issue;
use assay_contract::{AssetKind, Code, Failure, MediaType};

/// What a claim comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// There was none, or it holds.
    Holds,
    /// It does not hold, but the kinds can stand for one another.
    Warns(Issue),
    /// It does not hold.
    Refused(Box<Failure>),
}

/// Holds a claim against what was found.
pub fn judge(claim: Option<MediaType>, found: AssetKind, mime_type: &str) -> Verdict {
    let Some(claimed) = claim.map(MediaType::kind) else { return Verdict::Holds };
    if claimed == found {
        return Verdict::Holds;
    }
    if can_stand_for(claimed, found) {
        return Verdict::Warns(Issue::warning(
            Code::MediaTypeMismatch.as_str(),
            format!("The job says {claimed}, the content is {found} ({mime_type}). It was read as {found}."),
        ));
    }
    Verdict::Refused(Box::new(refused(claimed, mime_type)))
}

/// The failure of a claim that can't hold: `expected image, detected application/json`.
pub fn refused(claimed: AssetKind, mime_type: &str) -> Failure {
    Failure::new(Code::MediaTypeMismatch).because(format_args!("expected {claimed}, detected {mime_type}"))
}

/// A plain TIFF may be claimed as tiled imagery and the reverse; the kinds of words may stand for one another.
fn can_stand_for(claimed: AssetKind, found: AssetKind) -> bool {
    use AssetKind::{Conversation, Html, Image, Text, TiledImagery};
    let both = |a, b| (claimed == a && found == b) || (claimed == b && found == a);
    both(Image, TiledImagery) || both(Text, Html) || both(Text, Conversation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_claim_says_what_was_expected_and_what_was_found() {
        let Verdict::Refused(failure) = judge(Some(MediaType::Image), AssetKind::Video, "video/mp4") else { panic!("accepted") };
        assert_eq!(failure.code, Code::MediaTypeMismatch);
        assert!(failure.message.contains("expected image, detected video/mp4"), "{}", failure.message);
    }

    #[test]
    fn a_plain_tiff_may_be_claimed_as_tiled_imagery() {
        assert!(matches!(judge(Some(MediaType::TiledImagery), AssetKind::Image, "image/tiff"), Verdict::Warns(_)));
        assert_eq!(judge(Some(MediaType::Image), AssetKind::Image, "image/tiff"), Verdict::Holds);
        assert_eq!(judge(None, AssetKind::Audio, "audio/flac"), Verdict::Holds);
    }
}
