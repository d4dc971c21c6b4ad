//! Times that go on where a container's clock jumps: recordings that were put one behind the other, or lost a piece.

use crate::ffi::{PacketSeen, Rational};

/// Backward steps longer than this, and forward steps longer than [`FORWARD_SECONDS`], are jumps: FFmpeg's own thresholds.
const BACKWARD_SECONDS: f64 = 0.1;
const FORWARD_SECONDS: f64 = 10.0;

/// Puts the times of one stream's packets, in the order of the file, on one clock.
#[derive(Debug)]
pub(crate) struct Timeline {
    limits: Option<(i64, i64)>,
    offset: i64,
    expected: Option<i64>,
    jumps: u32,
}

impl Timeline {
    /// A clock for a container that may jump.
    pub(crate) fn jumping(time_base: Rational) -> Self {
        let ticks = |seconds: f64| {
            let ticks = seconds * f64::from(time_base.den) / f64::from(time_base.num.max(1));
            #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
            let ticks = ticks as i64;
            ticks
        };
        Self { limits: Some((ticks(BACKWARD_SECONDS), ticks(FORWARD_SECONDS))), ..Self::steady() }
    }

    /// A clock for a container whose times are what they are.
    pub(crate) fn steady() -> Self {
        Self { limits: None, offset: 0, expected: None, jumps: 0 }
    }

    /// When a packet is presented; where it does not say so, when it is decoded.
    pub(crate) fn place(&mut self, packet: &PacketSeen) -> Option<i64> {
        if let Some(decoded) = packet.dts {
            let clock = decoded.saturating_add(self.offset);
            if let (Some((backward, forward)), Some(expected)) = (self.limits, self.expected) {
                let step = clock.saturating_sub(expected);
                if step < backward.saturating_neg() || step > forward {
                    self.offset = self.offset.saturating_sub(step);
                    self.jumps = self.jumps.saturating_add(1);
                }
            }
            self.expected = Some(decoded.saturating_add(self.offset).saturating_add(packet.duration.max(0)));
        }
        packet.pts.or(packet.dts).map(|time| time.saturating_add(self.offset))
    }

    /// How often the clock jumped.
    pub(crate) fn jumps(&self) -> u32 {
        self.jumps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Rational = Rational { num: 1, den: 90_000 };
    const STEP: i64 = 3600;

    fn packet(dts: i64, pts: i64) -> PacketSeen {
        PacketSeen { stream: 0, pts: Some(pts), dts: Some(dts), duration: STEP, is_key: true, is_discarded: false, is_corrupt: false }
    }

    #[test]
    fn a_second_recording_goes_on_where_the_first_ended() {
        let mut timeline = Timeline::jumping(CLOCK);
        let times: Vec<_> = [0, 1, 2, 0, 1, 2].iter().filter_map(|n| timeline.place(&packet(n * STEP, (n + 1) * STEP))).collect();
        assert_eq!((times.len(), timeline.jumps()), (6, 1));
        assert_eq!(times, [1, 2, 3, 4, 5, 6].map(|n| n * STEP));
    }

    #[test]
    fn a_lost_hour_is_no_hour_of_film() {
        let mut timeline = Timeline::jumping(CLOCK);
        assert_eq!(timeline.place(&packet(0, 0)), Some(0));
        assert_eq!(timeline.place(&packet(3600 * 90_000, 3600 * 90_000)), Some(STEP));
        assert_eq!(timeline.place(&packet(i64::MAX, i64::MAX)), Some(2 * STEP));
    }

    #[test]
    fn a_container_that_may_not_jump_is_believed() {
        let mut timeline = Timeline::steady();
        timeline.place(&packet(0, 0));
        assert_eq!(timeline.place(&packet(3600 * 90_000, 3600 * 90_000)), Some(3600 * 90_000));
        assert_eq!(timeline.place(&packet(-5, -5)), Some(-5));
        assert_eq!(timeline.jumps(), 0);
    }
}
