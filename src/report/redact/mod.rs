//! Nothing is shown, cut or written but what has passed here: [`Masked`].

mod edges;
mod finder;
mod forms;
mod mask;
mod parts;
mod split;
mod view;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::{Deref, Range};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

pub use mask::Mask;

use crate::diag::{Diagnostic, Hide, Style, cut, render};
use crate::source::Sources;
use crate::value::SecretSink;
use finder::{Finder, joined};
use parts::Parts;

/// What stands for a secret.
pub const MASK: &str = "***";
/// A shorter secret would also mask what it happens to be part of: it is masked only where it is the whole text. In characters of the secret, and
/// in bytes of a form.
const SHORTEST: usize = crate::value::SHORTEST_SECRET;

/// A line of a secret that is masked on its own, in bytes, and how many of one secret are.
const LONG_LINE: usize = 16;
const MOST_LINES: usize = 256;

/// What has passed the redactor, with every cut in it carried out. Only the redactor makes one, and where texts leave the tool nothing else is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked<T>(T);

impl<T> Masked<T> {
    pub fn into_inner(self) -> T {
        self.0
    }

    /// What is made of nothing but this.
    pub fn made<U>(&self, make: impl FnOnce(&T) -> U) -> Masked<U> {
        Masked(make(&self.0))
    }
}

impl<T> Deref for Masked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Masks secrets in every text that leaves the tool: plain, and however they were encoded, to any depth.
#[derive(Default)]
pub struct Redactor(RwLock<State>);

#[derive(Default)]
struct State {
    secrets: HashSet<Box<str>>,
    short: HashSet<Box<str>>,
    /// Of both kinds, in the order in which they were learned.
    learned: Vec<Box<str>>,
    finder: Finder,
    /// The parts of secrets that came in parts.
    parts: Parts,
}

impl State {
    /// What is masked of a text, in order, none within or next to another.
    fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        let parts = self.parts.find(text);
        let secrets = self.finder.find(text);
        if parts.is_empty() { secrets } else { joined([secrets, parts].concat()) }
    }
}

impl SecretSink for Redactor {
    fn add(&self, text: &str) {
        // `true` and the like come out of captures by mistake; masking them would make every report unreadable.
        if text.is_empty() || matches!(text, "true" | "false" | "null") || self.knows(text) {
            return;
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // A file with a secret in it ends with a line's end, which headers and forms lose. Of several lines each may come alone, as an event or an element; the
        // first and the last of a key (RFC 7468) say nothing.
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= LONG_LINE && !line.starts_with("-----"));
        let lines = lines.take(if text.contains('\n') { MOST_LINES } else { 0 });
        for text in [text, text.trim()].into_iter().chain(lines) {
            if text.chars().count() < SHORTEST {
                if state.short.insert(text.into()) {
                    state.learned.push(text.into());
                }
            } else if state.secrets.insert(text.into()) {
                state.learned.push(text.into());
                state.finder.add(text);
            }
        }
    }

    fn knows(&self, text: &str) -> bool {
        let state = self.read();
        state.secrets.contains(text) || state.short.contains(text)
    }

    fn covers(&self, text: &str) -> bool {
        !self.found(text).is_empty()
    }

    fn found(&self, text: &str) -> Vec<Range<usize>> {
        self.read().finder.find(text)
    }

    fn unfinished(&self, text: &str) -> Option<(usize, String)> {
        self.read().finder.unfinished(text)
    }

    fn add_part(&self, part: &str, whole: &str, at: usize) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !state.secrets.contains(part) && state.parts.add(part, whole, at) {
            state.learned.push(part.into());
        }
    }
}

impl Redactor {
    /// A text that may be shown.
    pub fn text(&self, text: &str) -> Masked<String> {
        Masked(self.redact(text).into_owned())
    }

