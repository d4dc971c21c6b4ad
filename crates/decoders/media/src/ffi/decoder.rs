//! One stream's decoder, on one thread, and what is made of its frames.

use super::{ColourNumbers, Depth, FrameSeen, Lines, Scan, Shrink, Trouble, Wanted, known, number, pixel_format, positive, side_data};
use ffmpeg_next::ffi as av;
use std::ffi::c_int;
use std::ptr;

/// One stream's decoder and the frame it made last.
pub(crate) struct StreamDecoder {
    pub(super) context: *mut av::AVCodecContext,
    pub(super) frame: *mut av::AVFrame,
}

impl StreamDecoder {
    /// Says that no packet comes any more: frames held back come out.
    pub(crate) fn drain(&mut self) {
        // SAFETY: a live decoder; null is the documented way to drain, an error means that it drains already.
        unsafe { av::avcodec_send_packet(self.context, ptr::null()) };
    }

    /// Forgets what came before; to be called after a seek or a drain.
    pub(crate) fn restart(&mut self) {
        // SAFETY: a live, opened decoder.
        unsafe { av::avcodec_flush_buffers(self.context) };
    }

    /// Which of the frames in the packets to come are made.
    pub(crate) fn make(&mut self, wanted: Wanted) {
        // SAFETY: a live decoder; the field may be written at any time.
        unsafe {
            (*self.context).skip_frame = match wanted {
                Wanted::All => av::AVDiscard::AVDISCARD_DEFAULT,
                Wanted::References => av::AVDiscard::AVDISCARD_NONREF,
            };
        }
    }

    /// Takes the next frame, if one is ready.
    pub(crate) fn receive(&mut self) -> Option<FrameSeen> {
        // SAFETY: decoder and frame are live. Colour is read as integers, whatever the file wrote there.
        unsafe {
            if av::avcodec_receive_frame(self.context, self.frame) < 0 {
                return None;
            }
            let frame = &*self.frame;
            Some(FrameSeen {
                ticks: known(frame.best_effort_timestamp),
                width: positive(frame.width),
                height: positive(frame.height),
                sample_aspect_ratio: frame.sample_aspect_ratio.into(),
                colour: ColourNumbers {
                    primaries: number(&raw const frame.color_primaries),
                    transfer: number(&raw const frame.color_trc),
                    matrix: number(&raw const frame.colorspace),
                    range: number(&raw const frame.color_range),
                },
                is_damaged: frame.decode_error_flags != 0 || frame.flags & av::AV_FRAME_FLAG_CORRUPT != 0,
                scan: match (frame.interlaced_frame, frame.top_field_first) {
                    (0, _) => Scan::Progressive,
                    (_, 0) => Scan::BottomFirst,
                    (_, _) => Scan::TopFirst,
                },
                dynamic_range: side_data::dynamic_range(self.frame),
            })
        }
    }

