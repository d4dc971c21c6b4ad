//! JSON as far as it is looked at: a tree of bounded depth and size, so that no file can make it large.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Below this depth nothing is kept: what a conversation says lies within five.
const DEEPEST: u32 = 12;
/// Values that are kept of one file.
const MOST_VALUES: u32 = 500_000;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// The values that are kept, and how many there are.
    List(Vec<Json>, u64),
    /// As written: of names that come twice the last counts.
    Object(Vec<(String, Json)>, u64),
    /// Too deep, or one too many.
    LeftOut,
}

/// It is no JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads all of a text: it is JSON from its first character to its last, or [`Malformed`].
pub(crate) fn read(text: &str) -> Result<Json, Malformed> {
    let budget = Cell::new(MOST_VALUES);
    let mut reader = serde_json::Deserializer::from_str(text);
    let json = Kept { depth: 0, budget: &budget }.deserialize(&mut reader).map_err(|_| Malformed)?;
    reader.end().map_err(|_| Malformed)?;
    Ok(json)
}

impl Json {
    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(members, _) => members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list that are kept.
    pub(crate) fn items(&self) -> Option<&[Json]> {
        match self {
            Self::List(items, _) => Some(items),
            _ => None,
        }
    }

    /// The members of an object that are kept.
    pub(crate) fn members(&self) -> Option<&[(String, Json)]> {
        match self {
            Self::Object(members, _) => Some(members),
            _ => None,
        }
    }

    /// Items or members, kept or not.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::List(_, count) | Self::Object(_, count) => *count,
            _ => 0,
        }
    }
}

/// Reads one value, and keeps it where depth and budget allow.
#[derive(Clone, Copy)]
struct Kept<'b> {
    depth: u32,
    budget: &'b Cell<u32>,
}

impl Kept<'_> {
    fn within(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Kept<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        let left = self.budget.get();
        if self.depth > DEEPEST || left == 0 {
            // Reads without recursion, however deep it is.
            return from.deserialize_ignored_any(IgnoredAny).map(|_| Json::LeftOut);
        }
        self.budget.set(left - 1);
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kept<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let (mut items, mut count) = (Vec::new(), 0_u64);
        while let Some(item) = from.next_element_seed(self.within())? {
            count += 1;
            if item != Json::LeftOut {
                items.push(item);
            }
        }
        Ok(Json::List(items, count))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let (mut members, mut count) = (Vec::new(), 0_u64);
        while let Some(name) = from.next_key::<String>()? {
            let value = from.next_value_seed(self.within())?;
            count = count.checked_add(1).ok_or_else(|| A::Error::custom("too many members"))?;
            if value != Json::LeftOut {
                members.push((name, value));
            }
        }
        Ok(Json::Object(members, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_size_are_bounded_and_counted_all_the_same() {
        let deep = format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert!(read(&deep).is_ok());
        let wide = format!("[{}1]", "1,".repeat(1_000_000));
        let Ok(Json::List(items, count)) = read(&wide) else { panic!("not read") };
        assert_eq!((items.len(), count), (MOST_VALUES as usize - 1, 1_000_001));
    }

    #[test]
    fn what_is_not_json_to_its_end_is_malformed() {
        for text in ["", "{", "[1,]", "{}x", "{'a':1}", "[\"\u{1}\"]", &"[".repeat(100_000)] {
            assert_eq!(read(text), Err(Malformed), "{text:.20}");
        }
        assert_eq!(read(r#"{"a":1,"a":"b"}"#).unwrap().get("a").and_then(Json::text), Some("b"));
    }
}
