//! How a player turns a video, from the container's display matrix.

/// A turn by quarters, perhaps mirrored; the numbers are EXIF's orientations (CIPA DC-008, tag 0x0112).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn(u8);

impl Turn {
    /// As stored.
    pub(crate) const NONE: Self = Self(1);

    /// The turn of a display matrix (ISO/IEC 14496-12, 8.3.2; rows `a b u`, `c d v`, `x y w`): `x' = a x + c y`,
    /// `y' = b x + d y`. Angles between quarters go to the nearest.
    pub(crate) fn of(matrix: Option<[i32; 9]>) -> Self {
        let Some([a, b, _, c, d, ..]) = matrix else { return Self::NONE };
        let weight = |one: i32, other: i32| u64::from(one.unsigned_abs()) + u64::from(other.unsigned_abs());
        let upright = weight(a, d) >= weight(b, c);
        Self(match (upright, if upright { (a < 0, d < 0) } else { (b < 0, c < 0) }) {
            (true, (false, false)) => 1,
            (true, (true, false)) => 2,
            (true, (true, true)) => 3,
            (true, (false, true)) => 4,
            (false, (false, false)) => 5,
            (false, (false, true)) => 6,
            (false, (true, true)) => 7,
            (false, (true, false)) => 8,
        })
    }

    /// EXIF's number, 1 to 8.
    pub(crate) fn orientation(self) -> u8 {
        self.0
    }

    /// Clockwise degrees: 0, 90, 180 or 270. A mirrored turn counts what is left after mirroring left and right.
    pub(crate) fn degrees(self) -> i32 {
        match self.0 {
            3 | 4 => 180,
            6 | 7 => 90,
            5 | 8 => 270,
            _ => 0,
        }
    }

    /// Width and height after the turn.
    pub(crate) fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.0 >= 5 { (height, width) } else { (width, height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i32 = 1 << 16;

    fn turn(a: i32, b: i32, c: i32, d: i32) -> Turn {
        Turn::of(Some([a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]))
    }

    #[test]
    fn a_phone_held_upright_turns_a_quarter_clockwise() {
        // What an iPhone writes for portrait; ffprobe calls it a rotation of -90.
        let turn = turn(0, 1, -1, 0);
        assert_eq!((turn.orientation(), turn.degrees(), turn.size(1920, 1080)), (6, 90, (1080, 1920)));
    }

    #[test]
    fn each_matrix_is_one_of_eight_turns() {
        for (a, b, c, d, orientation, degrees) in [
            (1, 0, 0, 1, 1, 0),
            (-1, 0, 0, 1, 2, 0),
            (-1, 0, 0, -1, 3, 180),
            (1, 0, 0, -1, 4, 180),
            (0, 1, 1, 0, 5, 270),
            (0, -1, -1, 0, 7, 90),
            (0, -1, 1, 0, 8, 270),
        ] {
            let turn = turn(a, b, c, d);
            assert_eq!((turn.orientation(), turn.degrees()), (orientation, degrees), "{a} {b} {c} {d}");
        }
        assert_eq!(Turn::of(None), Turn::NONE);
        assert_eq!(Turn::of(Some([i32::MIN; 9])).orientation(), 3);
    }
}
