//! A container that is read through the kit's input, and nothing but it.

use super::describe::{described, dictionary};
use super::source::{Opening, Source, read_source, refuse_second_file, seek_source};
use super::{DurationSource, PacketSeen, SampleTable, Stream, StreamDecoder, Trouble, known, out_of_memory, spoken, text};
use assay_kit::Input;
use ffmpeg_next::ffi as av;
use std::ffi::{CString, c_int};
use std::io;
use std::marker::PhantomData;
use std::ptr;

/// FFmpeg's own default is 5 MB; some camera files keep their first frame behind more.
const PROBE_BYTES: i64 = 10 << 20;
/// As FFmpeg's longest default (MPEG-TS takes 7 s).
const ANALYSE_MICROSECONDS: i64 = 10_000_000;
/// How much of the begin may be looked at to recognise the container: an ID3 tag with cover art lies before it.
const RECOGNISE_BYTES: u32 = 4 << 20;
/// One read of FFmpeg.
const IO_BUFFER_BYTES: usize = 64 << 10;

/// A container that is being read. Owns every C object it made.
pub(crate) struct Demuxer<'i> {
    pub(super) context: *mut av::AVFormatContext,
    io: *mut av::AVIOContext,
    source: *mut Source<'i>,
    packet: *mut av::AVPacket,
    name: String,
    score: i32,
    lifetime: PhantomData<&'i mut Input>,
}

impl<'i> Demuxer<'i> {
    /// Recognises the container among those allowed and reads its head.
    pub(crate) fn open(input: &'i mut Input, opening: &Opening) -> Result<Self, Trouble> {
        let source = Box::into_raw(Box::new(Source { input, place: 0, end: opening.end, failure: None, refused_opens: 0 }));
        // SAFETY: the pointers made here are owned by `demuxer`, whose drop frees each exactly once, null or not; the
        // buffer is FFmpeg's own allocation, as avio_alloc_context asks; `source` outlives `io`, which alone calls back.
        let mut demuxer = unsafe {
            av::av_log_set_level(av::AV_LOG_QUIET);
            let mut made = Self {
                context: ptr::null_mut(),
                io: ptr::null_mut(),
                source,
                packet: av::av_packet_alloc(),
                name: String::new(),
                score: 0,
                lifetime: PhantomData,
            };
            let buffer = av::av_mallocz(IO_BUFFER_BYTES);
            if made.packet.is_null() || buffer.is_null() {
                return Err(out_of_memory());
            }
            let size = c_int::try_from(IO_BUFFER_BYTES).unwrap_or(c_int::MAX);
            made.io = av::avio_alloc_context(buffer.cast(), size, 0, source.cast(), Some(read_source), None, Some(seek_source));
            if made.io.is_null() {
                av::av_free(buffer);
                return Err(out_of_memory());
            }
            made
        };
        demuxer.read_head(&opening.allowed)?;
        Ok(demuxer)
    }

