//! Paths of names, indices and wildcards alone, as nearly all are: read in one go, without the parser.

use super::syntax::{Query, Segment, Selector};

/// No longer path is taken, nor an index of more digits.
const LONGEST: usize = 1_024;
const MOST_DIGITS: usize = 15;

/// `$.items[0]["id"]`, `$..id`, `$.items[*]`. Nothing where there is more in it, or something wrong.
pub(super) fn parse(text: &str) -> Option<Query> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'$') || bytes.len() > LONGEST {
        return None;
    }
    let mut segments = Vec::new();
    let mut at = 1;
    while at < bytes.len() {
        let rest = bytes.get(at..)?;
        let (descendant, selector, len) = match rest {
            [b'.', b'.', rest @ ..] => dotted(rest).map(|(selector, len)| (true, selector, len + 2)),
            [b'.', rest @ ..] => dotted(rest).map(|(selector, len)| (false, selector, len + 1)),
            [b'[', rest @ ..] => bracketed(rest).map(|(selector, len)| (false, selector, len + 1)),
            _ => None,
        }?;
        at += len;
        segments.push(Segment { descendant, selectors: vec![selector], end: at });
    }
    Some(Query { absolute: true, segments })
}

/// What is behind dots, and its length.
fn dotted(rest: &[u8]) -> Option<(Selector, usize)> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    match rest.first()? {
        b'*' => Some((Selector::Wildcard, 1)),
        first if is_word(first) && !first.is_ascii_digit() => {
            let len = rest.iter().take_while(|byte| is_word(byte)).count();
            // Names may go on with what isn't ASCII.
            if rest.get(len).is_some_and(|next| !next.is_ascii()) {
                return None;
            }
            Some((Selector::Name(owned(rest.get(..len)?)?), len))
        }
        _ => None,
    }
}

/// What is behind `[`, and its length, `]` included.
fn bracketed(rest: &[u8]) -> Option<(Selector, usize)> {
    let (selector, len) = match rest.first()? {
        b'*' => (Selector::Wildcard, 1),
        quote @ (b'"' | b'\'') => {
            let inside = rest.get(1..)?;
            let is_plain =
                |byte: &&u8| *byte != quote && !byte.is_ascii_control() && byte.is_ascii() && **byte != b'\\';
            let len = inside.iter().take_while(is_plain).count();
            if inside.get(len) != Some(quote) {
                return None;
            }
            (Selector::Name(owned(inside.get(..len)?)?), len + 2)
        }
        b'0'..=b'9' => {
            let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let digits =
                rest.get(..len).filter(|digits| len <= MOST_DIGITS && (len == 1 || digits.first() != Some(&b'0')))?;
            (Selector::Index(owned(digits)?.parse().ok()?), len)
        }
        _ => return None,
    };
    (rest.get(len) == Some(&b']')).then_some((selector, len + 1))
}

fn owned(text: &[u8]) -> Option<String> {
    std::str::from_utf8(text).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse as by_parser;
    use super::parse;

    proptest! {
        #[test]
        fn plain_paths_are_what_the_parser_reads(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    ".a", ".b_1", "._", "..c", ".*", "..*", "[*]", "[0]", "[12]", "[\"k\"]", "['k-l']", "[\"\"]", "[\"it's\"]", "..[0]", ".", "..", "[",
                    "]", "[-1]", "[01]", "[00]", "[a]", "[\"\\n\"]", "['\u{e9}']", ".\u{e9}", ".a\u{e9}", " ", "[ 0 ]", "[1:2]", "[?@.a]", "\"", ".1a", "[123456789012345]",
                    "[1234567890123456]", "$", ".a-b", "['a','b']", "\t", "[\"\u{7f}\"]", "['\u{1}']",
                ]),
                0..6,
            ),
        ) {
            let path = format!("${}", parts.concat());
            if let Some(plain) = parse(&path) {
                let (query, names) = by_parser::parse(&path).map_err(|error| TestCaseError::fail(format!("{path}: {}", error.message)))?;
                prop_assert!(names.is_empty());
                prop_assert_eq!(format!("{plain:?}"), format!("{query:?}"), "{}", path);
            }
        }
    }
}
