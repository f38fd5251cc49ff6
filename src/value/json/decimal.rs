//! What a number's text is worth: exactly, and without writing its exponent out.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::JsonNumber;

/// The most digits that arithmetic works with.
const MOST_DIGITS: i128 = 10_000;
/// The digits that an inexact quotient keeps, as IEEE 754's decimal128 does.
const QUOTIENT: usize = 34;

/// A number's text by its parts: its digits without the zeros around them, and where the point is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    negative: bool,
    /// Digits before the point, then behind it; no zero at the very beginning nor at the very end. None: zero.
    front: &'a [u8],
    back: &'a [u8],
    /// The number is `0.DIGITS` times ten to the power of this.
    point: i128,
}

impl<'a> Parts<'a> {
    /// Of a text that is a number by JSON's grammar.
    pub fn of(text: &'a str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent = exponent.strip_prefix('+').unwrap_or(exponent).parse::<i128>().unwrap_or_default();
        let (front, back) = digits.split_once('.').unwrap_or((digits, ""));
        let mut point = exponent + front.len() as i128;
        let zeros = |digits: &[u8]| digits.iter().take_while(|digit| **digit == b'0').count();
        let end = |digits: &[u8]| digits.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
        let (mut front, mut back) = (front.as_bytes(), back.as_bytes());
        back = &back[..end(back)];
        if back.is_empty() {
            front = &front[..end(front)];
        }
        let skipped = zeros(front);
        front = &front[skipped..];
        point -= skipped as i128;
        if front.is_empty() {
            let skipped = zeros(back);
            back = &back[skipped..];
            point -= skipped as i128;
        }
        Self { negative, front, back, point }
    }

    fn digits(&self) -> impl Iterator<Item = u8> + 'a {
        self.front.iter().chain(self.back).copied()
    }

    fn count(&self) -> usize {
        self.front.len() + self.back.len()
    }

    pub fn is_zero(&self) -> bool {
        self.count() == 0
    }

    pub fn is_integer(&self) -> bool {
        self.is_zero() || self.point >= self.count() as i128
    }

    pub fn whole(&self) -> Option<i128> {
        if self.is_zero() {
            return Some(0);
        }
        // The largest has 39 digits.
        if !self.is_integer() || self.point > 39 {
            return None;
        }
        let zeros = usize::try_from(self.point).ok()? - self.count();
        let digits = self.digits().chain(std::iter::repeat_n(b'0', zeros));
        let sign = if self.negative { -1 } else { 1 };
        digits
            .map(|digit| i128::from(digit - b'0') * sign)
            .try_fold(0i128, |whole, digit| whole.checked_mul(10)?.checked_add(digit))
    }

    pub fn order(&self, other: &Parts<'_>) -> Ordering {
        let sign = |parts: &Parts<'_>| match (parts.is_zero(), parts.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let (a, b) = (sign(self), sign(other));
        if a != b || a == 0 {
            return a.cmp(&b);
        }
        let size = self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()));
        if a < 0 { size.reverse() } else { size }
    }

    pub fn canonical(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self.digits().map(char::from).collect();
        format!("{sign}.{digits}e{}", self.point)
    }
}

/// A number to calculate with: `digits` times ten to the power of `exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    negative: bool,
    digits: BigUint,
    exponent: i128,
    /// How many digits there are.
    count: i128,
}

impl Decimal {
    /// `None` where it has too many digits.
    pub fn of(parts: &Parts<'_>) -> Option<Self> {
        let count = parts.count() as i128;
        if count > MOST_DIGITS {
            return None;
        }
        let text: Vec<u8> = parts.digits().collect();
        let digits = BigUint::parse_bytes(&text, 10).unwrap_or_default();
        Some(Self { negative: parts.negative, digits, exponent: parts.point - count, count })
    }

    fn is_zero(&self) -> bool {
        self.count == 0
    }

    /// The digits as if the exponent were this, which is at most its own.
    fn at(&self, exponent: i128) -> Option<BigUint> {
        if self.is_zero() {
            return Some(BigUint::ZERO);
        }
        let more = self.exponent - exponent;
        if self.count + more > MOST_DIGITS {
            return None;
        }
        Some(&self.digits * power(10, u32::try_from(more).ok()?))
    }

