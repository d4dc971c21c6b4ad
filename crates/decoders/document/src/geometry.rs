//! Places on a page as it is shown: points, origin at the upper left, after crop box and rotation.

use assay_contract::text_layer::Geometry;

/// A turn by quarters, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    None,
    Right,
    Around,
    Left,
}

impl Turn {
    /// From quarters, any number of them.
    pub(crate) fn quarters(count: i64) -> Self {
        match count.rem_euclid(4) {
            0 => Self::None,
            1 => Self::Right,
            2 => Self::Around,
            _ => Self::Left,
        }
    }

    /// 0, 90, 180 or 270.
    pub(crate) fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Right => 90,
            Self::Around => 180,
            Self::Left => 270,
        }
    }

    /// This turn and another after it.
    pub(crate) fn then(self, other: Self) -> Self {
        Self::quarters(i64::from(self.degrees() / 90 + other.degrees() / 90))
    }
}

/// A box with its origin at the upper left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Place {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Around both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// What lies on a page of this size; `None` where nothing does.
    pub(crate) fn within(&self, width: f64, height: f64) -> Option<Self> {
        let cut = Self { left: self.left.max(0.0), top: self.top.max(0.0), right: self.right.min(width), bottom: self.bottom.min(height) };
        (cut.left < cut.right && cut.top < cut.bottom).then_some(cut)
    }

    /// As somebody sees it who reads text that is turned so: along is to the right, the next line is below.
    pub(crate) fn read(&self, turn: Turn) -> Self {
        match turn {
            Turn::None => *self,
            Turn::Right => Self { left: self.top, right: self.bottom, top: -self.right, bottom: -self.left },
            Turn::Around => Self { left: -self.right, right: -self.left, top: -self.bottom, bottom: -self.top },
            Turn::Left => Self { left: -self.bottom, right: -self.top, top: self.left, bottom: self.right },
        }
    }

    /// In the layer's words, to a hundredth of a point.
    pub(crate) fn geometry(&self) -> Geometry {
        Geometry { top: rounded(self.top), left: rounded(self.left), width: rounded(self.width()), height: rounded(self.height()) }
    }
}

/// To a hundredth of a point: a third of a hair, and half the bytes.
pub(crate) fn rounded(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

/// A page's own coordinates (origin at the lower left, before rotation) and how they are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    left: f64,
    bottom: f64,
    right: f64,
    top: f64,
    pub(crate) turn: Turn,
}

impl Frame {
    /// Of a page's visible box (the crop box within the media box) and its rotation.
    pub(crate) fn new([left, bottom, right, top]: [f64; 4], turn: Turn) -> Self {
        Self { left, bottom, right, top, turn }
    }

    /// Width and height as shown.
    pub(crate) fn size(&self) -> (f64, f64) {
        let (width, height) = (self.right - self.left, self.top - self.bottom);
        match self.turn {
            Turn::None | Turn::Around => (width, height),
            Turn::Right | Turn::Left => (height, width),
        }
    }

    /// Where a box of the page's own coordinates is shown.
    pub(crate) fn shown(&self, [left, bottom, right, top]: [f64; 4]) -> Place {
        match self.turn {
            Turn::None => Place { left: left - self.left, right: right - self.left, top: self.top - top, bottom: self.top - bottom },
            Turn::Right => Place { left: bottom - self.bottom, right: top - self.bottom, top: left - self.left, bottom: right - self.left },
            Turn::Around => {
                Place { left: self.right - right, right: self.right - left, top: bottom - self.bottom, bottom: top - self.bottom }
            }
            Turn::Left => Place { left: self.top - top, right: self.top - bottom, top: self.right - right, bottom: self.right - left },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of 100 x 200 whose visible box begins at (10, 20); a mark of 5 x 2 in its upper left corner.
    #[test]
    fn a_mark_in_a_corner_goes_where_the_rotation_takes_it() {
        let (visible, mark) = ([10.0, 20.0, 110.0, 220.0], [10.0, 218.0, 15.0, 220.0]);
        for (turn, place) in [
            (Turn::None, [0.0, 0.0, 5.0, 2.0]),
            (Turn::Right, [198.0, 0.0, 200.0, 5.0]),
            (Turn::Around, [95.0, 198.0, 100.0, 200.0]),
            (Turn::Left, [0.0, 95.0, 2.0, 100.0]),
        ] {
            let [left, top, right, bottom] = place;
            assert_eq!(Frame::new(visible, turn).shown(mark), Place { left, top, right, bottom }, "{turn:?}");
        }
        assert_eq!(Frame::new(visible, Turn::Right).size(), (200.0, 100.0));
    }

    #[test]
    fn turned_text_is_read_from_left_to_right() {
        // Two letters of a word that runs downwards: the first is above.
        let (first, second) =
            (Place { left: 0.0, top: 0.0, right: 9.0, bottom: 5.0 }, Place { left: 0.0, top: 5.0, right: 9.0, bottom: 10.0 });
        let (first, second) = (first.read(Turn::Right), second.read(Turn::Right));
        assert!(first.right <= second.left && (first.top - second.top).abs() < 1e-9);
    }

    #[test]
    fn what_lies_beside_the_page_is_no_place() {
        let off = Place { left: -20.0, top: 5.0, right: -1.0, bottom: 9.0 };
        assert_eq!(off.within(100.0, 100.0), None);
        let half = Place { left: -20.0, top: 5.0, right: 10.0, bottom: 9.0 };
        assert_eq!(half.within(100.0, 100.0), Some(Place { left: 0.0, ..half }));
    }
}
