//! Texts that no person writes: each gets a diagnostic with a place, in bounded time and memory, and no panic.

use super::{diagnostics, invariants};
use crate::diag::Diagnostic;
use crate::source::SourceId;
use crate::syntax::{MAX_DIAGNOSTICS, parse};

const MIB: usize = 1024 * 1024;

/// Parses, checks what holds of every text, and gives the diagnostics, of which there is at least one and no flood.
fn survives(text: &str) -> Vec<Diagnostic> {
    let parsed = parse(SourceId(0), text);
    invariants::check(text, &parsed);
    assert!(!parsed.diagnostics.is_empty(), "no diagnostic for a text of {} bytes", text.len());
    assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS + 1);
    parsed.diagnostics
}

fn in_test(stmt: &str) -> String {
    format!("suite \"s\" {{\n  test \"t\" {{\n    {stmt}\n  }}\n}}\n")
}

#[test]
fn a_mebibyte_of_one_sign() {
    for sign in [
        "{", "}", "[", "(", ")", "/", "#", ";", ",", "$", ".", "-", "'", "\\", "`", "=", "a", "1", "\u{201c}",
        "\u{a0}", "\u{7f}",
    ] {
        let text = sign.repeat(MIB / sign.len());
        let parsed = parse(SourceId(0), &text);
        invariants::check(&text, &parsed);
        assert_eq!(parsed.diagnostics.is_empty(), sign == ";", "{sign}");
    }
}

#[test]
fn a_quarter_of_a_mebibyte_of_one_word_or_line() {
    let patterns = [
        "\"\n",
        "\"\"\"\n",
        "'''\n",
        "\\\"\"\"\n",
        "{{",
        "\"{{",
        "\"{{\" ",
        "{{\"",
        "a b ",
        "a\n",
        "suite\n",
        "suite \"\" {\n",
        "## x\n",
        "capture / x[ /x[ ",
        "let x = /[/ ",
        "let x = \"\n",
        "  }\n",
        "{\n",
        "[\n",
        "not ",
        "- ",
        "a.a",
        "a[0]",
        "f(",
        "if x\n",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\n",
        "GET {{",
        "GET {a {a ",
        "\u{201c}a",
        "`a",
        "x = `",
        "{ ] ",
        "[ } ) ",
        "or {",
        "$[?",
        "/* x */ ",
        "a\u{2028}",
        "\"${a}\" ",
        "expect $.a \n",
        "[{\"a\":",
    ];
    for pattern in patterns {
        survives(&pattern.repeat(MIB / 4 / pattern.len()));
    }
}

#[test]
fn a_quarter_of_a_mebibyte_in_one_statement() {
    for (before, middle, after) in [
        ("let x = \"", "é", "\""),
        ("let x = \"", "{{a}}", "\""),
        ("let x = '", "{{", "'"),
        ("let x = [", "1, ", "]"),
        ("let x = { ", "a: 1, ", "}"),
        ("json { ", "\"a\": [1], ", "}"),
        ("GET http://a/", "b", ""),
        ("let x = $", ".a", ""),
        ("tags ", "a, ", "a"),
    ] {
        let text = in_test(&format!("{before}{}{after}", middle.repeat(MIB / 4 / middle.len())));
        let parsed = parse(SourceId(0), &text);
        invariants::check(&text, &parsed);
    }
}

#[test]
fn a_hundred_thousand_nested_lists() {
    let text = in_test(&format!("let x = {}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let found = survives(&text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code.name, "e2e::syntax::nested_too_deeply");
    assert_eq!(&text[found[0].span.start as usize..found[0].span.end as usize], "[");
}

#[test]
fn nesting_up_to_the_limit_parses_and_one_more_does_not() {
    // The suite and the test are two levels.
    for (open, close) in [("[", "]"), ("(", ")"), ("{ a: ", "}"), ("f(", ")"), ("[{ a: ", "}]")] {
        let levels = 126 / open.matches(['[', '(', '{']).count();
        let nested = |levels: usize| in_test(&format!("let x = {}1{}", open.repeat(levels), close.repeat(levels)));
        assert!(diagnostics(&nested(levels)).is_empty(), "{open}");
        let found = diagnostics(&nested(levels + 1));
        assert_eq!(found.len(), 1, "{open}");
        assert_eq!(found[0].code.name, "e2e::syntax::nested_too_deeply");
    }
    let blocks = in_test(&format!("{}wait 1s{}", "within 1s {\n".repeat(126), "\n}".repeat(126)));
    assert!(diagnostics(&blocks).is_empty());
    let partial = in_test(&format!("expect a matches {}1{}", "{ a: [".repeat(63), "] }".repeat(63)));
    assert!(diagnostics(&partial).is_empty());
    let types = format!("shape S {{ a: {}string{} }}", "[".repeat(127), "]".repeat(127));
    assert!(diagnostics(&types).is_empty());
    let path = in_test(&format!("expect ${}{} exists", "[?@".repeat(60), "]".repeat(60)));
    assert!(diagnostics(&path).is_empty());
}

#[test]
fn two_hundred_thousand_operators() {
    for (first, next) in [
        ("1", " + 1"),
        ("a", " and a"),
        ("", "not "),
        ("", "-"),
        ("a", ".b"),
        ("a", "[0]"),
        ("f", "()"),
        ("a", " - (b)"),
        ("a", " / b"),
    ] {
        let tail = if first.is_empty() { "a" } else { "" };
        let text = in_test(&format!("let x = {first}{}{tail}", next.repeat(200_000)));
        let found = survives(&text);
        assert_eq!(found.len(), 1, "{next}");
        assert_eq!(found[0].code.name, "e2e::syntax::expression_too_long", "{next}");
    }
    let text = in_test(&format!("expect $.a {}== 1", "each ".repeat(200_000)));
    assert_eq!(survives(&text)[0].code.name, "e2e::syntax::expression_too_long");
}

#[test]
fn long_but_flat_texts_are_fine() {
    let list = in_test(&format!("let x = [{}]", "a + b,\n".repeat(20_000)));
    assert!(diagnostics(&list).is_empty());
    let sum = in_test(&format!("let x = a{}", " + a".repeat(200)));
    assert!(diagnostics(&sum).is_empty());
    let file = in_test(&"let x = a + 1\n".repeat(20_000));
    assert!(diagnostics(&file).is_empty());
}

#[test]
fn ends_in_the_middle() {
    for text in [
        "suite \"a\" {",
        "suite",
        "suite \"",
        "suite \"a\" {\n  test \"b\" {\n    GET",
        "let",
        "\"\"\"",
        "'''",
        "import",
        "/",
        "{{",
        "\u{feff}x",
        "suite \"a\" { test \"b\" { let x = \"\\",
    ] {
        survives(text);
    }
}
