//! The derivative `waveform`: the peaks of a sound as the JSON of audiowaveform
//! (<https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md>), version 2, of 8 bits, all channels mixed to one.

use serde::{Deserialize, Serialize};

/// Most points; a longer sound gets more samples a point.
pub const MOST_POINTS: usize = 16_384;
/// Samples of a point in the shortest sounds; a longer one doubles it as often as it must.
pub const FEWEST_SAMPLES: u64 = 64;
/// More than the longest that can be written: two numbers of up to four letters with a comma each for every point, and the head.
const MOST_BYTES: usize = MOST_POINTS * 10 + 256;

/// The derivative.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Waveform {
    version: u8,
    channels: u8,
    sample_rate: u32,
    samples_per_pixel: u64,
    bits: u8,
    length: usize,
    data: Vec<i8>,
}

impl Waveform {
    /// Of points of so many samples each (see [`FEWEST_SAMPLES`]), at most [`MOST_POINTS`]: the lowest and the highest of each, -128 to 127.
    pub fn new(sample_rate: u32, samples_per_point: u64, points: impl ExactSizeIterator<Item = (i8, i8)>) -> Self {
        let length = points.len();
        let data = points.flat_map(|(low, high)| [low, high]).collect();
        Self { version: 2, channels: 1, sample_rate, samples_per_pixel: samples_per_point, bits: 8, length, data }
    }

    /// Its bytes; the only ones it can have.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Whether bytes are a waveform and nothing else: they are written again, and must come out the same.
pub fn is_one(bytes: &[u8]) -> bool {
    if bytes.len() > MOST_BYTES {
        return false;
    }
    let Ok(found) = serde_json::from_slice::<Waveform>(bytes) else { return false };
    let step = found.samples_per_pixel;
    (found.version, found.channels, found.bits) == (2, 1, 8)
        && found.sample_rate > 0
        && step >= FEWEST_SAMPLES
        && step.is_power_of_two()
        && (1..=MOST_POINTS).contains(&found.length)
        && found.data.len() == found.length * 2
        && found.data.chunks_exact(2).all(|point| matches!(point, [low, high] if low <= high))
        && found.to_bytes() == bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waveform(points: usize) -> String {
        let data = vec!["-128,127"; points].join(",");
        format!(r#"{{"version":2,"channels":1,"sample_rate":44100,"samples_per_pixel":128,"bits":8,"length":{points},"data":[{data}]}}"#)
    }

    #[test]
    fn what_is_written_is_one() {
        let written = Waveform::new(44_100, 128, [(-128, 127), (-3, 5)].into_iter()).to_bytes();
        assert!(is_one(&written));
        assert_eq!(written, waveform(2).replacen("-128,127]", "-3,5]", 1).into_bytes());
    }

    #[test]
    fn a_waveform_has_its_form_and_its_length() {
        for (points, is_right) in [(0, false), (1, true), (3, true), (MOST_POINTS, true), (MOST_POINTS + 1, false)] {
            assert_eq!(is_one(waveform(points).as_bytes()), is_right, "{points}");
        }
    }

    #[test]
    fn any_other_bytes_are_none() {
        let whole = waveform(2);
        for (from, to) in [
            ("\"version\":2", "\"version\":1"),
            ("\"channels\":1", "\"channels\":2"),
            ("44100", "0"),
            (":128,", ":32,"),
            (":128,", ":192,"),
            ("\"bits\":8", "\"bits\":16"),
            ("\"length\":2", "\"length\":3"),
            ("-128,127", "127,-128"),
            ("-128,127", "-129,127"),
            ("-128,127", "-128.0,127"),
            ("-128,127", "-128, 127"),
            ("{\"version\"", "{\"name\":\"SMITH\",\"version\""),
            ("{\"version\"", " {\"version\""),
            ("]}", "]}\n"),
        ] {
            assert!(whole.contains(from));
            assert!(!is_one(whole.replacen(from, to, 1).as_bytes()), "{from} as {to}");
        }
        assert!(!is_one(b"<html>") && !is_one(b""));
    }
}
