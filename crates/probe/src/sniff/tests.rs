//! Heads that must be told apart, and ones that must not be mistaken.

use super::*;

fn mime(head: &[u8]) -> Option<&'static str> {
    sniff(head).map(|sniffed| sniffed.mime_type)
}

#[test]
fn content_is_told_by_its_first_bytes() {
    for (head, want) in [
        (b"\xff\xd8\xff\xe0....".as_slice(), "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....AVI LIST", "video/x-msvideo"),
        (b"RIFF....WAVEfmt ", "audio/x-wav"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftyphevc", "image/heic-sequence"),
        (b"\0\0\0\x18ftypmif1", "image/heif"),
        (b"\0\0\0\x18ftypavis", "image/avif"),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "image/jp2"),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypmjp2", "video/mj2"),
        (b"\xff\x4f\xff\x51\0\x2f", "image/j2c"),
        (b"\0\0\0\x18ftyp3gp4", "video/3gpp"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3....B\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3....B\x82\x88matroska", "video/x-matroska"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (b"\xff\xf1\x50\x80\x01\x1f\xfc", "audio/aac"),
        (b"\xf8\x42\x12\x34\xf8\x72\x6f\xba", "audio/vnd.dolby.mlp"),
        (b"MThd\0\0\0\x06\0\x01", "audio/midi"),
        (b"\0\0\0\x01\x67\x42\0\x1e", "video/h264"),
        (b"\0\0\x01\x06\x05\x80\0\0\0\x01\x67\x42\0\x1e", "video/h264"),
        (b"\0\0\0\x01\x40\x01\x0c\x01", "video/h265"),
        (b"\0\0\0\x01\x4e\x01\x05\x80\0\0\x01\x42\x01\x01", "video/h265"),
        (b"%PDF-1.7", "application/pdf"),
        (b"  <!DOCTYPE html><html>", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        (b"{\"error\": \"no\"}", "application/json"),
        (b"#EXTM3U\nfile:///etc/passwd", "application/vnd.apple.mpegurl"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'>", "image/svg+xml"),
        (b"BMW is a car maker from Munich", "text/plain"),
    ] {
        assert_eq!(mime(head), Some(want), "{}", String::from_utf8_lossy(head));
    }
    for (head, want) in [
        (b"qoif\0\0\0\x01\0\0\0\x01\x03\0".as_slice(), "image/qoi"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "image/vnd.radiance"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "image/x-exr"),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0", "image/vnd.microsoft.icon"),
        (b"\0\0\x02\0\x01\0\x10\x10\0\0\x03\0\x05\0\x68\x04\0\0\x16\0\0\0", "image/x-cursor"),
        (b"P6\n# made by hand\n3 2\n255\n", "image/x-portable-pixmap"),
        (b"P4 8 1 \0", "image/x-portable-bitmap"),
        (b"P7\nWIDTH 3\n", "image/x-portable-arbitrarymap"),
        (b"P5 comes after P4", "text/plain"),
        (b"\0\0\x02\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x20\x08", "image/x-tga"),
        (b"\0\x01\x09\0\0\x02\0\x18\0\0\0\0\x10\0\x10\0\x08\0", "image/x-tga"),
    ] {
        assert_eq!(mime(head), Some(want), "{}", String::from_utf8_lossy(head));
    }
    // A TGA needs a size, and depth and type that fit.
    for (place, byte) in [(12, 0), (16, 7), (2, 4), (5, 1)] {
        let mut head = *b"\0\0\x02\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x20\x08";
        head[place] = byte;
        assert_eq!(mime(&head), None, "{place}");
    }
    assert_eq!(mime(b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"), Some("image/bmp"));
    let mut stream = vec![0u8; 188 * 5];
    for packet in 0..5 {
        stream[packet * 188] = 0x47;
    }
    assert_eq!(mime(&stream), Some("video/mp2t"));
}

#[test]
fn a_frame_of_sound_needs_a_second_one() {
    // 128 kbit/s at 44,100 Hz: 417 bytes a frame.
    let mut sound = vec![0x01u8; 417 * 2];
    for frame in 0..2 {
        sound[frame * 417..][..4].copy_from_slice(b"\xff\xfb\x90\x64");
    }
    assert_eq!(mime(&sound), Some("audio/mpeg"));
    sound[417] = 0;
    assert_eq!(mime(&sound), None, "sync bits alone are found in any noise");
    let mut multiplexed = vec![0x01u8; 103 * 2];
    for frame in 0..2 {
        multiplexed[frame * 103..][..3].copy_from_slice(b"\x56\xe0\x64");
    }
    assert_eq!(mime(&multiplexed), Some("audio/x-loas"));
    multiplexed[103] = 0;
    assert_eq!(mime(&multiplexed), None);
}

#[test]
fn what_fits_nothing_is_nothing() {
    let no_parameters = b"\0\0\0\x01\x06\x05\x80\0\0\0\x01\x65\x88";
    for head in [b"".as_slice(), b"\0\0\0\0", b"\x01\x02\x03", b"\0", no_parameters] {
        assert_eq!(mime(head), None, "{head:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_head_makes_sniffing_panic(head in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..2048)) {
        let _ = sniff(&head);
    }
}
