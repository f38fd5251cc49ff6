use super::{Json, Value};

/// What kinds of values operators and functions distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Duration,
    Size,
    Percent,
    Rate,
    Money,
    Bytes,
    Secret,
    List,
    Object,
    Channel,
}

impl Kind {
    pub const ALL: [Kind; 14] = [
        Kind::Null,
        Kind::Bool,
        Kind::Number,
        Kind::String,
        Kind::Duration,
        Kind::Size,
        Kind::Percent,
        Kind::Rate,
        Kind::Money,
        Kind::Bytes,
        Kind::Secret,
        Kind::List,
        Kind::Object,
        Kind::Channel,
    ];

    pub fn of(value: &Value) -> Kind {
        match value {
            Value::Json(json) => Kind::of_json(json),
            Value::Duration(_) => Kind::Duration,
            Value::Size(_) => Kind::Size,
            Value::Percent(_) => Kind::Percent,
            Value::Rate(_) => Kind::Rate,
            Value::Money(_) => Kind::Money,
            Value::Bytes(_) => Kind::Bytes,
            Value::Secret(_) => Kind::Secret,
            Value::List(_) => Kind::List,
            Value::Object(_) => Kind::Object,
            Value::Channel(_) => Kind::Channel,
        }
    }

    pub fn of_json(json: &Json) -> Kind {
        match json {
            Json::Null => Kind::Null,
            Json::Bool(_) => Kind::Bool,
            Json::Number(_) => Kind::Number,
            Json::String(_) | Json::Unpaired(_) => Kind::String,
            Json::Array(_) => Kind::List,
            Json::Object(_) => Kind::Object,
        }
    }

    /// The language's word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "bool",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Duration => "duration",
            Kind::Size => "size",
            Kind::Percent => "percent",
            Kind::Rate => "rate",
            Kind::Money => "money",
            Kind::Bytes => "bytes",
            Kind::Secret => "secret",
            Kind::List => "array",
            Kind::Object => "object",
            Kind::Channel => "channel",
        }
    }
}
