//! Storyboards: the right frames, at the right times, where the cues say.

use super::{fixture, folder};
use assay_contract::profile::DerivativeName;
use assay_contract::storyboard::{Cue, lie_in, read};
use assay_kit::rehearse::{Rehearsed, rehearse, task};
use assay_media::Media;
use image::{GenericImageView, RgbImage};

const BOTH: [DerivativeName; 2] = [DerivativeName::Storyboard, DerivativeName::StoryboardCues];
const FILMS: [&str; 9] = ["mp4", "mov", "mkv", "webm", "avi", "ts", "flv", "wmv", "3gp"];

fn asked(bytes: Vec<u8>, change: impl FnOnce(&mut assay_contract::exchange::Task)) -> Rehearsed {
    let mut task = task("application/octet-stream", None, bytes.len() as u64);
    task.derivatives = BOTH.to_vec();
    change(&mut task);
    rehearse(&Media, &task, bytes)
}

/// Sheet and cues; the cues lie in the sheet and follow each other.
fn storyboard(said: &Rehearsed) -> Option<(RgbImage, Vec<Cue>)> {
    let find = |name| said.derivatives.iter().find(|(head, _)| head.name == name).map(|(_, bytes)| bytes);
    let (sheet, cues) = find(DerivativeName::Storyboard).zip(find(DerivativeName::StoryboardCues))?;
    let (sheet, cues) = (image::load_from_memory(sheet).unwrap().to_rgb8(), read(cues).unwrap());
    lie_in(&cues, sheet.dimensions()).unwrap();
    Some((sheet, cues))
}

fn of(name: &str) -> (RgbImage, Vec<Cue>) {
    let said = asked(fixture(name), |_| {});
    assert!(said.issues.is_empty(), "{name}: {:?}", said.issues);
    storyboard(&said).unwrap_or_else(|| panic!("{name} has none"))
}

fn brightness(sheet: &RgbImage, cue: &Cue) -> f64 {
    let tile = sheet.view(cue.tile.x, cue.tile.y, cue.tile.width, cue.tile.height).to_image();
    tile.as_raw().iter().map(|value| f64::from(*value)).sum::<f64>() / tile.as_raw().len() as f64
}

