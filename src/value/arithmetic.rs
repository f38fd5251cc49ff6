use std::time::Duration;

use super::{Json, JsonNumber, Money, Rate, Secret, Value};

/// The arithmetic of values, of constants and at run time. Each operation is `None` where the kinds don't go together or the result is
/// out of range. Numbers are exact; durations are rounded to nanoseconds, sizes to bytes.
impl Value {
    /// Numbers, durations, sizes and amounts of one kind add up; strings and lists are joined; a text with a secret in it is a secret.
    pub fn checked_add(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Secret(_), text) | (text, Value::Secret(_)) if !matches!(text, Value::Channel(_)) => {
                Some(Value::Secret(Secret::new(format!("{}{}", self.to_text(), other.to_text()))))
            }
            (Value::Json(a), Value::Json(b)) => match (&**a, &**b) {
                (Json::String(text), _) => Some(Value::from(Json::from(format!("{text}{}", other.to_text())))),
                (Json::Array(a), Json::Array(b)) => Some(Value::from(a.iter().chain(&**b).cloned().collect::<Json>())),
                (Json::Number(a), Json::Number(b)) => a.checked_add(b).map(number),
                _ => None,
            },
            (Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
            (Value::Size(a), Value::Size(b)) => a.checked_add(*b).map(Value::Size),
            (Value::Size(size), Value::Json(bytes)) | (Value::Json(bytes), Value::Size(size)) => {
                sized(&JsonNumber::from(*size).checked_add(bytes.as_number()?)?)
            }
            _ => self.with(other, JsonNumber::checked_add),
        }
    }

    /// Durations and sizes have no negative values.
    pub fn checked_sub(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Json(a), Value::Json(b)) => a.as_number()?.checked_sub(b.as_number()?).map(number),
            (Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration),
            (Value::Size(a), Value::Size(b)) => a.checked_sub(*b).map(Value::Size),
            (Value::Size(size), Value::Json(bytes)) => sized(&JsonNumber::from(*size).checked_sub(bytes.as_number()?)?),
            (Value::Json(bytes), Value::Size(size)) => sized(&bytes.as_number()?.checked_sub(&(*size).into())?),
            _ => self.with(other, JsonNumber::checked_sub),
        }
    }

    /// An amount is multiplied by a number, on either side.
    pub fn checked_mul(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Json(a), Value::Json(b)) => a.as_number()?.checked_mul(b.as_number()?).map(number),
            (amount, Value::Json(times)) | (Value::Json(times), amount) => {
                let times = times.as_number()?;
                amount.each(|amount| amount.checked_mul(times))
            }
            _ => None,
        }
    }

    /// Two amounts of one kind give a ratio; an amount is divided by a number. Nothing is divided by zero.
    pub fn checked_div(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Json(a), Value::Json(b)) => a.as_number()?.checked_div(b.as_number()?).map(number),
            (amount, Value::Json(by)) => {
                let by = by.as_number()?;
                amount.each(|amount| amount.checked_div(by))
            }
            (Value::Money(a), Value::Money(b)) if a.currency != b.currency => None,
            _ if std::mem::discriminant(self) == std::mem::discriminant(other) => {
                self.amount()?.checked_div(&other.amount()?).map(number)
            }
            _ => None,
        }
    }

    /// Durations, sizes and rates have no negative values.
    pub fn checked_neg(&self) -> Option<Value> {
        match self {
            Value::Json(json) => json.as_number().map(|one| number(one.negated())),
            Value::Percent(_) | Value::Money(_) => self.each(|amount| Some(amount.negated())),
            _ => None,
        }
    }

    /// What can be counted: the number, the nanoseconds, the bytes, the fraction, the amount.
    pub(crate) fn amount(&self) -> Option<JsonNumber> {
        match self {
            Value::Json(json) => json.as_number().cloned(),
            Value::Duration(duration) => i128::try_from(duration.as_nanos()).ok().map(JsonNumber::from),
            Value::Size(bytes) => Some((*bytes).into()),
            Value::Percent(fraction) => exact(*fraction),
            Value::Rate(rate) => exact(rate.per_second),
            Value::Money(money) => exact(money.amount),
            _ => None,
        }
    }

    /// The same kind of amount, changed.
    fn each(&self, change: impl Fn(&JsonNumber) -> Option<JsonNumber>) -> Option<Value> {
        let changed = change(&self.amount()?)?;
        match self {
            Value::Json(_) => Some(number(changed)),
            Value::Duration(_) => {
                let nanos = u128::try_from(changed.rounded()?).ok()?;
                let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
                Some(Value::Duration(Duration::new(seconds, (nanos % 1_000_000_000) as u32)))
            }
            Value::Size(_) => sized(&changed),
            Value::Percent(_) => changed.as_f64().map(Value::Percent),
            Value::Rate(_) => {
                let per_second = changed.as_f64().filter(|rate| *rate >= 0.0)?;
                Some(Value::Rate(Rate { per_second }))
            }
            Value::Money(money) => Some(Value::Money(Money { amount: changed.as_f64()?, currency: money.currency })),
            _ => None,
        }
    }

    /// Two amounts of the same kind.
    fn with(&self, other: &Value, join: fn(&JsonNumber, &JsonNumber) -> Option<JsonNumber>) -> Option<Value> {
        let alike = match (self, other) {
            (Value::Money(a), Value::Money(b)) => a.currency == b.currency,
            (Value::Percent(_), Value::Percent(_)) | (Value::Rate(_), Value::Rate(_)) => true,
            _ => false,
        };
        let other = other.amount()?;
        alike.then(|| self.each(|own| join(own, &other))).flatten()
    }
}

