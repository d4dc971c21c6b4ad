//! Frames are counted, not decoded; the first is shown.

use crate::maker::pixels;
use crate::stage::{assert_near, codes, details, fixture, grid, is_complete, preview, said, said_for, task};
use gif::{Encoder, Frame, Repeat};

fn animated_gif(repeat: Option<Repeat>, frames: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 40, 20, &[255, 0, 0, 0, 0, 255]).unwrap();
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    for number in 0..frames {
        let index = u8::from(number > 0);
        encoder.write_frame(&Frame { width: 40, height: 20, delay: 25, buffer: vec![index; 800].into(), ..Frame::default() }).unwrap();
    }
    drop(encoder);
    file
}

#[test]
fn a_gif_tells_frames_passes_and_seconds() {
    for (repeat, passes) in [(None, 1), (Some(Repeat::Infinite), 0), (Some(Repeat::Finite(2)), 3)] {
        let told = said(&animated_gif(repeat, 4));
        assert!(is_complete(&told), "{told:?}");
        let read = details(&told);
        assert_eq!((read.frame_count, read.duration_s, read.loop_count), (Some(4), Some(1.0), Some(passes)));
        assert_near(preview(&told).at(0.5, 0.5), &[255, 0, 0]);
    }
    let still = details(&said(&animated_gif(None, 1)));
    assert_eq!((still.frame_count, still.duration_s, still.loop_count), (Some(1), None, None));
}

#[test]
fn frames_are_counted_as_far_as_allowed() {
    let file = animated_gif(None, 5);
    let mut task = task(&file);
    for (allowed, counted, complaints) in [(4, 4, 1), (5, 5, 0), (6, 5, 0)] {
        task.limits.frames = allowed;
        let told = said_for(&task, &file);
        assert_eq!((details(&told).frame_count, codes(&told).len()), (Some(counted), complaints), "{allowed}");
    }
}

#[test]
fn a_gif_frame_smaller_than_its_canvas_leaves_the_rest_free() {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 100, 100, &[0, 160, 0]).unwrap();
    let frame = Frame { left: 50, top: 50, width: 50, height: 50, buffer: vec![0; 2500].into(), ..Frame::default() };
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    let told = said(&file);
    assert!(is_complete(&told), "{told:?}");
    assert_eq!(grid(&told).at(0.2, 0.2)[3], 0);
    assert_near(grid(&told).at(0.8, 0.8), &[0, 160, 0, 255]);
}

#[test]
fn an_apng_shows_its_default_image() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 30, 30);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(3, 7).unwrap();
    encoder.set_frame_delay(1, 4).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for colour in [[250, 0, 0], [0, 250, 0], [0, 0, 250]] {
        writer.write_image_data(&pixels(30, 30, |_, _| colour)).unwrap();
    }
    writer.finish().unwrap();
    let told = said(&file);
    assert!(is_complete(&told), "{told:?}");
    let read = details(&told);
    assert_eq!((read.frame_count, read.duration_s, read.loop_count), (Some(3), Some(0.75), Some(7)));
    assert_near(preview(&told).at(0.5, 0.5), &[250, 0, 0]);
}

#[test]
fn animated_fixtures_are_counted_as_other_tools_count_them() {
    assert_eq!(details(&said(&fixture("media/gif-animated.gif"))).frame_count, Some(12));
    let webp = details(&said(&fixture("media/webp-animated.webp")));
    assert_eq!(webp.frame_count, Some(10));
    assert!(webp.duration_s.unwrap() > 0.1);
    assert!(webp.loop_count.is_some());
}