fn films() -> Vec<String> {
    let is_film = |name: &String| FILMS.iter().any(|format| name.ends_with(&format!(".{format}")));
    let names = std::fs::read_dir(folder().join("media")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut films: Vec<String> = names.filter(is_film).map(|name| format!("media/{name}")).collect();
    films.sort();
    assert!(films.len() >= 15);
    films
}

#[test]
fn every_film_has_one_from_its_begin_to_its_end() {
    for name in films() {
        let said = asked(fixture(&name), |_| {});
        assert!(said.issues.is_empty(), "{name}: {:?}", said.issues);
        let (sheet, cues) = storyboard(&said).unwrap_or_else(|| panic!("{name} has none"));
        let length_s = said.facts.unwrap().media_attributes.duration.unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
        let length_ms = (length_s * 1000.0).round() as u64;
        let expected = length_ms.div_ceil(250);
        assert!((expected / 2..=expected).contains(&(cues.len() as u64)), "{name}: {} tiles of {length_ms} ms", cues.len());
        assert_eq!((cues[0].start_ms, cues[cues.len() - 1].end_ms), (0, length_ms), "{name}");
        assert!(cues.windows(2).all(|pair| pair[0].end_ms == pair[1].start_ms), "{name} has gaps");
        // A tile that was left out would be all black, as one is whose film begins so.
        let dark = cues.iter().filter(|cue| brightness(&sheet, cue) < 8.0).count();
        assert!(dark == 0 || name.contains("black"), "{name}: {dark} black tiles");
    }
}

#[test]
fn a_tile_shows_what_the_film_shows_at_its_time() {
    // 1.2 s of black, then a skyline; keyframes lie 0.8 s apart, so that some tiles are keyframes and some are not.
    let (sheet, cues) = of("media/mp4-black-intro.mp4");
    assert_eq!(cues.len(), 12);
    for cue in &cues {
        let seen = brightness(&sheet, cue);
        let middle_ms = u64::midpoint(cue.start_ms, cue.end_ms);
        // A keyframe may stand for the whole stretch that it lies in.
        if cue.end_ms <= 1200 {
            assert!(seen < 8.0, "{middle_ms} ms is black: {seen}");
        } else if cue.start_ms >= 1200 {
            assert!(seen > 20.0, "{middle_ms} ms is not: {seen}");
        }
    }
}

#[test]
fn tiles_are_turned_and_stretched_as_a_player_shows_them() {
    let size = |name: &str| {
        let (_, cues) = of(name);
        (cues[0].tile.width, cues[0].tile.height)
    };
    assert_eq!(size("media/mp4-rotated-90.mp4"), (90, 160));
    assert_eq!(size("media/mp4-anamorphic.mp4"), (160, 90));
    assert_eq!(size("media/3gp-h263-aac.3gp"), (160, 120));
}

#[test]
fn a_high_dynamic_range_film_is_neither_gray_nor_dark() {
    let (sheet, cues) = of("media/mp4-hdr10.mp4");
    assert!(cues.iter().all(|cue| (60.0..200.0).contains(&brightness(&sheet, cue))));
}

#[test]
fn only_what_is_asked_for_is_made() {
    for name in BOTH {
        let said = asked(fixture("media/ts-h264-aac.ts"), |task| task.derivatives = vec![name]);
        assert_eq!(said.derivatives.iter().map(|(head, _)| head.name).collect::<Vec<_>>(), [name]);
    }
    assert!(asked(fixture("media/wav-pcm-16.wav"), |_| {}).derivatives.is_empty(), "a sound has none");
    assert!(asked(fixture("hostile/encrypted.mp4"), |_| {}).derivatives.is_empty(), "what is encrypted has none");
}

#[test]
fn what_is_not_reached_in_time_is_not_there_and_is_said() {
    // Few enough packets to be counted before anybody looks at the clock.
    let said = asked(fixture("media/ts-interlaced.ts"), |task| task.limits.cpu_ms = 0);
    assert_eq!(said.issues.iter().map(|issue| issue.code.as_str()).collect::<Vec<_>>(), ["storyboard-left-out"]);
    assert!(said.derivatives.is_empty());
    assert_eq!(said.thumbnails.len(), 2);
}

#[test]
fn frames_of_too_many_pixels_make_no_tiles() {
    let said = asked(fixture("media/mp4-moov-at-end.mp4"), |task| task.limits.pixels = 480 * 270 - 1);
    assert!(said.derivatives.is_empty());
    assert!(said.issues.iter().all(|issue| issue.code == "too-many-pixels"), "{:?}", said.issues);
}

#[test]
fn half_a_film_has_half_a_storyboard() {
    let whole = fixture("media/mp4-h264-faststart.mp4");
    let said = asked(whole[..whole.len() / 2].to_vec(), |_| {});
    let (_, cues) = storyboard(&said).unwrap();
    let end_ms = cues[cues.len() - 1].end_ms;
    assert!((500..2500).contains(&end_ms), "{end_ms} ms of 3,000 are there");
}

#[test]
fn a_damaged_film_has_a_whole_storyboard_or_none() {
    for name in films() {
        let whole = fixture(&name);
        for seed in 1..4_u32 {
            let (mut bytes, mut state) = (whole.clone(), seed);
            for _ in 0..24 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let place = (state >> 8) as usize % bytes.len();
                bytes[place] ^= state.to_le_bytes()[3] | 1;
            }
            // Reading it is the test: cues that do not lie in their sheet panic.
            storyboard(&asked(bytes, |_| {}));
        }
        storyboard(&asked(whole[..whole.len() * 5 / 8].to_vec(), |_| {}));
    }
}