    fn read_head(&mut self, allowed: &str) -> Result<(), Trouble> {
        let mut format: *const av::AVInputFormat = ptr::null();
        // SAFETY: `io` is live; `format` receives a pointer to a static description, checked for null before it is read.
        let score = unsafe { av::av_probe_input_buffer2(self.io, &raw mut format, c"".as_ptr(), ptr::null_mut(), 0, RECOGNISE_BYTES) };
        if score < 0 || format.is_null() {
            return Err(self.trouble(score).unwrap_or_recognised());
        }
        self.score = score;
        // SAFETY: a static description with a name.
        self.name = text(unsafe { (*format).name }).unwrap_or_default();
        if !allowed.split(',').any(|one| self.name.split(',').any(|name| name == one)) {
            return Err(Trouble::Unrecognised);
        }
        let whitelist = CString::new(allowed).map_err(|_| Trouble::Unrecognised)?;
        // SAFETY: the context is filled before it is opened, as the documentation asks; on failure avformat_open_input frees
        // it and writes null, which drop respects; the dictionary is freed on every way out.
        unsafe {
            self.context = av::avformat_alloc_context();
            if self.context.is_null() {
                return Err(out_of_memory());
            }
            let context = &mut *self.context;
            context.pb = self.io;
            context.opaque = self.source.cast();
            context.flags |= av::AVFMT_FLAG_CUSTOM_IO;
            context.io_open = Some(refuse_second_file);
            context.probesize = PROBE_BYTES;
            context.max_analyze_duration = ANALYSE_MICROSECONDS;
            let mut options: *mut av::AVDictionary = ptr::null_mut();
            // A container inside a container inherits both lists; `none` names no protocol there is.
            av::av_dict_set(&raw mut options, c"format_whitelist".as_ptr(), whitelist.as_ptr(), 0);
            av::av_dict_set(&raw mut options, c"protocol_whitelist".as_ptr(), c"none".as_ptr(), 0);
            let opened = av::avformat_open_input(&raw mut self.context, c"".as_ptr(), format, &raw mut options);
            av::av_dict_free(&raw mut options);
            self.checked(opened)?;
            // Damaged streams are described as far as they go: what is missing is judged by the caller.
            let found = av::avformat_find_stream_info(self.context, ptr::null_mut());
            self.checked(found)?;
        }
        Ok(())
    }

    /// FFmpeg's name of the demuxer.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How sure the recognition is, 0 to 100.
    pub(crate) fn score(&self) -> i32 {
        self.score
    }

    /// How many other files the container asked for; each was refused.
    pub(crate) fn refused_opens(&self) -> u32 {
        // SAFETY: `source` is live until drop, and no callback runs now.
        unsafe { (*self.source).refused_opens }
    }

    /// Duration of the whole, microseconds.
    pub(crate) fn duration(&self) -> Option<(i64, DurationSource)> {
        // SAFETY: an opened context.
        let (duration, method) = unsafe { ((*self.context).duration, (*self.context).duration_estimation_method) };
        let source = match method {
            av::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE => DurationSource::BitRate,
            _ => DurationSource::Timestamps,
        };
        (duration > 0).then_some((duration, source))
    }

    /// First time of any stream, microseconds.
    pub(crate) fn start(&self) -> Option<i64> {
        // SAFETY: an opened context.
        known(unsafe { (*self.context).start_time })
    }

    /// Bits a second of the whole.
    pub(crate) fn bit_rate(&self) -> i64 {
        // SAFETY: an opened context.
        unsafe { (*self.context).bit_rate }
    }

    /// Chapters.
    pub(crate) fn chapter_count(&self) -> u32 {
        // SAFETY: an opened context.
        unsafe { (*self.context).nb_chapters }
    }

    /// The container's tags, at most `most`.
    pub(crate) fn tags(&self, most: usize) -> Vec<(String, String)> {
        // SAFETY: an opened context owns its dictionary.
        unsafe { dictionary((*self.context).metadata, most) }
    }

