//! Imagery with a place on earth: GeoTIFF, COG and NITF; facts and a picture, by GDAL over the kit's input.
//!
//! GDAL knows four drivers and one file here: every other driver is not registered, every other name is no file, in whatever
//! virtual file system it may lie. So nothing that a file says can make it open another.

mod bands;
mod bounds;
mod codestream;
mod cog;
mod decoder;
mod facts;
mod ffi;
mod lacking;
mod nitf;
mod picture;
mod raster;
mod stretch;
mod tiff;
mod zoom;

pub use decoder::Geo;
