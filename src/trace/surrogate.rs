//! What stands for a secret in a trace: a text of the same length and of the same kinds of characters, from which the secret can't be known.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What surrogates follow from, drawn for each trace and never written.
#[derive(Clone, Copy)]
pub struct SurrogateKey([u8; 32]);

impl fmt::Debug for SurrogateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SurrogateKey(…)")
    }
}

impl SurrogateKey {
    /// A new one, from the random numbers of the operating system.
    pub fn drawn() -> Self {
        let mut key = [0; 32];
        let (first, second) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        key[..16].copy_from_slice(first.as_bytes());
        key[16..].copy_from_slice(second.as_bytes());
        Self(key)
    }

    /// The same for the same number: what a test finds, it finds each time.
    #[cfg(test)]
    pub fn of(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(key)
    }
}

/// Makes surrogates.
pub struct Surrogates {
    key: SurrogateKey,
}

/// The claims of a JWT that stay readable (RFC 7519, section 4.1).
const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// A text with fewer letters and digits than this is replaced whole: what stays of it would be most of it.
const FEW: usize = 4;
/// So many characters of a secret are in its surrogate by chance at most, where there is another choice.
const SHARED: usize = 5;
/// How often another choice is looked for. Of a long text some characters are the same in any.
const CHOICES: usize = 8;

impl Surrogates {
    pub fn new(key: SurrogateKey) -> Self {
        Self { key }
    }

    /// The same for the same text, another one for each `nth`.
    pub fn of(&self, text: &str, nth: u32) -> String {
        let mut chance = self.chance(text, nth);
        jwt(text, &mut chance).unwrap_or_else(|| plain(text, &mut chance))
    }

    fn chance(&self, text: &str, nth: u32) -> Chance {
        Chance { key: self.key.0, text: format!("{nth} {text}"), block: [0; 32], used: 32, count: 0 }
    }
}

/// Numbers that follow from a key and a text, and say nothing of the text without the key (HMAC-SHA-256 in counter mode).
struct Chance {
    key: [u8; 32],
    text: String,
    block: [u8; 32],
    used: usize,
    count: u64,
}

impl Chance {
    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            // Keys of any length are taken.
            if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
                mac.update(&self.count.to_le_bytes());
                mac.update(self.text.as_bytes());
                self.block = mac.finalize().into_bytes().into();
            }
            (self.used, self.count) = (0, self.count + 1);
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// Below a bound, which is at most 2^16.
    fn below(&mut self, bound: u32) -> u32 {
        (u32::from(self.byte()) << 16 | u32::from(self.byte()) << 8 | u32::from(self.byte())) % bound
    }

    fn of(&mut self, all: &[u8]) -> char {
        char::from(all[self.below(all.len() as u32) as usize])
    }
}

const DIGITS: &[u8] = b"0123456789";
const NOT_ZERO: &[u8] = b"123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Draws until hardly anything of a text is in what is to stand for it.
fn unlike(text: &str, mut draw: impl FnMut() -> String) -> String {
    let mut surrogate = draw();
    for _ in 1..CHOICES {
        if !shares(text, &surrogate) {
            break;
        }
        surrogate = draw();
    }
    surrogate
}

/// Whether more than [`SHARED`] characters in a row are in both texts, wherever. Of long ones only the beginnings are looked at: what is common by chance is short.
fn shares(one: &str, other: &str) -> bool {
    const LOOKED_AT: usize = 256;
    let chars = |text: &str| text.chars().take(LOOKED_AT).collect::<Vec<char>>();
    let (one, other) = (chars(one), chars(other));
    let parts: HashSet<&[char]> = one.windows(SHARED + 1).collect();
    other.windows(SHARED + 1).any(|part| parts.contains(part))
}

fn plain(text: &str, chance: &mut Chance) -> String {
    unlike(text, || of_its_kinds(text, chance))
}

/// Letters become letters, digits digits, and the rest stays; hexadecimal stays hexadecimal, a UUID one of its version (RFC 9562), a number a number.
fn of_its_kinds(text: &str, chance: &mut Chance) -> String {
    let few = text.chars().filter(|c| c.is_ascii_alphanumeric() || !c.is_ascii()).count() < FEW;
    let is_hex = text.chars().filter(char::is_ascii_alphabetic).all(|c| c.is_ascii_hexdigit());
    let (lower, upper) = if is_hex { (&LOWER[..6], &UPPER[..6]) } else { (LOWER, UPPER) };
    let is_uuid = uuid::Uuid::try_parse(text).is_ok() && text.len() == 36;
    let is_number = text.parse::<f64>().is_ok();
    // Of a number even a short one keeps its sign and its point: without them it would be none.
    let few = few && !is_number;
    let mut in_number = false;
    let surrogate = text.char_indices().map(|(at, c)| {
        let begins = !std::mem::replace(&mut in_number, c.is_ascii_digit());
        match c {
            // The version and the variant.
            _ if is_uuid && (at == 14 || at == 19) => c,
            'e' | 'E' if is_number => c,
            // JSON has no numbers with a leading zero (RFC 8259, section 6).
            '0'..='9' => chance.of(if begins { NOT_ZERO } else { DIGITS }),
            'a'..='z' => chance.of(lower),
            'A'..='Z' => chance.of(upper),
            _ if c.is_ascii_whitespace() || c.is_ascii_control() => c,
            _ if c.is_ascii() => {
                if few {
                    chance.of(LOWER)
                } else {
                    c
                }
            }
            _ => foreign(c, chance),
        }
    });
    surrogate.collect()
}

