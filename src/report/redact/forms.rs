//! What a secret looks like within encoded bytes, by one closure over encoders.
//!
//! Encoders of text are undone in what is looked through ([`super::view`]), and so are those of bytes where such a text begins with nothing before it.
//! Where something is before it, nothing shows where its groups begin: there the encoders are applied to the secret, and to what they make of it, up to a depth
//! and a number.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::SHORTEST;
use super::view::View;

/// RFC 3986, section 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How many encoders one after the other.
const DEEPEST: usize = 2;
/// The most texts that encoders of bytes are applied to, for one secret.
const MOST: usize = 64;

/// By so many characters a secret is known whose rest was cut off, if all of them are encoded. Fewer are in other texts, too: the numbers from 99 on are `cdef` in hexadecimal.
const BEGINNING: usize = 8;

/// What a secret looks like when it is encoded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    pub bytes: Vec<u8>,
    /// How many of these bytes the first [`BEGINNING`] characters of the secret take.
    pub beginning: usize,
}

impl Form {
    fn of(secret: &str) -> Self {
        let beginning = secret.char_indices().nth(BEGINNING).map_or(secret.len(), |(at, _)| at);
        Self { bytes: secret.into(), beginning }
    }

    fn encoded(&self, encoder: Encoder) -> impl Iterator<Item = Self> {
        let beginnings = encoder(&self.bytes[..self.beginning]);
        let common = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        encoder(&self.bytes).into_iter().map(move |bytes| {
            let beginning = beginnings.iter().map(|beginning| common(beginning, &bytes)).max().unwrap_or(0);
            Self { bytes, beginning }
        })
    }

    /// How it shows in a packed view, no longer than `longest`.
    fn packed(self, longest: usize) -> Option<Self> {
        let encoded = String::from_utf8(self.bytes).ok()?;
        let mut bytes = View::both(&encoded).1.bytes;
        bytes.truncate(longest);
        let beginning = View::both(encoded.get(..self.beginning).unwrap_or_default()).1.bytes.len();
        (bytes.len() >= SHORTEST).then_some(Self { bytes, beginning })
    }
}

/// A text, and what encoders make of it, one after the other, up to a depth, a number, and a length in bytes.
fn closure(secret: Form, encoders: &[Encoder], depth: usize, most: usize, lengths: RangeInclusive<usize>) -> Vec<Form> {
    let mut known: BTreeSet<Vec<u8>> = BTreeSet::from([secret.bytes.clone()]);
    let mut forms = vec![secret];
    let mut from = 0;
    for _ in 0..depth {
        let end = forms.len();
        for at in from..end {
            for encoder in encoders {
                for encoded in forms[at].clone().encoded(*encoder) {
                    if forms.len() < most
                        && lengths.contains(&encoded.bytes.len())
                        && known.insert(encoded.bytes.clone())
                    {
                        forms.push(encoded);
                    }
                }
            }
        }
        from = end;
    }
    forms
}

/// What encoders of bytes make of a secret, whatever was done to it before, as a packed view shows it. None is longer than `longest`.
pub(super) fn packed(secret: &str, longest: usize) -> BTreeSet<Form> {
    // What a view shows of a form ends where it is cut: no more of the secret is needed.
    let mut end = secret.len().min(longest.max(64));
    while !secret.is_char_boundary(end) {
        end -= 1;
    }
    let encoders: [Encoder; 2] = [base64, hex];
    let inner = closure(Form::of(&secret[..end]), &ENCODERS, DEEPEST - 1, MOST, SHORTEST..=usize::MAX);
    inner
        .iter()
        .flat_map(|text| encoders.into_iter().flat_map(|encoder| text.encoded(encoder)))
        .filter_map(|form| form.packed(longest))
        .collect()
}

/// What encoders of text make of a secret of which a view shows next to nothing: only quotes, `\`, and the like. Itself is among them.
pub(super) fn texts(secret: &str, few: bool) -> Vec<Form> {
    /// How many encoders one after the other, how many forms, and how long they may be, in bytes.
    const DEEPEST: usize = 3;
    const MOST: usize = 2048;
    const LONGEST: usize = 4096;
    let encoders: [Encoder; 5] = [json, escapes, percent, html, quotes];
    closure(Form::of(secret), &encoders, if few { 1 } else { DEEPEST }, MOST, 0..=LONGEST)
}

type Encoder = fn(&[u8]) -> Vec<Vec<u8>>;

/// Each may make several texts of one.
const ENCODERS: [Encoder; 6] = [base64, json, hex, percent, html, small];

