use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::{Bound, Range};

use super::edges::{self, Edges};
use super::view::View;
use super::{SHORTEST, forms};
use crate::diag::cut;

/// How much of a form is enough to know it by when the rest was cut off, in bytes; more, if a form takes more for the characters by which a secret is known
/// ([`forms::Form::beginning`]): 16 hexadecimal digits of hexadecimal digits are no more than four characters.
const BEGINNING: usize = 16;
/// Forms are kept whole up to this length, and while all of them together take no more than this.
const LONGEST_FORM: usize = 8192;
const MOST_BYTES: usize = 64 << 20;
/// How much of a form is kept beyond that.
const SHORT_FORM: usize = 64;
/// A long text is looked through in pieces, so that what is noted of it stays bounded. Pieces share as much as the longest secret may take in any form.
const PIECE: usize = 4 << 20;
/// How much of the end of a text is looked at for the beginning of a secret, and how long that must be, in bytes.
const MOST_UNFINISHED: usize = 1 << 16;
const SHORTEST_UNFINISHED: usize = 8;
/// How often encoded bytes are looked into for encoded bytes. Each time there are fewer of them.
const DEEPEST: usize = 4;

/// Finds secrets in texts, in whatever form. Adding one costs nothing but its own forms, and a search is linear in the text.
#[derive(Default)]
pub(super) struct Finder {
    plain: Table,
    decoded: Table,
    /// How far what is masked reaches beyond a form in the view.
    edges: HashMap<Box<[u8]>, Edges>,
    packed: Table,
    /// Of the longest secret, in bytes.
    longest: usize,
}

impl Finder {
    pub fn add(&mut self, secret: &str) {
        self.longest = self.longest.max(secret.len());
        // A host's name is written in small letters, and hexadecimal digits in either.
        let (lower, upper) = (secret.to_lowercase(), secret.to_uppercase());
        for text in [secret, &lower, &upper] {
            self.plain.add(text.as_bytes());
            let whole = View::both(text).0;
            if whole.bytes.len() < SHORTEST {
                // Of nothing but what is lost in a view, too little is left to find it by.
                for form in forms::texts(text, self.plain.bytes > MOST_BYTES) {
                    self.plain.add_known(&form.bytes, form.beginning);
                }
            }
            for (form, edges) in edges::forms(text, whole) {
                self.decoded.add(&form);
                if edges != Edges::default() {
                    self.edges.entry(form.into()).or_default().join(edges);
                }
            }
        }
        let full = self.packed.bytes > MOST_BYTES;
        for form in forms::packed(secret, if full { SHORT_FORM } else { LONGEST_FORM }) {
            self.packed.add_known(&form.bytes, form.beginning);
        }
    }

    /// The ranges to mask, in order, none within or next to another. Marks of cuts in the text are looked past.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        let marks = if cut::is_marked(text) { cut::marks(text) } else { Vec::new() };
        if marks.is_empty() {
            return self.find_plain(text);
        }
        let mut plain = String::with_capacity(text.len());
        // Where each stretch between marks begins, in the plain text and in the whole one.
        let mut stretches: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        for mark in marks.iter().chain([&(text.len()..text.len())]) {
            stretches.push((plain.len(), at));
            plain.push_str(text.get(at..mark.start).unwrap_or_default());
            at = mark.end;
        }
        let whole = |offset: usize| {
            let (plain, whole) = stretches[stretches.partition_point(|(plain, _)| *plain <= offset).saturating_sub(1)];
            whole + (offset - plain)
        };
        let found = self.find_plain(&plain);
        found.into_iter().map(|range| whole(range.start)..whole(range.end - 1) + 1).collect()
    }

    fn find_plain(&self, text: &str) -> Vec<Range<usize>> {
        if self.longest == 0 {
            return Vec::new();
        }
        let shared = (self.longest * 8).max(1 << 16);
        let mut found = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let end = boundary(text, from.saturating_add(PIECE.max(shared * 2)));
            self.find_piece(&text[from..end], from, DEEPEST, &mut found);
            if end == text.len() {
                break;
            }
            from = boundary(text, end - shared);
        }
        joined(found)
    }

    /// Where the longest beginning of a secret begins that a text ends with: at least as much as a secret is known by that was cut off, which is shorter here, since nothing
    /// but its end says that it isn't whole.
    pub fn unfinished(&self, text: &str) -> Option<(usize, String)> {
        let from = boundary(text, text.len().saturating_sub(self.longest.saturating_mul(4).min(MOST_UNFINISHED)));
        let end = text.get(from..)?;
        let plain = self.plain.unfinished(end.as_bytes());
        let decoded = View::both(end).0;
        let within = self.decoded.unfinished(&decoded.bytes);
        let within = within.map(|(at, _)| decoded.range(at..decoded.bytes.len()).start);
        let (mut start, whole) = match (plain, within) {
            (Some((at, form)), within) if within.is_none_or(|within| at <= within) => {
                (from + at, std::str::from_utf8(form).ok())
            }
            (_, within) => (from + within?, None),
        };
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        Some((start, whole.or(text.get(start..))?.to_owned()))
    }

    fn find_piece(&self, text: &str, from: usize, depth: usize, found: &mut Vec<Range<usize>>) {
        let mut add = |range: Range<usize>| {
            let (mut start, mut end) = (range.start, range.end);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            while !text.is_char_boundary(end) {
                end += 1;
            }
            if start < end {
                found.push(from + start..from + end);
            }
        };
        self.plain.find(text.as_bytes()).into_iter().for_each(&mut add);
        let (decoded, packed, runs) = View::all(text);
        for range in self.decoded.find(&decoded.bytes) {
            match self.edges.get(&decoded.bytes[range.clone()]) {
                Some(edges) => add(decoded.reaching(range, *edges, text.len())),
                None => add(decoded.range(range)),
            }
        }
        for range in self.packed.find(&packed.bytes) {
            let cut = range.len() == SHORT_FORM || range.len() >= LONGEST_FORM;
            let end = if cut { packed.run(text, range.end) } else { range.end };
            add(packed.range(range.start..end));
        }
        for (range, inner) in runs {
            if depth > 0 && self.holds(&inner, depth - 1) {
                add(range);
            }
        }
    }

    fn holds(&self, text: &str, depth: usize) -> bool {
        let mut found = Vec::new();
        self.find_piece(text, 0, depth, &mut found);
        !found.is_empty()
    }
}

