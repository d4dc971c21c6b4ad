//! What is written is read again, and nothing else is.

use super::*;
use proptest::prelude::*;

const TICK: Ratio = Ratio { num: 1, den: 12_800 };

fn frame(ticks: i64, is_key: bool) -> IndexedFrame {
    IndexedFrame { ticks, is_key }
}

fn three() -> Vec<u8> {
    FrameIndex::write(TICK, [frame(-512, true), frame(0, false), frame(1_000_000, true)]).unwrap()
}

#[test]
fn an_index_has_the_bytes_that_are_documented() {
    let bytes = three();
    assert_eq!(bytes[..8], *b"AYFI\x01\0\0\0");
    assert_eq!(bytes[8..20], [3, 0, 0, 0, 1, 0, 0, 0, 0, 50, 0, 0]);
    assert_eq!(bytes[20..28], (-512_i64).to_le_bytes());
    // 0 and a keyframe; 512 steps of no keyframe; 1,000,000 and a keyframe.
    assert_eq!(bytes[28..], [1, 0x80, 0x08, 0x81, 0x89, 0x7a]);
}

#[test]
fn an_index_of_nothing_is_an_index() {
    let bytes = FrameIndex::write(TICK, []).unwrap();
    let index = FrameIndex::read(&bytes).unwrap();
    assert_eq!((index.frame_count(), index.frames().count()), (0, 0));
}

#[test]
fn an_index_cut_or_longer_by_a_byte_is_refused() {
    let whole = three();
    assert!(FrameIndex::read(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(FrameIndex::read(&whole[..length]).is_err(), "{length}");
    }
    assert_eq!(FrameIndex::read(&[&whole[..], &[0]].concat()), Err(FrameIndexError::Length));
}

#[test]
fn what_can_not_be_is_refused_by_name() {
    let with = |at: usize, byte: u8| {
        let mut bytes = three();
        bytes[at] = byte;
        FrameIndex::read(&bytes).err()
    };
    assert_eq!(with(0, b'B'), Some(FrameIndexError::Head));
    assert_eq!(with(4, 2), Some(FrameIndexError::Version(2)));
    assert_eq!(with(12, 0), Some(FrameIndexError::Tick));
    assert_eq!(with(8, 4), Some(FrameIndexError::Length));
    assert_eq!(with(11, 255), Some(FrameIndexError::Length), "four billion frames in six bytes");
    let mut late = three();
    late[20..28].copy_from_slice(&i64::MAX.to_le_bytes());
    assert_eq!(FrameIndex::read(&late), Err(FrameIndexError::Overflow));
    let endless = [&three()[..28], &[0xff; 64]].concat();
    assert_eq!(FrameIndex::read(&endless), Err(FrameIndexError::Length));
}

#[test]
fn frames_out_of_order_and_ticks_of_no_length_are_not_written() {
    assert_eq!(FrameIndex::write(TICK, [frame(1, true), frame(0, false)]), None);
    assert_eq!(FrameIndex::write(TICK, [frame(i64::MIN, true), frame(i64::MAX, false)]), None);
    assert_eq!(FrameIndex::write(Ratio { num: 0, den: 1 }, []), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read(first in -1_000_000_i64..1_000_000, steps in proptest::collection::vec((0_i64..1 << 40, any::<bool>()), 0..200)) {
        let mut ticks = first;
        let frames: Vec<IndexedFrame> = steps.into_iter().map(|(step, is_key)| { ticks += step; frame(ticks, is_key) }).collect();
        let bytes = FrameIndex::write(TICK, frames.clone()).unwrap();
        let index = FrameIndex::read(&bytes).unwrap();
        prop_assert_eq!(index.frames().collect::<Vec<_>>(), frames);
        prop_assert_eq!(index.tick(), TICK);
    }

    #[test]
    fn any_bytes_are_read_or_refused(tail in proptest::collection::vec(any::<u8>(), 0..64), is_headed in any::<bool>()) {
        let bytes = if is_headed { [&three()[..8], &tail].concat() } else { tail };
        if let Ok(index) = FrameIndex::read(&bytes) {
            prop_assert_eq!(index.frames().count(), index.frame_count() as usize);
        }
    }
}
