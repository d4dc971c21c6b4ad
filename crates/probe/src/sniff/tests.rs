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
        (b"\xff\xfe<\0s\0v\0g\0 \0x\0=\0", "image/svg+xml"),
        (b"\xfe\xff\0<\0?\0x\0m\0l\0?\0>\0<\0s\0v\0g\0>", "image/svg+xml"),
        (b"<\0s\0v\0g\0>\0", "image/svg+xml"),
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
fn a_recording_that_begins_in_the_middle_of_a_packet_is_a_transport_stream() {
    let packet = [[0x47, 0x41, 0, 0x10].as_slice(), &[0xff; 184]].concat();
    let stream = packet.repeat(9);
    for begin in [1, 100, 187] {
        assert_eq!(mime(&stream[begin..]), Some("video/mp2t"), "{begin}");
    }
    assert_eq!(mime(&stream[100..188 * 8]), None, "too few packets to be sure");
    assert_eq!(mime(&[0x47; 188 * 9]), Some("text/plain"), "a chromosome has only letters");
    assert_ne!(mime(&[[0xff].as_slice(), &[0x47; 188 * 9]].concat()), Some("video/mp2t"));
    for (place, byte) in [(1, 0xc1), (3, 0x00)] {
        let mut broken = stream.clone();
        broken[5 * 188 + place] = byte;
        assert_eq!(mime(&broken[100..]), None, "what no packet's head may be, at {place}");
    }
}

#[test]
fn a_picture_whose_rows_are_as_long_as_a_packet_is_a_picture() {
    let row = [[0x47, 0x41, 0, 0x10].as_slice(), &[0x90; 184]].concat();
    for (kind, side, bits) in [(3, 188, 8), (2, 47, 32)] {
        let head = [0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, side, 0, 9, 0, bits, 0];
        assert_eq!(mime(&[head.as_slice(), &row.repeat(9)].concat()), Some("image/x-tga"), "{bits} bits");
    }
}

#[test]
fn a_jpeg_2000_with_a_box_for_a_place_is_looked_at_as_imagery_first() {
    let head = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ";
    let geojp2 = b"\0\0\0\x20uuid\xb1\x4b\xf8\xbd\x08\x3d\x4b\x43\xa5\xae\x8c\xd7\xd5\xa6\xce\x03II*\0";
    let gmljp2 = b"\0\0\0\x20asoc\0\0\0\x10lbl gml.data";
    let plain = sniff(head).unwrap();
    assert_eq!((plain.family, plain.kind), (Some(Family::Image), Some(AssetKind::Image)));
    for place in [geojp2.as_slice(), gmljp2] {
        let found = sniff(&[head, place].concat()).unwrap();
        assert_eq!((found.mime_type, found.family, found.kind), ("image/jp2", Some(Family::Geo), None));
        assert!(found.may_be(AssetKind::Image) && found.may_be(AssetKind::TiledImagery) && !found.may_be(AssetKind::Video));
    }
}

#[test]
fn tapes_and_bare_av1_are_known_by_how_they_begin() {
    let mut tape = [0xff; 160];
    tape[..4].copy_from_slice(&[0x1f, 0x07, 0, 0xbf]);
    tape[80] = 0x3f;
    assert_eq!(mime(&tape), Some("video/x-dv"));
    tape[80] = 0xff;
    assert_eq!(mime(&tape), None);
    assert_eq!(mime(&[0x12, 0, 0x0a, 0x0b, 0, 0, 0, 4, 0x3c]), Some("video/av1"));
    for none in [[0x12, 0, 0x0a, 0], [0x12, 0, 0x32, 0x0b], [0x12, 1, 0x0a, 0x0b]] {
        assert_eq!(mime(&none), None, "{none:?}");
    }
}