/// A character as long in UTF-8: what is counted in bytes stays the same.
fn foreign(c: char, chance: &mut Chance) -> char {
    let (first, many) = match c.len_utf8() {
        2 => (0xe0, 23),
        3 => (0x4e00, 0x5000),
        _ => (0x1f600, 64),
    };
    char::from_u32(first + chance.below(many)).unwrap_or(c)
}

/// A JWT (RFC 7519) whose header and registered claims stay, and whose signature fits nothing.
fn jwt(text: &str, chance: &mut Chance) -> Option<String> {
    let mut parts = text.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
        Some((bytes, object))
    };
    object(header)?;
    let (written, mut claims) = object(payload)?;
    // Where it isn't written as we would, its length would change.
    let payload = if serde_json::to_vec(&claims).is_ok_and(|ours| ours == written) {
        claims
            .iter_mut()
            .filter(|(name, _)| !REGISTERED.contains(&name.as_str()))
            .for_each(|(_, claim)| leaf(claim, chance));
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).ok()?)
    } else {
        base64(payload, chance)
    };
    Some(format!("{header}.{payload}.{}", base64(signature, chance)))
}

fn leaf(value: &mut serde_json::Value, chance: &mut Chance) {
    use serde_json::Value;
    match value {
        Value::String(text) => *text = plain(text, chance),
        Value::Number(number) => {
            if let Ok(other) = serde_json::from_str(&plain(&number.to_string(), chance)) {
                *number = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| leaf(item, chance)),
        Value::Object(fields) => fields.values_mut().for_each(|field| leaf(field, chance)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Digits of base64 for URLs. The last one may be allowed to be only some of them, and stays: it says at most six bits.
fn base64(text: &str, chance: &mut Chance) -> String {
    const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = text.len().saturating_sub(1);
    unlike(text, || text.char_indices().map(|(at, c)| if at == last { c } else { chance.of(ALL) }).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(usize, bool, bool, bool)> {
        let kind = |c: char| (c.len_utf8(), c.is_ascii_digit(), c.is_ascii_lowercase(), c.is_ascii_uppercase());
        text.chars().map(kind).collect()
    }

    proptest! {
        #[test]
        fn a_surrogate_looks_like_its_secret_and_is_another_text(secret in "[a-zA-Z0-9äß中😀_./+=-]{6,60}") {
            prop_assume!(secret.chars().filter(|c| c.is_ascii_alphanumeric() || !c.is_ascii()).count() >= 6);
            let surrogates = Surrogates::new(SurrogateKey::drawn());
            let one = surrogates.of(&secret, 0);
            prop_assert_eq!(&one, &surrogates.of(&secret, 0));
            prop_assert_ne!(&one, &surrogates.of(&secret, 1));
            prop_assert_ne!(&one, &secret);
            prop_assert_ne!(&one, &Surrogates::new(SurrogateKey::drawn()).of(&secret, 0));
            prop_assert_eq!(kinds(&one).len(), kinds(&secret).len());
            for (now, was) in one.chars().zip(secret.chars()) {
                prop_assert_eq!(kinds(&now.to_string()), kinds(&was.to_string()));
            }
        }

        #[test]
        fn nothing_of_a_secret_is_in_its_surrogate_by_chance(bytes in any::<[u8; 16]>(), number in 10_000_000_000_000_u64..) {
            let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
            for secret in [uuid, number.to_string()] {
                let one = Surrogates::new(SurrogateKey::drawn()).of(&secret, 0);
                prop_assert!(!shares(&secret, &one), "{} becomes {}", secret, one);
            }
        }

        #[test]
        fn numbers_stay_numbers(number in "-?(0|[1-9][0-9]{5,12})([.][0-9]{1,5})?(e[0-9]{1,2})?") {
            let one = Surrogates::new(SurrogateKey::drawn()).of(&number, 0);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&one).is_ok(), "{} becomes {}", number, one);
        }
    }

    #[test]
    fn uuids_and_hexadecimal_stay_what_they_are() {
        let uuid = Surrogates::new(SurrogateKey::drawn()).of("7d444840-9dc0-41d1-b245-5ffdce74fad2", 0);
        let read = uuid::Uuid::try_parse(&uuid).unwrap();
        assert_eq!((read.get_version_num(), &uuid[19..20]), (4, "b"), "{uuid}");
        let hex = Surrogates::new(SurrogateKey::drawn()).of("9f86d081884c7d659a2feaa0c55ad015", 0);
        assert!(hex.chars().all(|c| c.is_ascii_hexdigit()), "{hex}");
    }

    #[test]
    fn of_few_letters_nothing_stays() {
        let one = Surrogates::new(SurrogateKey::drawn()).of("(!@#%)", 0);
        assert!(one.chars().all(|c| c.is_ascii_lowercase()) && one.len() == 6, "{one}");
    }

    #[test]
    fn a_jwt_keeps_its_header_and_its_registered_claims() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let (header, claims) =
            (r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"u-1","exp":1900000000,"role":"admin","n":42}"#);
        let token = format!("{}.{}.{}", part(header), part(claims), part("a signature of some bytes"));
        let one = Surrogates::new(SurrogateKey::drawn()).of(&token, 0);
        let parts: Vec<&str> = one.split('.').collect();
        assert_eq!((one.len(), parts[0]), (token.len(), part(header).as_str()));
        let read: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!((&read["sub"], &read["exp"]), (&"u-1".into(), &1_900_000_000.into()));
        assert!(read["role"] != "admin" && read["n"] != 42, "{read}");
        assert!(parts[2] != part("a signature of some bytes") && URL_SAFE_NO_PAD.decode(parts[2]).is_ok(), "{one}");
    }
}
