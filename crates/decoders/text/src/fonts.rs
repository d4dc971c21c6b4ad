//! The fonts of this folder's `fonts/`, part of the executable, and which of them writes which script.

use cosmic_text::fontdb::{Database, Language, Source, Weight};
use cosmic_text::{Fallback, FontSystem};
use std::sync::Arc;
use unicode_script::Script;

/// The family of running text.
pub(crate) const PLAIN: &str = "Noto Sans";
/// The family of names and headings: a name of its own, so that what it lacks comes from fonts without a bold cut.
pub(crate) const BOLD: &str = "Noto Sans Bold";
const SIGNS: &str = "DejaVu Sans";
const EAST_ASIAN: &str = "Droid Sans Fallback";
const HANGUL: &str = "Assay Hangul";

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../fonts/", $name, ".ttf"))
    };
}

static BOLD_FILE: &[u8] = font!("NotoSans-Bold");
static FILES: [&[u8]; 20] = [
    font!("NotoSans-Regular"),
    font!("NotoSansArabic-Regular"),
    font!("NotoSansArmenian-Regular"),
    font!("NotoSansBengali-Regular"),
    font!("NotoSansDevanagari-Regular"),
    font!("NotoSansEthiopic-Regular"),
    font!("NotoSansGeorgian-Regular"),
    font!("NotoSansGujarati-Regular"),
    font!("NotoSansGurmukhi-Regular"),
    font!("NotoSansHebrew-Regular"),
    font!("NotoSansKannada-Regular"),
    font!("NotoSansKhmer-Regular"),
    font!("NotoSansLao-Regular"),
    font!("NotoSansMalayalam-Regular"),
    font!("NotoSansTamil-Regular"),
    font!("NotoSansTelugu-Regular"),
    font!("NotoSansThai-Regular"),
    font!("DejaVuSans"),
    font!("DroidSansFallback"),
    font!("AssayHangul"),
];

/// All fonts; no file of the system is looked for.
pub(crate) fn all() -> FontSystem {
    let mut database = Database::new();
    for file in FILES {
        database.load_font_source(Source::Binary(Arc::new(file)));
    }
    for id in database.load_font_source(Source::Binary(Arc::new(BOLD_FILE))) {
        if let Some(mut face) = database.face(id).cloned() {
            database.remove_face(id);
            face.weight = Weight::NORMAL;
            face.families = vec![(BOLD.to_owned(), Language::English_UnitedStates)];
            database.push_face_info(face);
        }
    }
    FontSystem::new_with_locale_and_db_and_fallback("en".to_owned(), database, Scripts)
}

struct Scripts;

impl Fallback for Scripts {
    fn common_fallback(&self) -> &[&'static str] {
        &[PLAIN, SIGNS, EAST_ASIAN, HANGUL]
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, script: Script, _: &str) -> &[&'static str] {
        match script {
            Script::Arabic => &["Noto Sans Arabic"],
            Script::Armenian => &["Noto Sans Armenian"],
            Script::Bengali => &["Noto Sans Bengali"],
            Script::Devanagari => &["Noto Sans Devanagari"],
            Script::Ethiopic => &["Noto Sans Ethiopic"],
            Script::Georgian => &["Noto Sans Georgian"],
            Script::Gujarati => &["Noto Sans Gujarati"],
            Script::Gurmukhi => &["Noto Sans Gurmukhi"],
            Script::Hebrew => &["Noto Sans Hebrew"],
            Script::Kannada => &["Noto Sans Kannada"],
            Script::Khmer => &["Noto Sans Khmer"],
            Script::Lao => &["Noto Sans Lao"],
            Script::Malayalam => &["Noto Sans Malayalam"],
            Script::Tamil => &["Noto Sans Tamil"],
            Script::Telugu => &["Noto Sans Telugu"],
            Script::Thai => &["Noto Sans Thai"],
            Script::Han | Script::Hiragana | Script::Katakana | Script::Bopomofo => &[EAST_ASIAN],
            Script::Hangul => &[HANGUL, EAST_ASIAN],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_that_a_script_wants_is_there() {
        let fonts = all();
        let named: Vec<&str> = fonts.db().faces().flat_map(|face| face.families.iter().map(|(name, _)| name.as_str())).collect();
        assert_eq!(fonts.db().faces().count(), FILES.len() + 1);
        for script in [Script::Arabic, Script::Hebrew, Script::Devanagari, Script::Khmer, Script::Tamil, Script::Thai, Script::Han] {
            for wanted in Scripts.script_fallback(script, "en") {
                assert!(named.contains(wanted), "{wanted}");
            }
        }
        for wanted in [PLAIN, BOLD, SIGNS, EAST_ASIAN, HANGUL] {
            assert!(named.contains(&wanted), "{wanted}: {named:?}");
        }
    }
}
