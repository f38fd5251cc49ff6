//! What a JSON text will take of memory, before it is read: `[],` has three bytes, and takes seventy.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::Json;

/// What the counts of a list or an object take, and what the allocator adds, in bytes.
const GROUP: u64 = 48;
/// The same of a string.
const TEXT: u64 = 32;

impl Json {
    /// The most bytes of memory that a byte of a JSON text takes: a list in a list has two.
    pub const MOST_PER_BYTE: u64 = (GROUP + NODE) / 2;

    /// About how many bytes of memory the tree of a text takes, whether or not the text is JSON. In one pass.
    pub fn weigh(text: &[u8]) -> u64 {
        let mut weight = NODE;
        // As in the reader, names that occur again and again are kept once; of a short text they weigh little, and are all counted.
        let is_short = text.len() <= SHORT;
        let mut names: HashSet<&[u8], RandomState> = HashSet::default();
        let mut rest = text;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b',' => weight += NODE,
                b':' => weight += NAME,
                b'[' | b'{' => {
                    rest = rest.trim_ascii_start();
                    // Each element but the first has a comma before it.
                    let has_element = !matches!(rest.first(), Some(b']' | b'}'));
                    weight += GROUP + if has_element { NODE } else { 0 };
                }
                b'"' => {
                    let (string, behind) = rest.split_at(end_of_string(rest));
                    rest = behind.get(1..).unwrap_or_default();
                    while let Some((b' ' | b'\t' | b'\n' | b'\r', after)) = rest.split_first() {
                        rest = after;
                    }
                    let is_name = rest.first() == Some(&b':');
                    let is_known = !is_short
                        && is_name
                        && (names.contains(string) || (names.len() < MOST_NAMES && !names.insert(string)));
                    if !is_known {
                        weight += TEXT + string.len() as u64;
                    }
                }
                _ => {}
            }
        }
        weight
    }
}

const NODE: u64 = size_of::<Json>() as u64;
/// A member beside its value.
const NAME: u64 = 16;
/// In bytes.
const SHORT: usize = 8 << 10;
const MOST_NAMES: usize = 4096;

/// Where the quote is that ends a string, or the text's end.
fn end_of_string(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_weighed_by_its_parts() {
        let weight = |text: &str| Json::weigh(text.as_bytes());
        let per = |piece: &str| weight(&piece.repeat(10_000)) / 10_000;
        assert!((70..80).contains(&per("[],")), "{}", per("[],"));
        assert!((24..30).contains(&per("1,")), "{}", per("1,"));
        // Strings hold what they hold, and a name that is known holds nothing.
        assert_eq!(weight(r#""[[[,,,\"[[[""#), NODE + TEXT + 11);
        assert!(per(r#"{"n":1},"#) < per(r#"{"n":"1"},"#));
        for most in ["[]", "[[[]]]", "[[],[]]", r#"{"":{"":[]}}"#, r#"["","a"]"#, "[0,1,2,3]"] {
            let bound = most.len() as u64 * Json::MOST_PER_BYTE + NODE;
            assert!(weight(most) <= bound, "{most}: {} of {bound}", weight(most));
        }
        for odd in ["", "\"", "\"\\", "\"a\\\"", "{\"a\" ", "]]]"] {
            assert!(weight(odd) < 1000, "{odd}");
        }
    }
}
