//! Keywords of JSON Schema that compare numbers, exactly: the library's own go by way of floating-point numbers, for which 9007199254740993 is
//! 9007199254740992, and 19.99 is no multiple of 0.01.

use std::collections::HashSet;

use jsonschema::{Keyword, ValidationError, ValidationOptions};
use serde_json::{Map, Value};

use super::{Json, JsonNumber, effort};

/// Options whose keywords compare exactly. `schema` says by which draft it is.
pub(super) fn options(schema: &Value) -> ValidationOptions<'static> {
    let draft = schema.get("$schema").and_then(Value::as_str).unwrap_or_default();
    let options = jsonschema::options()
        .should_validate_formats(true)
        .with_keyword("enum", |_, value, _| made(Question::Enum(keys(value))))
        .with_keyword("uniqueItems", |_, value, _| {
            made(if value.as_bool() == Some(true) { Question::Unique } else { Question::Nothing })
        })
        .with_keyword("multipleOf", |_, value, _| made(number(value).map_or(Question::Nothing, Question::MultipleOf)))
        .with_keyword("maximum", |parent, value, _| limit(parent, value, "exclusiveMaximum", Limit::Most, Limit::Below))
        .with_keyword("minimum", |parent, value, _| {
            limit(parent, value, "exclusiveMinimum", Limit::Least, Limit::Above)
        })
        .with_keyword("exclusiveMaximum", |_, value, _| made(limited(Limit::Below, value)))
        .with_keyword("exclusiveMinimum", |_, value, _| made(limited(Limit::Above, value)));
    // Draft 4 doesn't know it, and what isn't known asks nothing.
    if draft.contains("draft-04") {
        return options;
    }
    options.with_keyword("const", |_, value, _| made(Question::Const(key(value), value.to_string())))
}

#[derive(Clone, Copy)]
enum Limit {
    Most,
    Below,
    Least,
    Above,
}

/// What a keyword asks of a value.
enum Question {
    Const(String, String),
    Enum(HashSet<String>),
    Unique,
    MultipleOf(JsonNumber),
    Limit(Limit, JsonNumber),
    Nothing,
}

type Made<'a> = Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>>;

fn made<'a>(question: Question) -> Made<'a> {
    Ok(Box::new(question))
}

fn limited(limit: Limit, value: &Value) -> Question {
    // Of draft 4, where it is true or false and belongs to `maximum`.
    number(value).map_or(Question::Nothing, |number| Question::Limit(limit, number))
}

fn limit<'a>(parent: &Map<String, Value>, value: &Value, exclusive: &str, own: Limit, other: Limit) -> Made<'a> {
    made(limited(if parent.get(exclusive) == Some(&Value::Bool(true)) { other } else { own }, value))
}

fn number(value: &Value) -> Option<JsonNumber> {
    match Json::from(value.clone()) {
        Json::Number(number) => Some(number),
        _ => None,
    }
}

fn keys(value: &Value) -> HashSet<String> {
    value.as_array().into_iter().flatten().map(key).collect()
}

/// The same text for values that are equal (JSON Schema, section 4.2.2), and for no others.
fn key(value: &Value) -> String {
    let mut out = String::new();
    write_key(value, &mut out);
    out
}

