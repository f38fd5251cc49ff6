//! Where other crates want `serde_json`'s values.

use super::{Json, JsonMap, JsonNumber};

/// A number that the other side would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotExact(pub JsonNumber);

impl Json {
    /// The value as `serde_json` has it, whose numbers are of 64 bits.
    ///
    /// # Errors
    /// A number isn't one that survives that.
    pub fn to_serde(&self) -> Result<serde_json::Value, NotExact> {
        Ok(match self {
            Json::Null => serde_json::Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Number(number) => {
                let other = if let Some(whole) = number.as_i64() {
                    whole.into()
                } else if let Some(whole) = number.as_u64() {
                    whole.into()
                } else {
                    let float = number.as_f64().filter(|float| JsonNumber::from_f64(*float).as_ref() == Some(number));
                    float.and_then(serde_json::Number::from_f64).ok_or_else(|| NotExact(number.clone()))?
                };
                serde_json::Value::Number(other)
            }
            Json::String(text) => text.to_string().into(),
            Json::Unpaired(text) => text.shown().into(),
            Json::Array(items) => items.iter().map(Json::to_serde).collect::<Result<Vec<_>, _>>()?.into(),
            Json::Object(fields) => {
                let members = fields.iter().map(|(name, value)| Ok((name.to_owned(), value.to_serde()?)));
                serde_json::Value::Object(members.collect::<Result<_, _>>()?)
            }
        })
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(value) => value.into(),
            serde_json::Value::Number(number) => {
                number.to_string().parse().map_or(Json::Null, |number: JsonNumber| Json::Number(number))
            }
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => items.into(),
            serde_json::Value::Object(members) => Json::Object(members.into_iter().collect::<JsonMap>()),
        }
    }
}
