//! JSON of our own: what came is kept as it came. Numbers keep their digits, members that occur twice are both there, and strings
//! may hold surrogates without their other half.

mod decimal;
mod map;
mod names;
mod number;
mod place;
mod raw;
mod read;
mod seam;
mod text;
mod weigh;
mod write;

use std::sync::Arc;

pub use map::{JsonMap, Member};
pub use number::JsonNumber;
pub use place::place as json_place;
pub use raw::RawPaths;
pub use read::{JsonFault, MOST_NESTED};
pub use seam::NotExact;
pub use text::Unpaired;

use super::PathStep;

/// A JSON value. Cheap to clone: lists, objects and strings are shared.
#[derive(Clone, Debug, Default)]
pub enum Json {
    #[default]
    Null,
    Bool(bool),
    Number(JsonNumber),
    String(Arc<str>),
    /// A string that is no text, since it holds half of a surrogate pair (RFC 8259, section 8.2).
    Unpaired(Unpaired),
    Array(Arc<Vec<Json>>),
    Object(JsonMap),
}

impl Json {
    /// `None` also for a string that is no text ([`Json::Unpaired`]).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_number(&self) -> Option<&JsonNumber> {
        match self {
            Json::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The whole number that it is worth, however it is written, where it is in range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// As [`Json::as_i64`], of what isn't negative.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The nearest floating-point number. Never compare by it: the number itself is exact.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&JsonMap> {
        match self {
            Json::Object(fields) => Some(fields),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    pub fn is_boolean(&self) -> bool {
        matches!(self, Json::Bool(_))
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Json::Number(_))
    }

    pub fn is_string(&self) -> bool {
        matches!(self, Json::String(_) | Json::Unpaired(_))
    }

    pub fn is_array(&self) -> bool {
        matches!(self, Json::Array(_))
    }

    pub fn is_object(&self) -> bool {
        matches!(self, Json::Object(_))
    }

    /// A member by its name, or an element by its index; the last one of members that occur twice.
    pub fn get<K: Key>(&self, key: K) -> Option<&Json> {
        key.of(self)
    }

    /// The same number for values that are equal, and mostly another one for others.
    pub fn fingerprint(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut state = DefaultHasher::new();
        match self {
            Json::Null => 0u8.hash(&mut state),
            Json::Bool(value) => (1u8, value).hash(&mut state),
            Json::Number(number) => (2u8, number.canonical()).hash(&mut state),
            Json::String(text) => (3u8, text).hash(&mut state),
            Json::Unpaired(text) => (4u8, text).hash(&mut state),
            Json::Array(items) => {
                5u8.hash(&mut state);
                items.iter().for_each(|item| item.fingerprint().hash(&mut state));
            }
            // In any order.
            Json::Object(fields) => {
                let member = |(name, value): (&str, &Json)| {
                    let mut state = DefaultHasher::new();
                    (name, value.fingerprint()).hash(&mut state);
                    state.finish()
                };
                (6u8, fields.iter().map(member).fold(0u64, u64::wrapping_add)).hash(&mut state);
            }
        }
        state.finish()
    }

    /// The first member below that occurs twice in its object, by the way to it. Looks at everything.
    pub fn twice(&self) -> Option<(Vec<PathStep>, &Json, &Json)> {
        let mut way = Vec::new();
        let (first, second) = self.twice_below(&mut way)?;
        way.reverse();
        Some((way, first, second))
    }

    /// The way is collected from its end.
    fn twice_below(&self, way: &mut Vec<PathStep>) -> Option<(&Json, &Json)> {
        match self {
            Json::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                let found = item.twice_below(way)?;
                way.push(PathStep::Index(index));
                Some(found)
            }),
            Json::Object(fields) => {
                if let Some((name, first, second)) = fields.first_twice() {
                    way.push(PathStep::Key(name));
                    return Some((first, second));
                }
                fields.iter().find_map(|(name, value)| {
                    let found = value.twice_below(way)?;
                    way.push(PathStep::Key(name.to_owned()));
                    Some(found)
                })
            }
            _ => None,
        }
    }
}

/// What a part of a JSON value is asked for by.
pub trait Key {
    fn of(self, json: &Json) -> Option<&Json>;
}

impl Key for &str {
    fn of(self, json: &Json) -> Option<&Json> {
        json.as_object()?.get(self)
    }
}

impl Key for usize {
    fn of(self, json: &Json) -> Option<&Json> {
        json.as_array()?.get(self)
    }
}

/// By what they are worth: `1` is `1.0`, and the order of an object's members doesn't count.
impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Null, Json::Null) => true,
            (Json::Bool(a), Json::Bool(b)) => a == b,
            (Json::Number(a), Json::Number(b)) => a == b,
            (Json::String(a), Json::String(b)) => a == b,
            (Json::Unpaired(a), Json::Unpaired(b)) => a == b,
            (Json::Array(a), Json::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Json::Object(a), Json::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Json {}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::String(text.into())
    }
}

impl From<JsonNumber> for Json {
    fn from(number: JsonNumber) -> Self {
        Json::Number(number)
    }
}

impl From<JsonMap> for Json {
    fn from(map: JsonMap) -> Self {
        Json::Object(map)
    }
}

/// JSON has no infinity and no NaN: they are null.
impl From<f64> for Json {
    fn from(value: f64) -> Self {
        JsonNumber::from_f64(value).map_or(Json::Null, Json::Number)
    }
}

macro_rules! from_whole {
    ($($whole:ty),*) => {$(
        impl From<$whole> for Json {
            fn from(value: $whole) -> Self {
                Json::Number(JsonNumber::from(value))
            }
        }
    )*};
}

from_whole!(i32, i64, u8, u16, u32, u64, usize);

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Json::Null, Into::into)
    }
}

impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Json::Array(Arc::new(items.into_iter().map(Into::into).collect()))
    }
}

#[cfg(test)]
mod tests;