    /// The same, while it is on its way into something that is masked as a whole.
    pub(in crate::report) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_moving(text, &mut [])
    }

    /// The same, with ranges of the text that move along.
    fn redact_moving<'t>(&self, text: &'t str, ranges: &mut [&mut Range<usize>]) -> Cow<'t, str> {
        let masked = self.masked_moving(text, ranges);
        // Cuts come last: what is cut first can't be found any more.
        if cut::is_marked(&masked) { Cow::Owned(cut::settle(&masked, ranges)) } else { masked }
    }

    fn masked_moving<'t>(&self, text: &'t str, ranges: &mut [&mut Range<usize>]) -> Cow<'t, str> {
        let found = {
            let state = self.read();
            if state.short.contains(text) {
                ranges.iter_mut().for_each(|range| **range = 0..MASK.len());
                return Cow::Borrowed(MASK);
            }
            if state.secrets.is_empty() || text.len() < SHORTEST {
                return Cow::Borrowed(text);
            }
            state.hidden(text)
        };
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        // Each masked range, and where its mask is in the new text.
        let mut shifts: Vec<(Range<usize>, usize)> = Vec::with_capacity(found.len());
        for masked in found {
            out.push_str(&text[at..masked.start]);
            shifts.push((masked.clone(), out.len()));
            out.push_str(MASK);
            at = masked.end;
        }
        out.push_str(&text[at..]);
        let moved = |offset: usize, end: bool| {
            let count = shifts.partition_point(|(masked, _)| masked.start < offset || (!end && masked.start == offset));
            match shifts[..count].last() {
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
    pub fn diagnostic(&self, diagnostic: &Diagnostic) -> Masked<Diagnostic> {
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
        Masked(masked)
    }

    /// A diagnostic's drawing: its own texts and the lines of the specs are masked before anything of them is cut or wrapped.
    pub fn drawn(&self, diagnostic: &Diagnostic, sources: &Sources, style: Style) -> Masked<String> {
        Masked(render(&self.diagnostic(diagnostic), sources, style, self))
    }

    /// Something made of texts, with all of them masked.
    pub fn masked<T: Mask>(&self, mut one: T) -> Masked<T> {
        one.mask(self);
        Masked(one)
    }

    /// The secrets that were learned behind so many others.
    pub fn learned_since(&self, known: usize) -> Vec<String> {
        self.read().learned.get(known..).unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hide for Redactor {
    fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        self.read().hidden(text)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::*;

    type Encode = fn(&str) -> String;

    /// What programs do to texts on their way.
    const ENCODERS: [(&str, Encode); 22] = [
        ("plain", |text| text.to_owned()),
        ("JSON", |text| serde_json::Value::from(text).to_string()),
        ("JSON with `\\/`", |text| serde_json::json!({ "a": text }).to_string().replace('/', "\\/")),
        ("JSON in ASCII", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
        ("JSON in ASCII, upper case", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()),
        ("our own quotes", |text| format!("\"{}\"", crate::diag::sanitize(text).replace('"', "\\\""))),
        ("Rust's quotes", |text| format!("{text:?}")),
        ("HTML, named", |text| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('é', "&eacute;")
        }),
        ("HTML, numbers", |text| {
            let escaped = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("&#{};", c as u32) };
            text.chars().map(escaped).collect()
        }),
        ("HTML, hexadecimal numbers", |text| text.chars().map(|c| format!("&#x{:x};", c as u32)).collect()),
        ("XML", |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")),
        ("URL", |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()),
        ("form", |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect()),
        ("every byte", |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect()),
        ("every byte, upper case", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        ("base64", |text| base64::engine::general_purpose::STANDARD.encode(text)),
        ("base64 for URLs", |text| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)),
        ("base64 in lines of 16", |text| lines(&base64::engine::general_purpose::STANDARD.encode(text), 16, "\n")),
        ("base64 in lines of 76", |text| lines(&base64::engine::general_purpose::STANDARD.encode(text), 76, "\r\n")),
        ("hexadecimal", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("hexadecimal with separators", |text| text.bytes().map(|byte| format!("{byte:02X}:")).collect()),
        ("shell", |text| format!("'{}'", text.replace('\'', "'\\''"))),
    ];

    fn lines(text: &str, width: usize, end: &str) -> String {
        text.as_bytes().chunks(width).map(String::from_utf8_lossy).collect::<Vec<_>>().join(end)
    }

    proptest! {
        /// Whatever surrounds it, and however it is encoded, a secret is found, and all of it.
        #[test]
        fn no_form_of_a_secret_gets_through(
            secret in prop_oneof!["[ -~]{8,40}", "[ -~é😀\n]{10,40}", "[A-Za-z0-9_-]{6,80}", "[a-z0-9]{2}[\\\\\"'%&+/ a-z]{12,30}[a-z0-9]{2}"],
            before in "[a-z{\":,]{0,9}",
            after in "[a-z}\",]{0,9}",
            nesting in prop::collection::vec(0..ENCODERS.len(), 0..4),
        ) {
            prop_assume!(secret.trim().chars().filter(char::is_ascii_alphanumeric).count() >= 6);
            let redactor = Redactor::default();
            redactor.add(&secret);
            let whole = nesting.iter().fold(format!("{before}{secret}{after}"), |text, at| ENCODERS[*at].1(&text));
            let empty = nesting.iter().fold(format!("{before}{after}"), |text, at| ENCODERS[*at].1(&text));
            let masked = redactor.redact(&whole);
            let names: Vec<&str> = nesting.iter().map(|at| ENCODERS[*at].0).collect();
            prop_assert!(masked.contains(MASK), "{:?} {:?}: {:?}", secret, names, whole);
            // Where groups of base64 aren't whole, some characters of it speak of the secret and of what is beside it.
            let left = masked.replace(MASK, "").len();
            let most = empty.len() + (whole.len() - empty.len()) / 8 + 48;
            prop_assert!(left <= most, "{:?} {:?}: {:?} becomes {:?}", secret, names, whole, masked);
        }

        /// Whatever a secret begins and ends with, encoders of text leave nothing of it in sight: no more than there is without it.
        #[test]
        fn nothing_is_left_at_the_edges_of_a_secret(
            start in "[\\\\\"'%&+/<>=#;:rnux0-9a-f{]{0,4}",
            middle in prop_oneof!["[A-Za-z0-9_-]{14,30}", "[ -~]{14,30}"],
            end in "[\\\\\"'%&+/<>=#;:rnux0-9a-f{]{0,4}",
            nesting in prop::collection::vec(0..ENCODERS.len(), 0..4),
        ) {
            let secret = format!("{start}{middle}{end}");
            let names: Vec<&str> = nesting.iter().map(|at| ENCODERS[*at].0).collect();
            prop_assume!(names.iter().all(|name| !name.starts_with("base64") && !name.starts_with("hexadecimal ")));
            let redactor = Redactor::default();
            redactor.add(&secret);
            let whole = nesting.iter().fold(format!("<<{secret}>>"), |text, at| ENCODERS[*at].1(&text));
            let empty = nesting.iter().fold("<<>>".to_owned(), |text, at| ENCODERS[*at].1(&text));
            let masked = redactor.redact(&whole);
            prop_assert!(masked.contains(MASK), "{:?} {:?}: {:?}", secret, names, whole);
            let left = masked.replace(MASK, "").len();
            prop_assert!(left <= empty.len(), "{:?} {:?}: {:?} becomes {:?}", secret, names, whole, masked);
        }

        /// A secret of nothing but what encoders double, escape or drop is found too.
        #[test]
        fn a_secret_of_special_characters_alone_is_found(
            secret in "[\\\\\"'%&+/<>=#;]{6,16}",
            nesting in prop::collection::vec(0..ENCODERS.len(), 0..3),
        ) {
            let redactor = Redactor::default();
            redactor.add(&secret);
            let whole = nesting.iter().fold(format!("say {secret} to"), |text, at| ENCODERS[*at].1(&text));
            let names: Vec<&str> = nesting.iter().map(|at| ENCODERS[*at].0).collect();
            let masked = redactor.redact(&whole);
            prop_assert!(masked.contains(MASK), "{:?} {:?}: {:?}", secret, names, whole);
            prop_assert!(!masked.contains(&secret), "{:?} {:?}: {:?}", secret, names, masked);
        }

        /// What has fewer than eight characters in common with a secret isn't taken for its beginning, however it is encoded.
        #[test]
        fn a_few_characters_of_a_secret_are_no_secret(
            secret in "[A-Za-z0-9_.~-]{16,60}",
            shared in 0..8_usize,
            before in "[a-z{\":,]{0,9}",
            after in "[!?;, ]{1,9}",
            nesting in prop::collection::vec(0..ENCODERS.len(), 0..3),
        ) {
            let redactor = Redactor::default();
            redactor.add(&secret);
            let names: Vec<&str> = nesting.iter().map(|at| ENCODERS[*at].0).collect();
            let text = format!("{before}{}{after}", &secret[..shared]);
            let text = nesting.iter().fold(text, |text, at| ENCODERS[*at].1(&text));
            prop_assert_eq!(&*redactor.redact(&text), &text, "{:?} {:?}", secret, names);
        }

        /// Of a secret whose end was cut off, 20 characters are enough, however they are encoded.
        #[test]
        fn the_beginning_of_a_secret_is_found_however_it_is_encoded(
            secret in "([A-Za-z0-9]{7}[A-Za-z0-9_./&'-]){5}",
            kept in 20_usize..40,
            before in "[a-z{\":,]{0,9}",
            nesting in prop::collection::vec(0..ENCODERS.len(), 0..3),
        ) {
            let redactor = Redactor::default();
            redactor.add(&secret);
            let names: Vec<&str> = nesting.iter().map(|at| ENCODERS[*at].0).collect();
            let text = format!("{before}{}", &secret[..kept]);
            let text = nesting.iter().fold(text, |text, at| ENCODERS[*at].1(&text));
            prop_assert!(redactor.redact(&text).contains(MASK), "{:?} {:?} {:?}", secret, names, text);
        }

        /// A secret is never found by chance.
        #[test]
        fn what_holds_no_secret_stays(secrets in prop::collection::vec("[a-zA-Z0-9]{12,30}", 1..20), text in "\\PC{0,400}") {
            let redactor = Redactor::default();
            secrets.iter().for_each(|secret| redactor.add(secret));
            prop_assert_eq!(&*redactor.redact(&text), &text);
        }
    }

    #[test]
    fn secrets_that_are_learned_cost_no_more_the_more_there_are() {
        let redactor = Redactor::default();
        let secret = |n: u64| format!("eyJhbGciOiJIUzI1NiJ9.{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let start = std::time::Instant::now();
        for n in 0..3_000 {
            redactor.add(&secret(n));
            assert_eq!(redactor.redact(&secret(n)), MASK);
        }
        let text = secret(7).repeat(20_000);
        assert_eq!(redactor.redact(&text), MASK, "what is side by side is masked as one");
        assert!(start.elapsed() < std::time::Duration::from_secs(60), "{:?}", start.elapsed());
    }

    #[test]
    fn marks_of_cuts_hide_nothing() {
        let redactor = Redactor::default();
        let secret = "first-line-of-it\nsecond-line-of-the-secret";
        redactor.add(secret);
        let lines: Vec<String> = secret.lines().map(|line| cut::cut(line, 4)).collect();
        assert_eq!(redactor.redact(&format!("a {} b", lines.join("\n"))), "a *** b");
        let long = format!("{}{secret}", "x".repeat(70));
        assert_eq!(redactor.redact(&cut::cut(&long, 80)), format!("{}***", "x".repeat(70)));
        assert_eq!(
            redactor.redact(&cut::cut(&format!("{long}{long}"), 80)),
            format!("{}***{}…", "x".repeat(70), "x".repeat(7))
        );
        // What is no longer whole shows nothing that could be the beginning of one.
        let many = secret.replace('\n', "-").repeat(200);
        redactor.add(&many[..41]);
        let shown = redactor.redact(&cut::cut(&many, 80)).into_owned();
        assert!(!shown.contains("first"), "{shown}");
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
    fn the_edges_of_a_secret_are_masked() {
        for (secret, text) in [
            (r"tok-9f8e7d6c5b\\", r#"{"a":"tok-9f8e7d6c5b\\"}"#),
            (r"tok-9f8e7d6c5b\\\\", r#"{\"a\":\"tok-9f8e7d6c5b\\\\\\\\\\\\\\\\\"}"#),
            (r"tok-9f8e7d6c5b\\", "a=tok-9f8e7d6c5b%5C%5C"),
            (r"tok-9f8e7d6c5b\\", "a=tok-9f8e7d6c5b&#92;&#92;"),
            (r"\\uxyz-9f8e7d6c5b4a", r#"{"a":"\\\\uxyz-9f8e7d6c5b4a"}"#),
            (r"\\%zz-9f8e7d6c5b4a", "a=%5C%5C%25zz-9f8e7d6c5b4a"),
            ("runner\"9f8e7d6c5b4a", r#"{"a":"C:\\runner\"9f8e7d6c5b4a"}"#),
            ("9f8e7d6c5b4a\"3210%4", r#"{"a":"9f8e7d6c5b4a\"3210%41"}"#),
            ("9f8e7d6c5b4a\"3210&am", r#"{"a":"9f8e7d6c5b4a\"3210&amp;"}"#),
            ("41-8e7d6c5b4a\"3210", r#"{"a":"%41-8e7d6c5b4a\"3210"}"#),
            (r"\\\\\\\\", "a=%5C%5C%5C%5C%5C%5C%5C%5C"),
        ] {
            let redactor = Redactor::default();
            redactor.add(secret);
            let masked = redactor.redact(text);
            let bare = masked.trim_start_matches(|c| c != '*').trim_start_matches('*');
            assert!(
                masked.contains(MASK) && !masked.contains(r"\\") && !masked.contains("%5C") && !masked.contains("#92"),
                "{secret}: {masked}"
            );
            assert!(bare.is_empty() || bare == "}" || bare == "\"}", "{secret}: {masked}");
        }
    }

    #[test]
    fn each_line_of_a_long_secret_is_one() {
        let redactor = Redactor::default();
        redactor.add("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nshort\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n");
        assert_eq!(redactor.redact("data: AQEFAASCBKcwggSjAgEAAoIB; short"), "data: ***; short");
        assert_eq!(redactor.redact("-----BEGIN PRIVATE KEY-----"), "***");
        assert_eq!(redactor.redact("-----END PRIVATE KEY-----"), "-----END PRIVATE KEY-----");
    }

    #[test]
    fn a_short_secret_is_masked_only_as_a_whole() {
        let redactor = Redactor::default();
        redactor.add("ab");
        assert_eq!(redactor.redact("ab"), MASK);
        assert_eq!(redactor.redact("cabs"), "cabs");
    }
}
