//! Edit lists, reordering, variable rates, negative times.

use super::{fixture, looked_at, video};

#[test]
fn frames_that_an_edit_list_hides_are_not_counted_but_told() {
    let edited = video("media/mp4-edit-list.mp4");
    assert_eq!(edited.has_edit_list, Some(true));
    assert_eq!(edited.has_negative_timestamps, Some(true));
    let shown = looked_at(fixture("media/mp4-edit-list.mp4")).facts.unwrap().media_attributes.frame_count;
    assert!(edited.packet_count > shown, "{:?} packets, {shown:?} shown", edited.packet_count);
    assert_eq!(edited.frame_count_method.as_deref(), Some("packets"));
}

#[test]
fn a_variable_rate_is_told_from_a_constant_one() {
    assert_eq!(video("media/mp4-variable-rate.mp4").variable_frame_rate, Some(true));
    for constant in ["media/mp4-h264-faststart.mp4", "media/mkv-h264-vorbis.mkv", "media/ts-h264-aac.ts", "media/flv-h264-aac.flv"] {
        assert_eq!(video(constant).variable_frame_rate, Some(false), "{constant}");
    }
}

#[test]
fn reordered_frames_are_noticed() {
    assert_eq!(video("media/mp4-b-frames.mp4").has_b_frames, Some(true));
    assert_eq!(video("media/webm-vp8-vorbis.webm").has_b_frames, Some(false));
}

#[test]
fn where_the_index_lies_makes_no_difference() {
    let end = video("media/mp4-moov-at-end.mp4");
    assert_eq!((end.stored_width, end.stored_height, end.packet_count), (480, 270, Some(75)));
}
