//! Small files, made where they are needed.

use std::io::Cursor;

/// Pixels from a rule, row by row.
pub(crate) fn pixels<const N: usize>(width: u32, height: u32, rule: impl Fn(u32, u32) -> [u8; N]) -> Vec<u8> {
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| rule(x, y)).collect()
}

/// A 4:4:4 JPEG.
pub(crate) fn jpeg(width: u32, height: u32, rule: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    compressed(width, height, &pixels(width, height, rule), turbojpeg::PixelFormat::RGB, |_| {})
}

/// A JPEG of any kind.
pub(crate) fn compressed(
    width: u32,
    height: u32,
    pixels: &[u8],
    format: turbojpeg::PixelFormat,
    set: impl FnOnce(&mut turbojpeg::Compressor),
) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut compressor = turbojpeg::Compressor::new().unwrap();
    compressor.set_quality(95).unwrap();
    compressor.set_subsamp(turbojpeg::Subsamp::None).unwrap();
    set(&mut compressor);
    compressor.compress_to_vec(turbojpeg::Image { pixels, width, pitch: width * format.size(), height, format }).unwrap()
}

/// A JPEG with one more segment, right after its first marker.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
}

/// A JPEG with EXIF.
pub(crate) fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", tiff].concat())
}

/// EXIF that holds an orientation only.
pub(crate) fn orientation(number: u8) -> Vec<u8> {
    tiff(&[(274, 3, vec![number.into()])], &[])
}

/// A little-endian TIFF of one directory; a tag's values are shorts (3), longs (4) or bytes (1). Tag 273 is set to where `data` lies.
pub(crate) fn tiff(tags: &[(u16, u16, Vec<u32>)], data: &[u8]) -> Vec<u8> {
    let mut tags = tags.to_vec();
    if !data.is_empty() {
        tags.push((273, 4, vec![8]));
        tags.push((279, 4, vec![u32::try_from(data.len()).unwrap()]));
    }
    tags.sort_by_key(|(tag, ..)| *tag);
    let directory = (8 + data.len()).next_multiple_of(2);
    let mut file = [b"II*\0".as_slice(), &u32::try_from(directory).unwrap().to_le_bytes(), data].concat();
    file.resize(directory, 0);
    let mut outside_at = directory + 2 + 12 * tags.len() + 4;
    let mut outside = Vec::new();
    file.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
    for (tag, kind, values) in &tags {
        let mut bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| match kind {
                1 | 2 => vec![*value as u8],
                3 => (*value as u16).to_le_bytes().to_vec(),
                _ => value.to_le_bytes().to_vec(),
            })
            .collect();
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(u32::try_from(values.len()).unwrap().to_le_bytes());
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            file.extend(bytes);
        } else {
            file.extend(u32::try_from(outside_at).unwrap().to_le_bytes());
            outside_at += bytes.len();
            outside.extend(bytes);
        }
    }
    file.extend([0; 4]);
    file.extend(outside);
    file
}

/// An uncompressed TIFF page of a colour model, but for what `more` says otherwise.
pub(crate) fn page(size: [u32; 2], bits: &[u32], photometric: u32, more: &[(u16, u16, Vec<u32>)], data: &[u8]) -> Vec<u8> {
    let samples = u32::try_from(bits.len()).unwrap();
    let mut tags = vec![
        (256, 4, vec![size[0]]),
        (257, 4, vec![size[1]]),
        (258, 3, bits.to_vec()),
        (259, 3, vec![1]),
        (262, 3, vec![photometric]),
        (277, 3, vec![samples]),
        (278, 4, vec![size[1]]),
    ];
    tags.retain(|(tag, ..)| more.iter().all(|(other, ..)| other != tag));
    tags.extend_from_slice(more);
    tiff(&tags, data)
}

/// A PNG.
pub(crate) fn png(info: png::Info<'_>, data: &[u8]) -> Vec<u8> {
    png_with_chunk(info, None, data)
}

/// A PNG with one more chunk before its pixels.
pub(crate) fn png_with_chunk(info: png::Info<'_>, chunk: Option<([u8; 4], &[u8])>, data: &[u8]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
    if let Some((name, body)) = chunk {
        writer.write_chunk(png::chunk::ChunkType(name), body).unwrap();
    }
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    file.into_inner()
}

/// What a PNG's header says.
pub(crate) fn info(width: u32, height: u32, color_type: png::ColorType, bit_depth: png::BitDepth) -> png::Info<'static> {
    let mut info = png::Info::with_size(width, height);
    info.color_type = color_type;
    info.bit_depth = bit_depth;
    info
}