/// At each of the three places within a group at which it can begin (RFC 4648, section 4). What the bytes before and behind have a part in is left out.
fn base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    let shifted = |shift: usize| {
        let mut all = vec![0; shift];
        all.extend_from_slice(bytes);
        let encoded = STANDARD_NO_PAD.encode(&all).into_bytes();
        let (skip, end) = ([0, 2, 3][shift], all.len() * 8 / 6);
        encoded.get(skip..end.min(encoded.len())).unwrap_or_default().to_vec()
    };
    let mut made: Vec<Vec<u8>> = (0..3).map(shifted).collect();
    // Within another encoding the alphabet for URLs (section 5) counts.
    let safe = |text: &Vec<u8>| {
        text.iter()
            .map(|byte| match byte {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            })
            .collect()
    };
    made.extend(made.iter().filter(|text| text.contains(&b'+') || text.contains(&b'/')).map(safe).collect::<Vec<_>>());
    made
}

fn hex(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![lower.to_uppercase().into_bytes(), lower.into_bytes()]
}

fn text(bytes: &[u8], encoded: impl Fn(&str) -> Vec<String>) -> Vec<Vec<u8>> {
    std::str::from_utf8(bytes)
        .map(|text| encoded(text).into_iter().map(String::into_bytes).collect())
        .unwrap_or_default()
}

fn json(bytes: &[u8]) -> Vec<Vec<u8>> {
    text(bytes, |text| {
        let quoted = serde_json::Value::from(text).to_string();
        let plain = quoted[1..quoted.len() - 1].to_owned();
        let ascii = || {
            plain.encode_utf16().map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
        };
        vec![plain.replace('/', "\\/"), ascii().collect(), plain]
    })
}

/// WHATWG URL, section 5.2, and RFC 3986, section 2.1.
fn percent(bytes: &[u8]) -> Vec<Vec<u8>> {
    text(bytes, |text| {
        let upper = utf8_percent_encode(text, UNRESERVED).to_string();
        vec![lower_escapes(&upper), upper.replace("%20", "+").replace("%2A", "*").replace('~', "%7E"), upper]
    })
}

fn html(bytes: &[u8]) -> Vec<Vec<u8>> {
    text(bytes, |text| {
        let named = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        vec![named.replace('\'', "&#39;"), named.replace('\'', "&#x27;"), named.replace("&quot;", "&#34;"), named]
    })
}

/// Every character as an escape, or every one that is neither letter nor digit.
fn escapes(bytes: &[u8]) -> Vec<Vec<u8>> {
    let each = |text: &str, escape: &dyn Fn(u32) -> String| text.chars().map(|c| escape(c as u32)).collect::<String>();
    let special = |text: &str, escape: &dyn Fn(u32) -> String| {
        let escaped = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { escape(c as u32) };
        text.chars().map(escaped).collect::<String>()
    };
    text(bytes, |text| {
        vec![
            each(text, &|code| format!("\\u{code:04x}")),
            each(text, &|code| format!("\\u{code:04X}")),
            each(text, &|code| format!("&#{code};")),
            each(text, &|code| format!("&#x{code:x};")),
            special(text, &|code| format!("&#{code};")),
            special(text, &|code| format!("&#x{code:x};")),
            utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
            text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
            text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        ]
    })
}

/// Within quotes of programs, and of shells.
fn quotes(bytes: &[u8]) -> Vec<Vec<u8>> {
    text(bytes, |text| {
        let debug = format!("{text:?}");
        vec![
            text.replace('"', "\\\""),
            text.replace('\'', "'\\''"),
            text.replace('\\', "\\\\"),
            text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;"),
            debug[1..debug.len() - 1].to_owned(),
        ]
    })
}

/// A host's name is written in small letters (WHATWG URL, section 3.5).
fn small(bytes: &[u8]) -> Vec<Vec<u8>> {
    text(bytes, |text| vec![text.to_lowercase()])
}

/// `%2F` as `%2f`.
fn lower_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for c in text.chars() {
        rest = if c == '%' { 3 } else { rest };
        out.push(if rest > 0 { c.to_ascii_lowercase() } else { c });
        rest -= i32::from(rest > 0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_secret_does_not_explode() {
        for secret in ["\"\\&<>'/+%".repeat(400), "\u{1b}\u{7f}é😀".repeat(200), "a".repeat(100_000)] {
            let forms = packed(&secret, 64);
            assert!(!forms.is_empty() && forms.len() <= MOST * 8, "{}", forms.len());
            assert!(forms.iter().all(|form| form.bytes.len() <= 64));
        }
        assert!(packed("tok-9f8e7d6c5b4a3210", 4096).len() < 200, "{}", packed("tok-9f8e7d6c5b4a3210", 4096).len());
    }
}