#[test]
fn a_text_that_begins_like_another_format_is_a_text() {
    for text in [
        "Get free shipping on all orders.\nThe offer ends on Sunday.\n",
        "far wide open fields under a grey sky\n",
        "ask moov or mdat\n",
        "the ftyp atom comes first\n",
        "MAC address,host,room\n00:11:22:33:44:55,alpha,1\n",
        "MAC x\rof 1999\r",
        "ID3 tags are metadata containers.\n",
        "MP+ is the new plan of our company.\n",
        "MPCK, SV8 and OggS are marks.\n",
        "OggS is the capture pattern of pages.\n",
        "fLaC begins each such file.\n",
        "wvpk, TTA1, DSD and .snd are others.\n",
        "TTA1 is one.",
        ".snd is one.",
        "DSD is direct stream digital.",
        "ADIF Export from my logger\n<EOH>\n",
        "#!AMR is a mark.",
        "qoif is the magic of that format.\n",
        "GIF89a is the later version of the format.\n",
        "IIRO and MMOR are marks of raw pictures\n",
        "NITF0 is no version, NITF02.10 is one.\n",
        "NITF02.10 is a version.\n",
        "DKIF, NSVf and .RMF begin videos.\n",
        "YUV4MPEG2 is not compressed.\n",
        "YUV4MPEG2 With Height\n",
        "P1 2024 results\nRevenue grew by four percent.\n",
        "P2 3 of 5 were late.\n",
        "P3 10 20 255 apples were sold.\n",
        "P4 10 20 things were counted in hall 2.\n",
        "P5 3 new pumps were installed.\n",
        "P6 640 480 255 are the numbers of a header, and no picture is behind them.\n",
        "P7\nWe came late.\n",
        "Every such file begins with %PDF-1.7 and ends with %%EOF.\n",
        "Its first line is\n%PDF-1.7\nand the last is %%EOF.\n",
        "%PDF- is how they begin.\n",
        "%PDF-1.7 is how they begin.\n",
        "Västerås is a town, V’s a letter.\n",
    ] {
        assert_eq!(mime(text.as_bytes()), Some("text/plain"), "{text}");
    }
    // Of windows-1252, where two letters are the bits of a LOAS frame.
    assert_eq!(mime(b"V\xe4ster\xe5s is a town."), Some("text/plain"));
    let row = format!("G{}\n", "a".repeat(186));
    assert_eq!(mime(row.repeat(5).as_bytes()), Some("text/plain"), "rows of the length of a transport stream's packets");
    let late = format!("{} and DICM is a mark.\n", "x ".repeat(62));
    assert_eq!((late.find("DICM"), mime(late.as_bytes())), (Some(129), Some("text/plain")));
    let marked = format!("{}DICM is a mark.\n", "x ".repeat(64));
    assert_eq!(mime(marked.as_bytes()), Some("text/plain"));
    let page = "<!doctype html><title>How</title><p>\n%PDF-1.7\n";
    assert_eq!(mime(page.as_bytes()), Some("text/html"));
    assert_eq!(mime(br#"{"content": "It begins with %PDF-1.4"}"#), Some("application/json"));
}

#[test]
fn a_mark_of_letters_is_believed_with_what_belongs_to_it() {
    for (head, want) in [
        (b"\x1f\xff\xff\xffmoov\0\0\0\x6cmvhd\0".as_slice(), Some("video/quicktime")),
        // Over half a gigabyte: only the media are so long.
        (b"\x60\0\0\0mdat\0\0\0\x01", Some("video/quicktime")),
        (b"Get free\x01", None),
        (b"MAC \x96\x0f\0\0\x34\0\0\0", Some("audio/x-ape")),
        (b"MAC address\x01", None),
        (b"ID3\x03\0\0\0\0\x1f\x76TIT2", Some("audio/mpeg")),
        (b"ID3\x03\0\0\0\0\x9f\x76TIT2", None),
        (b"MP+\x07\0\0", Some("audio/x-musepack")),
        (b"#!AMR\n<Yf", Some("audio/amr")),
        (b"#!AMR-WB\n$", Some("audio/amr")),
        (b"OggS\0\x02\0\0", Some("application/ogg")),
        (b"GIF89a\x01\0\x01\0\x80\0\0", Some("image/gif")),
        (b"NITF02.1003BF01", Some("application/vnd.nitf")),
        (b"NITF02.000D.F0\x04\0_", Some("application/vnd.nitf")),
        (b"tBaK\0\0\0\0", Some("audio/x-tak")),
        (b"FRM8\0\0\0\0\0\0\0\x20DSD FVER", Some("audio/x-dff")),
        (b"Creative Voice File\x1a\x1a\0", Some("audio/x-voc")),
        (b"NSIF01.0003BF01", Some("application/vnd.nitf")),
        (b"YUV4MPEG2 W2 H2 F25:1\nFRAME\n@@@@@@", Some("video/x-yuv4mpeg")),
    ] {
        assert_eq!(mime(head), want, "{}", String::from_utf8_lossy(head));
    }
}

#[test]
fn a_portable_picture_is_known_by_its_whole_header() {
    for (head, want) in [
        (b"P1\n# made by hand\n2 2\n0 1\n1 0\n".as_slice(), Some("image/x-portable-bitmap")),
        (b"P1 2 2 0110", Some("image/x-portable-bitmap")),
        (b"P2\n2 2\n255\n1 2 3 4\n", Some("image/x-portable-graymap")),
        (b"P2\n2 2\n65536\n1 2 3 4\n", Some("text/plain")),
        (b"P3 1 1 255 9 9 9", Some("image/x-portable-pixmap")),
        // Pixels that are all letters, as many as must be; and ones that no text has.
        (b"P5 4 1 255\nabcd", Some("image/x-portable-graymap")),
        (b"P5 4 1 255\nabc", Some("text/plain")),
        (b"P5 4 1 255\nabcde", Some("text/plain")),
        (b"P5 4 2 255\n\xff\xfe\xf0\xff", Some("image/x-portable-graymap")),
        (b"P4 9 2\nabcd", Some("image/x-portable-bitmap")),
        (b"P6 1 1 256\nabcdef", Some("image/x-portable-pixmap")),
        (b"P6\n2 2 none\n\0\0\0", Some("image/x-portable-pixmap")),
        (b"P7\n# made by hand\nHEIGHT 2\n", Some("image/x-portable-arbitrarymap")),
    ] {
        assert_eq!(mime(head), want, "{}", String::from_utf8_lossy(head));
    }
    let large = [b"P5 1000 1000 255\n".as_slice(), &vec![b'a'; HEAD_BYTES]].concat();
    assert_eq!(mime(&large), Some("image/x-portable-graymap"), "the rest lies beyond the head");
}

#[test]
fn a_document_may_stand_behind_junk() {
    let binary = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Length 3>>stream\n\x01\x02\x03\nendstream";
    for before in [
        b"".as_slice(),
        b"\xef\xbb\xbf",
        b"\r\n\t \0",
        b"\x1b%-12345X@PJL SET RESOLUTION=600\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n",
        b"\0\x05a.pdf\0\0",
    ] {
        assert_eq!(mime(&[before, binary].concat()), Some("application/pdf"), "{}", String::from_utf8_lossy(before));
    }
    assert_eq!(mime(b"\x1b%-12345X@PJL\r\n%PDF-1.4\n1 0 obj"), Some("application/pdf"), "a printer's, of text alone");
    assert_eq!(mime(b"%PDF-1.7 \r\n1 0 obj"), Some("application/pdf"), "of text alone");
    assert_eq!(mime(b"%PDF-1.7 %\x80\n\x01"), Some("application/pdf"));
    assert_eq!(mime(b"Sent by mail\r\n\n%PDF-1.1\n% a comment\n12 0 obj<<\n"), Some("application/pdf"), "behind a line");
    assert_eq!(mime(b"This is how one begins:\n%PDF-1.1\nthen 12 0 obj<<\n"), Some("text/plain"));
    assert_eq!(mime(&[&[b'\n'; 1_019], binary.as_slice()].concat()), Some("application/pdf"));
    let of_text = |comment: &[u8]| {
        let header = [b"Content-Disposition: attachment\r\n".repeat(30), b"\r\n%PDF-1.4\n%".to_vec(), comment.to_vec()].concat();
        mime(&[header, b"\n1 0 obj\n<<>>endobj\n".to_vec()].concat())
    };
    assert_eq!(of_text(b"\xe2\xe3\xcf\xd3"), Some("application/pdf"), "a long header, and bytes that say that what follows is no text");
    assert_eq!((of_text(b" an example"), of_text("éééé".as_bytes())), (Some("text/plain"), Some("text/plain")));
    assert_eq!(mime(&[&[0; 1_100], binary.as_slice()].concat()), None, "too late");
    assert_eq!(mime(&[b"word ", binary.as_slice()].concat()), None, "within a line");
    assert_eq!(mime(b"\x01\n%PDF-none\n"), None, "no version");
    assert_eq!(mime(&[b"<html>\n", binary.as_slice()].concat()), Some("text/html"));
}

#[test]
fn a_document_that_lost_its_first_line_goes_to_who_can_say_so() {
    for head in
        [b"1 0 obj\n<</Type/Catalog>>\nendobj\n".as_slice(), b"%PFD-1.4\r%\xe2\xe3\xcf\xd3\r12 0 obj<<>>stream\n\x01\x02endstream endobj"]
    {
        assert_eq!(mime(head), Some("application/pdf"), "{}", String::from_utf8_lossy(head));
    }
    for text in ["1 0 obj begins an object.\n", "An object is\n1 0 obj\n<<>>\nendobj\n", "1 0 items, endobj", "endobj", "%\n%\n"] {
        assert_eq!(mime(text.as_bytes()), Some("text/plain"), "{text}");
    }
}

#[test]
fn xml_is_text_but_for_a_list_of_what_to_play() {
    let family = |head: &[u8]| sniff(head).map(|found| (found.mime_type, found.family));
    for text in ["<?xml version='1.0'?>\n<note/>", "\u{feff}<?xml version='1.0' encoding='utf-8'?><annotation>MPD</annotation>"] {
        assert_eq!(family(text.as_bytes()), Some(("application/xml", Some(Family::Text))), "{text}");
    }
    for other in [b"<?xml version='1.0'?>\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'>".as_slice(), b"<?xml version='1.0'?>\0\x01"] {
        assert_eq!(family(other), Some(("application/xml", None)), "{}", String::from_utf8_lossy(other));
    }
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
    let frame = [[0xff, 0xfb, 0x90, 0].as_slice(), &[0; 413]].concat();
    for before in [vec![0; 136], [b"\0\0y\x01".as_slice(), &[0x5a; 400]].concat()] {
        assert_eq!(mime(&[before.clone(), frame.repeat(6)].concat()), Some("audio/mpeg"), "behind {} bytes", before.len());
        assert_eq!(mime(&[before, frame.repeat(5)].concat()), None, "too few to be sure");
    }
    let behind = |before: &[u8]| mime(&[before, &frame.repeat(6)].concat());
    assert_eq!(behind(&[0x5a; 2_881]), None, "more than the rest of a frame: it is something else's");
    assert_eq!(behind(&[0x5a; 2_880]), Some("audio/mpeg"), "the rest of a frame that was longer than those that follow");
    assert_eq!(behind(&[[0; 900].as_slice(), &[0x5a; 400]].concat()), Some("audio/mpeg"), "a rest behind zeros");
    assert_eq!(behind(&[b"APETAGEX\xd0\x07\0\0".as_slice(), &[0x5a; 500]].concat()), Some("audio/mpeg"), "a tag");
    let mut multiplexed = vec![0x01u8; 103 * 2];
    for frame in 0..2 {
        multiplexed[frame * 103..][..3].copy_from_slice(b"\x56\xe0\x64");
    }
    assert_eq!(mime(&multiplexed), Some("audio/x-loas"));
    multiplexed[103] = 0;
    assert_eq!(mime(&multiplexed), None);
}

#[test]
fn a_recording_of_a_stream_may_begin_within_its_longest_frame() {
    // ADTS: 300 bytes a frame.
    let frame = [[0xff, 0xf1, 0x50, 0x80, 0x25, 0x80].as_slice(), &[0; 294]].concat();
    for rest in [1, 299, 300, 1_500, 8_190] {
        assert_eq!(mime(&[vec![0x5a; rest], frame.repeat(6)].concat()), Some("audio/aac"), "behind {rest} bytes");
    }
    assert_eq!(mime(&[vec![0x5a; 8_191], frame.repeat(6)].concat()), None, "no frame has so long a rest");
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
