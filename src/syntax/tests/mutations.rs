//! Real specs, broken at random: never a panic, and every span in its place.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{FIXTURES, invariants};
use crate::source::SourceId;
use crate::syntax::parse;

/// One change of a text. Places are fractions of its length.
#[derive(Clone, Debug)]
enum Change {
    Delete { at: f64, len: usize },
    Duplicate { at: f64, len: usize, to: f64 },
    Insert { at: f64, text: String },
    Swap { at: f64 },
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "{{",
        "}}",
        "/",
        "//",
        "#",
        "##",
        "\n",
        "\n\n",
        ";",
        ",",
        ":",
        "=",
        "==",
        "$",
        "$.",
        "..",
        "\\",
        "\u{feff}",
        "é",
        "\u{201c}",
        "\u{a0}",
        "\r\n",
        "\t",
        "suite ",
        "test \"x\" {",
        "GET ",
        "expect ",
        "or {",
        "and ",
        "not ",
        "0",
        "9e9",
        "1_",
        "x",
    ]);
    prop_oneof![
        (0.0..1.0f64, 0usize..60).prop_map(|(at, len)| Change::Delete { at, len }),
        (0.0..1.0f64, 0usize..80, 0.0..1.0f64).prop_map(|(at, len, to)| Change::Duplicate { at, len, to }),
        (0.0..1.0f64, pieces).prop_map(|(at, text)| Change::Insert { at, text: text.to_owned() }),
        (0.0..1.0f64, "\\PC{0,8}").prop_map(|(at, text)| Change::Insert { at, text }),
        (0.0..1.0f64).prop_map(|at| Change::Swap { at }),
    ]
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn place(text: &str, at: f64) -> usize {
    boundary(text, (text.len() as f64 * at) as usize)
}

fn apply(text: &mut String, change: &Change) {
    match change {
        Change::Delete { at, len } => {
            let start = place(text, *at);
            let end = boundary(text, start + len).max(start);
            text.replace_range(start..end, "");
        }
        Change::Duplicate { at, len, to } => {
            let start = place(text, *at);
            let end = boundary(text, start + len).max(start);
            let copy = text[start..end].to_owned();
            let to = place(text, *to);
            text.insert_str(to, &copy);
        }
        Change::Insert { at, text: inserted } => {
            let at = place(text, *at);
            text.insert_str(at, inserted);
        }
        Change::Swap { at } => {
            let at = place(text, *at);
            let mut rest = text.split_off(at);
            rest.extend(text.drain(..));
            *text = rest;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, rng_seed: RngSeed::Fixed(7_919), ..ProptestConfig::default() })]

    #[test]
    fn broken_specs_never_panic(fixture in 0..FIXTURES.len(), changes in prop::collection::vec(change(), 1..6)) {
        let mut text = FIXTURES[fixture].1.to_owned();
        for change in &changes {
            apply(&mut text, change);
        }
        let parsed = parse(SourceId(0), &text);
        invariants::check(&text, &parsed);
    }

    #[test]
    fn bytes_at_random_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let parsed = parse(SourceId(0), &text);
        invariants::check(&text, &parsed);
    }

    #[test]
    fn tokens_at_random_never_panic(words in prop::collection::vec(change(), 0..40)) {
        let mut text = String::new();
        for change in &words {
            apply(&mut text, change);
        }
        let parsed = parse(SourceId(0), &text);
        invariants::check(&text, &parsed);
    }
}
