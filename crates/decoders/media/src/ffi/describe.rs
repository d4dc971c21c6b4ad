//! Streams and tags, copied out of FFmpeg's structures.

use super::{ColourNumbers, Medium, Stream, known, number, pixel_format, positive, text};
use av::AVPacketSideDataType as SideData;
use ffmpeg_next::ffi as av;
use std::ffi::CStr;
use std::ptr;

/// # Safety
/// `stream` is a live stream of an opened context.
pub(super) unsafe fn described(index: usize, stream: *mut av::AVStream) -> Stream {
    // SAFETY: by the caller's promise; parameters belong to the stream, names are static, side data is read by its size.
    unsafe {
        let (stream_ref, parameters) = (&*stream, &*(*stream).codecpar);
        let is_video = parameters.codec_type == av::AVMediaType::AVMEDIA_TYPE_VIDEO;
        let format = if is_video { pixel_format(parameters.format) } else { None };
        let description = format.map(|format| av::av_pix_fmt_desc_get(format)).filter(|found| !found.is_null());
        let exact_bits = av::av_get_exact_bits_per_sample(parameters.codec_id);
        Stream {
            index,
            medium: match parameters.codec_type {
                av::AVMediaType::AVMEDIA_TYPE_VIDEO => Medium::Video,
                av::AVMediaType::AVMEDIA_TYPE_AUDIO => Medium::Audio,
                av::AVMediaType::AVMEDIA_TYPE_SUBTITLE => Medium::Subtitle,
                _ => Medium::Other,
            },
            codec_name: text(av::avcodec_get_name(parameters.codec_id)).unwrap_or_default(),
            codec_tag: parameters.codec_tag,
            profile: text(av::avcodec_profile_name(parameters.codec_id, parameters.profile)),
            level: parameters.level,
            pixel_format: format.and_then(|format| text(av::av_get_pix_fmt_name(format))),
            component_bits: description.and_then(|found| u8::try_from((*found).comp[0].depth).ok()),
            width: positive(parameters.width),
            height: positive(parameters.height),
            sample_aspect_ratio: if stream_ref.sample_aspect_ratio.num > 0 {
                stream_ref.sample_aspect_ratio.into()
            } else {
                parameters.sample_aspect_ratio.into()
            },
            colour: ColourNumbers {
                primaries: number(&raw const parameters.color_primaries),
                transfer: number(&raw const parameters.color_trc),
                matrix: number(&raw const parameters.color_space),
                range: number(&raw const parameters.color_range),
            },
            field_order: number(&raw const parameters.field_order),
            reorders: parameters.video_delay > 0,
            average_rate: stream_ref.avg_frame_rate.into(),
            nominal_rate: stream_ref.r_frame_rate.into(),
            time_base: stream_ref.time_base.into(),
            start: known(stream_ref.start_time),
            duration: known(stream_ref.duration).filter(|ticks| *ticks > 0),
            bit_rate: parameters.bit_rate,
            declared_frames: stream_ref.nb_frames,
            is_attached_picture: stream_ref.disposition & (av::AV_DISPOSITION_ATTACHED_PIC | av::AV_DISPOSITION_TIMED_THUMBNAILS) != 0,
            display_matrix: display_matrix(stream),
            has_mastering_display: has_side_data(stream, SideData::AV_PKT_DATA_MASTERING_DISPLAY_METADATA),
            has_dolby_vision: has_side_data(stream, SideData::AV_PKT_DATA_DOVI_CONF),
            sample_rate: positive(parameters.sample_rate),
            channels: positive(parameters.ch_layout.nb_channels),
            channel_layout: channel_layout(&raw const parameters.ch_layout),
            sample_bits: u8::try_from(parameters.bits_per_raw_sample.max(exact_bits)).unwrap_or(0),
            tags: dictionary(stream_ref.metadata, 64),
        }
    }
}

/// # Safety
/// `stream` is live.
unsafe fn has_side_data(stream: *const av::AVStream, kind: SideData) -> bool {
    // SAFETY: a size may be left out; the pointer is only compared.
    unsafe { !av::av_stream_get_side_data(stream, kind, ptr::null_mut()).is_null() }
}

/// # Safety
/// `stream` is live.
unsafe fn display_matrix(stream: *const av::AVStream) -> Option<[i32; 9]> {
    let mut size = 0_usize;
    // SAFETY: the data is read only where it is as long as nine integers; no alignment is assumed.
    unsafe {
        let data = av::av_stream_get_side_data(stream, SideData::AV_PKT_DATA_DISPLAYMATRIX, &raw mut size);
        (!data.is_null() && size >= size_of::<[i32; 9]>()).then(|| data.cast::<[i32; 9]>().read_unaligned())
    }
}

/// # Safety
/// `layout` is live.
unsafe fn channel_layout(layout: *const av::AVChannelLayout) -> Option<String> {
    // SAFETY: by the caller's promise.
    let (order, channels) = unsafe { (number(&raw const (*layout).order), (*layout).nb_channels) };
    if order == av::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC as u32 {
        // Plain WAV, AU and their like only number their channels: of one and of two everybody knows what they are.
        return match channels {
            1 => Some("mono".to_owned()),
            2 => Some("stereo".to_owned()),
            _ => None,
        };
    }
    let mut name = [0_u8; 128];
    // SAFETY: FFmpeg writes at most the given size, and a zero at its end.
    let written = unsafe { av::av_channel_layout_describe(layout, name.as_mut_ptr().cast(), name.len()) };
    if written <= 0 { None } else { CStr::from_bytes_until_nul(&name).ok().map(|name| name.to_string_lossy().into_owned()) }
}

/// # Safety
/// `from` is null or a live dictionary.
pub(super) unsafe fn dictionary(from: *const av::AVDictionary, most: usize) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut entry: *const av::AVDictionaryEntry = ptr::null();
    // SAFETY: av_dict_get takes null for "from the begin"; its strings live as long as the dictionary and are copied.
    unsafe {
        while pairs.len() < most {
            entry = av::av_dict_get(from, c"".as_ptr(), entry, av::AV_DICT_IGNORE_SUFFIX);
            if entry.is_null() {
                break;
            }
            pairs.extend(text((*entry).key).zip(text((*entry).value)));
        }
    }
    pairs
}
