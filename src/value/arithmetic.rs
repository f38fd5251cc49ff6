use std::time::Duration;

use crate::value::Json;

use super::{Money, Secret, Value};

/// The arithmetic of values. Each operation is `None` where the kinds don't go together or the result is out of range.
impl Value {
    /// Numbers, durations, sizes and amounts of one currency add up; strings and lists are joined; a text with a secret in it is a secret.
    pub fn checked_add(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Secret(_), text) | (text, Value::Secret(_)) if !matches!(text, Value::Channel(_)) => {
                Some(Value::Secret(Secret::new(format!("{}{}", self.to_text(), other.to_text()))))
            }
            (Value::Json(a), Value::Json(b)) => match (&**a, &**b) {
                (Json::String(text), _) => Some(Value::from(Json::from(format!("{text}{}", other.to_text())))),
                (Json::Array(a), Json::Array(b)) => {
                    Some(Value::from(Json::Array(a.iter().chain(b).cloned().collect())))
                }
                (a, b) => numbers(a, b, i64::checked_add, |a, b| a + b),
            },
            (Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
            (Value::Size(a), Value::Size(b)) => a.checked_add(*b).map(Value::Size),
            (Value::Money(a), Value::Money(b)) => money(a, b, a.amount + b.amount),
            _ => None,
        }
    }

    /// Durations and sizes have no negative values.
    pub fn checked_sub(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Json(a), Value::Json(b)) => numbers(a, b, i64::checked_sub, |a, b| a - b),
            (Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration),
            (Value::Size(a), Value::Size(b)) => a.checked_sub(*b).map(Value::Size),
            (Value::Money(a), Value::Money(b)) => money(a, b, a.amount - b.amount),
            _ => None,
        }
    }

    /// A duration, a size or an amount is multiplied by a number, on either side.
    pub fn checked_mul(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Json(a), Value::Json(b)) => numbers(a, b, i64::checked_mul, |a, b| a * b),
            (Value::Duration(time), Value::Json(times)) | (Value::Json(times), Value::Duration(time)) => {
                seconds(time.as_secs_f64() * times.as_f64()?)
            }
            (Value::Size(size), Value::Json(times)) | (Value::Json(times), Value::Size(size)) => {
                size.checked_mul(times.as_u64()?).map(Value::Size)
            }
            (Value::Money(money), Value::Json(times)) | (Value::Json(times), Value::Money(money)) => {
                Some(Value::Money(Money { amount: money.amount * times.as_f64()?, currency: money.currency }))
            }
            _ => None,
        }
    }

    /// Two durations or two sizes give a ratio. Nothing is divided by zero.
    pub fn checked_div(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Json(a), Value::Json(b)) => numbers(a, b, exact_quotient, |a, b| a / b),
            (Value::Duration(a), Value::Duration(b)) => float(a.as_secs_f64() / b.as_secs_f64()),
            (Value::Size(a), Value::Size(b)) => float(*a as f64 / *b as f64),
            (Value::Duration(time), Value::Json(by)) => seconds(time.as_secs_f64() / by.as_f64()?),
            _ => None,
        }
    }

    pub fn checked_neg(&self) -> Option<Value> {
        let Json::Number(number) = self.as_json()? else { return None };
        match number.as_i64() {
            Some(whole) => whole.checked_neg().map(|negated| Value::from(Json::from(negated))),
            None => float(-number.as_f64()?),
        }
    }
}

fn exact_quotient(a: i64, b: i64) -> Option<i64> {
    (b != 0 && a.checked_rem(b) == Some(0)).then(|| a.checked_div(b)).flatten()
}

/// Whole numbers stay whole while the result fits.
fn numbers(a: &Json, b: &Json, whole: fn(i64, i64) -> Option<i64>, real: fn(f64, f64) -> f64) -> Option<Value> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64())
        && let Some(result) = whole(a, b)
    {
        return Some(Value::from(Json::from(result)));
    }
    float(real(a.as_f64()?, b.as_f64()?))
}

/// JSON has no infinity and no NaN.
fn float(value: f64) -> Option<Value> {
    crate::value::JsonNumber::from_f64(value).map(|number| Value::from(Json::Number(number)))
}

fn seconds(value: f64) -> Option<Value> {
    Duration::try_from_secs_f64(value).ok().map(Value::Duration)
}

fn money(a: &Money, b: &Money, amount: f64) -> Option<Value> {
    (a.currency == b.currency).then_some(Value::Money(Money { amount, currency: a.currency }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(json: Json) -> Value {
        Value::from(json)
    }

    proptest! {
        #[test]
        fn whole_numbers_are_exact_or_become_real(a: i64, b: i64) {
            let (x, y) = (value(a.into()), value(b.into()));
            let sum = i128::from(a) + i128::from(b);
            let expected = match i64::try_from(sum) {
                Ok(whole) => value(whole.into()),
                Err(_) => value((a as f64 + b as f64).into()),
            };
            prop_assert_eq!(x.checked_add(&y), Some(expected));
            if b != 0 && i128::from(a) % i128::from(b) == 0 && i64::try_from(i128::from(a) / i128::from(b)).is_ok() {
                prop_assert_eq!(x.checked_div(&y), Some(value((a / b).into())));
            }
        }
    }

    #[test]
    fn what_has_no_value_is_refused() {
        let one = || value(1.into());
        assert_eq!(one().checked_div(&value(0.into())), None);
        assert_eq!(Value::Duration(Duration::ZERO).checked_sub(&Value::Duration(Duration::from_secs(1))), None);
        assert_eq!(Value::Size(1).checked_div(&Value::Size(0)), None);
        assert_eq!(value("a".into()).checked_neg(), None);
        assert_eq!(Value::Size(u64::MAX).checked_add(&Value::Size(1)), None);
    }

    #[test]
    fn a_joined_secret_stays_one() {
        let joined = value("Basic ".into()).checked_add(&Value::Secret(Secret::new("s3cret")));
        assert_eq!(joined, Some(Value::Secret(Secret::new("Basic s3cret"))));
    }
}
