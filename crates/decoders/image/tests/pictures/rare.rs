//! Icons, TGA, QOI, Netpbm, Radiance and OpenEXR: what each tells, and which way up it is shown.

use crate::maker::pixels;
use crate::stage::{assert_near, codes, details, fixture, is_complete, preview, said, said_for, task};
use assay_contract::Code;

/// Red above, blue below; the left half of each is darker.
fn quarters(x: u32, y: u32) -> [u8; 3] {
    let strength = if x < 8 { 100 } else { 250 };
    if y < 8 { [strength, 0, 0] } else { [0, 0, strength] }
}

#[track_caller]
fn shows_quarters(bytes: &[u8]) {
    let told = said(bytes);
    assert!(is_complete(&told), "{told:?}");
    let shown = preview(&told);
    for (across, down, want) in [(0.2, 0.2, [100, 0, 0]), (0.8, 0.2, [250, 0, 0]), (0.2, 0.8, [0, 0, 100]), (0.8, 0.8, [0, 0, 250])] {
        assert_near(shown.at(across, down), &want);
    }
}

fn tga(descriptor: u8, bottom_up: &[u8]) -> Vec<u8> {
    [&[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 16, 0, 24, descriptor], bottom_up].concat()
}

#[test]
fn a_tga_is_shown_the_right_way_up() {
    let flip = |x: u32, y: u32| {
        let [red, green, blue] = quarters(x, y);
        [blue, green, red]
    };
    shows_quarters(&tga(0x20, &pixels(16, 16, flip)));
    shows_quarters(&tga(0x00, &pixels(16, 16, |x, y| flip(x, 15 - y))));
    shows_quarters(&tga(0x30, &pixels(16, 16, |x, y| flip(15 - x, y))));
}

/// A BMP of 16 x 16 pixels of 32 bits, or of 8 with a palette, with a short header.
fn bmp(bits: u16, compression: u32, colours: u32, between: &[u8], bottom_up: &[u8]) -> Vec<u8> {
    let offset = u32::try_from(54 + between.len()).unwrap();
    let file = [&b"BM"[..], &(offset + 1024).to_le_bytes(), &[0; 4], &offset.to_le_bytes()].concat();
    let head = [40, 16, 16].map(u32::to_le_bytes).concat();
    let planes = [1_u16.to_le_bytes(), bits.to_le_bytes()].concat();
    let rest = [compression, 0, 0, 0, colours, 0].map(u32::to_le_bytes).concat();
    [file, head, planes, rest, between.to_vec(), bottom_up.to_vec()].concat()
}

#[test]
fn masks_of_four_colours_behind_a_short_header_are_read() {
    let masks = [0xff_00_00_00_u32, 0x00_ff_00_00, 0x00_00_ff_00, 0x00_00_00_ff].map(u32::to_le_bytes).concat();
    let samples: Vec<u8> = pixels(16, 16, |x, y| quarters(x, 15 - y)).chunks(3).flat_map(|rgb| [255, rgb[2], rgb[1], rgb[0]]).collect();
    let file = bmp(32, 6, 0, &masks, &samples);
    shows_quarters(&file);
    assert_eq!((details(&said(&file)).has_alpha, details(&said(&file)).channels), (Some(true), Some(4)));
}

#[test]
fn a_palette_of_more_colours_than_pixels_can_name_is_read() {
    let palette: Vec<u8> = [[100, 0, 0], [250, 0, 0], [0, 0, 100], [0, 0, 250]]
        .into_iter()
        .cycle()
        .take(300)
        .flat_map(|[red, green, blue]| [blue, green, red, 0])
        .collect();
    let indices: Vec<u8> = (0..256_u32).map(|at| u8::from(at % 16 >= 8) + if at / 16 < 8 { 2 } else { 0 }).collect();
    shows_quarters(&bmp(8, 0, 300, &palette, &indices));
}

#[test]
fn netpbm_pictures_are_read_in_words_and_in_bytes() {
    let rgb = pixels(16, 16, quarters);
    shows_quarters(&[b"P6 16 16 255\n".as_slice(), &rgb].concat());
    let words: Vec<String> = rgb.iter().map(u8::to_string).collect();
    shows_quarters(format!("P3\n# a comment\n16 16\n255\n{}\n", words.join(" ")).as_bytes());
    let deep: Vec<u8> = rgb.iter().flat_map(|byte| (u16::from(*byte) * 4).to_be_bytes()).collect();
    let deep = [b"P6 16 16 1020\n".as_slice(), &deep].concat();
    shows_quarters(&deep);
    assert_eq!(details(&said(&deep)).bit_depth, Some(10));
    shows_quarters(&[b"P7\nWIDTH 16\nHEIGHT 16\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n".as_slice(), &rgb].concat());
}

#[test]
fn bits_are_black_where_they_are_set() {
    let told = said(b"P1 4 1\n1 1 0 0\n");
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(details(&told).bit_depth, Some(1));
    assert_near(preview(&told).at(0.1, 0.5), &[0, 0, 0]);
    assert_near(preview(&told).at(0.9, 0.5), &[255, 255, 255]);
}

#[test]
fn a_qoi_is_read_in_its_own_light() {
    let mut file = Vec::new();
    let encoder = image::codecs::qoi::QoiEncoder::new(&mut file);
    image::ImageEncoder::write_image(encoder, &pixels(16, 16, quarters), 16, 16, image::ExtendedColorType::Rgb8).unwrap();
    shows_quarters(&file);
    // Colour space 1 is linear: 100 of 255 is a much lighter tone on a screen.
    file[13] = 1;
    assert_near(preview(&said(&file)).at(0.2, 0.2), &[168, 0, 0]);
}

