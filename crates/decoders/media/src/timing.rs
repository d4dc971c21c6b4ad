//! Frame rates and durations from the times of packets.

use crate::ffi::Rational;
use crate::walk::Shown;
use assay_contract::details::Ratio;

/// What the times of the shown frames tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// Frames a second, first to last.
    pub(crate) measured: f64,
    /// Frames a second by the step that half of all steps do not pass: gaps don't move it.
    pub(crate) usual: f64,
    /// Frames a second, first to the end of the last: another rate where the last one stands much longer than the others.
    pub(crate) with_last: Option<f64>,
    /// Whether frames are shown for unlike times.
    pub(crate) is_variable: bool,
    /// Steps from frame to frame.
    pub(crate) steps: usize,
}

impl Pace {
    /// Whether a rate leads to as many frames, give or take one: a clip of ten frames can't tell a rate more closely.
    fn agrees(&self, rate: Ratio) -> bool {
        let steps = self.steps as f64;
        (rate.value() / self.measured * steps - steps).abs() <= 1.0
    }
}

/// Times whose steps differ by less are rounded, not variable: containers keep milliseconds, or a coarse clock.
const ROUNDING_SECONDS: f64 = 0.001_1;

/// The pace of presentation times in ticks, in their order; `None` for fewer than two times. `whole` is how long all of them are shown,
/// ticks.
pub(crate) fn pace(times: &[Shown], whole: Option<i64>, time_base: Rational) -> Option<Pace> {
    let (first, last) = (times.first()?.ticks, times.last()?.ticks);
    let tick = seconds(1, time_base)?;
    let span = (i128::from(last) - i128::from(first)) as f64 * tick;
    if times.len() < 2 || span <= 0.0 {
        return None;
    }
    let step = |(earlier, later): (&Shown, &Shown)| (i128::from(later.ticks) - i128::from(earlier.ticks)) as f64 * tick;
    let mut steps: Vec<f64> = times.iter().zip(times.iter().skip(1)).map(step).collect();
    steps.sort_unstable_by(f64::total_cmp);
    let (shortest, longest, median) = (*steps.first()?, *steps.last()?, *steps.get(steps.len() / 2)?);
    // Each of a step's two ends may be rounded by a tick.
    let slack = (2.0 * tick).min(0.25 * shortest).max(ROUNDING_SECONDS);
    Some(Pace {
        measured: (times.len() - 1) as f64 / span,
        usual: median.recip(),
        with_last: whole.and_then(|ticks| seconds(ticks, time_base)).filter(|whole| *whole >= span).map(|whole| times.len() as f64 / whole),
        is_variable: longest - shortest > slack,
        steps: steps.len(),
    })
}

/// Ticks as seconds; `None` where the time base is none.
pub(crate) fn seconds(ticks: i64, time_base: Rational) -> Option<f64> {
    (time_base.num > 0 && time_base.den > 0).then(|| ticks as f64 * f64::from(time_base.num) / f64::from(time_base.den))
}

/// A ratio that says something: both sides positive.
pub(crate) fn ratio(from: Rational) -> Option<Ratio> {
    let (num, den) = (u32::try_from(from.num).ok()?, u32::try_from(from.den).ok()?);
    if num == 0 { None } else { Ratio::new(num, den) }
}

/// The average rate: a rate that the container declares where the frames agree with it, else what was measured.
/// `declared` are its average and its nominal rate.
pub(crate) fn average(declared: [Option<Ratio>; 2], pace: Option<Pace>) -> Option<Ratio> {
    let [average, nominal] = declared;
    let Some(pace) = pace else { return average };
    let near = |ratio: &Ratio, rate: f64, by: f64| (ratio.value() / rate - 1.0).abs() <= by;
    // A few frames are missing where a clip was cut: the usual step, rounded to milliseconds as it may be, still tells the
    // rate that was meant.
    let meant = |ratio: &Ratio| near(ratio, pace.usual, 0.02) && near(ratio, pace.measured, 0.05);
    average
        .filter(|ratio| {
            near(ratio, pace.measured, 0.01) || pace.with_last.is_some_and(|rate| near(ratio, rate, 0.01)) || pace.agrees(*ratio)
        })
        .or_else(|| [average, nominal].into_iter().flatten().find(meant))
        // A container that can't know (MPEG-TS, raw streams) guesses from its first packets.
        .or_else(|| ratio_of(pace.measured))
        .or(average)
}

