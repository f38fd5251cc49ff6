//! What `check` knows of constants is what a run finds: random expressions and matchers, through both.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::super::constant;
use super::super::scope::{Binding, Kind, Scope};
use super::super::types::Ty;
use super::{project, run, said, spec};
use crate::project::Project;
use crate::syntax::ast::{Expr, ItemKind, StmtKind, SuiteEntryKind};
use crate::syntax::words::{Fits, Plain, WithOperand};
use crate::value::named::NAMED;
use crate::value::{Kind as ValueKind, equal};

type Text = BoxedStrategy<String>;

fn any_of(texts: &[&'static str]) -> Text {
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned).boxed()
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "(-1)",
    "1.0",
    "2.5",
    "0.1",
    "1_000",
    "9007199254740993",
    "9007199254740992",
    "123456789012345678901234567890",
    "1e400",
    "1e1000000000",
    "n",
    "obj.n",
    "list[1]",
    "list[-1]",
    "obj.l[1]",
];
const TEXTS: &[&str] = &[
    "\"a\"",
    "\"abc\"",
    "\"\"",
    "\"12\"",
    "'raw {x}'",
    "\"2026-01-01T00:00:00Z\"",
    "\"2026-01-01T01:00:00+01:00\"",
    "\"e30=\"",
    "text",
    "obj.s",
    "obj[\"s\"]",
];
/// Amounts, those of one kind together.
const AMOUNTS: [&[&str]; 5] = [
    &["250ms", "1s", "2s", "1m30s", "obj.limit", "obj.l[0]"],
    &["3B", "10KB", "1MiB", "2B"],
    &["95%", "5%", "100%", "0.5%"],
    &["200/s", "0.5/s"],
    &["$5", "$1.5K", "$0.1", "obj.l[2]"],
];
/// What has no value, or isn't what is around it expects.
const ODD: &[&str] = &["null", "hex \"00ff\"", "list[9]", "obj.none", "(1s - 2s)", "(1 / 0)", "{ x: 1 }", "[]"];

/// Expressions of one kind, mostly.
#[derive(Clone)]
struct Kinds {
    number: Text,
    text: Text,
    truth: Text,
    amounts: Vec<Text>,
    list: Text,
    object: Text,
}

impl Kinds {
    fn leaves() -> Kinds {
        Kinds {
            number: any_of(NUMBERS),
            text: any_of(TEXTS),
            truth: any_of(&["true", "false"]),
            amounts: AMOUNTS.iter().map(|texts| any_of(texts)).collect(),
            list: any_of(&["list", "obj.l", "[1, 2]", "[\"a\", \"b\"]", "[1s, 2s]", "[3, 1, 2]", "1..4"]),
            object: any_of(&["obj", "{ x: 1s, y: 2 }", "{ x: [1, { z: 5% }] }", "{ \"x\": \"a\", n: 3 }"]),
        }
    }

    fn amount(&self) -> Text {
        proptest::strategy::Union::new(self.amounts.clone()).boxed()
    }

    fn any(&self) -> Text {
        prop_oneof![
            self.number.clone(),
            self.text.clone(),
            self.truth.clone(),
            self.amount(),
            self.list.clone(),
            self.object.clone()
        ]
        .boxed()
    }

    /// As an operand: rarely of a kind that doesn't fit.
    fn operand(&self, fitting: &Text) -> Text {
        prop_oneof![40 => fitting.clone(), 1 => any_of(ODD), 1 => self.any()].boxed()
    }