#[test]
fn an_icon_shows_its_largest_picture_and_counts_all() {
    for (path, pictures) in [("media/ico-png.ico", 4), ("media/ico-bmp.ico", 3), ("media/cur.cur", 3)] {
        let told = said(&fixture(path));
        assert!(is_complete(&told), "{path}: {told:?}");
        let read = details(&told);
        assert_eq!((read.frame_count, read.has_alpha), (Some(pictures), Some(true)), "{path}");
    }
}

#[test]
fn the_mask_of_an_icon_hides() {
    let mut icon = b"\0\0\x01\0\x01\0\x02\x02\0\0\x01\0\x18\0\x40\0\0\0\x16\0\0\0".to_vec();
    icon.extend(b"\x28\0\0\0\x02\0\0\0\x04\0\0\0\x01\0\x18\0".iter().chain(&[0; 24]));
    // Two rows of two pixels, bottom up, padded to 4 bytes; then a row of mask for each.
    icon.extend([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0]);
    icon.extend([0b1000_0000, 0, 0, 0, 0, 0, 0, 0]);
    let told = said(&icon);
    assert!(is_complete(&told), "{told:?}");
    assert_eq!((details(&told).stored_width, details(&told).stored_height), (2, 2));
    let shown = crate::stage::grid(&told);
    assert_eq!((shown.at(0.1, 0.9)[3], shown.at(0.9, 0.9)[3], shown.at(0.1, 0.1)[3]), (0, 255, 255));
}

#[test]
fn an_icon_whose_pictures_lie_elsewhere_says_which_are_there() {
    let whole = fixture("media/ico-bmp.ico");
    // Without its last picture, the largest of this list.
    let told = said(&whole[..whole.len() / 5]);
    assert!(codes(&told).contains(&"frames-not-counted"), "{told:?}");
    assert_eq!(details(&told).frame_count, Some(3));
}

#[test]
fn light_without_bounds_is_shown_and_named() {
    for path in ["media/hdr.hdr", "media/exr-half.exr"] {
        let told = said(&fixture(path));
        assert!(is_complete(&told), "{path}: {told:?}");
        assert_eq!(details(&told).hdr.as_deref(), Some("scene-linear"), "{path}");
        let shown = preview(&told);
        let [sun, ground] = [shown.at(0.75, 0.2), shown.at(0.1, 0.6)].map(|pixel| pixel.iter().map(|byte| u32::from(*byte)).sum::<u32>());
        assert!(sun > 690 && ground > 60 && ground < 600, "{path}: {sun} {ground}");
    }
    // Both are made of the same light.
    let [one, other] = ["media/hdr.hdr", "media/exr-half.exr"].map(|path| preview(&said(&fixture(path))));
    for (across, down) in [(0.1, 0.1), (0.5, 0.5), (0.9, 0.5), (0.3, 0.6)] {
        assert_near(one.at(across, down), other.at(across, down));
    }
}

#[test]
fn each_rare_format_is_refused_where_it_is_too_large() {
    let bomb = u32::MAX / 2;
    let mut qoi = b"qoif".to_vec();
    qoi.extend([bomb.to_be_bytes(), bomb.to_be_bytes()].concat());
    qoi.extend([4, 0, 0, 0]);
    let pnm = format!("P6 {bomb} {bomb} 255\n").into_bytes();
    let hdr = format!("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {bomb} +X {bomb}\n").into_bytes();
    let mut large = tga(0, &[0; 30]);
    large[12..16].copy_from_slice(&[0xff; 4]);
    for file in [qoi, pnm, hdr, large] {
        let told = said(&file);
        assert_eq!(codes(&told), ["too-many-pixels"], "{told:?}");
        assert!(told.thumbnails.is_empty() && details(&told).stored_width >= 65_535);
    }
}

#[test]
fn memory_is_asked_for_before_it_is_taken() {
    for path in ["media/hdr.hdr", "media/ppm.ppm", "media/qoi-rgb.qoi", "media/tga-rle.tga"] {
        let file = fixture(path);
        let mut task = task(&file);
        task.limits.memory_bytes = 40_000;
        let told = said_for(&task, &file);
        assert_eq!(codes(&told), [Code::LimitExceeded.as_str()], "{path}: {told:?}");
    }
}

#[test]
fn what_came_before_a_damage_is_shown() {
    for path in ["media/hdr.hdr", "media/ppm.ppm", "media/qoi-rgb.qoi", "media/tga-rle.tga", "media/tga-gray.tga", "media/exr-half.exr"] {
        let whole = fixture(path);
        let told = said(&whole[..whole.len() * 7 / 10]);
        assert_eq!(codes(&told), ["corrupt-asset"], "{path}: {told:?}");
        assert_eq!(told.thumbnails.len(), 2, "{path}");
        let down = if path.contains("tga-rle") { 0.9 } else { 0.1 };
        assert_near(preview(&told).at(0.3, down), preview(&said(&whole)).at(0.3, down));
    }
}

#[test]
fn what_a_header_says_is_not_repeated_in_the_record() {
    let files: [&[u8]; 5] = [
        b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nTUPLTYPE PLANTED_WORD\nENDHDR\n\0\0\0\0\0\0\0\0\0\0\0\0",
        b"P2\n2 2 255\n1 2 PLANTED_WORD 4\n",
        b"P6\n2 2 255 PLANTED_WORD\n",
        b"#?RADIANCE\nFORMAT=PLANTED_WORD\n\n-Y 2 +X 2\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y PLANTED_WORD +X 2\n",
    ];
    for file in files {
        let told = said(file);
        assert!(!format!("{told:?}").contains("PLANTED"), "{told:?}");
    }
    let told = said(files[0]);
    assert_eq!(details(&told).stored_width, 2);
    assert_eq!(told.issues.len(), 1, "{told:?}");
}
