//! Texts and bytes with surrogates in the place of what is known.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::PoisonError;

use bytes::Bytes;

use super::super::forms::{decodings, joined, segments};
use super::{DEEPEST, Disguise, WINDOW};
use crate::diag::Hide as _;
use crate::value::SecretSink as _;

/// What is left between secrets is replaced if it has so many letters and digits.
const FEW: usize = 4;

impl Disguise {
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
                let mut out = Vec::with_capacity(bytes.len());
                let mut at = 0;
                for (range, replacement) in self.forms.iter(bytes) {
                    out.extend_from_slice(&bytes[at..range.start]);
                    out.extend_from_slice(replacement);
                    at = range.end;
                }
                if at == 0 {
                    return bytes.clone();
                }
                out.extend_from_slice(&bytes[at..]);
                out.into()
            }
        }
    }

    /// Of what is a secret as a whole, nothing stays, whether or not it is known.
    pub fn secret(&self, text: &str) -> String {
        match self.known.get(text) {
            Some(surrogate) => surrogate.clone(),
            None => match self.text(text) {
                Cow::Borrowed(text) if self.is_settled => text.to_owned(),
                Cow::Borrowed(text) => self.surrogates.of(text, 0),
                Cow::Owned(text) => text,
            },
        }
    }

    /// What stands for the secrets that several texts hold only together, one behind the other: where each is in all of them, and its surrogate, which is as long. `parts`
    /// gives where the parts of a range end, if it is in several.
    pub fn across(&self, text: &str, parts: impl Fn(&Range<usize>) -> Vec<usize>) -> Vec<(Range<usize>, String)> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let of = |range: Range<usize>| {
            let ends = parts(&range);
            if ends.is_empty() {
                return None;
            }
            let whole = text.get(range.clone())?;
            let piece = self.piece(whole, DEEPEST);
            // What isn't as long would move what is behind it.
            let piece = if piece.len() == range.len() { piece } else { self.rest(whole) };
            let fits = ends.iter().all(|end| piece.is_char_boundary(end - range.start));
            (fits && piece.len() == range.len()).then_some((range, piece))
        };
        self.redactor.hidden(text).into_iter().filter_map(of).collect()
    }

    /// The beginning of a secret that a text ends with which was cut off there: where it begins, and what stands for it.
    pub fn cut_off(&self, text: &str) -> Option<(usize, String)> {
        let (start, _) = self.redactor.unfinished(text)?;
        Some((start, self.rest(text.get(start..)?)))
    }

    fn deep<'t>(&self, text: &'t str, depth: usize) -> Cow<'t, str> {
        if self.known.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut found = self.redactor.hidden(text);
        // Random values that are part of a secret: no secrets of their own to the redactor.
        if self.has_draws {
            found.extend(self.forms.iter(text.as_bytes()).map(|(range, _)| range));
        }
        found.extend(self.short_ones(text));
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let found = joined(found);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for segment in segments(text, &found) {
            let its = found.iter().filter(|one| segment.start <= one.start && one.end <= segment.end);
            let its: Vec<Range<usize>> = its.map(|one| one.start - segment.start..one.end - segment.start).collect();
            out.push_str(&text[at..segment.start]);
            let piece = &text[segment.clone()];
            match self.respelled(piece, &its, depth) {
                Some(respelled) => out.push_str(&respelled),
                None => out.push_str(&self.replaced(piece, its, depth)),
            }
            at = segment.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }

    /// The same where every secret in it can be written as it was written.
    pub(super) fn respelled(&self, text: &str, found: &[Range<usize>], depth: usize) -> Option<String> {
        let inner = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok().filter(|_| depth > 0)?;
            match self.deep(text, depth - 1) {
                Cow::Borrowed(_) => None,
                Cow::Owned(text) => Some(text.into_bytes()),
            }
        };
        let respelled = self.respell.text(text, &inner)?;
        // What is found of it then is what stays of a JWT.
        let is_left = found.iter().any(|range| respelled.leaves(text, range));
        if is_left || self.redactor.hidden(&respelled.text).iter().any(|range| respelled.holds(range)) {
            return None;
        }
        Some(respelled.text)
    }

    /// The same of what can't be written so.
    fn replaced(&self, text: &str, found: Vec<Range<usize>>, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for range in found {
            if range.end <= at {
                continue;
            }
            let range = range.start.max(at)..range.end;
            let (end, piece) = match self.around(text, &range, depth) {
                Some(run) => run,
                None => (range.end, (range.start, self.piece(&text[range.clone()], depth))),
            };
            out.push_str(&text[at..piece.0.max(at)]);
            out.push_str(&piece.1);
            at = end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// Where what was found is no secret as a whole, but within something that can be decoded, that is what counts: credentials of Basic authentication
    /// begin alike for one user, whatever the password. Gives where that ends, where it begins, and what it becomes.
    fn around(&self, text: &str, range: &Range<usize>, depth: usize) -> Option<(usize, (usize, String))> {
        let piece = &text[range.clone()];
        let is_whole = self.known.contains_key(piece) || self.forms.is_in(piece.as_bytes());
        if is_whole || depth == 0 {
            return None;
        }
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=');
        let start = range.start - text[..range.start].chars().rev().take_while(|c| is_digit(*c)).count();
        let end = range.end + text[range.end..].chars().take_while(|c| is_digit(*c)).count();
        let run = &text[start..end];
        if run == piece {
            return None;
        }
        let mut decodings = decodings(run).into_iter().filter(|(text, _)| !text.contains(char::is_control)).peekable();
        decodings.peek()?;
        let replaced = decodings.find_map(|(text, encode)| match self.deep(&text, depth - 1) {
            Cow::Owned(replaced) => Some(encode(&replaced)),
            Cow::Borrowed(_) => None,
        });
        Some((end, (start, replaced.unwrap_or_else(|| run.to_owned()))))
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
    pub(super) fn piece(&self, piece: &str, depth: usize) -> String {
        if let Some(surrogate) = self.known.get(piece) {
            return surrogate.clone();
        }
        let matches: Vec<(Range<usize>, &str)> = self
            .forms
            .iter(piece.as_bytes())
            .filter_map(|(range, replacement)| Some((range, std::str::from_utf8(replacement).ok()?)))
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
    pub(super) fn decoded(&self, piece: &str, depth: usize) -> Option<String> {
        if depth == 0 {
            return None;
        }
        decodings(piece).into_iter().find_map(|(text, encode)| match self.deep(&text, depth - 1) {
            Cow::Owned(replaced) => Some(encode(&replaced)),
            Cow::Borrowed(_) => None,
        })
    }

    /// What is left of what was found: a beginning of a secret, or something that can't be undone. It is replaced as it is.
    fn rest(&self, piece: &str) -> String {
        // What is written in the specs, as around a secret in a string, says nothing.
        if piece.chars().filter(|c| c.is_alphanumeric()).count() < FEW || self.is_public(piece) {
            return piece.to_owned();
        }
        let beginning = self.learned.iter().rev().take(WINDOW).find(|secret| secret.starts_with(piece));
        if let Some(part) = beginning.and_then(|secret| self.known.get(secret)?.get(..piece.len())) {
            return part.to_owned();
        }
        let surrogate = self.surrogates.of(piece, 0);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.push(surrogate.clone());
        surrogate
    }

    /// What was put in the place of parts and of what can't be undone since this was last asked: it is to be masked as secrets are.
    pub fn made(&self) -> Vec<String> {
        std::mem::take(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
