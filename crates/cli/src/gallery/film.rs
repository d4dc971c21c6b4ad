//! The picture of a card; of a video with a storyboard it is scrubbed by pointer, finger and keys.

use super::derivative;
use assay_contract::profile::DerivativeName;
use assay_contract::storyboard::{self, Cue};
use assay_probe::examine::Made;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

/// The figure of one asset: its thumbnail, with the storyboard over it where there is one.
pub(super) fn figure(name: &str, picture: Option<(&str, &[u8])>, made: &[Made]) -> Markup {
    let thumbnail = html! {
        @match picture {
            Some((mime_type, bytes)) => img loading="lazy" alt={ "Thumbnail of " (name) } src=(inline(mime_type, bytes));,
            None => span { "no picture" },
        }
    };
    let Some((sheet, cues)) = board(made) else { return html! { figure { (thumbnail) } } };
    let last = cues.len().saturating_sub(1);
    html! {
        figure.film tabindex="0" role="slider" aria-label={ "Frames of " (name) } aria-valuemin="0" aria-valuemax=(last) aria-valuenow="0"
            data-cues=(json(&cues)) {
            (thumbnail)
            div.tile style={ "background-image:url(" (inline(storyboard::SHEET_MIME_TYPE, sheet)) ")" } {}
            b.clock {}
            i.bar {}
        }
    }
}

/// Sheet and cues of a storyboard, where both are there and agree.
fn board(made: &[Made]) -> Option<(&[u8], Vec<Cue>)> {
    let (sheet, cues) = derivative(made, DerivativeName::Storyboard).zip(derivative(made, DerivativeName::StoryboardCues))?;
    Some((sheet, storyboard::read(cues).ok()?))
}

/// `[[start, end, x, y, width, height] …]`, times in milliseconds.
fn json(cues: &[Cue]) -> String {
    let rows: Vec<String> = cues
        .iter()
        .map(|Cue { start_ms, end_ms, tile }| format!("[{start_ms},{end_ms},{},{},{},{}]", tile.x, tile.y, tile.width, tile.height))
        .collect();
    format!("[{}]", rows.join(","))
}

fn inline(mime_type: &str, bytes: &[u8]) -> String {
    format!("data:{mime_type};base64,{}", STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_contract::storyboard::Tile;
    use assay_probe::examine::What;

    fn one(name: DerivativeName, bytes: &[u8]) -> Made {
        let mime_type = if name == DerivativeName::Storyboard { storyboard::SHEET_MIME_TYPE } else { storyboard::CUES_MIME_TYPE };
        Made { what: What::Derivative(name), mime_type, bytes: bytes.to_vec().into(), sha256: String::new() }
    }

    #[test]
    fn only_what_has_a_sheet_and_cues_is_scrubbed() {
        let tile = Tile { x: 0, y: 90, width: 160, height: 90 };
        let cues = storyboard::write(&[Cue { start_ms: 0, end_ms: 2500, tile }]);
        let (sheet, cues) = (one(DerivativeName::Storyboard, b"RIFF"), one(DerivativeName::StoryboardCues, cues.as_bytes()));
        let whole = figure("a", None, &[sheet.clone(), cues.clone()]).into_string();
        assert!(whole.contains(r#"data-cues="[[0,2500,0,90,160,90]]""#), "{whole}");
        assert!(whole.contains("background-image:url(data:image/webp;base64,UklGRg==)"), "{whole}");
        for part in [vec![sheet.clone()], vec![cues], vec![sheet, one(DerivativeName::StoryboardCues, b"WEBVTT")]] {
            assert!(!figure("a", None, &part).into_string().contains("film"));
        }
    }
}
