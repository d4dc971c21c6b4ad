//! Small drawings of a card: the peaks of a sound, a place on earth.

use maud::{Markup, html};
use serde::Deserialize;
use std::fmt::Write;

/// Coasts in whole degrees, south downwards: Natural Earth, 1:110 million, public domain, simplified by 0.8 degrees.
const LAND: &str = include_str!("land.path");
/// Columns of a drawn waveform.
const COLUMNS: usize = 260;
/// A place is drawn at least so large, degrees: a city block would be invisible.
const LEAST_DEGREES: f64 = 3.0;

/// audiowaveform's JSON, as much of it as is drawn (<https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md>).
#[derive(Deserialize)]
struct Peaks {
    bits: u32,
    /// Lowest and highest of each step, by turns, for each channel.
    data: Vec<i32>,
}

/// The peaks of a sound; nothing where they can't be read.
pub(super) fn waveform(json: &[u8]) -> Markup {
    let Ok(peaks) = serde_json::from_slice::<Peaks>(json) else { return html! {} };
    let full = f64::from(2_u32.saturating_pow(peaks.bits.saturating_sub(1)).max(1));
    let pairs: Vec<[i32; 2]> = peaks.data.as_chunks::<2>().0.to_vec();
    let columns = COLUMNS.min(pairs.len());
    let mut path = String::new();
    for column in 0..columns {
        let part = pairs.get(column * pairs.len() / columns..(column + 1) * pairs.len() / columns).unwrap_or_default();
        let (low, high) = part.iter().fold((0, 0), |(low, high), [least, most]| (low.min(*least), high.max(*most)));
        let (top, bottom) = (24.0 - f64::from(high) / full * 24.0, 24.0 - f64::from(low) / full * 24.0);
        let _ = write!(path, "M{column} {top:.1}h.8V{:.1}h-.8z", bottom.max(top + 0.4));
    }
    html! {
        svg.wave viewBox={ "0 0 " (columns.max(1)) " 48" } preserveAspectRatio="none" role="img" aria-label="Waveform" { path d=(path) {} }
    }
}

/// West, south, east, north on a map of the world; two boxes where it crosses the antimeridian.
pub(super) fn place([west, south, east, north]: [f64; 4]) -> Markup {
    let halves = if west > east { vec![(west, 180.0), (-180.0, east)] } else { vec![(west, east)] };
    let grown = |from: f64, to: f64| {
        let missing = (LEAST_DEGREES - (to - from)).max(0.0);
        (from - missing / 2.0, to - from + missing)
    };
    html! {
        svg viewBox="-180 -90 360 180" role="img" aria-label={ (format!("From {west:.4} to {east:.4} degrees east, {south:.4} to {north:.4} north")) } {
            path.land d=(LAND) {}
            @for (west, east) in halves {
                @let (x, width) = grown(west, east);
                @let (y, height) = grown(-north, -south);
                rect.place x=(format!("{x:.3}")) y=(format!("{y:.3}")) width=(format!("{width:.3}")) height=(format!("{height:.3}")) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_across_the_antimeridian_has_two_boxes_and_a_small_one_is_seen() {
        let count = |markup: Markup| markup.into_string().matches("<rect").count();
        assert_eq!((count(place([170.0, -20.0, -170.0, 20.0])), count(place([5.0, 5.0, 6.0, 6.0]))), (2, 1));
        assert!(place([5.0, 50.0, 5.001, 50.001]).into_string().contains("width=\"3.000\" height=\"3.000\""));
    }

    #[test]
    fn a_waveform_is_drawn_within_its_height_and_anything_else_is_not() {
        let drawn = waveform(br#"{"version":2,"channels":1,"bits":8,"data":[-128,127,-64,64]}"#).into_string();
        assert!(drawn.contains("M0 0.2h.8V48.0h-.8z") && drawn.contains("M1 12.0h.8V36.0h-.8z"), "{drawn}");
        assert_eq!(waveform(b"[]").into_string(), "");
        assert!(waveform(br#"{"bits":8,"data":[]}"#).into_string().contains("0 0 1 48"));
    }
}
