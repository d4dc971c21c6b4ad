//! The sections of a Photoshop document: what each says, and where the merged picture begins.

use crate::bytes::{be16, be32, be64, place, slice};

const HEADER_BYTES: usize = 26;

/// What samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One bit: 1 is black.
    Bits,
    /// Gray, and duotone, whose inks nothing but Photoshop knows.
    Gray,
    Indexed,
    Rgb,
    /// 255 is no ink.
    Cmyk,
    Lab,
    /// Multichannel, and what is not in the specification.
    Other,
}

/// What lies before the merged picture.
#[derive(Debug)]
pub(super) struct Sections<'a> {
    /// PSB: some lengths have more bytes.
    pub(super) is_big: bool,
    pub(super) channels: u16,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits of a channel.
    pub(super) depth: u16,
    pub(super) mode: Mode,
    /// 256 reds, 256 greens, 256 blues.
    pub(super) palette: Option<&'a [u8]>,
    pub(super) dpi: Option<[f64; 2]>,
    pub(super) icc: Option<&'a [u8]>,
    pub(super) exif: Option<&'a [u8]>,
    /// Whether the first channel beyond the colours is the picture's transparency, and not a saved selection.
    pub(super) has_transparency: bool,
    /// Whether the file says that its merged picture is a blank one.
    pub(super) is_blank: bool,
    /// Where the merged picture begins; past the end where it is missing.
    pub(super) merged_at: usize,
}

impl<'a> Sections<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (height @ 1.., width @ 1..) = (be32(bytes, 14)?, be32(bytes, 18)?) else { return None };
        let mode = match be16(bytes, 24)? {
            0 => Mode::Bits,
            1 | 8 => Mode::Gray,
            2 => Mode::Indexed,
            3 => Mode::Rgb,
            4 => Mode::Cmyk,
            9 => Mode::Lab,
            _ => Mode::Other,
        };
        let mut found = Self {
            is_big: be16(bytes, 4)? == 2,
            channels: be16(bytes, 12)?,
            width,
            height,
            depth: be16(bytes, 22)?,
            mode,
            palette: None,
            dpi: None,
            icc: None,
            exif: None,
            has_transparency: false,
            is_blank: false,
            merged_at: usize::MAX,
        };
        // Facts of the header stand where a later section is cut off.
        found.walk(bytes);
        Some(found)
    }

    fn walk(&mut self, bytes: &'a [u8]) -> Option<()> {
        let palette = be32(bytes, HEADER_BYTES).map(place)?;
        self.palette = slice(bytes, HEADER_BYTES + 4, palette).and_then(|palette| palette.get(..768));
        let resources_at = HEADER_BYTES.checked_add(4)?.checked_add(palette)?;
        let resources = be32(bytes, resources_at).map(place)?;
        let begin = resources_at.checked_add(4)?;
        let layers_at = begin.checked_add(resources)?;
        self.resources(bytes.get(begin..layers_at.min(bytes.len())).unwrap_or_default());
        let (layers, length_bytes) = if self.is_big { (place(be64(bytes, layers_at)?), 8) } else { (place(be32(bytes, layers_at)?), 4) };
        let begin = layers_at.checked_add(length_bytes)?;
        let end = begin.checked_add(layers)?;
        self.has_transparency = self.layer_count(bytes.get(begin..end.min(bytes.len())).unwrap_or_default()).is_some_and(i16::is_negative);
        self.merged_at = end;
        Some(())
    }

    /// Blocks of a mark, a number, a padded name and a padded body.
    fn resources(&mut self, bytes: &'a [u8]) -> Option<()> {
        let mut at: usize = 0;
        loop {
            let number = be16(bytes, at.checked_add(4)?)?;
            let name = usize::from(*bytes.get(at + 6)?) + 1;
            let length_at = at + 6 + name.next_multiple_of(2);
            let length = be32(bytes, length_at).map(place)?;
            let body = slice(bytes, length_at + 4, length)?;
            match number {
                // Fixed point, always an inch whatever unit is displayed.
                1005 => {
                    let dots = |at| be32(body, at).map(|fixed| f64::from(fixed) / 65_536.0);
                    self.dpi = dots(0).zip(dots(8)).map(|(across, down)| [across, down]).filter(|[x, y]| *x > 0.0 && *y > 0.0);
                }
                1039 => self.icc = Some(body),
                1057 => self.is_blank = body.get(4) == Some(&0),
                1058 => self.exif = Some(body),
                _ => {}
            }
            at = length_at.checked_add(4)?.checked_add(length.checked_next_multiple_of(2)?)?;
        }
    }

    /// Negative where the merged picture has a transparency of its own. Of 16 and 32 bits the layers lie in a block behind.
    fn layer_count(&self, layers: &[u8]) -> Option<i16> {
        let wide = if self.is_big { 8 } else { 4 };
        let length = |bytes, at| if self.is_big { be64(bytes, at).map(place) } else { be32(bytes, at).map(place) };
        let layers_length = length(layers, 0)?;
        if layers_length > 0 {
            return be16(layers, wide).map(u16::cast_signed);
        }
        let masks_at = wide;
        let mut at = masks_at.checked_add(4)?.checked_add(place(be32(layers, masks_at)?))?;
        loop {
            let key = slice(layers, at.checked_add(4)?, 4)?;
            let is_long = self.is_big && LONG_KEYS.iter().any(|long| *long == key);
            let (body, head) = if is_long { (place(be64(layers, at + 8)?), 16) } else { (place(be32(layers, at + 8)?), 12) };
            if matches!(key, b"Lr16" | b"Lr32" | b"Layr") {
                return be16(layers, at + head).map(u16::cast_signed);
            }
            at = at.checked_add(head)?.checked_add(body.checked_next_multiple_of(4)?)?;
        }
    }

    /// Channels that make the colour.
    pub(super) fn colours(&self) -> usize {
        match self.mode {
            Mode::Bits | Mode::Gray | Mode::Indexed | Mode::Other => 1,
            Mode::Rgb | Mode::Lab => 3,
            Mode::Cmyk => 4,
        }
    }
}

/// Blocks whose length has 8 bytes in a PSB.
const LONG_KEYS: [&[u8; 4]; 13] =
    [b"LMsk", b"Lr16", b"Lr32", b"Layr", b"Mt16", b"Mt32", b"Mtrn", b"Alph", b"FMsk", b"lnk2", b"FEid", b"FXid", b"PxSD"];
