use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::decimal::{Decimal, Parts};

/// A number as it is written (RFC 8259, section 6). Its digits are all kept and never expanded: comparing `1e1000000000` costs no
/// more than its twelve characters.
#[derive(Clone)]
pub struct JsonNumber(Kept);

#[derive(Clone)]
enum Kept {
    /// Written as `to_string` writes it.
    Whole(i64),
    Written(Arc<str>),
}

/// The most digits that an exponent may have.
const MOST_EXPONENT: usize = 18;

impl JsonNumber {
    /// `None` for infinities and NaN, which JSON doesn't have. The shortest text that stands for this very number is taken.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        Some(Self(Kept::Written(format!("{value:?}").into())))
    }

    /// Of a text that is a number by the grammar.
    pub(super) fn written(text: &str) -> Self {
        let canonical = text.len() < 19 && text != "-0" && !text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'));
        match text.parse() {
            Ok(whole) if canonical => Self(Kept::Whole(whole)),
            _ => Self(Kept::Written(text.into())),
        }
    }

    /// As it is written.
    pub fn as_text(&self) -> Cow<'_, str> {
        match &self.0 {
            Kept::Whole(whole) => whole.to_string().into(),
            Kept::Written(text) => (&**text).into(),
        }
    }

    /// The whole number that it is worth: `1.0` and `10e-1` are 1.
    pub fn as_i128(&self) -> Option<i128> {
        match &self.0 {
            Kept::Whole(whole) => Some(i128::from(*whole)),
            Kept::Written(text) => Parts::of(text).whole(),
        }
    }

    pub fn as_i64(&self) -> Option<i64> {
        self.as_i128()?.try_into().ok()
    }

    pub fn as_u64(&self) -> Option<u64> {
        self.as_i128()?.try_into().ok()
    }

    /// The nearest floating-point number, where there is a finite one.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Kept::Whole(whole) => Some(*whole as f64),
            Kept::Written(text) => text.parse().ok().filter(|value: &f64| value.is_finite()),
        }
    }

    /// Whether it has no fraction, however it is written.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Kept::Whole(_) => true,
            Kept::Written(text) => Parts::of(text).is_integer(),
        }
    }

    pub fn is_zero(&self) -> bool {
        match &self.0 {
            Kept::Whole(whole) => *whole == 0,
            Kept::Written(text) => Parts::of(text).is_zero(),
        }
    }

    /// The same text for numbers that are worth the same, and for no others.
    pub fn canonical(&self) -> String {
        match &self.0 {
            Kept::Whole(whole) => Parts::of(&whole.to_string()).canonical(),
            Kept::Written(text) => Parts::of(text).canonical(),
        }
    }

    /// Exact. `None` where the result would have more than 10,000 digits, as for the other operations.
    pub fn checked_add(&self, other: &JsonNumber) -> Option<JsonNumber> {
        if let (Kept::Whole(a), Kept::Whole(b)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(sum.into());
        }
        self.decimal()?.add(&other.decimal()?).map(|sum| sum.number())
    }

    pub fn checked_sub(&self, other: &JsonNumber) -> Option<JsonNumber> {
        self.checked_add(&other.negated())
    }

    pub fn checked_mul(&self, other: &JsonNumber) -> Option<JsonNumber> {
        if let (Kept::Whole(a), Kept::Whole(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Some(product.into());
        }
        self.decimal()?.mul(&other.decimal()?).map(|product| product.number())
    }

    /// Exact where the quotient has an end; otherwise 34 digits, half to even. `None` also where the divisor is zero.
    pub fn checked_div(&self, other: &JsonNumber) -> Option<JsonNumber> {
        self.decimal()?.div(&other.decimal()?).map(|quotient| quotient.number())
    }

    pub fn negated(&self) -> JsonNumber {
        match &self.0 {
            Kept::Whole(whole) => match whole.checked_neg() {
                Some(negated) => negated.into(),
                None => Self(Kept::Written("9223372036854775808".into())),
            },
            Kept::Written(text) => match text.strip_prefix('-') {
                Some(positive) => Self::written(positive),
                None => Self::written(&format!("-{text}")),
            },
        }
    }

    /// The nearest whole number, half to even, where it is in range.
    pub fn rounded(&self) -> Option<i128> {
        match &self.0 {
            Kept::Whole(whole) => Some(i128::from(*whole)),
            Kept::Written(_) => self.decimal()?.rounded(),
        }
    }

    fn decimal(&self) -> Option<Decimal> {
        Decimal::of(&Parts::of(&self.as_text()))
    }
}

impl PartialEq for JsonNumber {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for JsonNumber {}

impl PartialOrd for JsonNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By what they are worth: `1`, `1.0` and `1e0` are equal.
impl Ord for JsonNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Kept::Whole(a), Kept::Whole(b)) => a.cmp(b),
            _ => {
                let (a, b) = (self.as_text(), other.as_text());
                Parts::of(&a).order(&Parts::of(&b))
            }
        }
    }
}

impl fmt::Display for JsonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Whole(whole) => write!(f, "{whole}"),
            Kept::Written(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for JsonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no number: in a user's words, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoNumber {
    pub at: usize,
    pub expected: &'static str,
}

/// The length of the number that a text begins with.
pub(super) fn scan(text: &[u8]) -> Result<usize, NoNumber> {
    let digits = |from: usize| text.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    match digits(at) {
        0 => return Err(NoNumber { at, expected: "a digit" }),
        // A leading zero is alone.
        many if many > 1 && text.get(at) == Some(&b'0') => {
            return Err(NoNumber { at: at + 1, expected: "no digit after a leading 0" });
        }
        many => at += many,
    }
    if text.get(at) == Some(&b'.') {
        at += 1;
        match digits(at) {
            0 => return Err(NoNumber { at, expected: "a digit after the decimal point" }),
            many => at += many,
        }
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        match digits(at) {
            0 => return Err(NoNumber { at, expected: "a digit of the exponent" }),
            many if many > MOST_EXPONENT => {
                return Err(NoNumber { at, expected: "an exponent of at most 18 digits" });
            }
            many => at += many,
        }
    }
    Ok(at)
}

impl FromStr for JsonNumber {
    type Err = ();

    /// Of exactly a number, by JSON's grammar.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match scan(text.as_bytes()) {
            Ok(end) if end == text.len() => Ok(Self::written(text)),
            _ => Err(()),
        }
    }
}

impl From<i64> for JsonNumber {
    fn from(value: i64) -> Self {
        Self(Kept::Whole(value))
    }
}

impl From<i32> for JsonNumber {
    fn from(value: i32) -> Self {
        i64::from(value).into()
    }
}

impl From<u8> for JsonNumber {
    fn from(value: u8) -> Self {
        i64::from(value).into()
    }
}

impl From<u16> for JsonNumber {
    fn from(value: u16) -> Self {
        i64::from(value).into()
    }
}

impl From<u32> for JsonNumber {
    fn from(value: u32) -> Self {
        i64::from(value).into()
    }
}

impl From<u64> for JsonNumber {
    fn from(value: u64) -> Self {
        match i64::try_from(value) {
            Ok(value) => value.into(),
            Err(_) => Self(Kept::Written(value.to_string().into())),
        }
    }
}

impl From<usize> for JsonNumber {
    fn from(value: usize) -> Self {
        (value as u64).into()
    }
}

impl From<i128> for JsonNumber {
    fn from(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(value) => value.into(),
            Err(_) => Self(Kept::Written(value.to_string().into())),
        }
    }
}
