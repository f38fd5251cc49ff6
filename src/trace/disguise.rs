//! Puts surrogates in the place of secrets, in whatever form these are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;

use super::surrogate::Surrogates;
use crate::diag::Hide as _;
use crate::report::Redactor;
use crate::value::SHORTEST_SECRET;

/// How many of the secrets that were learned last may hold, or be a part of, a new one.
const WINDOW: usize = 512;
/// How often encoded bytes are looked into for encoded bytes.
const DEEPEST: usize = 4;

pub struct Disguise {
    /// Finds secrets.
    redactor: Arc<Redactor>,
    surrogates: Surrogates,
    known: HashMap<String, String>,
    /// In the order in which they were learned.
    learned: Vec<String>,
    /// How many of the redactor's have been.
    heard: usize,
    /// Every form of every known secret that is a text, and the same form of its surrogate.
    forms: Option<AhoCorasick>,
    replacements: Vec<String>,
    /// Secrets that are too short to be found within a word.
    short: Vec<String>,
}

impl Disguise {
    /// `redactor` learns the secrets of the run.
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self {
            redactor,
            surrogates: Surrogates::new(),
            known: HashMap::new(),
            learned: Vec::new(),
            heard: 0,
            forms: None,
            replacements: Vec::new(),
            short: Vec::new(),
        }
    }

    /// Learns what the redactor has learned since; gives the surrogates of that.
    pub fn learn(&mut self) -> Vec<String> {
        let mut new = self.redactor.learned_since(self.heard);
        self.heard += new.len();
        new.retain(|secret| !self.known.contains_key(secret));
        new.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut surrogates = Vec::with_capacity(new.len());
        for secret in new {
            let surrogate = self.surrogate(&secret);
            surrogates.push(surrogate.clone());
            if secret.chars().count() < SHORTEST_SECRET {
                self.short.push(secret.clone());
            }
            self.learned.push(secret.clone());
            self.known.insert(secret, surrogate);
        }
        if !surrogates.is_empty() {
            self.compile();
        }
        surrogates
    }

    /// A part of a known secret has that part of its surrogate, and what holds a known one has its surrogate in that place.
    fn surrogate(&self, secret: &str) -> String {
        let recent = || self.learned.iter().rev().take(WINDOW);
        let whole = recent().find_map(|known| {
            let at = known.find(secret)?;
            self.known.get(known)?.get(at..at + secret.len())
        });
        if let Some(part) = whole.filter(|part| *part != secret) {
            return part.to_owned();
        }
        let mut surrogate = String::new();
        for nth in 0..8 {
            surrogate = self.surrogates.of(secret, nth);
            if surrogate != secret && !self.known.contains_key(&surrogate) {
                break;
            }
        }
        for known in recent().filter(|known| known.len() >= SHORTEST_SECRET) {
            if let (Some(at), Some(part)) = (secret.find(known.as_str()), self.known.get(known))
                && surrogate.is_char_boundary(at)
                && surrogate.is_char_boundary(at + part.len())
            {
                surrogate.replace_range(at..at + part.len(), part);
            }
        }
        surrogate
    }

    fn compile(&mut self) {
        let mut forms = Vec::new();
        self.replacements.clear();
        for (secret, surrogate) in self.known.iter().filter(|(secret, _)| secret.chars().count() >= SHORTEST_SECRET) {
            for (of_secret, of_surrogate) in texts(secret).into_iter().zip(texts(surrogate)) {
                forms.push(of_secret);
                self.replacements.push(of_surrogate);
            }
        }
        self.forms = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).ok();
    }

    /// A text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.deep(text, DEEPEST)
    }

    /// Bytes without secrets. What isn't text is looked through for secrets as they are.
    pub fn bytes(&self, bytes: &Bytes) -> Bytes {
        match std::str::from_utf8(bytes) {
            Ok(text) => match self.text(text) {
                Cow::Borrowed(_) => bytes.clone(),
                Cow::Owned(text) => text.into(),
            },
            Err(_) => {
                let Some(forms) = self.forms.as_ref().filter(|forms| forms.is_match(bytes)) else {
                    return bytes.clone();
                };
                forms.replace_all_bytes(bytes, &self.replacements).into()
            }
        }
    }

    /// Of what is a secret as a whole, nothing stays, whether or not it is known.
    pub fn secret(&self, text: &str) -> String {
        match self.known.get(text) {
            Some(surrogate) => surrogate.clone(),
            None => match self.text(text) {
                Cow::Borrowed(text) => self.surrogates.of(text, 0),
                Cow::Owned(text) => text,
            },
        }
    }

    fn deep<'t>(&self, text: &'t str, depth: usize) -> Cow<'t, str> {
        if self.known.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut found = self.redactor.hidden(text);
        found.extend(self.short_ones(text));
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for range in found {
            if range.start < at {
                continue;
            }
            out.push_str(&text[at..range.start]);
            out.push_str(&self.piece(&text[range.clone()], depth));
            at = range.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }

    /// Short secrets where they are whole words.
    fn short_ones<'t>(&self, text: &'t str) -> impl Iterator<Item = Range<usize>> + use<'_, 't> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        self.short.iter().flat_map(move |secret| {
            text.match_indices(secret.as_str())
                .map(|(at, found)| at..at + found.len())
                .filter(move |range| !text[..range.start].ends_with(is_word) && !text[range.end..].starts_with(is_word))
        })
    }

    /// What was found in a text: secrets, one after the other, or something that they were made into.
    fn piece(&self, piece: &str, depth: usize) -> String {
        if let Some(surrogate) = self.known.get(piece) {
            return surrogate.clone();
        }
        let matches: Vec<(Range<usize>, &String)> = self
            .forms
            .iter()
            .flat_map(|forms| forms.find_iter(piece))
            .filter_map(|found| Some((found.range(), self.replacements.get(found.pattern().as_usize())?)))
            .collect();
        if matches.is_empty() {
            return self.decoded(piece, depth).unwrap_or_else(|| self.rest(piece));
        }
        let mut out = String::with_capacity(piece.len());
        let mut at = 0;
        for (range, replacement) in matches {
            out.push_str(&self.rest(&piece[at..range.start]));
            out.push_str(replacement);
            at = range.end;
        }
        out.push_str(&self.rest(&piece[at..]));
        out
    }

    /// What can be decoded, replaced and encoded again.
    fn decoded(&self, piece: &str, depth: usize) -> Option<String> {
        if depth == 0 {
            return None;
        }
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let Some(text) = engine.decode(piece).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
                continue;
            };
            if engine.encode(&text) == piece
                && let Cow::Owned(replaced) = self.deep(&text, depth - 1)
            {
                return Some(engine.encode(replaced));
            }
        }
        let percent = percent_encoding::percent_decode_str(piece).decode_utf8().ok().filter(|text| *text != piece);
        if let Some(text) = percent
            && let Cow::Owned(replaced) = self.deep(&text, depth - 1)
        {
            return Some(
                percent_encoding::utf8_percent_encode(&replaced, percent_encoding::NON_ALPHANUMERIC).to_string(),
            );
        }
        None
    }

    /// What is left of what was found: a beginning of a secret, or something that can't be undone. It is replaced as it is.
    fn rest(&self, piece: &str) -> String {
        if piece.is_empty() {
            return String::new();
        }
        let beginning = self.learned.iter().rev().take(WINDOW).find(|secret| secret.starts_with(piece));
        if let Some(part) = beginning.and_then(|secret| self.known.get(secret)?.get(..piece.len())) {
            return part.to_owned();
        }
        self.surrogates.of(piece, 0)
    }
}

/// The texts that programs make of a text. They change neither letters nor digits, and so give the same of a secret as of its surrogate.
fn texts(text: &str) -> Vec<String> {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let quoted = serde_json::Value::from(text).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let ascii: String = json
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let percent = utf8_percent_encode(text, UNRESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![text.to_owned(), json.replace('/', "\\/"), json, ascii, percent, form, html, hex.to_uppercase(), hex]
}
