//! Reads a page token by token: what is counted, and what a reader sees of it.

use crate::sheet::{Look, Passage};
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use std::cell::{Cell, RefCell};

/// Characters of visible text that are kept for the picture.
const KEPT: usize = 6_000;
/// Bytes of a title and of a language that are kept.
const KEPT_TITLE: usize = 8_000;

/// What was found in a page.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) title: Option<String>,
    /// Of the root element.
    pub(super) language: Option<String>,
    /// Of the visible text, white space collapsed.
    pub(super) characters: u64,
    pub(super) images: u64,
    pub(super) links: u64,
    pub(super) scripts: u64,
    /// The first of the visible text.
    pub(super) passages: Vec<Passage>,
    kept: usize,
    within: Within,
    look: Look,
    /// What the next passage begins with: the point of a list.
    lead: &'static str,
    space: bool,
    /// Templates are not shown.
    templates: u32,
}

/// Whose text comes next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Within {
    #[default]
    Body,
    Title,
    /// Script, style, and what stands in for them.
    Unseen,
}

/// Takes the tokens of one page.
#[derive(Debug, Default)]
pub(super) struct Reader {
    seen: RefCell<Seen>,
    place: RefCell<Place>,
    marks: Cell<u64>,
    letters: Cell<u64>,
}

/// What the tokenizer takes the next characters for.
#[derive(Debug, Default, Clone)]
pub(super) enum Place {
    /// Text, which tags and comments may end.
    #[default]
    Text,
    /// Text of an element of this name, which only its end ends.
    Raw(Box<str>),
    /// Text, whatever comes.
    Plain,
}

impl Reader {
    /// What was seen.
    pub(super) fn finish(self) -> Seen {
        let mut seen = self.seen.into_inner();
        seen.title = seen.title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|title| !title.is_empty());
        seen.passages.retain(|passage| !passage.text.trim().is_empty());
        seen
    }

    /// What the next characters are.
    pub(super) fn place(&self) -> Place {
        self.place.borrow().clone()
    }

    /// Tags, comments and the like that have come.
    pub(super) fn marks(&self) -> u64 {
        self.marks.get()
    }

    /// How often text has come.
    pub(super) fn letters(&self) -> u64 {
        self.letters.get()
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                self.marks.update(|count| count + 1);
                let result = self.seen.borrow_mut().tag(&tag);
                *self.place.borrow_mut() = match &result {
                    TokenSinkResult::RawData(_) => Place::Raw((&*tag.name).into()),
                    TokenSinkResult::Plaintext => Place::Plain,
                    TokenSinkResult::Continue | TokenSinkResult::Script(()) | TokenSinkResult::EncodingIndicator(_) => Place::Text,
                };
                return result;
            }
            Token::CharacterTokens(text) => {
                self.letters.update(|count| count + 1);
                self.seen.borrow_mut().text(&text);
            }
            Token::NullCharacterToken => self.letters.update(|count| count + 1),
            Token::DoctypeToken(_) | Token::CommentToken(_) => self.marks.update(|count| count + 1),
            Token::EOFToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Seen {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if tag.kind == TagKind::EndTag {
            self.ended(name);
            return TokenSinkResult::Continue;
        }
        match name {
            "html" => self.language = self.language.take().or_else(|| attribute(tag, "lang")),
            "img" => self.images += 1,
            "a" | "area" => self.links += u64::from(attribute(tag, "href").is_some()),
            "script" => self.scripts += 1,
            "template" => self.templates = self.templates.saturating_add(1),
            _ => {}
        }
        if let Some(look) = block(name) {
            self.pause();
            self.look = look;
            self.lead = if name == "li" { "•  " } else { "" };
        } else if name == "td" || name == "th" {
            self.space = true;
        }
        let (within, kind) = match name {
            // Drawings have titles of their own, but they come after.
            "title" if self.title.is_none() => (Within::Title, RawKind::Rcdata),
            "title" => (Within::Unseen, RawKind::Rcdata),
            "textarea" => (Within::Body, RawKind::Rcdata),
            "script" => (Within::Unseen, RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => (Within::Unseen, RawKind::Rawtext),
            "plaintext" => return TokenSinkResult::Plaintext,
            _ => return TokenSinkResult::Continue,
        };
        self.within = within;
        TokenSinkResult::RawData(kind)
    }

    fn ended(&mut self, name: &str) {
        self.within = Within::Body;
        if name == "template" {
            self.templates = self.templates.saturating_sub(1);
        }
        if block(name).is_some() {
            self.pause();
            self.look = Look::Body;
            self.lead = "";
        }
    }

    fn text(&mut self, text: &str) {
        match self.within {
            Within::Title => {
                let title = self.title.get_or_insert_default();
                let room = KEPT_TITLE.saturating_sub(title.len());
                title.extend(text.chars().take(room));
            }
            Within::Unseen => {}
            Within::Body if self.templates > 0 => {}
            Within::Body => text.chars().for_each(|c| self.shown(c)),
        }
    }

    fn shown(&mut self, c: char) {
        if c.is_ascii_whitespace() {
            self.space = true;
            return;
        }
        let in_passage = self.passages.last().is_some_and(|passage| !passage.is_closed);
        let gap = self.space && in_passage;
        self.space = false;
        self.characters += 1 + u64::from(gap);
        if self.kept >= KEPT {
            return;
        }
        if !in_passage {
            self.passages.push(Passage { text: self.lead.to_owned(), look: self.look, is_closed: false });
        }
        if let Some(passage) = self.passages.last_mut() {
            if gap {
                passage.text.push(' ');
            }
            passage.text.push(c);
            self.kept += 1;
        }
    }

    /// The passage ends here.
    fn pause(&mut self) {
        self.space = false;
        if let Some(passage) = self.passages.last_mut() {
            passage.is_closed = true;
        }
    }
}

/// How the text of an element that stands by itself looks; `None` for one that is part of a line.
fn block(name: &str) -> Option<Look> {
    match name {
        "h1" | "h2" => Some(Look::Heading),
        "h3" | "h4" | "h5" | "h6" | "dt" | "caption" | "summary" | "legend" => Some(Look::Strong),
        "address" | "article" | "aside" | "blockquote" | "body" | "br" | "center" | "dd" | "details" | "dialog" | "dir" | "div" | "dl"
        | "fieldset" | "figcaption" | "figure" | "footer" | "form" | "frameset" | "head" | "header" | "hgroup" | "hr" | "html" | "li"
        | "listing" | "main" | "menu" | "nav" | "ol" | "option" | "p" | "pre" | "search" | "section" | "select" | "table" | "tbody"
        | "tfoot" | "thead" | "tr" | "ul" => Some(Look::Body),
        _ => None,
    }
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    let value: String = found.value.trim().chars().take(100).collect();
    (!value.is_empty()).then_some(value)
}