    /// Expressions that are made of these.
    fn deeper(&self) -> Kinds {
        let (number, text, truth) = (self.operand(&self.number), self.operand(&self.text), self.operand(&self.truth));
        let (list, object, any) = (self.operand(&self.list), self.operand(&self.object), self.operand(&self.any()));
        let joined = |a: &Text, signs: &[&'static str], b: &Text| {
            (a.clone(), any_of(signs), b.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")).boxed()
        };
        let called = |names: &[&'static str], of: &Text| {
            (any_of(names), of.clone()).prop_map(|(name, of)| format!("{name}({of})")).boxed()
        };
        let amounts: Vec<Text> = self.amounts.iter().map(|amount| self.operand(amount)).collect();
        let ratio = amounts.iter().map(|amount| joined(amount, &["/"], amount)).collect::<Vec<_>>();
        let ordered = amounts.iter().map(|amount| joined(amount, &["<", "<=", ">", ">=", "==", "!="], amount));
        let ordered = ordered.collect::<Vec<_>>();
        let scaled = |amount: &Text| {
            prop_oneof![
                2 => joined(amount, &["+", "-"], amount),
                1 => joined(amount, &["*", "/"], &number),
                1 => joined(&number, &["*"], amount),
            ]
        };
        Kinds {
            number: prop_oneof![
                3 => self.number.clone(),
                6 => joined(&number, &["+", "-", "*", "/"], &number),
                1 => number.clone().prop_map(|a| format!("(-{a})")),
                1 => called(&["length", "number"], &text),
                1 => called(&["length"], &list),
                1 => proptest::strategy::Union::new(ratio),
                1 => (number.clone(), any.clone()).prop_map(|(a, b)| format!("[{b}, {a}][1]")),
                1 => number.clone().prop_map(|a| format!("{{ x: {a} }}.x")),
            ]
            .boxed(),
            text: prop_oneof![
                2 => self.text.clone(),
                2 => joined(&text, &["+"], &text),
                2 => called(&["lower", "upper", "trim", "url_encode", "base64_decode", "hex_encode", "text"], &text),
                2 => called(&["base64", "base64url", "sha256", "url_encode"], &any),
                1 => (any.clone(), any.clone()).prop_map(|(a, b)| format!("\"<{{{{{a}}}}}|{{{{{b}}}}}>\"")),
                1 => (list.clone(), text.clone()).prop_map(|(a, b)| format!("join({a}, {b})")),
                1 => (any.clone(), text.clone()).prop_map(|(a, b)| format!("hmac_sha256({a}, {b})")),
            ]
            .boxed(),
            truth: prop_oneof![
                1 => joined(&truth, &["and", "or"], &truth),
                1 => truth.clone().prop_map(|a| format!("(not {a})")),
                2 => joined(&number, &["<", "<=", ">", ">=", "==", "!="], &number),
                1 => joined(&text, &["<", "<=", ">", ">=", "==", "!="], &text),
                1 => joined(&list, &["==", "!="], &list),
                1 => joined(&object, &["==", "!="], &object),
                2 => proptest::strategy::Union::new(ordered),
            ]
            .boxed(),
            amounts: amounts
                .iter()
                .zip(&self.amounts)
                .map(|(deep, own)| prop_oneof![own.clone(), scaled(deep)].boxed())
                .collect(),
            list: prop_oneof![
                2 => self.list.clone(),
                2 => (any.clone(), any.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
                1 => (number.clone(), number.clone(), number.clone()).prop_map(|(a, b, c)| format!("[{a}, {b}, {c}]")),
                1 => joined(&list, &["+"], &list),
                1 => (text.clone(), text.clone()).prop_map(|(a, b)| format!("split({a}, {b})")),
            ]
            .boxed(),
            object: prop_oneof![
                1 => self.object.clone(),
                2 => (any.clone(), any.clone()).prop_map(|(a, b)| format!("{{ x: {a}, \"y\": {b} }}")),
                1 => (text, any).prop_map(|(a, b)| format!("{{ \"k{{{{{a}}}}}\": {b}, n: n }}")),
            ]
            .boxed(),
        }
    }
}

/// A value, and a matcher that mostly suits it.
fn value_and_matcher() -> impl Strategy<Value = (String, String)> {
    let kinds = Kinds::leaves().deeper().deeper();
    let with = |word: &[&'static str], operand: &Text| {
        (any_of(word), operand.clone()).prop_map(|(word, operand)| format!("{word} {operand}")).boxed()
    };
    const ORDER: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "equals"];
    let named: Vec<String> = NAMED.iter().map(|ty| format!("is {}", ty.name)).collect();
    let types = prop_oneof![
        3 => prop::sample::select(named),
        1 => any_of(&["is [number]", "is number or string", "is [integer]", "is { x: integer }", "exists"]),
    ]
    .boxed();
    let within = |of: &Text| (of.clone(), of.clone()).prop_map(|(a, b)| format!("in [{a}, {b}]")).boxed();
    let close = |of: &Text| (of.clone(), of.clone()).prop_map(|(a, b)| format!("close to {a} ± {b}")).boxed();
    let ranges = any_of(&["in 1..3", "in 0.5..2.5", "in 0..0", "in 1s..2s", "in 2B..10KB"]);
    // Those that the table says fit.
    let plain = |fits: &[Fits]| -> Vec<&'static str> {
        let rows = Plain::ALL.iter().map(|word| word.row());
        rows.filter(|row| fits.contains(&row.fits)).map(|row| row.word).collect()
    };
    let taking = |fits: Fits| -> Vec<&'static str> {
        let rows = WithOperand::ALL.iter().map(|word| word.row());
        rows.filter(|row| row.fits == fits).map(|row| row.word).collect()
    };
    let of_text = prop_oneof![
        with(&[taking(Fits::Searched), taking(Fits::Text)].concat(), &kinds.text),
        any_of(&["matches /a/", "matches /^1/i", "matches /.*/"]),
        any_of(&plain(&[Fits::Anything, Fits::Length])),
        with(&taking(Fits::Length), &kinds.number),
    ]
    .boxed();
    let inner = prop_oneof![with(ORDER, &kinds.number), types.clone()].boxed();
    let of_list = prop_oneof![
        any_of(&["is sorted", "is sorted descending", "matches [1, 2, 3]", "matches [any, any]"]),
        any_of(&plain(&[Fits::Anything, Fits::Length, Fits::List])),
        with(&taking(Fits::Searched), &kinds.any()),
        with(&taking(Fits::Length), &kinds.number),
        // One that there is whatever the table says, since nothing can be chosen from nothing.
        with(&[taking(Fits::List), vec!["equals"]].concat(), &kinds.list),
        (any_of(&["each", "some", "none"]), inner).prop_map(|(word, inner)| format!("{word} {inner}")),
    ]
    .boxed();
    let of_object = prop_oneof![
        any_of(&["matches { limit: any duration }", "matches { x: > 2, y: any }", "matches { n: 3 }", "has length 2"]),
        kinds.any().prop_map(|value| format!("matches {{ x: {value} }}")),
        with(&taking(Fits::Searched), &kinds.text),
    ]
    .boxed();
    let alike = |of: &Text| prop_oneof![3 => with(ORDER, of), 1 => within(of), 1 => types.clone()].boxed();
    let numeric = |of: &Text| prop_oneof![3 => alike(of), 1 => close(of), 1 => ranges.clone()].boxed();
    let mut pairs = vec![
        (kinds.number.clone(), numeric(&kinds.number)),
        (kinds.text.clone(), prop_oneof![alike(&kinds.text), of_text].boxed()),
        (kinds.truth.clone(), alike(&kinds.truth)),
        (kinds.list.clone(), prop_oneof![alike(&kinds.list), of_list].boxed()),
        (kinds.object.clone(), prop_oneof![alike(&kinds.object), of_object].boxed()),
    ];
    pairs.extend(kinds.amounts.iter().map(|amount| (amount.clone(), numeric(amount))));
    let pairs = pairs.into_iter().map(|(value, matcher)| {
        let matcher = prop_oneof![4 => matcher.clone(), 1 => matcher.prop_map(|inner| format!("not {inner}"))];
        (value, matcher).boxed()
    });
    proptest::strategy::Union::new(pairs)
}

