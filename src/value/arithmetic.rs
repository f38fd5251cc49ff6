use std::time::Duration;

use super::{Json, JsonNumber, Money, Rate, Secret, Value};

/// What the table of operators ([`super::BinaryOp`]) calculates with. Each operation is `None` where the result is out of range. Numbers are
/// exact; durations are rounded to nanoseconds, sizes to bytes; neither they nor rates have negative values.
impl Value {
    /// Two amounts of one kind, of which the left one decides what the result is.
    pub(super) fn plus(&self, other: &Value) -> Option<Value> {
        self.with(other, JsonNumber::checked_add)
    }

    pub(super) fn minus(&self, other: &Value) -> Option<Value> {
        self.with(other, JsonNumber::checked_sub)
    }

    /// As [`Value::plus`], where the right one decides.
    pub(super) fn onto(&self, other: &Value) -> Option<Value> {
        other.with(self, JsonNumber::checked_add)
    }

    /// As [`Value::minus`], where the right one decides.
    pub(super) fn less_of(&self, other: &Value) -> Option<Value> {
        other.with(self, |taken, from| from.checked_sub(taken))
    }

    /// An amount, so many times.
    pub(super) fn scaled(&self, times: &Value) -> Option<Value> {
        self.with(times, JsonNumber::checked_mul)
    }

    pub(super) fn scaling(&self, amount: &Value) -> Option<Value> {
        amount.scaled(self)
    }

    /// An amount, divided by a number. Nothing is divided by zero.
    pub(super) fn shared(&self, by: &Value) -> Option<Value> {
        self.with(by, JsonNumber::checked_div)
    }

    /// How often an amount is in another of its kind.
    pub(super) fn ratio(&self, other: &Value) -> Option<Value> {
        if let (Value::Money(a), Value::Money(b)) = (self, other)
            && a.currency != b.currency
        {
            return None;
        }
        self.amount()?.checked_div(&other.amount()?).map(number)
    }

    pub(super) fn negated(&self) -> Option<Value> {
        self.each(|amount| Some(amount.negated()))
    }

    pub(super) fn joined_text(&self, other: &Value) -> Option<Value> {
        Some(Value::from(Json::from(format!("{}{}", self.as_str()?, other.as_str()?))))
    }

    pub(super) fn joined_secret(&self, other: &Value) -> Option<Value> {
        Some(Value::Secret(Secret::new(format!("{}{}", self.to_text(), other.to_text()))))
    }

    pub(super) fn joined_list(&self, other: &Value) -> Option<Value> {
        let mut items = self.elements()?;
        items.extend(other.elements()?);
        Some(Value::list(items))
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
            Value::Percent(_) => changed.as_f64().filter(|part| part.is_finite()).map(Value::Percent),
            Value::Rate(_) => {
                let per_second = changed.as_f64().filter(|rate| rate.is_finite() && *rate >= 0.0)?;
                Some(Value::Rate(Rate { per_second }))
            }
            Value::Money(money) => {
                let amount = changed.as_f64().filter(|amount| amount.is_finite())?;
                Some(Value::Money(Money { amount, currency: money.currency }))
            }
            _ => None,
        }
    }

    /// Joins what two values count, as an amount of the kind of this one.
    fn with(&self, other: &Value, join: impl Fn(&JsonNumber, &JsonNumber) -> Option<JsonNumber>) -> Option<Value> {
        if let (Value::Money(a), Value::Money(b)) = (self, other)
            && a.currency != b.currency
        {
            return None;
        }
        let other = other.amount()?;
        self.each(|own| join(own, &other))
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
    use crate::value::BinaryOp::{Add, Divide, Multiply, Subtract};
    use crate::value::UnaryOp;

    fn value(json: Json) -> Value {
        Value::from(json)
    }

    proptest! {
        #[test]
        fn whole_numbers_are_exact(a: i64, b: i64) {
            let (x, y) = (value(a.into()), value(b.into()));
            let whole = |number: i128| Some(value(Json::Number(number.into())));
            prop_assert_eq!(Add.apply(&x, &y), whole(i128::from(a) + i128::from(b)));
            prop_assert_eq!(Subtract.apply(&x, &y), whole(i128::from(a) - i128::from(b)));
            prop_assert_eq!(Multiply.apply(&x, &y), whole(i128::from(a) * i128::from(b)));
            if b != 0 && i128::from(a) % i128::from(b) == 0 {
                prop_assert_eq!(Divide.apply(&x, &y), whole(i128::from(a) / i128::from(b)));
            }
        }
    }

    #[test]
    fn amounts_are_calculated_with_as_decimals() {
        let percent = |amount: f64| Value::Percent(amount);
        let dollars = |amount: f64| Value::Money(Money { amount, currency: "USD" });
        let rate = |per_second: f64| Value::Rate(Rate { per_second });
        let number = |text: &str| value(text.parse().unwrap());
        assert_eq!(Add.apply(&percent(0.1), &percent(0.2)), Some(percent(0.3)));
        assert_eq!(Add.apply(&dollars(0.1), &dollars(0.2)), Some(dollars(0.3)));
        assert_eq!(Divide.apply(&dollars(10.0), &number("2")), Some(dollars(5.0)));
        assert_eq!(UnaryOp::Minus.apply(&dollars(5.0)), Some(dollars(-5.0)));
        assert_eq!(Multiply.apply(&rate(200.0), &number("2")), Some(rate(400.0)));
        assert_eq!(UnaryOp::Minus.apply(&rate(200.0)), None);
        assert_eq!(Divide.apply(&Value::Size(10_000), &number("3")), Some(Value::Size(3333)));
        assert_eq!(Multiply.apply(&Value::Size(10_000), &number("1.5")), Some(Value::Size(15_000)));
        assert_eq!(Divide.apply(&Value::Size(10), &Value::Size(4)), Some(number("2.5")));
        let seconds = |count: u64| Value::Duration(Duration::from_secs(count));
        assert_eq!(Multiply.apply(&seconds(1), &number("0.1")), Some(Value::Duration(Duration::from_millis(100))));
        assert_eq!(Divide.apply(&seconds(1), &seconds(4)), Some(number("0.25")));
        assert_eq!((UnaryOp::Minus.apply(&seconds(5)), Multiply.apply(&seconds(5), &number("-1"))), (None, None));
        assert_eq!((percent(0.29).to_text(), percent(1.1).to_text()), ("29%".to_owned(), "110%".to_owned()));
    }

    #[test]
    fn what_has_no_value_is_refused() {
        let one = || value(1.into());
        assert_eq!(Divide.apply(&one(), &value(0.into())), None);
        assert_eq!(Subtract.apply(&Value::Duration(Duration::ZERO), &Value::Duration(Duration::from_secs(1))), None);
        assert_eq!(Divide.apply(&Value::Size(1), &Value::Size(0)), None);
        assert_eq!(UnaryOp::Minus.apply(&value("a".into())), None);
        assert_eq!(Add.apply(&Value::Size(u64::MAX), &Value::Size(1)), None);
    }

    #[test]
    fn a_joined_secret_stays_one() {
        let joined = Add.apply(&value("Basic ".into()), &Value::Secret(Secret::new("s3cret")));
        assert_eq!(joined, Some(Value::Secret(Secret::new("Basic s3cret"))));
    }
}
