//! Numbers of more than 8 bits as bytes: from the 2nd to the 98th percentile of what is shown.

use crate::bands::byte;

/// Parts of all values that become black and white.
const LOW: f64 = 0.02;
const HIGH: f64 = 0.98;
/// Values that percentiles are taken of; of more, every n-th.
const SAMPLE: usize = 1 << 20;

/// Values as bytes; `is_shown` tells which count. A band of one value is gray.
pub(crate) fn stretched(values: &[f32], is_shown: impl Fn(usize, f32) -> bool) -> Vec<u8> {
    let Some((low, high)) = percentiles(values, &is_shown) else { return vec![0; values.len()] };
    let range = f64::from(high) - f64::from(low);
    values
        .iter()
        .map(|value| {
            if range <= 0.0 {
                return 127;
            }
            #[allow(clippy::cast_possible_truncation, reason = "within 0 to 255 or clamped to it; precision is of no account")]
            let scaled = ((f64::from(*value) - f64::from(low)) / range * 255.0) as f32;
            byte(scaled)
        })
        .collect()
}

/// The 2nd and the 98th percentile; the smallest and the largest value where they are one. `None` where nothing is shown.
fn percentiles(values: &[f32], is_shown: &impl Fn(usize, f32) -> bool) -> Option<(f32, f32)> {
    let step = values.len().div_ceil(SAMPLE).max(1);
    let mut shown: Vec<f32> = values
        .iter()
        .copied()
        .enumerate()
        .step_by(step)
        .filter(|(at, value)| value.is_finite() && is_shown(*at, *value))
        .map(|(_, value)| value)
        .collect();
    let last = shown.len().checked_sub(1)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a place in a list")]
    let place = |part: f64| ((last as f64 * part).round() as usize).min(last);
    let mut at = |part: f64| *shown.select_nth_unstable_by(place(part), f32::total_cmp).1;
    let (low, high) = (at(LOW), at(HIGH));
    if low < high { Some((low, high)) } else { Some((at(0.0), at(1.0))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_a_hundred_are_black_and_two_white() {
        let values: Vec<f32> = (0..=100_u16).map(f32::from).collect();
        let bytes = stretched(&values, |_, _| true);
        assert_eq!((bytes[0], bytes[2], bytes[50], bytes[98], bytes[100]), (0, 0, 128, 255, 255));
        assert_eq!(bytes.iter().take_while(|byte| **byte == 0).count(), 3);
    }

    #[test]
    fn what_shows_nothing_does_not_count() {
        let values = [-9999.0, -9999.0, -9999.0, 10.0, 20.0, f32::NAN, f32::INFINITY];
        let bytes = stretched(&values, |_, value| value > -9999.0);
        assert_eq!((bytes[3], bytes[4]), (0, 255));
    }

    #[test]
    fn one_value_is_gray_and_none_is_no_trouble() {
        assert_eq!(stretched(&[5.0; 4], |_, _| true), [127; 4]);
        assert_eq!(stretched(&[f32::NAN; 4], |_, _| true), [0; 4]);
        assert_eq!(stretched(&[], |_, _| true), Vec::<u8>::new());
        // A mask of few ones.
        let mut rare = vec![0.0; 1000];
        rare[7] = 1.0;
        assert_eq!(stretched(&rare, |_, _| true)[7], 255);
    }
}