    /// All streams known now.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        // SAFETY: an opened context has `nb_streams` live streams, each with its parameters.
        unsafe {
            let count = (*self.context).nb_streams as usize;
            (0..count).map(|index| described(index, *(*self.context).streams.add(index))).collect()
        }
    }

    /// Whether times may jump in such a container: parts of recordings are put one behind the other.
    pub(crate) fn may_jump(&self) -> bool {
        // SAFETY: an opened context has the static description of its format.
        unsafe { (*(*self.context).iformat).flags & av::AVFMT_TS_DISCONT != 0 }
    }

    /// What the container's own table lists of a stream; `None` for containers whose index is a help for seeking only.
    pub(crate) fn sample_table(&self, stream: usize) -> Option<SampleTable> {
        if !self.name.split(',').any(|name| name == "mov") {
            return None;
        }
        // SAFETY: an opened context; the index of the stream is checked, entries are null-checked and read as plain values.
        unsafe {
            if stream >= (*self.context).nb_streams as usize {
                return None;
            }
            let stream = *(*self.context).streams.add(stream);
            let count = av::avformat_index_get_entries_count(stream);
            let mut table = SampleTable::default();
            for n in 0..count {
                let entry = av::avformat_index_get_entry(stream, n);
                if entry.is_null() {
                    break;
                }
                table.samples += 1;
                table.shown += u64::from((*entry).flags() & av::AVINDEX_DISCARD_FRAME == 0);
            }
            (table.samples > 0).then_some(table)
        }
    }

    /// Gives the decoder the picture that a stream is, where it is one.
    pub(crate) fn feed_attached_picture(&self, stream: usize, decoder: &mut StreamDecoder) -> Result<(), Trouble> {
        // SAFETY: as in `feed`; the attached packet belongs to its stream and lives as long as the context.
        unsafe {
            if stream >= (*self.context).nb_streams as usize {
                return Err(Trouble::Unrecognised);
            }
            let attached = &raw const (**(*self.context).streams.add(stream)).attached_pic;
            self.checked(av::avcodec_send_packet(decoder.context, attached))
        }
    }

    /// Lets packets of other streams go unread.
    pub(crate) fn only(&mut self, wanted: usize) {
        // SAFETY: as in `streams`.
        unsafe {
            for index in 0..(*self.context).nb_streams as usize {
                let stream = *(*self.context).streams.add(index);
                (*stream).discard = if index == wanted { av::AVDiscard::AVDISCARD_DEFAULT } else { av::AVDiscard::AVDISCARD_ALL };
            }
        }
    }

    /// Reads the next packet; `None` at the end. It stays here until the next call.
    pub(crate) fn next_packet(&mut self) -> Result<Option<PacketSeen>, Trouble> {
        // SAFETY: context and packet are live; the packet is emptied before it is filled.
        let seen = unsafe {
            loop {
                av::av_packet_unref(self.packet);
                let read = av::av_read_frame(self.context, self.packet);
                if read == av::AVERROR_EOF {
                    return self.input_failure().map_or(Ok(None), |error| Err(error.into()));
                }
                self.checked(read)?;
                if !is_repeated_header(&*self.packet) {
                    break;
                }
            }
            let packet = &*self.packet;
            PacketSeen {
                stream: usize::try_from(packet.stream_index).unwrap_or(usize::MAX),
                pts: known(packet.pts),
                dts: known(packet.dts),
                duration: if self.name == "ogg" { unwrapped(packet.duration) } else { packet.duration },
                is_key: packet.flags & av::AV_PKT_FLAG_KEY != 0,
                is_discarded: packet.flags & av::AV_PKT_FLAG_DISCARD != 0,
                is_corrupt: packet.flags & av::AV_PKT_FLAG_CORRUPT != 0,
            }
        };
        Ok(Some(seen))
    }

    /// Opens the decoder of a stream, on this thread only. Frames of more than `max_pixels` fail inside FFmpeg.
    pub(crate) fn decoder(&self, stream: usize, max_pixels: u64) -> Result<StreamDecoder, Trouble> {
        // SAFETY: the index is checked; parameters are copied, so the decoder outlives this demuxer safely.
        unsafe {
            if stream >= (*self.context).nb_streams as usize {
                return Err(Trouble::Unrecognised);
            }
            let from = *(*self.context).streams.add(stream);
            let codec = av::avcodec_find_decoder((*(*from).codecpar).codec_id);
            if codec.is_null() {
                return Err(Trouble::Failed("no decoder for this codec".to_owned()));
            }
            let made = StreamDecoder { context: av::avcodec_alloc_context3(codec), frame: av::av_frame_alloc() };
            if made.context.is_null() || made.frame.is_null() {
                return Err(out_of_memory());
            }
            let copied = av::avcodec_parameters_to_context(made.context, (*from).codecpar);
            self.checked(copied)?;
            (*made.context).thread_count = 1;
            (*made.context).pkt_timebase = (*from).time_base;
            (*made.context).max_pixels = i64::try_from(max_pixels).unwrap_or(i64::MAX);
            let opened = av::avcodec_open2(made.context, codec, ptr::null_mut());
            self.checked(opened)?;
            Ok(made)
        }
    }

    /// Gives the decoder the packet that was read last.
    pub(crate) fn feed(&self, decoder: &mut StreamDecoder) -> Result<(), Trouble> {
        // SAFETY: all three objects are live; the decoder takes its own reference to the packet's bytes.
        self.checked(unsafe { av::avcodec_send_packet(decoder.context, self.packet) })
    }

    fn input_failure(&self) -> Option<io::Error> {
        // SAFETY: `source` is live until drop, and no callback runs now.
        unsafe { (*self.source).failure.take() }
    }

    pub(super) fn checked(&self, code: c_int) -> Result<(), Trouble> {
        if code >= 0 { Ok(()) } else { Err(self.trouble(code)) }
    }

    fn trouble(&self, code: c_int) -> Trouble {
        self.input_failure().map_or_else(|| Trouble::Failed(spoken(code)), Trouble::Input)
    }
}

