//! Values as specs see them: JSON, and what JSON can't say (durations, sizes, percentages, money, bytes, secrets).

mod arithmetic;
mod chain;
mod compare;
#[cfg(test)]
pub(crate) mod counted;
mod csv;
mod draws;
mod duration;
pub mod effort;
mod evaluate;
mod exact;
pub mod form;
mod function;
mod http_date;
mod json;
mod jsonpath;
mod kind;
mod money;
pub mod named;
mod network;
mod operator;
mod parts;
mod regex;
mod regex_size;
mod schema;
mod secret;
mod selector;
pub mod serial;
mod token;
mod types;
mod url;
mod xpath;

pub use chain::Chain;
pub(crate) use compare::json_equal;
pub use compare::{compare, equal};
pub use csv::{CsvError, Table};
pub use draws::{Draws, keyed, keyed_by};
pub use duration::{format_duration, format_size};
pub use evaluate::{Bindings, Form, Piece, Refusal, Stop, Tree, evaluate, has_text};
pub use function::{ArgumentFault, Function, Parameter};
pub use http_date::http_date;
pub use json::{Json, JsonFault, JsonMap, JsonNumber, MOST_NESTED, Member, NotExact, RawPaths, Unpaired, json_place};
pub use jsonpath::{JsonPath, JsonPathError, Located, PathFault, PathName, PathStep, path_text};
pub use kind::Kind;
pub use money::{Money, Rate, money_words};
pub use named::NamedType;
pub use network::{NotPublic, NotReal, SpecialUse, not_public, not_real};
pub use operator::{BinaryOp, UnaryOp, are_ordered, may_be_equal};
pub use parts::{DEEPEST_MADE, Oversize, Unread};
pub use regex::{Regex, RegexError};
pub use schema::{Schema, SchemaFault};
pub use secret::{SHORTEST_SECRET, Secret, SecretSink, can_be_masked};
pub use selector::Css;
pub use token::{NO_METHOD, TOKEN, is_token};
pub use types::{Shape, ShapeField, Type};
pub use url::{UrlPlace, UrlWriter};
pub use xpath::{Document, Kind as XPathKind, TooMuchWork, XPath, XPathError, XPathResult};

use std::sync::Arc;
use std::time::Duration;

/// JSON as Rust writes it, for tests.
#[cfg(test)]
macro_rules! test_json {
    ($($part:tt)*) => { $crate::value::Json::from(serde_json::json!($($part)*)) };
}
#[cfg(test)]
pub(crate) use test_json;

/// A value at run time.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Everything that JSON can say. Shared, since a body may be large and is looked at often.
    Json(Arc<Json>),
    Duration(Duration),
    /// Bytes.
    Size(u64),
    /// `95%` is 0.95.
    Percent(f64),
    Rate(Rate),
    Money(Money),
    Bytes(Arc<[u8]>),
    Secret(Secret),
    /// A list that holds something that isn't JSON; [`Value::list`] makes a JSON array where it can.
    List(Arc<Vec<Value>>),
    /// An object that holds something that isn't JSON, each name once; [`Value::object`] makes a JSON object where it can.
    Object(Arc<Vec<(Arc<str>, Value)>>),
    /// A channel's handle: the index of the channel in its test. Only names hold one.
    Channel(u32),
}

impl Value {
    pub fn null() -> Self {
        Value::from(Json::Null)
    }

    /// A list of values: a JSON array where all of them are JSON.
    pub fn list(values: Vec<Value>) -> Self {
        if values.iter().all(|value| matches!(value, Value::Json(_))) {
            let items: Vec<Json> = values
                .into_iter()
                .filter_map(|value| match value {
                    Value::Json(json) => Some(Arc::unwrap_or_clone(json)),
                    _ => None,
                })
                .collect();
            return Value::from(Json::from(items));
        }
        Value::List(Arc::new(values))
    }

