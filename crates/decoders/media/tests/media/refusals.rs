//! What is refused, and that nothing else is opened on the way.

use super::{fixture, looked_at};
use assay_contract::Code;
use std::io::ErrorKind;
use std::net::TcpListener;

fn refused(bytes: Vec<u8>) -> Code {
    let said = looked_at(bytes);
    assert!(said.facts.is_none(), "{:?}", said.facts);
    said.refusal.unwrap().code
}

#[test]
fn lists_of_other_files_are_refused() {
    for name in ["playlist-concat-file.mkv", "playlist-dash.mp4", "playlist-hls-file.mp4", "playlist-hls-metadata-server.ts"] {
        assert_eq!(refused(fixture(&format!("hostile/{name}"))), Code::UnsupportedFormat, "{name}");
    }
}

#[test]
fn no_server_that_a_list_names_is_called() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("http://{}/a.ts", server.local_addr().unwrap());
    for list in [
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n"),
        format!("ffconcat version 1.0\nfile '{url}'\n"),
        format!(
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {} RTP/AVP 96\n",
            server.local_addr().unwrap().port()
        ),
        format!("[Reference]\nRef1={url}\n"),
        format!("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>{url}</BaseURL></MPD>"),
        format!("<asx version=\"3.0\"><entry><ref href=\"{url}\"/></entry></asx>"),
    ] {
        assert_eq!(refused(list.clone().into_bytes()), Code::UnsupportedFormat, "{list}");
    }
    assert_eq!(server.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody called");
}

#[test]
fn nothing_and_noise_and_a_broken_head_each_have_their_code() {
    assert_eq!(refused(Vec::new()), Code::EmptyAsset);
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(20_000)
    .collect();
    assert_eq!(refused(noise), Code::UnsupportedFormat);
    assert_eq!(refused(fixture("hostile/only-a-file-type-box.mp4")), Code::CorruptAsset);
    assert_eq!(refused(fixture("hostile/truncated-no-moov.mp4")), Code::CorruptAsset);
}

#[test]
fn a_description_that_is_cut_is_damage_and_no_unknown_format() {
    for name in ["m4a-aac.m4a", "mp4-h264-faststart.mp4", "mp4-moov-at-end.mp4"] {
        let whole = fixture(&format!("media/{name}"));
        let movie = whole.windows(4).position(|four| four == b"moov").unwrap();
        for kept in [8, 120, 300] {
            assert_eq!(refused(whole[..movie + kept].to_vec()), Code::CorruptAsset, "{name} {kept}");
        }
    }
}

#[test]
fn pictures_are_left_to_the_decoder_of_pictures() {
    for name in ["jpeg-baseline.jpg", "png-rgb.png", "gif-animated.gif", "webp-animated.webp", "tiff-lzw.tiff"] {
        assert_eq!(refused(fixture(&format!("media/{name}"))), Code::UnsupportedFormat, "{name}");
    }
}
