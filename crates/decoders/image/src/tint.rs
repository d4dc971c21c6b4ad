//! A picture in a few bytes: its most common colour and its ThumbHash, both for what is shown before a thumbnail is there.

use assay_kit::{Picture, Pixels, Stop};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longest side that a ThumbHash is made of, pixels. It may be up to 100 (<https://evanw.github.io/thumbhash/>), but at most seven waves of
/// a side are kept, which half as many pixels hold at a quarter of the cost.
const HASH_PX: u32 = 50;

/// `#rrggbb`: the mean of the fullest of 4,096 bins (4 bits a channel). `None` where everything is transparent.
pub(crate) fn dominant_color(picture: &Picture) -> Option<String> {
    let mut bins = vec![[0_u64; 4]; 4096];
    for pixel in picture.bytes().chunks_exact(picture.pixels().bytes()) {
        let (red, green, blue) = match *pixel {
            [red, green, blue] => (red, green, blue),
            [red, green, blue, alpha] if alpha >= 128 => (red, green, blue),
            _ => continue,
        };
        let bin = usize::from(red >> 4) << 8 | usize::from(green >> 4) << 4 | usize::from(blue >> 4);
        if let Some([count, reds, greens, blues]) = bins.get_mut(bin) {
            *count += 1;
            *reds += u64::from(red);
            *greens += u64::from(green);
            *blues += u64::from(blue);
        }
    }
    let [count, red, green, blue] = *bins.iter().max_by_key(|[count, ..]| *count)?;
    let mean = |sum: u64| (sum + count / 2).checked_div(count);
    Some(format!("#{:02x}{:02x}{:02x}", mean(red)?, mean(green)?, mean(blue)?))
}

/// The ThumbHash, base64.
pub(crate) fn thumbhash(picture: &Picture) -> Result<String, Stop> {
    let small = picture.fitted(HASH_PX)?;
    let rgba = match small.pixels() {
        Pixels::Rgba8 => small.bytes().to_vec(),
        Pixels::Rgb8 => small.bytes().as_chunks::<3>().0.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect(),
    };
    Ok(STANDARD.encode(thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, &rgba)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_common_colour_wins_and_hidden_ones_do_not_count() {
        let pixels = [[200, 10, 10, 255], [202, 10, 10, 255], [0, 0, 255, 255], [0, 255, 0, 0], [0, 255, 0, 0], [0, 255, 0, 0]];
        let picture = Picture::new(6, 1, Pixels::Rgba8, pixels.concat()).unwrap();
        assert_eq!(dominant_color(&picture).unwrap(), "#c90a0a");
        assert_eq!(dominant_color(&Picture::new(1, 1, Pixels::Rgba8, vec![1, 2, 3, 0]).unwrap()), None);
    }

    #[test]
    fn a_hash_gives_its_mean_colour_back() {
        let picture = Picture::new(300, 200, Pixels::Rgb8, [40, 80, 160].repeat(60_000)).unwrap();
        let hash = STANDARD.decode(thumbhash(&picture).unwrap()).unwrap();
        let (red, green, blue, alpha) = thumbhash::thumb_hash_to_average_rgba(&hash).unwrap();
        for (got, want) in [(red, 40.0), (green, 80.0), (blue, 160.0), (alpha, 255.0)] {
            assert!((got * 255.0 - want).abs() < 8.0, "{got} {want}");
        }
    }
}
