//! The secrets of generated runs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::value::{Draws, keyed};

/// The secrets of a run: two of its environment, a token that a server gives, and a text that is none.
pub struct Secrets {
    pub key: String,
    pub pass: String,
    pub token: String,
}

impl Secrets {
    pub fn of(seed: u64) -> Self {
        let draws = Draws::new(keyed(seed, "secrets"));
        let key = secret(&draws);
        let pass = match draws.draw() % 6 {
            // One that another one holds, or begins with.
            0 => format!("{key}-more"),
            1 => format!("{}{}", key.chars().take(8).collect::<String>(), letters(&draws, 9)),
            _ => secret(&draws),
        };
        let token = if draws.draw().is_multiple_of(2) { jwt(&draws) } else { secret(&draws) };
        Self { key, pass, token }
    }
}

fn letters(draws: &Draws, count: usize) -> String {
    const ALL: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..count).map(|_| char::from(ALL[(draws.draw() % ALL.len() as u64) as usize])).collect()
}

fn secret(draws: &Draws) -> String {
    match draws.draw() % 7 {
        0 => format!("sk-live-{:016x}", draws.draw()),
        1 => uuid::Builder::from_random_bytes(draws.bytes()).into_uuid().to_string(),
        2 => format!("p@ss\"w\\{}&<{}>/é", letters(draws, 5), letters(draws, 4)),
        3 => format!("{}{}", 1 + draws.draw() % 9, draws.draw() % 100_000_000_000_000),
        4 => format!("{}+/{}==", letters(draws, 9), letters(draws, 11)),
        5 => letters(draws, 8),
        _ => format!("a b {}%41&c={}", letters(draws, 6), letters(draws, 6)),
    }
}

fn jwt(draws: &Draws) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"sub":"u-1","exp":1900000000,"role":"{}"}}"#, letters(draws, 6));
    format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(&claims), part(&letters(draws, 24)))
}
