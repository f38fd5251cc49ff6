use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aho_corasick::{AhoCorasick, Input, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::diag::Diagnostic;
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
    finder: Option<Arc<Finder>>,
}

/// Finds secrets by their beginnings, so that one that was cut off is found too.
struct Finder {
    beginnings: AhoCorasick,
    /// For each beginning, the forms that start with it.
    forms: Vec<Vec<String>>,
}

/// Fields of the report whose values are the tool's own words, and the ids of tests, which are words of the specs: reports, journals and blobs are
/// joined by them.
const KINDS: [&str; 16] = [
    "id",
    "outcome",
    "state",
    "kind",
    "direction",
    "severity",
    "measure",
    "op",
    "unit",
    "classification",
    "protocol",
    "opens",
    "of",
    "statistic",
    "code",
    "failure",
];

/// How much of a form is enough to know it by, in bytes.
const BEGINNING: usize = 16;

impl Finder {
    fn new(secrets: &BTreeSet<String>) -> Option<Self> {
        let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for form in secrets.iter().flat_map(|secret| forms(secret)) {
            let mut end = form.len().min(BEGINNING);
            while !form.is_char_boundary(end) {
                end += 1;
            }
            grouped.entry(form[..end].to_owned()).or_default().push(form);
        }
        let beginnings = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(grouped.keys()).ok()?;
        Some(Self { beginnings, forms: grouped.into_values().collect() })
    }

    /// The ranges to mask, in order, none within another.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        while let Some(start) = self.beginnings.find(Input::new(text).range(from..)) {
            let rest = &text.as_bytes()[start.start()..];
            let length = |form: &String| form.bytes().zip(rest).take_while(|(a, b)| a == *b).count();
            let longest = self.forms[start.pattern().as_usize()].iter().map(length).max().unwrap_or(start.len());
            let mut end = start.start() + longest.max(start.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            found.push(start.start()..end);
            from = end;
        }
        found
    }
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
        self.redact_moving(text, &mut [])
    }

    /// The same, with ranges of the text that move along.
    fn redact_moving<'t>(&self, text: &'t str, ranges: &mut [&mut Range<usize>]) -> Cow<'t, str> {
        let finder = {
            let mut state = self.lock();
            if state.short.contains(text) {
                ranges.iter_mut().for_each(|range| **range = 0..MASK.len());
                return Cow::Borrowed(MASK);
            }
            if state.secrets.is_empty() {
                return Cow::Borrowed(text);
            }
            if state.finder.is_none() {
                state.finder = Finder::new(&state.secrets).map(Arc::new);
            }
            state.finder.clone()
        };
        let Some(finder) = finder else {
            // Rather nothing than a secret.
            return Cow::Borrowed(MASK);
        };
        let found = finder.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let mut shifts: Vec<(Range<usize>, usize)> = Vec::new();
        for masked in found {
            out.push_str(&text[at..masked.start]);
            shifts.push((masked.clone(), out.len()));
            out.push_str(MASK);
            at = masked.end;
        }
        out.push_str(&text[at..]);
        let moved = |offset: usize, end: bool| {
            let before = shifts
                .iter()
                .take_while(|(masked, _)| masked.start < offset || (!end && masked.start == offset))
                .last();
            match before {
                None => offset,
                Some((masked, new)) if offset < masked.end => {
                    if end {
                        new + MASK.len()
                    } else {
                        *new
                    }
                }
                Some((masked, new)) => new + MASK.len() + (offset - masked.end),
            }
        };
        for range in ranges {
            **range = moved(range.start, false)..moved(range.end, true).max(moved(range.start, false));
        }
        Cow::Owned(out)
    }

    /// A diagnostic with all of its texts masked: before it is drawn, since a drawing may break a long word over lines.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let text = |text: &mut String| {
            if let Cow::Owned(masked) = self.redact(text) {
                *text = masked;
            }
        };
        let mut masked = diagnostic.clone();
        text(&mut masked.message);
        masked.label.iter_mut().for_each(text);
        masked.help.iter_mut().for_each(text);
        masked.related.iter_mut().for_each(|label| text(&mut label.message));
        for excerpt in &mut masked.excerpts {
            text(&mut excerpt.name);
            let mut ranges: Vec<&mut Range<usize>> = excerpt.labels.iter_mut().map(|(range, _)| range).collect();
            let shown = self.redact_moving(&excerpt.text, &mut ranges).into_owned();
            excerpt.text = shown;
            excerpt.labels.iter_mut().for_each(|(_, words)| text(words));
        }
        masked
    }

    /// The same with all of its texts masked. What only names a kind (`"outcome": "passed"`) stays: no secret comes there from outside.
    ///
    /// What can't be masked is rather left out: then it is as if nothing had been said.
    pub fn masked<T: Serialize + DeserializeOwned + Default>(&self, one: T) -> T {
        if self.is_empty() {
            return one;
        }
        let masked = serde_json::to_value(&one).ok().and_then(|mut json| {
            self.mask(&mut json);
            serde_json::from_value(json).ok()
        });
        masked.unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        let state = self.lock();
        state.secrets.is_empty() && state.short.is_empty()
    }

    fn mask(&self, json: &mut serde_json::Value) {
        match json {
            serde_json::Value::String(text) => {
                let masked = self.redact(text);
                if *masked != **text {
                    *text = masked.into_owned();
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.mask(item)),
            serde_json::Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    match value {
                        serde_json::Value::String(_) if KINDS.contains(&key.as_str()) => {}
                        // Lists of tests' ids; a list of tests themselves is looked into.
                        serde_json::Value::Array(ids) if key == "tests" => {
                            ids.iter_mut().filter(|id| !id.is_string()).for_each(|one| self.mask(one));
                        }
                        value => self.mask(value),
                    }
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
    // A host's name is written so (WHATWG URL, section 3.5).
    let lower = secret.to_lowercase();
    if lower != secret {
        forms.push(lower);
    }
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
    fn a_secret_that_was_cut_off_is_masked_and_labels_move_along() {
        let redactor = Redactor::default();
        let secret = "s3cret-0123456789-abcdefghijklmnop";
        redactor.add(secret);
        assert_eq!(redactor.redact("token s3cret-0123456789-abc…"), "token ***…");
        let mut sources = crate::source::Sources::new();
        let id = sources.add("a.e2e", "x");
        let text = format!("{{ \"a\": \"{secret}\", \"b\": 1 }}");
        let (token, one) = (text.find(secret).unwrap(), text.find('1').unwrap_or_default());
        let one = text.rfind("1 }").unwrap_or(one);
        let mut diagnostic = Diagnostic::error(
            &crate::diag::codes::NOT_UTF8,
            crate::source::Span::new(id, 0, 1),
            format!("is {secret}"),
        );
        diagnostic.excerpts.push(crate::diag::Excerpt {
            name: "body".into(),
            labels: vec![(one..one + 1, "one".into()), (token..token + secret.len(), secret.into())],
            text,
        });
        let masked = redactor.diagnostic(&diagnostic);
        assert_eq!(masked.message, "is ***");
        let excerpt = &masked.excerpts[0];
        assert_eq!(&excerpt.text[excerpt.labels[0].0.clone()], "1");
        assert_eq!(&excerpt.text[excerpt.labels[1].0.clone()], MASK);
        assert_eq!(excerpt.labels[1].1, MASK);
    }

    #[test]
    fn a_short_secret_is_masked_only_as_a_whole() {
        let redactor = Redactor::default();
        redactor.add("ab");
        assert_eq!(redactor.redact("ab"), MASK);
        assert_eq!(redactor.redact("cabs"), "cabs");
    }
}