/// An amount that is kept as a floating-point number, as the decimal that it is written as.
pub(super) fn exact(amount: f64) -> Option<JsonNumber> {
    JsonNumber::from_f64(amount)
}

fn number(number: JsonNumber) -> Value {
    Value::from(Json::Number(number))
}

fn sized(bytes: &JsonNumber) -> Option<Value> {
    u64::try_from(bytes.rounded()?).ok().map(Value::Size)
}

/// `200`, never `200.0`.
pub(super) fn plain(amount: f64) -> Json {
    exact(amount).map_or(Json::Null, |amount| Json::Number(tidy(amount)))
}

fn tidy(amount: JsonNumber) -> JsonNumber {
    amount.checked_add(&JsonNumber::from(0i64)).unwrap_or(amount)
}

pub(super) fn milliseconds(duration: Duration) -> Json {
    let nanos = Value::Duration(duration).amount();
    nanos.and_then(|nanos| nanos.checked_div(&1_000_000i64.into())).map_or(Json::Null, Json::Number)
}

/// `95` for 0.95.
pub(super) fn percentage(fraction: f64) -> String {
    let times = exact(fraction).and_then(|fraction| fraction.checked_mul(&100i64.into()));
    times.map_or_else(|| fraction.to_string(), |percentage| percentage.to_string())
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
        fn whole_numbers_are_exact(a: i64, b: i64) {
            let (x, y) = (value(a.into()), value(b.into()));
            let whole = |number: i128| Some(value(Json::Number(number.into())));
            prop_assert_eq!(x.checked_add(&y), whole(i128::from(a) + i128::from(b)));
            prop_assert_eq!(x.checked_sub(&y), whole(i128::from(a) - i128::from(b)));
            prop_assert_eq!(x.checked_mul(&y), whole(i128::from(a) * i128::from(b)));
            if b != 0 && i128::from(a) % i128::from(b) == 0 {
                prop_assert_eq!(x.checked_div(&y), whole(i128::from(a) / i128::from(b)));
            }
        }
    }

    #[test]
    fn amounts_are_calculated_with_as_decimals() {
        let percent = |amount: f64| Value::Percent(amount);
        let dollars = |amount: f64| Value::Money(Money { amount, currency: "USD" });
        let rate = |per_second: f64| Value::Rate(Rate { per_second });
        let number = |text: &str| value(text.parse().unwrap());
        assert_eq!(percent(0.1).checked_add(&percent(0.2)), Some(percent(0.3)));
        assert_eq!(dollars(0.1).checked_add(&dollars(0.2)), Some(dollars(0.3)));
        assert_eq!(dollars(10.0).checked_div(&number("2")), Some(dollars(5.0)));
        assert_eq!(dollars(5.0).checked_neg(), Some(dollars(-5.0)));
        assert_eq!(rate(200.0).checked_mul(&number("2")), Some(rate(400.0)));
        assert_eq!(rate(200.0).checked_neg(), None);
        assert_eq!(Value::Size(10_000).checked_div(&number("3")), Some(Value::Size(3333)));
        assert_eq!(Value::Size(10_000).checked_mul(&number("1.5")), Some(Value::Size(15_000)));
        assert_eq!(Value::Size(10).checked_div(&Value::Size(4)), Some(number("2.5")));
        let seconds = |count: u64| Value::Duration(Duration::from_secs(count));
        assert_eq!(seconds(1).checked_mul(&number("0.1")), Some(Value::Duration(Duration::from_millis(100))));
        assert_eq!(seconds(1).checked_div(&seconds(4)), Some(number("0.25")));
        assert_eq!((seconds(5).checked_neg(), seconds(5).checked_mul(&number("-1"))), (None, None));
        assert_eq!((percent(0.29).to_text(), percent(1.1).to_text()), ("29%".to_owned(), "110%".to_owned()));
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
