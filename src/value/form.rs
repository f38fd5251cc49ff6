//! How a value is written into a trace: JSON as its text, so that numbers, members that occur twice and lone surrogates stay what they are; anything
//! else by its kind.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Json, Money, Rate, Secret, Value};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    Json(String),
    /// Nanoseconds.
    Duration(u64),
    /// Bytes.
    Size(u64),
    Percent(f64),
    PerSecond(f64),
    /// US dollars: the only currency that specs can say.
    Dollars(f64),
    Bytes(#[serde(with = "super::serial::vec_data")] Vec<u8>),
    Secret(String),
    List(Vec<Written>),
    Object(Vec<(String, Written)>),
    Channel(u32),
}

impl From<&Value> for Written {
    fn from(value: &Value) -> Self {
        match value {
            Value::Json(json) => Self::Json(json.to_string()),
            Value::Duration(duration) => Self::Duration(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)),
            Value::Size(size) => Self::Size(*size),
            Value::Percent(share) => Self::Percent(*share),
            Value::Rate(rate) => Self::PerSecond(rate.per_second),
            Value::Money(money) => Self::Dollars(money.amount),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Value::Secret(secret) => Self::Secret(secret.expose().to_owned()),
            Value::List(values) => Self::List(values.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.iter().map(|(name, value)| (name.to_string(), Self::from(value))).collect())
            }
            Value::Channel(index) => Self::Channel(*index),
        }
    }
}

impl TryFrom<Written> for Value {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Ok(match written {
            Written::Json(text) => Value::from(Json::parse(&text).map_err(|fault| fault.to_string())?),
            Written::Duration(nanoseconds) => Value::Duration(Duration::from_nanos(nanoseconds)),
            Written::Size(size) => Value::Size(size),
            Written::Percent(share) => Value::Percent(share),
            Written::PerSecond(per_second) => Value::Rate(Rate { per_second }),
            Written::Dollars(amount) => Value::Money(Money { amount, currency: "USD" }),
            Written::Bytes(bytes) => Value::Bytes(Arc::from(bytes)),
            Written::Secret(text) => Value::Secret(Secret::new(text)),
            Written::List(values) => {
                let values: Result<Vec<Value>, String> = values.into_iter().map(Value::try_from).collect();
                Value::List(Arc::new(values?))
            }
            Written::Object(fields) => {
                let field = |(name, value): (String, Written)| Ok((Arc::from(name), Value::try_from(value)?));
                Value::Object(Arc::new(fields.into_iter().map(field).collect::<Result<_, String>>()?))
            }
            Written::Channel(index) => Value::Channel(index),
        })
    }
}

/// A value on its way into a trace.
pub struct Form<'a>(pub &'a Value);

impl Serialize for Form<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Written::from(self.0).serialize(to)
    }
}

/// # Errors
/// Those of `to`.
pub fn serialize<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
    Written::from(value).serialize(to)
}

/// # Errors
/// Those of `from`; a text that isn't JSON where it should be.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    Value::try_from(Written::deserialize(from)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] Value);

    fn again(value: Value) -> Value {
        let text = serde_json::to_string(&Holder(value)).unwrap();
        serde_json::from_str::<Holder>(&text).unwrap().0
    }

    #[test]
    fn every_kind_of_value_is_read_as_it_was_written() {
        let json = r#"{"n": 1.10, "n": 9007199254740993, "s": "\ud800", "e": 1e400}"#;
        let all = [
            Value::from(Json::parse(json).unwrap()),
            Value::Duration(Duration::from_millis(1_500)),
            Value::Size(10 << 10),
            Value::Percent(0.95),
            Value::Rate(Rate { per_second: 12.5 }),
            Value::Money(Money { amount: 120_000.0, currency: "USD" }),
            Value::Bytes(Arc::from([0_u8, 255, 128])),
            Value::Secret(Secret::new("correct-horse")),
            Value::Channel(3),
        ];
        let object = Value::Object(Arc::new(vec![("all".into(), Value::List(Arc::new(all.to_vec())))]));
        for value in all.into_iter().chain([object]) {
            assert_eq!(again(value.clone()), value);
        }
    }
}
