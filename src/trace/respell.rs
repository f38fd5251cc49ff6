//! Writes texts again with surrogates in the place of secrets, each character as it was written: plain, or as an escape of whatever kind and depth.
//!
//! A surrogate has the length of its secret and the same kinds of characters. So what an encoder made of a secret is what it would have made of the surrogate once
//! every character that differs is replaced within its own escape: `%41` by `%58`, `\u0041` by `\u0058`, and the digits of base64 by those of the same text
//! with surrogates in it.

use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::patterns::Patterns;
use super::units::{Unit, Units};

/// Fewer digits of base64, or of hexadecimal, hold no secret.
const SHORTEST_RUN: usize = 8;
/// Encoders break no lines that are shorter.
const SHORTEST_LINE: usize = 16;
/// How many signs between words may be taken for the end, or the beginning, of base64 for URLs, in which they are digits.
const MOST_SIGNS: usize = 4;

/// What known secrets look like once no escape is left, and what their surrogates look like.
#[derive(Default)]
pub struct Respell(Patterns);

impl Respell {
    pub fn learn(&mut self, secret: &str, surrogate: &str) {
        let mut add = |secret: &str, surrogate: &str, exact: bool| {
            let (secret, surrogate) = (folded(secret), folded(surrogate));
            if secret.len() == surrogate.len() {
                self.0.add(&secret, &surrogate, exact);
            }
        };
        add(secret, surrogate, true);
        add(&secret.to_lowercase(), &surrogate.to_lowercase(), false);
        add(&secret.to_uppercase(), &surrogate.to_uppercase(), false);
    }

    /// A text with surrogates, if it holds secrets; what isn't found in it stays as it is. `inner` gives what a text is that is within digits, where it holds secrets.
    pub fn text(&self, text: &str, inner: &Inner<'_>) -> Option<Respelled> {
        let units = Units::of(text.as_bytes());
        let mut changes = Changes { units: &units.all, values: HashMap::new(), covered: vec![false; units.all.len()] };
        let (bytes, places) = units.folded();
        for (range, surrogate) in self.0.iter(&bytes) {
            let (secret, places) = (bytes.get(range.clone())?, places.get(range)?);
            for ((was, now), (unit, nth)) in secret.iter().zip(surrogate).zip(places) {
                changes.set(*unit, *nth, (*was, *now));
            }
            if let [(first, _), .., (last, _)] = places {
                changes.cover(*first, *last);
            }
        }
        for run in runs(&units.all) {
            run.respell(inner, &mut changes);
        }
        let Changes { values, covered, units: _ } = changes;
        if !covered.contains(&true) {
            return None;
        }
        let (bytes, starts) = units.with(&values)?;
        let covered = units.all.iter().zip(starts.windows(2)).zip(covered).filter(|(_, is)| *is);
        let (before, behind) = covered.map(|((unit, places), _)| (unit.source(), places[0]..places[1])).unzip();
        Some(Respelled { text: String::from_utf8(bytes).ok()?, before, behind })
    }
}

/// What a text is that digits stand for, where it holds secrets.
pub type Inner<'f> = dyn Fn(&[u8]) -> Option<Vec<u8>> + 'f;

/// A text with surrogates.
pub struct Respelled {
    pub text: String,
    /// What of the text before was a secret, and what of this one isn't any more, in order.
    before: Vec<Range<usize>>,
    behind: Vec<Range<usize>>,
}

impl Respelled {
    /// Whether more than a few letters and digits of a range of the text before were no secret that was found.
    pub fn leaves(&self, before: &str, range: &Range<usize>) -> bool {
        uncovered(before, range, &self.before) >= FEW
    }

    /// The same of a range of this text.
    pub fn holds(&self, range: &Range<usize>) -> bool {
        uncovered(&self.text, range, &self.behind) >= FEW
    }
}

/// What says too little, in letters and digits.
const FEW: usize = 4;

/// How many letters and digits of a range aren't covered by others.
fn uncovered(text: &str, range: &Range<usize>, covered: &[Range<usize>]) -> usize {
    let from = covered.partition_point(|one| one.end <= range.start);
    let mut covered = covered.iter().skip(from).peekable();
    let uncovered = text.get(range.clone()).unwrap_or_default().char_indices().filter(|(at, c)| {
        let at = range.start + at;
        while covered.next_if(|one| one.end <= at).is_some() {}
        c.is_alphanumeric() && !covered.peek().is_some_and(|one| one.contains(&at))
    });
    uncovered.count()
}

/// What becomes of units, by their indices.
struct Changes<'u> {
    units: &'u [Unit],
    values: HashMap<usize, [u8; 4]>,
    /// Whether each is part of a secret.
    covered: Vec<bool>,
}

impl Changes<'_> {
    fn set(&mut self, unit: usize, nth: usize, (was, now): (u8, u8)) {
        let Some(known) = self.units.get(unit) else { return };
        if was != now
            && let Some(place) = self.values.entry(unit).or_insert(known.value).get_mut(nth)
        {
            *place = now;
        }
    }

    /// These are a secret, with all between them and what stands beside them and counts for nothing.
    fn cover(&mut self, first: usize, last: usize) {
        let is_lost = |unit: &&Unit| unit.length == 1 && matches!(unit.value[0], b'\\' | b'\r' | b'"' | b'\'');
        let before = self.units.get(..first).unwrap_or_default().iter().rev().take_while(is_lost).count();
        let behind = self.units.get(last + 1..).unwrap_or_default().iter().take_while(is_lost).count();
        let covered = self.covered.get_mut(first - before..=last + behind).unwrap_or_default();
        covered.fill(true);
    }
}

