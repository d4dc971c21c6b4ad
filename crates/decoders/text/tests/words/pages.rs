//! Web pages: what a reader sees is counted, and nothing else.

use super::{codes, looked_at, page};

#[test]
fn what_a_reader_does_not_see_is_not_counted() {
    let html = "<!DOCTYPE html><html lang=en-GB><head><title>\n What  it\n does </title><style>p{}</style><script>let a = '<img>';</script></head>\
        <body><p>Two  <b>wo</b>rds</p><template>not this</template><noscript>nor this</noscript><!-- nor this -->\
        <img src=x><a href=/one>&amp;</a><a name=here></a><svg><title>drawn</title></svg></body></html>";
    let said = looked_at(html);
    let details = page(&said);
    assert_eq!((details.title.as_deref(), details.language.as_deref()), (Some("What it does"), Some("en-GB")));
    assert_eq!((details.images, details.links, details.scripts), (1, 1, 1));
    // "Two words" and "&".
    assert_eq!(details.characters, 10);
    assert_eq!(said.facts.as_ref().unwrap().media_attributes.character_count, Some(10));
    assert_eq!((codes(&said), said.thumbnails.len()), (vec![], 2));
}

#[test]
fn a_page_is_read_in_the_encoding_that_it_says() {
    let page_of = |label: &str, text: &str| {
        let html = format!("<html><head><meta charset={label}><title>{text}</title>");
        looked_at(encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(&html).0.into_owned())
    };
    for (label, text, name) in
        [("iso-8859-1", "Übung", "windows-1252"), ("shift_jis", "吾輩は猫", "shift_jis"), ("koi8-r", "Привет", "koi8-r")]
    {
        let details = page(&page_of(label, text));
        assert_eq!((details.title.as_deref(), details.encoding.as_str()), (Some(text), name));
    }
}

#[test]
fn the_language_of_the_words_is_told_where_the_root_says_none() {
    let words =
        "Die Würde des Menschen ist unantastbar. Sie zu achten und zu schützen ist Verpflichtung aller staatlichen Gewalt. ".repeat(3);
    assert_eq!(page(&looked_at(format!("<p>{words}</p>"))).language.as_deref(), Some("deu"));
}