/// A rate as a ratio: one of film and television where it is one, else thousandths.
fn ratio_of(rate: f64) -> Option<Ratio> {
    for (num, den) in [(24_000, 1001), (30_000, 1001), (60_000, 1001)] {
        if (rate * f64::from(den) / f64::from(num) - 1.0).abs() < 0.000_3 {
            return Ratio::new(num, den);
        }
    }
    if (rate - rate.round()).abs() < 0.000_3 * rate && rate >= 1.0 {
        return whole(rate.round()).and_then(|num| Ratio::new(num, 1));
    }
    whole((rate * 1000.0).round()).filter(|num| *num > 0).and_then(|num| Ratio::new(num, 1000))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(number: f64) -> Option<u32> {
    (number >= 0.0 && number <= f64::from(u32::MAX)).then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECONDS: Rational = Rational { num: 1, den: 1000 };

    fn shown(times: impl IntoIterator<Item = i64>) -> Vec<Shown> {
        times.into_iter().map(|ticks| Shown { ticks, is_key: false }).collect()
    }

    #[test]
    fn rounding_to_milliseconds_is_no_variable_rate() {
        let pace = pace(&shown((0..100).map(|n| (n * 1000 + 15) / 30)), None, MILLISECONDS).unwrap();
        assert!(!pace.is_variable);
        assert!((pace.measured - 30.0).abs() < 0.01);
    }

    #[test]
    fn one_frame_that_stands_longer_is_a_variable_rate() {
        let times = shown((0..100).map(|n| n * 40 + if n > 50 { 40 } else { 0 }));
        assert!(pace(&times, None, MILLISECONDS).unwrap().is_variable);
    }

    #[test]
    fn a_declared_rate_stands_while_the_frames_agree_and_falls_when_they_do_not() {
        let pace = |measured, usual| Some(Pace { measured, usual, with_last: None, is_variable: false, steps: 1000 });
        let (film, video) = (Ratio::new(24_000, 1001), Ratio::new(30_000, 1001));
        assert_eq!(average([video, None], pace(29.9, 10.0)), video);
        assert_eq!(average([video, None], pace(25.0, 25.0)), Ratio::new(25, 1));
        assert_eq!(average([None, None], pace(23.976, 23.976)), film);
        assert_eq!(average([video, film], None), video);
        assert_eq!(average([None, None], None), None);
        // A cut clip lacks a few frames; a variable one stands still for long.
        assert_eq!(average([film, None], pace(23.3, 23.98)), film);
        assert_eq!(average([None, video], pace(29.6, 30.3)), video);
        assert_eq!(average([video, video], pace(19.0, 29.97)), Ratio::new(19, 1));
    }

    #[test]
    fn a_last_frame_that_stands_long_belongs_to_the_average() {
        // Ten frames in a second, then one for three.
        let pace = pace(&shown((0..11).map(|n| n * 100)), Some(4_000), MILLISECONDS);
        let declared = Ratio::new(11, 4);
        assert_eq!(average([declared, None], pace), declared);
        assert_eq!(average([Ratio::new(5, 1), None], pace), Ratio::new(10, 1), "of neither");
    }

    #[test]
    fn a_clip_too_short_to_tell_has_the_rate_that_is_declared() {
        let video = Ratio::new(30, 1);
        let of = |steps, measured| average([video, None], Some(Pace { measured, usual: 24.0, with_last: None, is_variable: true, steps }));
        assert_eq!(of(8, 27.4), video, "8 steps where 8.76 were expected");
        assert_eq!(of(80, 27.4), Ratio::new(27_400, 1000), "80 where 87.6 were expected");
    }

    #[test]
    fn times_at_the_edge_of_the_clock_do_not_overflow() {
        assert!(pace(&shown([i64::MIN, 0, i64::MAX]), Some(i64::MIN), Rational { num: 1, den: 1 }).is_some());
        assert!(pace(&shown([5, 5]), None, MILLISECONDS).is_none());
        assert!(pace(&shown([1, 2]), None, Rational { num: 0, den: 0 }).is_none());
    }
}