    pub fn as_json(&self) -> Option<&Json> {
        match self {
            Value::Json(json) => Some(json),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        self.as_json().and_then(Json::as_bool)
    }

    pub fn as_str(&self) -> Option<&str> {
        self.as_json().and_then(Json::as_str)
    }

    /// The value as JSON, as it goes into a body: durations in milliseconds, sizes in bytes, percentages as fractions,
    /// bytes in base64, **a secret in clear** (what is sent must be what was meant; every output passes through the redactor).
    pub fn to_json(&self) -> Json {
        use base64::Engine as _;
        match self {
            Value::Json(json) => (**json).clone(),
            Value::Duration(duration) => arithmetic::milliseconds(*duration),
            Value::Size(bytes) => Json::from(*bytes),
            Value::Percent(amount) => arithmetic::plain(*amount),
            Value::Rate(rate) => arithmetic::plain(rate.per_second),
            Value::Money(money) => arithmetic::plain(money.amount),
            Value::Bytes(bytes) => Json::from(base64::engine::general_purpose::STANDARD.encode(bytes)),
            Value::Secret(secret) => Json::from(secret.expose()),
            Value::List(values) => values.iter().map(Value::to_json).collect(),
            Value::Object(fields) => {
                Json::Object(fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
            }
            Value::Channel(_) => Json::Null,
        }
    }

    /// The value as text, as it goes into a URL, a header or a string: strings without quotes, other JSON in its compact form.
    /// **A secret comes in clear**, as for [`Value::to_json`].
    pub fn to_text(&self) -> String {
        match self {
            Value::Json(json) => match &**json {
                Json::String(text) => text.to_string(),
                other => other.to_string(),
            },
            Value::Duration(duration) => format_duration(*duration),
            Value::Percent(fraction) => format!("{}%", arithmetic::percentage(*fraction)),
            Value::Rate(rate) => rate.to_string(),
            Value::Money(money) => money.to_string(),
            other => match other.to_json() {
                Json::String(text) => text.to_string(),
                json => json.to_string(),
            },
        }
    }

    /// Whether it has no more bytes and nodes than there is `room` for, of which it takes its part. No more than that is looked at.
    pub fn is_within(&self, room: &mut usize) -> bool {
        fn take(room: &mut usize, size: usize) -> bool {
            let left = room.checked_sub(size);
            *room = left.unwrap_or(0);
            left.is_some()
        }
        fn json_within(json: &Json, room: &mut usize) -> bool {
            let own = match json {
                Json::String(text) => text.len(),
                Json::Unpaired(text) => text.shown().len(),
                Json::Number(number) if number.as_i64().is_none() => number.as_text().len(),
                _ => 0,
            };
            take(room, own.saturating_add(1))
                && match json {
                    Json::Array(items) => items.iter().all(|item| json_within(item, room)),
                    Json::Object(members) => {
                        members.iter().all(|(name, value)| take(room, name.len()) && json_within(value, room))
                    }
                    _ => true,
                }
        }
        match self {
            Value::Json(json) => json_within(json, room),
            Value::Bytes(bytes) => take(room, bytes.len()),
            Value::Secret(secret) => take(room, secret.expose().len()),
            Value::List(values) => values.iter().all(|value| take(room, 1) && value.is_within(room)),
            Value::Object(fields) => {
                fields.iter().all(|(name, value)| take(room, name.len().saturating_add(1)) && value.is_within(room))
            }
            _ => take(room, 1),
        }
    }

    /// What kind of value this is, in the words of the language.
    pub fn kind(&self) -> &'static str {
        Kind::of(self).word()
    }
}

/// The language's word for a JSON value's type.
pub fn json_kind(json: &Json) -> &'static str {
    Kind::of_json(json).word()
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Value::Json(Arc::new(json))
    }
}

/// Of a value that another crate made, or a test wrote.
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Value::from(Json::from(value))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::from(Json::from(truth))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::from(Json::from(text))
    }
}
