//! Which frames a storyboard shows: one for each of up to a hundred equal stretches of the film.

use crate::ffi::Rational;
use crate::timing;
use crate::walk::Shown;
use assay_contract::storyboard::{LATEST_MS, MOST_TILES};

/// A shorter film has fewer stretches: nobody points more finely at one.
const SHORTEST_STEP_S: f64 = 0.25;

/// What a player plays, on the clock of the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Played {
    /// Where it begins, seconds.
    pub(crate) origin_s: f64,
    /// How long it goes on, seconds.
    pub(crate) length_s: f64,
}

/// A frame that is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Take {
    /// When it is shown, ticks.
    pub(super) ticks: i64,
    /// A later frame that may stand for it where it is missing is not shown after this, ticks.
    pub(super) latest: i64,
    /// Whether decoding can begin with it.
    pub(super) is_key: bool,
    /// What it stands for begins here, seconds from the begin of the film.
    pub(super) start_s: f64,
    /// And ends here.
    pub(super) end_s: f64,
}

/// The frames, in their order: of each stretch the keyframe that is nearest to its middle, which costs least, else what is shown in its
/// middle. Stretches that show the same frame are one. `frames` are in the order of their times.
pub(super) fn takes(frames: &[Shown], clock: Rational, played: Played) -> Vec<Take> {
    let mut takes: Vec<Take> = Vec::new();
    let Some(tick) = timing::seconds(1, clock) else { return takes };
    if !(played.length_s > 0.0 && played.length_s * 1000.0 < LATEST_MS as f64) {
        return takes;
    }
    let count = stretches(played.length_s);
    let step = played.length_s / f64::from(count);
    #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
    let ticks = |seconds: f64| ((played.origin_s + seconds) / tick).round() as i64;
    for n in 0..count {
        let (start_s, end_s) = (step * f64::from(n), step * f64::from(n + 1));
        let (from, until) = (ticks(start_s), ticks(end_s));
        let Some(frame) = chosen(frames, from, ticks(f64::midpoint(start_s, end_s)), until) else { break };
        match takes.last_mut() {
            Some(before) if before.ticks == frame.ticks => {
                before.end_s = end_s;
                before.latest = before.latest.max(until);
            }
            _ => takes.push(Take { ticks: frame.ticks, latest: until.max(frame.ticks), is_key: frame.is_key, start_s, end_s }),
        }
    }
    takes
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's cast saturates, and the most is few")]
fn stretches(length_s: f64) -> u32 {
    ((length_s / SHORTEST_STEP_S).ceil() as u32).clamp(1, MOST_TILES)
}

fn chosen(frames: &[Shown], from: i64, middle: i64, until: i64) -> Option<Shown> {
    let place = |ticks: i64| frames.partition_point(|frame| frame.ticks < ticks);
    let within = frames.get(place(from)..place(until)).unwrap_or_default();
    let key = within.iter().filter(|frame| frame.is_key).min_by_key(|frame| frame.ticks.abs_diff(middle));
    let shown = || frames.get(frames.partition_point(|frame| frame.ticks <= middle).saturating_sub(1));
    key.or_else(shown).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECONDS: Rational = Rational { num: 1, den: 1000 };

    /// Frames every `step` milliseconds, every `gop`th a keyframe.
    fn film(count: i64, step: i64, gop: i64) -> Vec<Shown> {
        (0..count).map(|n| Shown { ticks: n * step, is_key: n % gop == 0 }).collect()
    }

    fn planned(frames: &[Shown], length_s: f64) -> Vec<Take> {
        takes(frames, MILLISECONDS, Played { origin_s: 0.0, length_s })
    }

    #[test]
    fn steps_longer_than_the_gap_between_keyframes_take_keyframes_only() {
        let takes = planned(&film(15_000, 40, 50), 600.0);
        assert_eq!(takes.len(), 100);
        assert!(takes.iter().all(|take| take.is_key && (take.start_s..take.end_s).contains(&(take.ticks as f64 / 1000.0))));
        // The nearest of three to the middle of 0 s to 6 s.
        assert_eq!(takes[0].ticks, 2000);
    }

    #[test]
    fn shorter_steps_take_what_is_shown_in_their_middle() {
        let takes = planned(&film(75, 40, 250), 3.0);
        assert_eq!((takes.len(), takes[0].ticks, takes[0].is_key), (12, 0, true));
        // 0.375 s is the middle of the second stretch; the frame of 0.36 s is shown then.
        assert_eq!((takes[1].ticks, takes[1].is_key), (360, false));
        let edges = |seconds: f64| format!("{seconds:.3}");
        assert!(takes.windows(2).all(|pair| pair[0].ticks < pair[1].ticks && edges(pair[0].end_s) == edges(pair[1].start_s)));
        assert_eq!(edges(takes[11].end_s), "3.000");
    }

    #[test]
    fn a_frame_that_stays_is_taken_once() {
        let slides = [0, 10_000, 50_000].map(|ticks| Shown { ticks, is_key: true });
        let takes = planned(&slides, 60.0);
        let stretches: Vec<_> = takes.iter().map(|take| format!("{} {:.0}-{:.0}", take.ticks, take.start_s, take.end_s)).collect();
        assert_eq!(stretches, ["0 0-10", "10000 10-50", "50000 50-60"]);
        assert_eq!(planned(&slides[..1], 3600.0).len(), 1, "a picture with an hour of sound");
    }

    #[test]
    fn a_film_may_begin_late_and_a_length_that_can_not_be_has_no_plan() {
        let late: Vec<Shown> = film(100, 40, 10).into_iter().map(|frame| Shown { ticks: frame.ticks + 90_000, ..frame }).collect();
        let takes = takes(&late, MILLISECONDS, Played { origin_s: 90.0, length_s: 4.0 });
        assert_eq!((takes.len(), takes[0].ticks, takes[15].ticks), (16, 90_000, 93_840));
        for length_s in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert!(planned(&film(10, 40, 1), length_s).is_empty(), "{length_s}");
        }
        assert!(planned(&[], 3.0).is_empty());
        assert_eq!(planned(&film(1, 40, 1), 0.0001).len(), 1);
    }

    #[test]
    fn times_at_the_edge_of_the_clock_do_not_overflow() {
        let edges = [i64::MIN, 0, i64::MAX].map(|ticks| Shown { ticks, is_key: true });
        assert!(!planned(&edges, 1000.0).is_empty());
    }
}