/// Ranges in order, those that touch as one.
pub(super) fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Byte strings, found by how they begin.
#[derive(Default)]
struct Table {
    /// By how much of them is enough to know them by, in bytes.
    forms: BTreeMap<usize, BTreeSet<Box<[u8]>>>,
    beginnings: HashSet<u64>,
    /// A bit for each beginning, so that a place at which nothing begins costs next to nothing.
    bits: Vec<u64>,
    bytes: usize,
}

impl Table {
    fn add(&mut self, form: &[u8]) {
        self.add_known(form, BEGINNING);
    }

    /// A form whose first `enough` bytes are not found in other texts, either.
    fn add_known(&mut self, form: &[u8], enough: usize) {
        let Some(beginning) = beginning(form) else { return };
        if self.forms.entry(enough.max(BEGINNING)).or_default().insert(form.into()) {
            self.bytes += form.len();
            self.beginnings.insert(beginning);
            self.bits.resize(1 << 10, 0);
            let bit = bit(beginning);
            self.bits[bit >> 6] |= 1 << (bit & 63);
        }
    }

    /// Where forms are, or beginnings of them that are long enough. None overlap.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.forms.is_empty() {
            return found;
        }
        let mut at = 0;
        while let Some(beginning) = beginning(&bytes[at..]) {
            let bit = bit(beginning);
            let may = self.bits[bit >> 6] >> (bit & 63) & 1 == 1;
            let length = if may && self.beginnings.contains(&beginning) { self.length(&bytes[at..]) } else { 0 };
            if length > 0 {
                found.push(at..at + length);
            }
            at += length.max(1);
        }
        found
    }

    /// Where the longest beginning of a form begins that the bytes end with, and that form.
    fn unfinished(&self, bytes: &[u8]) -> Option<(usize, &[u8])> {
        let last = bytes.len().checked_sub(SHORTEST_UNFINISHED)?;
        (0..=last).find_map(|at| {
            let rest = &bytes[at..];
            let may = beginning(rest).is_some_and(|beginning| self.beginnings.contains(&beginning));
            // The first that isn't before it in their order begins with it, if any does.
            let mut all = self.forms.values().filter(|_| may);
            let form = all.find_map(|forms| {
                let next = forms.range::<[u8], _>((Bound::Included(rest), Bound::Unbounded)).next();
                next.filter(|form| form.starts_with(rest))
            })?;
            Some((at, &**form))
        })
    }

    /// How much of what begins here is a form, or the beginning of one.
    fn length(&self, rest: &[u8]) -> usize {
        self.forms.iter().map(|(enough, forms)| length(forms, *enough, rest)).max().unwrap_or(0)
    }
}

fn length(forms: &BTreeSet<Box<[u8]>>, enough: usize, rest: &[u8]) -> usize {
    // The form that has most in common with a text is one of its two neighbours in their order.
    let before = forms.range::<[u8], _>((Bound::Unbounded, Bound::Included(rest))).next_back();
    let after = forms.range::<[u8], _>((Bound::Excluded(rest), Bound::Unbounded)).next();
    let common = |form: &[u8]| form.iter().zip(rest).take_while(|(a, b)| a == b).count();
    let longest = before.into_iter().chain(after).map(|form| common(form)).max().unwrap_or(0);
    if longest >= enough {
        return longest;
    }
    (SHORTEST..=longest).rev().find(|length| forms.contains(&rest[..*length])).unwrap_or(0)
}

/// The first bytes as a number; `None` where there are too few.
fn beginning(bytes: &[u8]) -> Option<u64> {
    let first = bytes.first_chunk::<SHORTEST>()?;
    Some(first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn bit(beginning: u64) -> usize {
    (beginning.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}