fn write_key(value: &Value, out: &mut String) {
    match value {
        Value::Number(_) => match number(value) {
            Some(number) => out.push_str(&number.canonical()),
            None => out.push_str(&value.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_key(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (name, member) in members {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_key(member, out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// Exact: the quotient is rounded, so it counts only where the product gives the number again.
fn is_multiple(number: &JsonNumber, of: &JsonNumber) -> bool {
    let quotient = number.checked_div(of).filter(JsonNumber::is_integer);
    quotient.and_then(|quotient| quotient.checked_mul(of)).is_some_and(|product| product == *number)
}

impl Question {
    fn holds(&self, instance: &Value) -> bool {
        match (self, instance) {
            (Question::Const(expected, _), instance) => key(instance) == *expected,
            (Question::Enum(expected), instance) => expected.contains(&key(instance)),
            (Question::Unique, Value::Array(items)) => {
                let mut seen = HashSet::with_capacity(items.len());
                // Given up, it doesn't hold, and the caller sees that it was.
                items.iter().all(|item| !effort::is_vain(1) && seen.insert(key(item)))
            }
            (Question::MultipleOf(of), Value::Number(_)) => {
                number(instance).is_some_and(|number| is_multiple(&number, of))
            }
            (Question::Limit(limit, bound), Value::Number(_)) => number(instance).is_some_and(|number| match limit {
                Limit::Most => number <= *bound,
                Limit::Below => number < *bound,
                Limit::Least => number >= *bound,
                Limit::Above => number > *bound,
            }),
            _ => true,
        }
    }

    fn words(&self) -> String {
        match self {
            Question::Const(_, expected) => format!("value is not {expected}"),
            Question::Enum(_) => "value is not one of those that are allowed".to_owned(),
            Question::Unique => "value has equal elements".to_owned(),
            Question::MultipleOf(of) => format!("value is not a multiple of {of}"),
            Question::Limit(Limit::Most, bound) => format!("value is greater than the maximum of {bound}"),
            Question::Limit(Limit::Below, bound) => format!("value is not less than {bound}"),
            Question::Limit(Limit::Least, bound) => format!("value is less than the minimum of {bound}"),
            Question::Limit(Limit::Above, bound) => format!("value is not greater than {bound}"),
            Question::Nothing => String::new(),
        }
    }
}

impl<'i> Keyword<'i> for Question {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.holds(instance) { Ok(()) } else { Err(ValidationError::custom(self.words())) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.holds(instance)
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{Json, Schema};

    /// Whether a value is valid by a schema; `None` where it can't be said.
    fn judged(schema: &str, value: &str) -> Option<bool> {
        let schema = Schema::compile(Json::parse(schema).unwrap()).ok()?;
        let mut valid = true;
        let read = schema.errors(&Json::parse(value).unwrap(), |_| {
            valid = false;
            false
        });
        read.ok().map(|()| valid)
    }

    #[test]
    fn numbers_are_compared_exactly_or_not_at_all() {
        // A schema, the values that are valid by it, and those that aren't.
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                r#"{"const": 9007199254740993}"#,
                &["9007199254740993", "9007199254740993.0"],
                &["9007199254740992", "9007199254740994"],
            ),
            (
                r#"{"const": {"a": [9007199254740993]}}"#,
                &[r#"{"a":[9007199254740993]}"#],
                &[r#"{"a":[9007199254740992]}"#],
            ),
            (r#"{"const": 1}"#, &["1", "1.0", "1e0", "10e-1"], &["true", "\"1\"", "[1]", "1.0000000000000002"]),
            (r#"{"const": 0.1}"#, &["0.1", "0.10", "1e-1"], &["0.10000000000000002"]),
            (r#"{"const": null}"#, &["null"], &["0", "false", "\"null\""]),
            (r#"{"enum": [9007199254740993, "a"]}"#, &["9007199254740993", "\"a\""], &["9007199254740992", "\"b\""]),
            (r#"{"enum": [{"a": 1, "b": 2}]}"#, &[r#"{"b":2.0,"a":1}"#], &[r#"{"a":1}"#]),
            (
                r#"{"uniqueItems": true}"#,
                &["[9007199254740992, 9007199254740993]", "[1, true, \"1\", [1], {}]", "5"],
                &["[1, 1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}]"],
            ),
            (r#"{"uniqueItems": false}"#, &["[1, 1]"], &[]),
            (r#"{"maximum": 9007199254740992}"#, &["9007199254740992", "-1", "\"x\""], &["9007199254740993", "1e300"]),
            (r#"{"maximum": 18446744073709551615}"#, &["18446744073709551615", "18446744073709551614"], &["1e20"]),
            (r#"{"minimum": 9007199254740993}"#, &["9007199254740993"], &["9007199254740992"]),
            (r#"{"minimum": 0.1}"#, &["0.1", "0.2"], &["0.09999999999999999"]),
            (r#"{"exclusiveMaximum": 9007199254740993}"#, &["9007199254740992"], &["9007199254740993"]),
            (r#"{"exclusiveMinimum": 9007199254740992}"#, &["9007199254740993"], &["9007199254740992"]),
            (
                r##"{"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 5, "exclusiveMaximum": true, "const": 1}"##,
                &["4"],
                &["5", "6"],
            ),
            (
                r#"{"multipleOf": 0.01}"#,
                &["19.99", "0", "0.07", "4.35", "1.1", "-8.61", "100000000000.29"],
                &["19.995", "0.001", "1e-300"],
            ),
            (r#"{"multipleOf": 0.1}"#, &["0.3", "0.7", "1e300", "1e15"], &["0.35"]),
            (r#"{"multipleOf": 3}"#, &["9007199254740993", "9"], &["9007199254740992", "1", "0.3", "1e22"]),
            (r#"{"multipleOf": 7e-300}"#, &["7", "49"], &["7e-301"]),
            (r#"{"not": {"const": 9007199254740993}}"#, &["9007199254740992"], &["9007199254740993"]),
            (r#"{"not": {"multipleOf": 0.01}}"#, &["0.001"], &["19.99"]),
            (
                r##"{"properties": {"a": {"$ref": "#/$defs/cents"}}, "$defs": {"cents": {"multipleOf": 0.01}}}"##,
                &[r#"{"a":19.99}"#],
                &[r#"{"a":19.999}"#],
            ),
            (r#"{"type": "integer"}"#, &["9007199254740993", "1.0"], &["1.5"]),
        ];
        for (schema, valid, invalid) in cases {
            for (values, expected) in [(valid, true), (invalid, false)] {
                for value in *values {
                    assert_eq!(judged(schema, value), Some(expected), "{value} by {schema}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_not_decided() {
        let many = "0.1000000000000000055511151231257827";
        for (schema, value) in [
            (r#"{"const": 36893488147419103233}"#, "36893488147419103233"),
            (r#"{"maximum": 5}"#, "36893488147419103233"),
            (r#"{"not": {"const": 1}}"#, many),
            (r#"{"enum": [0.1]}"#, many),
            (&format!(r#"{{"multipleOf": {many}}}"#), "1"),
        ] {
            assert_eq!(judged(schema, value), None, "{value} by {schema}");
        }
    }
}
