use std::cmp::Ordering;

use super::arithmetic::exact;
use super::{Json, JsonNumber, Value};

/// Whether two values are the same. Numbers compare by what they are worth (`1` is `1.0`), a percentage with a fraction, a secret
/// with its text, a duration or a size with another of its kind.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Json(a), Value::Json(b)) => json_equal(a, b),
        (Value::Secret(a), Value::Secret(b)) => a == b,
        (Value::Secret(secret), other) | (other, Value::Secret(secret)) => other.as_str() == Some(secret.expose()),
        (Value::List(_), _) | (_, Value::List(_)) => lists_equal(a, b),
        (Value::Object(_), _) | (_, Value::Object(_)) => objects_equal(a, b),
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Bytes(bytes), Value::Json(json)) | (Value::Json(json), Value::Bytes(bytes)) => {
            json.as_str().is_some_and(|digits| is_hex_of(digits, bytes))
        }
        _ => compare(a, b) == Some(Ordering::Equal),
    }
}

/// Whether a text is how bytes are written in hexadecimal digits, in either case, with white space between them or not.
fn is_hex_of(digits: &str, bytes: &[u8]) -> bool {
    let mut digits = digits.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16));
    let mut digit = || digits.next().flatten();
    bytes.iter().all(|byte| digit().zip(digit()) == Some((u32::from(byte >> 4), u32::from(byte & 15))))
        && digits.next().is_none()
}

fn lists_equal(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.elements(), b.elements()) else { return false };
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| equal(a, b))
}

/// The order of the fields doesn't count.
fn objects_equal(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.fields(), b.fields()) else { return false };
    let others: std::collections::HashMap<&str, &Value> = b.iter().map(|(name, value)| (*name, value)).collect();
    a.len() == b.len()
        && others.len() == b.len()
        && a.iter().all(|(name, value)| others.get(name).is_some_and(|other| equal(value, other)))
}

/// Deep equality of JSON; the order of an object's fields doesn't count.
pub(crate) fn json_equal(a: &Json, b: &Json) -> bool {
    a == b
}

/// Which of two values is greater; `None` when they can't be ordered. Two timestamps (RFC 3339) are ordered in time, other strings
/// by their characters, but a timestamp and a string that is neither one nor a date have no order.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Json(a), Value::Json(b)) => json_order(a, b),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Size(a), Value::Size(b)) => Some(a.cmp(b)),
        (Value::Rate(a), Value::Rate(b)) => a.per_second.partial_cmp(&b.per_second),
        (Value::Money(a), Value::Money(b)) if a.currency == b.currency => a.amount.partial_cmp(&b.amount),
        (Value::Percent(a), Value::Percent(b)) => a.partial_cmp(b),
        (Value::Size(size), Value::Json(json)) => Some(JsonNumber::from(*size).cmp(json.as_number()?)),
        (Value::Json(json), Value::Size(size)) => Some(json.as_number()?.cmp(&JsonNumber::from(*size))),
        (Value::Percent(a), Value::Json(json)) => Some(exact(*a)?.cmp(json.as_number()?)),
        (Value::Json(json), Value::Percent(b)) => Some(json.as_number()?.cmp(&exact(*b)?)),
        _ => None,
    }
}

fn json_order(a: &Json, b: &Json) -> Option<Ordering> {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => Some(a.cmp(b)),
        (Json::String(a), Json::String(b)) => {
            let (at, bt) = (a.parse::<jiff::Timestamp>().ok(), b.parse::<jiff::Timestamp>().ok());
            match (at, bt) {
                (Some(at), Some(bt)) => Some(at.cmp(&bt)),
                // By its characters, `never` would come after every time. A text is equal to itself only, whatever its order.
                (Some(_), None) => is_date(b).then(|| a.cmp(b)),
                (None, Some(_)) => is_date(a).then(|| a.cmp(b)),
                (None, None) => Some(a.cmp(b)),
            }
        }
        _ => None,
    }
}

/// A full date without a time (RFC 3339, section 5.6), whose characters have the order of time beside those of a timestamp.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use crate::value::test_json as json;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_different_kinds_compare_by_what_they_are_worth() {
        let json = |json: Json| Value::from(json);
        assert!(equal(&json(json!(1)), &json(json!(1.0))));
        assert!(!equal(&json(json!(9007199254740993u64)), &json(json!(9007199254740992u64))));
        assert!(equal(&Value::Percent(0.95), &json(json!(0.95))));
        assert!(equal(&json(json!({"a": 1, "b": [1.0]})), &json(json!({"b": [1], "a": 1}))));
        assert!(equal(&Value::Secret(crate::value::Secret::new("x")), &json(json!("x"))));
        assert!(!equal(&json(json!("1")), &json(json!(1))));
        assert_eq!(
            compare(&json(json!("2026-01-01T01:00:00+01:00")), &json(json!("2026-01-01T00:00:00Z"))),
            Some(Ordering::Equal)
        );
        assert_eq!(compare(&json(json!("b")), &json(json!(1))), None);
        for (a, b, order) in [
            ("2026-01-01T00:00:00Z", "never", None),
            ("", "2026-01-01T00:00:00Z", None),
            ("31 Dec 2020", "2026-01-01T00:00:00Z", None),
            ("2026-02-30", "2026-01-01T00:00:00Z", None),
            ("2025-12-31", "2026-01-01T00:00:00Z", Some(Ordering::Less)),
            ("2026-01-02", "2026-01-01T00:00:00Z", Some(Ordering::Greater)),
            ("never", "31 Dec 2020", Some(Ordering::Greater)),
        ] {
            assert_eq!(compare(&json(json!(a)), &json(json!(b))), order, "{a} {b}");
        }
        let bytes = Value::Bytes(vec![0, 255].into());
        assert!(
            equal(&bytes, &json(json!("00 FF")))
                && !equal(&bytes, &json(json!("00ff00")))
                && !equal(&bytes, &json(json!("0")))
        );
    }

    proptest! {
        #[test]
        fn whole_numbers_are_ordered_as_integers(a: i64, b: u64) {
            let order = compare(&Value::from(json!(a)), &Value::from(json!(b)));
            prop_assert_eq!(order, Some(i128::from(a).cmp(&i128::from(b))));
        }
    }
}
