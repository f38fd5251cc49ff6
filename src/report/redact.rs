use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::value::SecretSink;

/// What stands for a secret.
pub const MASK: &str = "***";
/// A shorter secret would also mask what it happens to be part of: it is masked only where it is the whole text.
const SHORTEST: usize = 4;
/// A shorter piece of base64 says nothing, and occurs by chance.
const SHORTEST_FRAGMENT: usize = 8;

/// RFC 3986, section 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Masks secrets in every text that leaves the tool: plain, and as they look when URL-encoded, form-encoded, in base64 (wherever in
/// the encoded text they begin), in hexadecimal, and escaped for JSON or HTML.
#[derive(Default)]
pub struct Redactor(Mutex<State>);

#[derive(Default)]
struct State {
    secrets: BTreeSet<String>,
    short: BTreeSet<String>,
    /// Built when it is next needed.
    finder: Option<AhoCorasick>,
}

impl SecretSink for Redactor {
    fn add(&self, text: &str) {
        let mut state = self.lock();
        // `true` and the like come out of captures by mistake; masking them would make every report unreadable.
        if text.is_empty() || matches!(text, "true" | "false" | "null") {
            return;
        }
        if text.len() < SHORTEST {
            state.short.insert(text.to_owned());
        } else if state.secrets.insert(text.to_owned()) {
            state.finder = None;
        }
    }
}

impl Redactor {
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut state = self.lock();
        if state.short.contains(text) {
            return Cow::Borrowed(MASK);
        }
        if state.secrets.is_empty() {
            return Cow::Borrowed(text);
        }
        if state.finder.is_none() {
            let forms: BTreeSet<String> = state.secrets.iter().flat_map(|secret| forms(secret)).collect();
            state.finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).ok();
        }
        let Some(finder) = &state.finder else {
            // Rather nothing than a secret.
            return Cow::Borrowed(MASK);
        };
        if !finder.is_match(text) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        finder.replace_all_with(text, &mut out, |_, _, out| {
            out.push_str(MASK);
            true
        });
        Cow::Owned(out)
    }

    /// All strings in a JSON value, keys too.
    pub fn redact_json(&self, json: &mut serde_json::Value) {
        match json {
            serde_json::Value::String(text) => {
                if let Cow::Owned(masked) = self.redact(text) {
                    *text = masked;
                } else if self.lock().short.contains(text.as_str()) {
                    *text = MASK.to_owned();
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            serde_json::Value::Object(fields) => {
                let old = std::mem::take(fields);
                for (key, mut value) in old {
                    self.redact_json(&mut value);
                    fields.insert(self.redact(&key).into_owned(), value);
                }
            }
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every way in which a secret could stand in an output.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    let percent = utf8_percent_encode(secret, UNRESERVED).to_string();
    forms.extend([percent.clone(), lower_escapes(&percent), percent.replace("%20", "+"), percent.replace('~', "%7E")]);
    // WHATWG URL, section 5.2: a form keeps `*` and encodes `~`.
    forms.push(percent.replace("%20", "+").replace("%2A", "*").replace('~', "%7E"));
    let json = serde_json::Value::from(secret).to_string();
    forms.push(json[1..json.len() - 1].to_owned());
    forms.push(html(secret));
    forms.push(json[1..json.len() - 1].replace('/', "\\/"));
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.extend([hex.to_uppercase(), hex]);
    for shift in 0..3 {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(secret.as_bytes());
        // What the bytes before and behind have a part in is left out.
        let skip = [0, 2, 3][shift];
        let whole = bytes.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&bytes);
            let fragment = encoded.get(skip..whole.min(encoded.len())).unwrap_or_default();
            if fragment.len() >= SHORTEST_FRAGMENT {
                forms.push(fragment.to_owned());
            }
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn html(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&#60;"),
            '>' => out.push_str("&#62;"),
            '&' => out.push_str("&#38;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever surrounds it, and however it is encoded, a secret is found.
        #[test]
        fn no_form_of_a_secret_gets_through(secret in "[ -~é]{8,40}", before in "[a-z]{0,7}", after in "[a-z]{0,7}") {
            let redactor = Redactor::default();
            redactor.add(&secret);
            let around = format!("{before}{secret}{after}");
            let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            prop_assert!(!redactor.redact(&around).contains(&secret));
            let encoded = format!("x={url}&y=1");
            let masked = redactor.redact(&encoded);
            prop_assert!(masked.contains(MASK) , "{}", masked);
            let base64 = base64::engine::general_purpose::STANDARD.encode(&around);
            prop_assert!(redactor.redact(&base64).contains(MASK), "{}", base64);
            let json = serde_json::Value::from(around).to_string();
            prop_assert!(redactor.redact(&json).contains(MASK));
        }
    }

    #[test]
    fn a_short_secret_is_masked_only_as_a_whole() {
        let redactor = Redactor::default();
        redactor.add("ab");
        assert_eq!(redactor.redact("ab"), MASK);
        assert_eq!(redactor.redact("cabs"), "cabs");
    }
}
