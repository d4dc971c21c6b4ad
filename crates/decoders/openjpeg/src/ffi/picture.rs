//! The library's picture: its samples are read where they lie.

use super::{RawComponent, RawImage, opj_image_destroy};
use std::ptr::NonNull;

/// Colours as the library understood them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// sRGB.
    Rgb,
    /// One luma.
    Gray,
    /// sYCC or e-YCC.
    Ycc,
    /// Inks.
    Cmyk,
    /// Unspecified, or none that the library knows.
    Unknown,
}

/// A decoded picture.
#[derive(Debug)]
pub struct Picture {
    image: NonNull<RawImage>,
    damage: Option<String>,
}

/// One component: its samples as they were coded, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a>(&'a RawComponent);

impl Picture {
    /// Its colours.
    pub fn space(&self) -> Space {
        // SAFETY: the picture is alive and whole since its header was read.
        match unsafe { self.image.as_ref() }.space {
            1 => Space::Rgb,
            2 => Space::Gray,
            3 | 4 => Space::Ycc,
            5 => Space::Cmyk,
            _ => Space::Unknown,
        }
    }

    /// Width and height of the area that it covers on its reference grid, of which a component may have every second place only.
    pub fn extent(&self) -> (u32, u32) {
        // SAFETY: as in `space`.
        let image = unsafe { self.image.as_ref() };
        (image.x1.saturating_sub(image.x0), image.y1.saturating_sub(image.y0))
    }

    /// Its components in order, each of a size of its own.
    pub fn components(&self) -> impl ExactSizeIterator<Item = Component<'_>> {
        self.raw_components().iter().map(Component)
    }

    /// What the library said of a part that it could not read.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    pub(crate) fn damaged(self, damage: Option<String>) -> Self {
        let mut picture = self;
        picture.damage = damage;
        picture
    }

    /// All components' samples after some halvings.
    pub(crate) fn samples_after(&self, halvings: u32) -> u64 {
        let small = |side: u32| u64::from(side).div_ceil(1 << halvings.min(32));
        self.components().map(|component| small(component.width()) * small(component.height())).fold(0, u64::saturating_add)
    }

    /// # Safety
    /// `image` came from the library, is whole, and nobody else destroys it.
    pub(super) unsafe fn owning(image: NonNull<RawImage>) -> Self {
        Self { image, damage: None }
    }

    pub(super) fn raw(&mut self) -> *mut RawImage {
        self.image.as_ptr()
    }

    fn raw_components(&self) -> &[RawComponent] {
        // SAFETY: as in `space`.
        let image = unsafe { self.image.as_ref() };
        if image.components.is_null() {
            return &[];
        }
        // SAFETY: the library keeps `count` components there for as long as the picture lives.
        unsafe { std::slice::from_raw_parts(image.components, image.count as usize) }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it came from opj_read_header and is destroyed once.
        unsafe { opj_image_destroy(self.image.as_ptr()) }
    }
}

impl<'a> Component<'a> {
    /// Samples of a row.
    pub fn width(self) -> u32 {
        self.0.width
    }

    /// Rows.
    pub fn height(self) -> u32 {
        self.0.height
    }

    /// Bits of a sample, 1 to 38.
    pub fn bits(self) -> u32 {
        self.0.bits
    }

    /// Whether samples lie around zero.
    pub fn is_signed(self) -> bool {
        self.0.is_signed != 0
    }

    /// Whether the file says that it is opacity.
    pub fn is_alpha(self) -> bool {
        self.0.alpha != 0
    }

    /// Width x height of them, or none where nothing could be decoded.
    pub fn samples(self) -> &'a [i32] {
        if self.0.samples.is_null() {
            return &[];
        }
        // SAFETY: the library keeps width x height samples there once it has decoded any of them, for as long as the picture lives.
        unsafe { std::slice::from_raw_parts(self.0.samples, self.0.width as usize * self.0.height as usize) }
    }
}
