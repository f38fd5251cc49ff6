//! Values as specs see them: JSON, and what JSON can't say (durations, sizes, percentages, money, bytes, secrets).

mod arithmetic;
mod compare;
mod csv;
mod duration;
mod http_date;
mod jsonpath;
mod money;
mod network;
mod regex;
mod secret;
mod types;
mod url;
mod xpath;

pub(crate) use compare::json_equal;
pub use compare::{compare, equal};
pub use csv::{CsvError, Table};
pub use duration::{format_duration, format_size};
pub use http_date::http_date;
pub use jsonpath::{JsonPath, JsonPathError, PathStep, location, path_text};
pub use money::{Money, Rate, money_words};
pub use network::{NotPublic, NotReal, SpecialUse, not_public, not_real};
pub use regex::{Pattern, PatternError};
pub use secret::{Secret, SecretSink};
pub use types::{Shape, ShapeField, Type};
pub use url::{UrlPlace, UrlWriter};
pub use xpath::{Document, Kind as XPathKind, TooMuchWork, XPath, XPathError, XPathResult};

use std::sync::Arc;
use std::time::Duration;

/// JSON as specs see it.
pub type Json = serde_json::Value;
/// An object of [`Json`].
pub type JsonMap = serde_json::Map<String, Json>;
/// A number of [`Json`].
pub type JsonNumber = serde_json::Number;

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
            let items = values
                .into_iter()
                .filter_map(|value| match value {
                    Value::Json(json) => Some(Arc::unwrap_or_clone(json)),
                    _ => None,
                })
                .collect();
            return Value::from(Json::Array(items));
        }
        Value::List(Arc::new(values))
    }

    pub fn as_json(&self) -> Option<&Json> {
        match self {
            Value::Json(json) => Some(json),
            _ => None,
        }
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
            Value::Duration(duration) => number(duration.as_secs_f64() * 1000.0),
            Value::Size(bytes) => Json::from(*bytes),
            Value::Percent(fraction) => number(*fraction),
            Value::Rate(rate) => number(rate.per_second),
            Value::Money(money) => number(money.amount),
            Value::Bytes(bytes) => Json::from(base64::engine::general_purpose::STANDARD.encode(bytes)),
            Value::Secret(secret) => Json::from(secret.expose()),
            Value::List(values) => Json::Array(values.iter().map(Value::to_json).collect()),
            Value::Channel(_) => Json::Null,
        }
    }

    /// The value as text, as it goes into a URL, a header or a string: strings without quotes, other JSON in its compact form.
    /// **A secret comes in clear**, as for [`Value::to_json`].
    pub fn to_text(&self) -> String {
        match self {
            Value::Json(json) => match &**json {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            },
            Value::Duration(duration) => format_duration(*duration),
            Value::Percent(fraction) => format!("{}%", fraction * 100.0),
            Value::Rate(rate) => rate.to_string(),
            Value::Money(money) => money.to_string(),
            other => match other.to_json() {
                Json::String(text) => text,
                json => json.to_string(),
            },
        }
    }

    /// What kind of value this is, in the words of the language.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Json(json) => json_kind(json),
            Value::Duration(_) => "duration",
            Value::Size(_) => "size",
            Value::Percent(_) => "percent",
            Value::Rate(_) => "rate",
            Value::Money(_) => "money",
            Value::Bytes(_) => "bytes",
            Value::Secret(_) => "secret",
            Value::List(_) => "array",
            Value::Channel(_) => "channel",
        }
    }
}

/// The language's word for a JSON value's type.
pub fn json_kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Value::Json(Arc::new(json))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::from(Json::from(text))
    }
}

/// A whole number stays whole, so that `200` is never shown as `200.0`.
fn number(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Json::from(value as i64);
    }
    Json::from(value)
}
