use std::fmt;

/// An amount of a currency. `$` is US dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Money {
    pub amount: f64,
    pub currency: &'static str,
}

impl fmt::Display for Money {
    /// `$120K`, `$1.5M`, `$950`: as people write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&money_words(self.amount, self.currency))
    }
}

/// An amount of a currency as people write it: `$120K`.
pub fn money_words(amount: f64, currency: &str) -> String {
    let sign = if currency == "USD" { "$" } else { currency };
    let (scaled, unit) = match amount.abs() {
        size if size >= 1e9 => (amount / 1e9, "B"),
        size if size >= 1e6 => (amount / 1e6, "M"),
        size if size >= 1e3 => (amount / 1e3, "K"),
        _ => (amount, ""),
    };
    format!("{sign}{}{unit}", (scaled * 100.0).round() / 100.0)
}

/// How often something happens: `200/s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub per_second: f64,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", (self.per_second * 100.0).round() / 100.0)
    }
}