    pub fn add(&self, other: &Decimal) -> Option<Decimal> {
        if self.is_zero() {
            return Some(other.clone());
        }
        if other.is_zero() {
            return Some(self.clone());
        }
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.at(exponent)?, other.at(exponent)?);
        let (negative, digits) = match (self.negative == other.negative, a >= b) {
            (true, _) => (self.negative, a + b),
            (false, true) => (self.negative, a - b),
            (false, false) => (other.negative, b - a),
        };
        Decimal::checked(negative, &digits, exponent)
    }

    pub fn mul(&self, other: &Decimal) -> Option<Decimal> {
        if self.count + other.count > MOST_DIGITS + 1 {
            return None;
        }
        let digits = &self.digits * &other.digits;
        Decimal::checked(self.negative != other.negative, &digits, self.exponent + other.exponent)
    }

    pub fn div(&self, other: &Decimal) -> Option<Decimal> {
        if other.is_zero() {
            return None;
        }
        let negative = self.negative != other.negative;
        let exponent = self.exponent - other.exponent;
        // A quotient ends when nothing but twos and fives is left below the line.
        let twos = other.digits.trailing_zeros().unwrap_or_default();
        let mut rest = &other.digits >> twos;
        let mut fives = 0u64;
        let five = BigUint::from(5u32);
        while &rest % &five == BigUint::ZERO {
            rest /= &five;
            fives += 1;
        }
        if &self.digits % &rest == BigUint::ZERO {
            let places = twos.max(fives);
            if i128::from(places) > MOST_DIGITS * 4 {
                return None;
            }
            let more = |have: u64| u32::try_from(places - have).ok();
            let digits = (&self.digits / rest) * power(2, more(twos)?) * power(5, more(fives)?);
            return Decimal::checked(negative, &digits, exponent - i128::from(places));
        }
        let places = (QUOTIENT as i128 + 1 + other.count - self.count).max(0);
        let above = &self.digits * power(10, u32::try_from(places).ok()?);
        let quotient = &above / &other.digits;
        let inexact = &quotient * &other.digits != above;
        let text = quotient.to_string();
        let dropped = text.len().saturating_sub(QUOTIENT);
        let (kept, cut) = text.split_at_checked(text.len() - dropped)?;
        let digits = round(kept, cut.as_bytes(), inexact)?;
        Decimal::checked(negative, &digits, exponent - places + dropped as i128)
    }

    /// The nearest whole number, half to even.
    pub fn rounded(&self) -> Option<i128> {
        let point = self.count + self.exponent;
        if point > 39 {
            return None;
        }
        if self.is_zero() || point < 0 {
            return Some(0);
        }
        let size = if self.exponent >= 0 {
            self.at(0)?
        } else {
            let text = self.digits.to_string();
            let (kept, cut) = text.split_at_checked(usize::try_from(point).ok()?)?;
            round(kept, cut.as_bytes(), false)?
        };
        let size = i128::try_from(size).ok()?;
        Some(if self.negative { -size } else { size })
    }

    fn checked(negative: bool, digits: &BigUint, exponent: i128) -> Option<Decimal> {
        let text = digits.to_string();
        let text = text.trim_end_matches('0');
        let count = text.len() as i128;
        if count > MOST_DIGITS {
            return None;
        }
        let exponent = exponent + (digits.to_string().len() as i128 - count);
        let digits = BigUint::parse_bytes(text.as_bytes(), 10).unwrap_or_default();
        Some(Self { negative, digits, exponent, count })
    }

    /// As people write it: with an exponent only where a lot of zeros would be instead.
    pub fn number(&self) -> JsonNumber {
        const MOST_PLACES: i128 = 40;
        const MOST_ZEROS: i128 = 6;
        if self.is_zero() {
            return JsonNumber::from(0);
        }
        let mut text = self.digits.to_string();
        let point = self.count + self.exponent;
        let zeros = |count: i128| "0".repeat(usize::try_from(count).unwrap_or_default());
        if self.exponent == 0 || (self.exponent > 0 && point <= MOST_PLACES) {
            text.push_str(&zeros(self.exponent));
        } else if self.exponent < 0 && point > 0 {
            text.insert(usize::try_from(point).unwrap_or_default(), '.');
        } else if self.exponent < 0 && -point <= MOST_ZEROS {
            text = format!("0.{}{text}", zeros(-point));
        } else {
            if text.len() > 1 {
                text.insert(1, '.');
            }
            text.push_str(&format!("e{}", point - 1));
        }
        let sign = if self.negative { "-" } else { "" };
        JsonNumber::written(&format!("{sign}{text}"))
    }
}

/// Digits rounded by those that are cut off, half to even; more of them follow where it is inexact.
fn round(kept: &str, cut: &[u8], inexact: bool) -> Option<BigUint> {
    let digits = if kept.is_empty() { BigUint::ZERO } else { BigUint::parse_bytes(kept.as_bytes(), 10)? };
    let more = inexact || cut.iter().skip(1).any(|digit| *digit != b'0');
    let odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
    let up = match cut.first() {
        Some(b'5') => more || odd,
        Some(digit) => *digit > b'5',
        None => false,
    };
    Some(if up { digits + 1u32 } else { digits })
}

fn power(base: u32, exponent: u32) -> BigUint {
    BigUint::from(base).pow(exponent)
}