/// Whether a surrogate can be put in a secret's place wherever that is written: it has as many characters once escapes are undone. Of what chance puts together, `\x41` or
/// `%41` may be one.
pub fn fits(secret: &str, surrogate: &str) -> bool {
    let length = |text: &str| folded(text).len();
    length(secret) == length(surrogate) && length(&secret.to_lowercase()) == length(&surrogate.to_lowercase())
}

fn folded(text: &str) -> Vec<u8> {
    Units::of(text.as_bytes()).folded().0
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Base64,
    Base64Url,
    Hex,
}

/// Digits that may stand for a text: the indices of their units. What stands between them, as the end of a line does, isn't among them.
struct Run {
    kind: Kind,
    digits: Vec<usize>,
}

impl Run {
    /// What the digits stand for, with surrogates, in their place.
    fn respell(&self, inner: &Inner<'_>, changes: &mut Changes<'_>) {
        if self.digits.iter().any(|at| changes.covered.get(*at).is_some_and(|covered| *covered)) {
            return;
        }
        let units = changes.units;
        for digits in self.parts(units) {
            let was: Vec<u8> = digits.iter().filter_map(|at| units.get(*at)).map(|unit| unit.value[0]).collect();
            let Some(written) = self.kind.decode(&was).and_then(|decoded| inner(&decoded)) else { continue };
            let now = self.kind.encode(&written, &was);
            // Of a group that was cut off, a digit stays.
            if now.len() == was.len() || now.len() + 1 == was.len() && was.len() % 4 == 1 {
                digits.iter().zip(was.iter().zip(now)).for_each(|(at, (was, now))| changes.set(*at, 0, (*was, now)));
                if let [first, .., last] = digits {
                    changes.cover(*first, *last);
                }
                return;
            }
        }
    }

    /// What of it may be the digits: all, or what is within signs that are no digits of it.
    fn parts(&self, units: &[Unit]) -> Vec<&[usize]> {
        let mut parts = vec![self.digits.as_slice()];
        if self.kind != Kind::Base64Url {
            return parts;
        }
        let is_sign = |at: &usize| units.get(*at).is_some_and(|unit| matches!(unit.value[0], b'-' | b'_'));
        let signs = || self.digits.iter().enumerate().filter(|(_, at)| is_sign(at)).map(|(nth, _)| nth);
        let starts: Vec<usize> = std::iter::once(0).chain(signs().map(|at| at + 1).take(MOST_SIGNS)).collect();
        let last: Vec<usize> = signs().collect();
        let ends = std::iter::once(self.digits.len()).chain(last.into_iter().rev().take(MOST_SIGNS));
        for end in ends {
            parts.extend(starts.iter().filter_map(|start| self.digits.get(*start..end)));
        }
        parts.retain(|part| part.len() >= SHORTEST_RUN);
        parts
    }
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

impl Kind {
    fn decode(self, digits: &[u8]) -> Option<Vec<u8>> {
        // What is left of a group that was cut off says nothing.
        let whole = || digits.get(..digits.len() - usize::from(digits.len() % 4 == 1)).unwrap_or_default();
        match self {
            Kind::Base64 => BASE64.decode(whole()).ok(),
            Kind::Base64Url => BASE64_URL.decode(whole()).ok(),
            Kind::Hex => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let byte = |pair: &[u8]| match pair {
                    [a, b] => u8::try_from(digit(*a)? << 4 | digit(*b)?).ok(),
                    _ => None,
                };
                digits.chunks(2).map(byte).collect()
            }
        }
    }

    /// Digits as those before them were.
    fn encode(self, bytes: &[u8], was: &[u8]) -> Vec<u8> {
        match self {
            Kind::Base64 => BASE64.encode(bytes).into_bytes(),
            Kind::Base64Url => BASE64_URL.encode(bytes).into_bytes(),
            Kind::Hex => {
                let upper = was.iter().any(u8::is_ascii_uppercase);
                let digits = bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
                digits.flat_map(String::into_bytes).collect()
            }
        }
    }
}

/// All stretches of digits that are long enough, of each kind.
fn runs(units: &[Unit]) -> Vec<Run> {
    let mut found = Vec::new();
    for kind in [Kind::Base64, Kind::Base64Url, Kind::Hex] {
        let is_digit = |byte: u8| match kind {
            Kind::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
            Kind::Base64Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Kind::Hex => byte.is_ascii_hexdigit(),
        };
        let mut digits: Vec<usize> = Vec::new();
        let mut line = 0;
        let mut end = |digits: &mut Vec<usize>| {
            let digits = std::mem::take(digits);
            if digits.len() >= SHORTEST_RUN {
                found.push(Run { kind, digits });
            }
        };
        let mut at = 0;
        while let Some(unit) = units.get(at) {
            let byte = unit.value[0];
            let single = unit.length == 1;
            // A line's end as it is, or as an escape of programs.
            let escaped = byte == b'\\' && units.get(at + 1).is_some_and(|next| matches!(next.value[0], b'n' | b'r'));
            let is_end = matches!(byte, b'\n' | b'\r') || escaped;
            if single && is_digit(byte) {
                digits.push(at);
                line += 1;
            } else if is_end && kind != Kind::Hex && !digits.is_empty() && (line >= SHORTEST_LINE || line == 0) {
                line = 0;
                at += usize::from(escaped);
            } else if kind == Kind::Hex
                && matches!(byte, b':' | b'-')
                && !digits.is_empty()
                && digits.len().is_multiple_of(2)
            {
                // Between two bytes.
            } else {
                end(&mut digits);
                line = 0;
            }
            at += 1;
        }
        end(&mut digits);
    }
    found
}