impl Trouble {
    /// A head that no demuxer knows is no damage.
    fn unwrap_or_recognised(self) -> Self {
        match self {
            Self::Input(error) => Self::Input(error),
            Self::Failed(_) | Self::Unrecognised => Self::Unrecognised,
        }
    }
}

impl<'i> Demuxer<'i> {
    /// Lets go of the container; what it was read from can be read again.
    pub(crate) fn close(mut self) -> &'i mut Input {
        self.release();
        // SAFETY: made by Box::into_raw in `open`; what called back to it is gone, and drop finds null.
        let source = unsafe { Box::from_raw(std::mem::replace(&mut self.source, ptr::null_mut())) };
        source.input
    }

    /// Frees all of FFmpeg's; a second call finds nothing to free.
    fn release(&mut self) {
        // SAFETY: each pointer is null or ours alone, and null afterwards. The context goes before its io (flag CUSTOM_IO leaves `pb`
        // to us), the io's buffer may have been replaced by FFmpeg, so it is freed through the io.
        unsafe {
            av::av_packet_free(&raw mut self.packet);
            av::avformat_close_input(&raw mut self.context);
            if !self.io.is_null() {
                av::av_freep((&raw mut (*self.io).buffer).cast());
                av::avio_context_free(&raw mut self.io);
            }
        }
    }
}

impl Drop for Demuxer<'_> {
    fn drop(&mut self) {
        self.release();
        if !self.source.is_null() {
            // SAFETY: made by Box::into_raw in `open`, and what called back to it is gone.
            drop(unsafe { Box::from_raw(self.source) });
        }
    }
}

/// The duration of an Ogg's packet: where one recording is put behind another of another clock, FFmpeg subtracts a later time from an
/// earlier one in 32 bits without a sign.
fn unwrapped(duration: i64) -> i64 {
    if duration > i64::from(i32::MAX) { 0 } else { duration }
}

/// Whether a packet is a header of Opus (RFC 7845, 5): where one recording is put behind another, FFmpeg takes it for a second of sound.
///
/// # Safety
/// The packet is live and was filled by FFmpeg.
unsafe fn is_repeated_header(packet: &av::AVPacket) -> bool {
    let length = usize::try_from(packet.size).unwrap_or(0).min(8);
    // SAFETY: by the caller's promise a packet has `size` bytes at `data`; null is checked.
    let head = unsafe { if packet.data.is_null() { &[] } else { std::slice::from_raw_parts(packet.data.cast_const(), length) } };
    matches!(head, b"OpusHead" | b"OpusTags")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_that_was_subtracted_the_wrong_way_round_is_none() {
        assert_eq!((unwrapped(4_294_946_022), unwrapped(1024), unwrapped(0)), (0, 1024, 0));
    }
}
