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
        let sign = if self.currency == "USD" { "$" } else { self.currency };
        let (scaled, unit) = match self.amount.abs() {
            amount if amount >= 1e9 => (self.amount / 1e9, "B"),
            amount if amount >= 1e6 => (self.amount / 1e6, "M"),
            amount if amount >= 1e3 => (self.amount / 1e3, "K"),
            _ => (self.amount, ""),
        };
        write!(f, "{sign}{}{unit}", (scaled * 100.0).round() / 100.0)
    }
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