/// The values that names have in the test, and the last of them as it is written.
fn known(project: &Project) -> Option<(Scope<'_>, &Expr)> {
    let [item] = project.modules.first()?.ast.items.as_slice() else { return None };
    let ItemKind::Suite(suite) = &item.kind else { return None };
    let SuiteEntryKind::Test(test) = &suite.entries.first()?.kind else { return None };
    let mut scope = Scope::new();
    let mut last = None;
    for step in &test.body.stmts {
        let StmtKind::Let { name, value } = &step.kind else { break };
        last = Some(value);
        let constant = constant::of(value, Some(&scope));
        scope.bind(&name.text, Binding { span: name.span, kind: Kind::Let, ty: Ty::Unknown, constant, channel: None });
    }
    Some((scope, last?))
}

/// A value that `check` knows is the one that a run finds; of what has none, `check` says so. What `check` calls always or never true is, and there is no
/// third: everything here is constant.
fn judge(value: &str, expectation: &str, seen: &Seen) -> Result<(), TestCaseError> {
    let text = spec(value, expectation);
    let project = project(&text);
    let said = said(&project);
    if said.iter().any(|one| one.code.name.starts_with("e2e::syntax::")) {
        // The generator knows less of the grammar than the parser: that is no matter of values.
        return Ok(());
    }
    let found = run(&project);
    let known = known(&project);
    let line = |of: u32| text.get(..of as usize).map_or(0, |before| before.lines().count());
    let line_of = |part: &str| text.lines().position(|line| line.trim_start().starts_with(part)).map_or(0, |at| at + 1);
    let (value_line, expect_line) = (line_of("let v"), line_of("expect"));
    let on = |at: usize| said.iter().filter(move |one| line(one.span.start + 1) == at);
    let wrong = |at: usize| on(at).any(|one| one.is_error());
    let all: Vec<String> = said.iter().map(|one| format!("{} {}", one.code.name, one.message)).collect();

    let Some(found) = found else {
        prop_assert!(wrong(value_line) || wrong(expect_line), "only the plan refuses: {text}\n{all:?}");
        return Ok(());
    };
    count(if found.value.is_some() { &seen.values } else { &seen.none });
    if let Some((scope, expr)) = &known {
        let constant = constant::of(expr, Some(scope));
        match (&constant, &found.value) {
            (Some(constant), Some(value)) => {
                let constant = constant.value();
                prop_assert_eq!(ValueKind::of(constant), ValueKind::of(value), "{}", text);
                prop_assert!(equal(constant, value), "{constant:?} and {value:?}: {text}");
                prop_assert_eq!(constant.to_text(), value.to_text(), "{}", text);
            }
            (Some(constant), None) => prop_assert!(false, "a run has no {constant:?}: {text}"),
            (None, Some(value)) => prop_assert!(false, "`check` doesn't know {value:?}: {text}\n{all:?}"),
            (None, None) => {
                prop_assert!(wrong(value_line), "`check` says nothing of what has no value: {text}\n{all:?}")
            }
        }
    }
    if found.value.is_none() {
        return Ok(());
    }
    let has = |code: &str| on(expect_line).any(|one| one.code.name.ends_with(code));
    if has("always_holds") {
        count(&seen.always);
        prop_assert!(found.holds, "always holds, and doesn't: {text}\n{all:?}");
    } else if has("never_holds") {
        count(&seen.never);
        prop_assert!(!found.holds, "never holds, and does: {text}\n{all:?}");
    } else if !wrong(expect_line) && !wrong(value_line) {
        prop_assert!(false, "`check` doesn't know whether this holds: {text}\n{all:?}");
    }
    Ok(())
}

/// How many of the random cases came to something.
#[derive(Default)]
struct Seen {
    values: Cell<u32>,
    none: Cell<u32>,
    always: Cell<u32>,
    never: Cell<u32>,
}

fn count(of: &Cell<u32>) {
    of.set(of.get() + 1);
}

fn each_case<S: Strategy>(strategy: S, judge: impl Fn(S::Value, &Seen) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        cases: 800,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(41),
        ..ProptestConfig::default()
    };
    let seen = Seen::default();
    if let Err(error) = TestRunner::new(config).run(&strategy, |case| judge(case, &seen)) {
        panic!("{error}");
    }
    let counts = [&seen.values, &seen.always, &seen.never].map(Cell::get);
    assert!(
        counts.iter().all(|count| *count >= 30),
        "too few values, `always` or `never`: {counts:?}, {}",
        seen.none.get()
    );
}

#[test]
fn what_check_calculates_is_what_a_run_finds() {
    each_case(value_and_matcher(), |(value, matcher), seen| judge(&value, &format!("v {matcher}"), seen));
}

#[test]
fn what_check_knows_of_an_expression_is_what_a_run_finds() {
    each_case(value_and_matcher(), |(value, matcher), seen| judge("1", &format!("({value}) {matcher}"), seen));
}
