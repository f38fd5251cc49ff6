//! Every operator between every two kinds of values: the types that `check` knows, the values of a run, and the table.

use super::{project, run, said, spec};
use crate::value::{BinaryOp, Function, Kind, UnaryOp, Value};

/// A value of each kind as a spec writes it; a secret and a channel have no literals.
const WRITTEN: [(Kind, &str); 12] = [
    (Kind::Null, "null"),
    (Kind::Bool, "true"),
    (Kind::Number, "2"),
    (Kind::String, "\"ab\""),
    (Kind::Duration, "2s"),
    (Kind::Size, "2B"),
    (Kind::Percent, "2%"),
    (Kind::Rate, "2/s"),
    (Kind::Money, "$2"),
    (Kind::Bytes, "hex \"00ff\""),
    (Kind::List, "[1s, 2]"),
    (Kind::Object, "{ limit: 2s }"),
];

/// Whether `check` refuses a value, and what a run makes of it.
fn both(value: &str) -> (bool, Option<Value>) {
    let project = project(&spec(value, "n == 3"));
    let refused = said(&project).iter().any(|one| one.is_error() && project.sources.text(one.span) != "v");
    let refused =
        refused && said(&project).iter().any(|one| one.is_error() && one.code.name != "e2e::check::not_a_value");
    (refused, run(&project).and_then(|found| found.value))
}

#[test]
fn each_operator_takes_the_kinds_that_its_table_says() {
    let mut wrong = Vec::new();
    for op in BinaryOp::ALL {
        for (left, a) in WRITTEN {
            for (right, b) in WRITTEN {
                let text = format!("({a} {} {b})", op.sign());
                let (refused, value) = both(&text);
                let expected = op.result(left, right);
                // `==` of kinds that never meet is refused by `check`: it could only be a mistake.
                let compared =
                    matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) && !crate::value::may_be_equal(left, right);
                // `or` isn't decided by a left side that is no truth.
                let decided = op == BinaryOp::Or && left == Kind::Bool;
                if value.as_ref().map(Kind::of) != expected && !decided {
                    wrong.push(format!("{text}: a run gives {value:?}, the table {expected:?}"));
                }
                if refused != (expected.is_none() || compared) {
                    wrong.push(format!("{text}: `check` refuses it: {refused}, the table says {expected:?}"));
                }
            }
        }
    }
    for op in [UnaryOp::Minus, UnaryOp::Not] {
        for (kind, a) in WRITTEN {
            let text = format!("({} {a})", op.sign());
            let (refused, value) = both(&text);
            if value.as_ref().map(Kind::of) != op.result(kind) || refused != op.result(kind).is_none() {
                wrong.push(format!("{text}: refused {refused}, {value:?}, {:?}", op.result(kind)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_function_takes_the_kinds_that_its_table_says() {
    let mut wrong = Vec::new();
    for function in Function::all() {
        for (at, parameter) in function.parameters().iter().enumerate() {
            for (kind, written) in WRITTEN {
                let fitting =
                    |of: &[Kind]| WRITTEN.iter().find(|(kind, _)| of.contains(kind)).map_or("2", |(_, text)| text);
                let args: Vec<&str> = function
                    .parameters()
                    .iter()
                    .enumerate()
                    .map(|(place, of)| if place == at { written } else { fitting(of.kinds) })
                    .collect();
                let text = format!("{}({})", function.name(), args.join(", "));
                let (refused, value) = both(&text);
                if !parameter.kinds.contains(&kind) && (!refused || value.is_some()) {
                    wrong.push(format!("{text}: refused {refused}, {value:?}"));
                }
                if refused == value.is_some() {
                    wrong.push(format!("{text}: `check` refuses it: {refused}, and a run gives {value:?}"));
                }
                if let (Some(result), Some(value)) = (function.result(), &value)
                    && Kind::of(value) != result
                {
                    wrong.push(format!("{text}: {value:?} is no {result:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_absurd_is_a_diagnostic() {
    let doubled = |times: usize, begin: &str, step: &str| {
        let lines: String =
            (0..times).map(|at| format!("    let a{} = {}\n", at + 1, step.replace('@', &format!("a{at}")))).collect();
        format!(
            "suite \"S\" {{\n  test \"t\" {{\n    let a0 = {begin}\n{lines}    GET https://api.example.com/{{{{a{times}}}}} {{ expect status 200 }}\n  }}\n}}\n"
        )
    };
    for (begin, step) in [
        ("\"0123456789\"", "@ + @"),
        ("\"0123456789\"", "\"{{@}}{{@}}\""),
        ("[1, 2]", "@ + @"),
        ("[1s]", "[@, @]"),
        ("1", "[@]"),
        ("1", "{ x: @ }"),
        ("[1]", "{ x: @, y: @ }"),
    ] {
        let times = if step.contains("[@]") || step == "{ x: @ }" { 2000 } else { 60 };
        let project = project(&doubled(times, begin, step));
        said(&project);
        let last = run(&project).map(|found| found.value);
        assert_eq!(last, Some(None), "{begin} {step}");
    }
    for value in [
        "1e1000000000 + 1",
        "1e1000000000 * 1e1000000000",
        "1 / 3e1000000000",
        "9223372036854775807s * 9",
        "1e400% * 1e400",
        "0..9223372036854775807",
        "1 / 0",
        "1s / 0",
        "$1 / $0",
        "18446744073709551615B + 1",
    ] {
        let project = project(&spec(value, "n == 3"));
        said(&project);
        run(&project);
    }
}

#[test]
fn each_function_and_operator_is_explained() {
    let page = include_str!("../../../docs/language/values.md");
    for function in Function::all() {
        let usage = format!("`{}`", function.usage());
        assert!(page.contains(&usage), "docs/language/values.md lacks {usage}");
    }
    for op in BinaryOp::ALL {
        let sign = format!("`{}`", op.sign());
        assert!(page.contains(&sign), "docs/language/values.md lacks {sign}");
    }
}
