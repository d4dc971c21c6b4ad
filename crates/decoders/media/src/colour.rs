//! Colour descriptions: numbers of ITU-T H.273 to words, and to what the scaler needs.

use crate::ffi::{ColourNumbers, Stream};
use crate::poster::Glimpse;
use assay_contract::details::Colour;

/// How light is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Light {
    /// As screens have shown it for decades.
    Standard,
    /// SMPTE ST 2084, perceptual quantiser.
    Pq,
    /// ARIB STD-B67, hybrid log-gamma.
    Hlg,
}

/// The words for what is described; `None` where nothing is.
pub(crate) fn described(numbers: ColourNumbers) -> Option<Colour> {
    let colour = Colour {
        primaries: primaries(numbers.primaries).map(str::to_owned),
        transfer: transfer(numbers.transfer).map(str::to_owned),
        matrix: matrix(numbers.matrix).map(str::to_owned),
        range: match numbers.range {
            1 => Some("tv".to_owned()),
            2 => Some("pc".to_owned()),
            _ => None,
        },
    };
    (colour != Colour::default()).then_some(colour)
}

/// `dolby-vision`, `hdr10+`, `hdr10`, `pq` or `hlg`; `None` for standard range. What a container does not say, the pictures do.
pub(crate) fn hdr_format(stream: &Stream, glimpse: Option<Glimpse>) -> Option<&'static str> {
    let seen = glimpse.map(|glimpse| glimpse.dynamic_range).unwrap_or_default();
    let numbers = glimpse.map_or(stream.colour, |glimpse| told(stream.colour, glimpse.colour));
    match light(numbers) {
        _ if stream.has_dolby_vision || seen.has_dolby_vision => Some("dolby-vision"),
        Light::Pq if seen.has_hdr10_plus => Some("hdr10+"),
        Light::Pq if stream.has_mastering_display || seen.has_mastering_display => Some("hdr10"),
        Light::Pq => Some("pq"),
        Light::Hlg => Some("hlg"),
        Light::Standard => None,
    }
}

/// What a container says of colour, and where it says nothing, what the pictures say.
pub(crate) fn told(stream: ColourNumbers, frame: ColourNumbers) -> ColourNumbers {
    // 2 is "unspecified", 0 is reserved but for the matrix; a range of 0 is unknown.
    let either = |one: u32, other: u32| if matches!(one, 0 | 2) { other } else { one };
    ColourNumbers {
        primaries: either(stream.primaries, frame.primaries),
        transfer: either(stream.transfer, frame.transfer),
        matrix: if stream.matrix == 2 { frame.matrix } else { stream.matrix },
        range: if stream.range == 0 { frame.range } else { stream.range },
    }
}

/// How light is coded.
pub(crate) fn light(numbers: ColourNumbers) -> Light {
    match numbers.transfer {
        16 => Light::Pq,
        18 => Light::Hlg,
        _ => Light::Standard,
    }
}

/// H.273's matrix for the scaler. Files that do not say are taken as players take them: BT.709 from 720 lines on, else BT.601.
pub(crate) fn scaler_matrix(numbers: ColourNumbers, height: u32) -> i32 {
    match numbers.matrix {
        1 => 1,
        4 => 4,
        5 | 6 => 5,
        7 => 7,
        9 | 10 => 9,
        _ if height >= 720 => 1,
        _ => 5,
    }
}

fn primaries(number: u32) -> Option<&'static str> {
    Some(match number {
        1 => "bt709",
        4 => "bt470m",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "film",
        9 => "bt2020",
        10 => "smpte428",
        11 => "smpte431",
        12 => "smpte432",
        22 => "ebu3213",
        _ => return None,
    })
}

fn transfer(number: u32) -> Option<&'static str> {
    Some(match number {
        1 => "bt709",
        4 => "bt470m",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "linear",
        9 => "log100",
        10 => "log316",
        11 => "iec61966-2-4",
        12 => "bt1361e",
        13 => "iec61966-2-1",
        14 => "bt2020-10",
        15 => "bt2020-12",
        16 => "smpte2084",
        17 => "smpte428",
        18 => "arib-std-b67",
        _ => return None,
    })
}

fn matrix(number: u32) -> Option<&'static str> {
    Some(match number {
        0 => "gbr",
        1 => "bt709",
        4 => "fcc",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "ycgco",
        9 => "bt2020nc",
        10 => "bt2020c",
        11 => "smpte2085",
        12 => "chroma-derived-nc",
        13 => "chroma-derived-c",
        14 => "ictcp",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_standard_knows_have_no_word() {
        let wild = ColourNumbers { primaries: u32::MAX, transfer: 255, matrix: 99, range: 7 };
        assert_eq!(described(wild), None);
        assert_eq!(scaler_matrix(wild, 1080), 1);
        assert_eq!(scaler_matrix(wild, 576), 5);
    }
}