    /// The frame taken last as red, green, blue at another size, rows without padding, native byte order.
    pub(crate) fn shrunk(&self, to: Shrink) -> Result<Vec<u8>, Trouble> {
        let failed = || Trouble::Failed("the frame could not be scaled".to_owned());
        let side = |pixels: u32| c_int::try_from(pixels).map_err(|_| failed());
        let (width, height) = (side(to.width)?, side(to.height)?);
        let (format, pixel_bytes) = match to.depth {
            Depth::Eight => (av::AVPixelFormat::AV_PIX_FMT_RGB24, 3_usize),
            Depth::Sixteen => (av::AVPixelFormat::AV_PIX_FMT_RGB48LE, 6),
        };
        let row = pixel_bytes * to.width as usize;
        // swscale's vector code writes whole registers: rows are padded to them.
        let stride = row.next_multiple_of(64) + 64;
        let mut padded = vec![0_u8; stride * (to.height as usize + 1)];
        // SAFETY: the frame was filled by its decoder, so size, format and planes agree; its pixel format is one that
        // FFmpeg itself set. The target has `height` rows of `stride` bytes and a row to spare. The scaler is freed here.
        unsafe {
            let frame = &*self.frame;
            let source_format = pixel_format(frame.format).ok_or_else(failed)?;
            // Three planes of a height that chroma of any sampling divides into two fields of whole lines.
            let is_split = to.lines == Lines::OneField && frame.height % 8 == 0 && frame.data.iter().take(3).all(|plane| !plane.is_null());
            let (skip, first) = if is_split { (2, isize::from(frame.top_field_first == 0)) } else { (1, 0) };
            let source_height = (frame.height / skip).max(1);
            let shrinks = frame.width > width || source_height > height;
            let kernel = if shrinks { av::SWS_AREA } else { av::SWS_BICUBIC };
            let flags = kernel | av::SWS_ACCURATE_RND | av::SWS_FULL_CHR_H_INT;
            let scaler = av::sws_getContext(
                frame.width,
                source_height,
                source_format,
                width,
                height,
                format,
                flags,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            );
            if scaler.is_null() {
                return Err(failed());
            }
            let (from, onto) = (av::sws_getCoefficients(to.matrix), av::sws_getCoefficients(av::SWS_CS_ITU709));
            // Formats without a matrix (RGB) refuse it: nothing is to be set for them.
            av::sws_setColorspaceDetails(scaler, from, to.full_range, onto, 1, 0, 1 << 16, 1 << 16);
            let planes = [padded.as_mut_ptr(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut()];
            let strides = [c_int::try_from(stride).unwrap_or(c_int::MAX), 0, 0, 0];
            // One field: every second line of each plane, from the first or the second on.
            let from_planes: [*const u8; 4] = std::array::from_fn(|plane| match (frame.data.get(plane), frame.linesize.get(plane)) {
                (Some(data), Some(size)) if !data.is_null() => data.offset(isize::try_from(*size).unwrap_or(0) * first).cast_const(),
                _ => ptr::null(),
            });
            let from_strides: [c_int; 4] =
                std::array::from_fn(|plane| frame.linesize.get(plane).map_or(0, |size| size.saturating_mul(skip)));
            let lines =
                av::sws_scale(scaler, from_planes.as_ptr(), from_strides.as_ptr(), 0, source_height, planes.as_ptr(), strides.as_ptr());
            av::sws_freeContext(scaler);
            if lines <= 0 {
                return Err(failed());
            }
        }
        Ok(padded.chunks(stride).take(to.height as usize).flat_map(|line| line.get(..row).unwrap_or_default()).copied().collect())
    }

    /// The rate and the number of channels of the frame taken last.
    pub(crate) fn sound(&self) -> (u32, u32) {
        // SAFETY: the frame is live.
        unsafe { (positive((*self.frame).sample_rate), positive((*self.frame).ch_layout.nb_channels)) }
    }

    /// Appends the frame taken last channel by channel, interleaved, -1 to 1; formats without a meaning add nothing.
    pub(crate) fn interleaved(&self, into: &mut Vec<f32>) {
        // SAFETY: the frame was filled by an audio decoder: `extended_data` has a plane for each channel (planar) or one
        // (packed), each of `nb_samples` (times channels) samples of its format.
        let (mut planes, channels, samples, read) = unsafe {
            let frame = &*self.frame;
            let (channels, samples) = (positive(frame.ch_layout.nb_channels) as usize, positive(frame.nb_samples) as usize);
            let Some((bytes, planar, read)) = sample_reader(frame.format) else { return };
            if channels == 0 || frame.extended_data.is_null() {
                return;
            }
            let (count, length) = if planar { (channels, samples * bytes) } else { (1, samples * channels * bytes) };
            let planes: Vec<_> = (0..count)
                .map(|plane| *frame.extended_data.add(plane))
                .filter(|plane| !plane.is_null())
                .map(|plane| std::slice::from_raw_parts(plane.cast_const(), length).chunks_exact(bytes))
                .collect();
            (planes, channels, samples, read)
        };
        // Planar: one sample of each plane; packed: one of each channel from the only plane.
        let takes = channels / planes.len().max(1);
        into.reserve(samples.saturating_mul(channels));
        for _ in 0..samples {
            for plane in &mut planes {
                into.extend(plane.take(takes).map(read));
            }
        }
    }
}

impl Drop for StreamDecoder {
    fn drop(&mut self) {
        // SAFETY: both are null or ours alone.
        unsafe {
            av::av_frame_free(&raw mut self.frame);
            av::avcodec_free_context(&raw mut self.context);
        }
    }
}

type SampleReader = fn(&[u8]) -> f32;

/// Bytes of a sample, whether channels lie apart, and how one is read.
fn sample_reader(format: c_int) -> Option<(usize, bool, SampleReader)> {
    use av::AVSampleFormat as F;
    const U8: SampleReader = |bytes| bytes.first().map_or(0.0, |value| (f32::from(*value) - 128.0) / 128.0);
    const S16: SampleReader = |bytes| bytes.first_chunk().map_or(0.0, |value| f32::from(i16::from_ne_bytes(*value)) / 32_768.0);
    const S32: SampleReader = |bytes| bytes.first_chunk().map_or(0.0, |value| i32::from_ne_bytes(*value) as f32 / 2_147_483_648.0);
    const S64: SampleReader =
        |bytes| bytes.first_chunk().map_or(0.0, |value| i64::from_ne_bytes(*value) as f32 / 9_223_372_036_854_775_808.0);
    const FLT: SampleReader = |bytes| bytes.first_chunk().map_or(0.0, |value| f32::from_ne_bytes(*value));
    #[expect(clippy::cast_possible_truncation, reason = "a peak needs no more than f32")]
    const DBL: SampleReader = |bytes| bytes.first_chunk().map_or(0.0, |value| f64::from_ne_bytes(*value) as f32);
    let all = [
        (F::AV_SAMPLE_FMT_U8, 1, false, U8),
        (F::AV_SAMPLE_FMT_S16, 2, false, S16),
        (F::AV_SAMPLE_FMT_S32, 4, false, S32),
        (F::AV_SAMPLE_FMT_S64, 8, false, S64),
        (F::AV_SAMPLE_FMT_FLT, 4, false, FLT),
        (F::AV_SAMPLE_FMT_DBL, 8, false, DBL),
        (F::AV_SAMPLE_FMT_U8P, 1, true, U8),
        (F::AV_SAMPLE_FMT_S16P, 2, true, S16),
        (F::AV_SAMPLE_FMT_S32P, 4, true, S32),
        (F::AV_SAMPLE_FMT_S64P, 8, true, S64),
        (F::AV_SAMPLE_FMT_FLTP, 4, true, FLT),
        (F::AV_SAMPLE_FMT_DBLP, 8, true, DBL),
    ];
    all.into_iter().find(|one| one.0 as c_int == format).map(|(_, bytes, planar, read)| (bytes, planar, read))
}
