//! A TIFF's samples, of whatever type, as numbers from 0 to 255.

use tiff::decoder::DecodingResult;

/// How a number becomes one of 0 to 255.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// By its type's range.
    Type,
    /// Not at all: it is an index.
    Index,
    /// From the one to the other.
    Range(f64, f64),
}

/// Appends `count` samples of a chunk's row.
pub(super) fn append_row(chunk: &DecodingResult, y: usize, count: usize, bits: u8, scale: Scale, row: &mut Vec<u8>) {
    match (chunk, scale) {
        (DecodingResult::U8(bytes), Scale::Type | Scale::Index) if bits < 8 => {
            let stride = (count * usize::from(bits)).div_ceil(8);
            let packed = bytes.get(y * stride..(y + 1) * stride).unwrap_or_default();
            unpack(packed, bits, count, scale, row);
        }
        (DecodingResult::U8(bytes), Scale::Type | Scale::Index) => {
            row.extend_from_slice(bytes.get(y * count..(y + 1) * count).unwrap_or_default());
        }
        (DecodingResult::U16(words), Scale::Type) => {
            let words = words.get(y * count..(y + 1) * count).unwrap_or_default();
            row.extend(words.iter().map(|word| u8::try_from(word >> 8).unwrap_or(u8::MAX)));
        }
        (DecodingResult::U16(words), Scale::Index) => {
            let words = words.get(y * count..(y + 1) * count).unwrap_or_default();
            row.extend(words.iter().map(|word| u8::try_from(*word).unwrap_or(u8::MAX)));
        }
        (chunk, scale) => {
            let (low, high) = match scale {
                Scale::Range(low, high) if high > low => (low, high),
                _ => (0.0, 1.0),
            };
            each_number(chunk, y * count, count, |number| {
                // Clamped to 0 to 255 before it is cut, and what is no number becomes 0.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 in the same line")]
                row.push(((number - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8);
            });
        }
    }
}

/// Samples of 1 to 7 bits, most significant bit first, each row from a byte's begin.
fn unpack(packed: &[u8], bits: u8, count: usize, scale: Scale, row: &mut Vec<u8>) {
    let most = (1_u16 << bits) - 1;
    for n in 0..count {
        let bit = n * usize::from(bits);
        let Some(high) = packed.get(bit / 8) else { return };
        let pair = u16::from_be_bytes([*high, packed.get(bit / 8 + 1).copied().unwrap_or(0)]);
        let shift = 16 - usize::from(bits) - bit % 8;
        let number = pair >> shift & most;
        let number = if matches!(scale, Scale::Index) { number } else { number * 255 / most };
        row.push(u8::try_from(number).unwrap_or(u8::MAX));
    }
}

/// Calls for each number from a place on, as floating point.
pub(super) fn each_number(chunk: &DecodingResult, from: usize, count: usize, mut call: impl FnMut(f64)) {
    macro_rules! each {
        ($numbers:expr, $convert:expr) => {
            $numbers.iter().skip(from).take(count).map($convert).for_each(&mut call)
        };
    }
    match chunk {
        DecodingResult::U8(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::U16(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::U32(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::U64(numbers) => each!(numbers, |n| *n as f64),
        DecodingResult::I8(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::I16(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::I32(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::I64(numbers) => each!(numbers, |n| *n as f64),
        DecodingResult::F16(numbers) => each!(numbers, |n| n.to_f64()),
        DecodingResult::F32(numbers) => each!(numbers, |n| f64::from(*n)),
        DecodingResult::F64(numbers) => each!(numbers, |n| *n),
    }
}

/// Turns the bits of each byte, which the library leaves as they are.
pub(super) fn turn(chunk: &mut DecodingResult) {
    macro_rules! each {
        ($numbers:expr) => {
            $numbers.iter_mut().for_each(|n| *n = n.reverse_bits().swap_bytes())
        };
    }
    match chunk {
        DecodingResult::U8(numbers) => each!(numbers),
        DecodingResult::U16(numbers) => each!(numbers),
        DecodingResult::U32(numbers) => each!(numbers),
        DecodingResult::U64(numbers) => each!(numbers),
        DecodingResult::I8(numbers) => each!(numbers),
        DecodingResult::I16(numbers) => each!(numbers),
        DecodingResult::I32(numbers) => each!(numbers),
        DecodingResult::I64(numbers) => each!(numbers),
        DecodingResult::F16(_) | DecodingResult::F32(_) | DecodingResult::F64(_) => {}
    }
}
