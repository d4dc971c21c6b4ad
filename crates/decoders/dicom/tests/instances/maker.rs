//! Instances made for a test, element by element, in explicit little endian.

/// Elements in the order they are added.
#[derive(Clone, Default)]
pub(crate) struct Maker(pub(crate) Vec<u8>);

impl Maker {
    /// One element.
    pub(crate) fn with(mut self, group: u16, element: u16, vr: &str, value: &[u8]) -> Self {
        let padded = [value, if value.len() % 2 == 1 { b" " } else { b"" }].concat();
        self.head(group, element, vr, padded.len() as u32);
        self.0.extend(padded);
        self
    }

    /// A number of two bytes.
    pub(crate) fn short(self, group: u16, element: u16, number: u16) -> Self {
        self.with(group, element, "US", &number.to_le_bytes())
    }

    /// The head of an element, whatever comes behind it.
    pub(crate) fn head(&mut self, group: u16, element: u16, vr: &str, length: u32) {
        self.0.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
        self.0.extend(vr.as_bytes());
        if ["OB", "OW", "OF", "OD", "SQ", "UN", "UT"].contains(&vr) {
            self.0.extend([0, 0]);
            self.0.extend(length.to_le_bytes());
        } else {
            self.0.extend((length as u16).to_le_bytes());
        }
    }

    /// A preamble, the mark, a group 0002 with a transfer syntax, and these elements.
    pub(crate) fn file(&self, syntax: &str) -> Vec<u8> {
        let meta = Self::default().with(2, 0x10, "UI", syntax.as_bytes());
        [&[0; 128], b"DICM".as_slice(), &meta.0, &self.0].concat()
    }

    /// An image of grey bytes without a window.
    pub(crate) fn gray(rows: u16, columns: u16) -> Self {
        Self::default()
            .with(8, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.2")
            .with(8, 0x60, "CS", b"CT")
            .short(0x28, 2, 1)
            .with(0x28, 4, "CS", b"MONOCHROME2")
            .short(0x28, 0x10, rows)
            .short(0x28, 0x11, columns)
            .short(0x28, 0x100, 8)
            .short(0x28, 0x101, 8)
            .short(0x28, 0x102, 7)
            .short(0x28, 0x103, 0)
    }
}

pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub(crate) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
