//! What is judged on the bytes of a response is judged as its tree is.

use std::time::Duration;

use super::{NoOne, exchange, plan, request};
use crate::eval::{Context, Focus, Parsed, Scope};
use crate::event::Plainly;
use crate::judge::load::QuickChecks;
use crate::judge::response;

const VALUES: [&str; 24] = [
    "null",
    "true",
    "false",
    "0",
    "7",
    "7.0",
    "-1",
    "1e400",
    "9007199254740993",
    r#""""#,
    r#"" ""#,
    r#""7""#,
    r#""x""#,
    r#""xyz""#,
    r#""2026-01-02T03:04:05Z""#,
    r#""3f333df6-90a4-4fda-8dd3-9485d27cee36""#,
    r#""\u00e9""#,
    r#""\ud800""#,
    "[]",
    "[7]",
    "[7,8,8]",
    r#"["x"]"#,
    "{}",
    r#"{"a":7,"a":8}"#,
];

const MATCHERS: [&str; 37] = [
    "== 7",
    "!= 7",
    "> 6",
    ">= 7",
    "< 7",
    "<= 6.5",
    "> 9007199254740992",
    "== \"x\"",
    "!= \"x\"",
    "in [7, \"x\"]",
    "not in [7]",
    "contains \"y\"",
    "not contains \"y\"",
    "starts with \"x\"",
    "ends with \"z\"",
    "matches /^x.z$/",
    "not matches /x/",
    "is string",
    "is number",
    "is integer",
    "is bool",
    "is null",
    "is array",
    "is object",
    "is uuid",
    "is timestamp",
    "is not string",
    "is blank",
    "is not blank",
    "is empty",
    "has length 3",
    "exists",
    "each > 6",
    "some == 8",
    "none == 8",
    "close to 7 ± 1",
    "is unique",
];

#[test]
fn values_are_judged_on_bytes_as_in_a_tree() {
    let mut held = 0;
    for matcher in MATCHERS {
        let plan = plan(&[format!("expect $.v {matcher}")]);
        let quick = QuickChecks::of(&request(&plan).checks);
        let quick = quick.unwrap_or_else(|| panic!("`{matcher}` isn't judged on bytes"));
        for value in VALUES.iter().map(|value| format!(r#"{{"v":{value}}}"#)).chain(["{}".to_owned()]) {
            let exchange = exchange("application/json", &value);
            let mut scope = Scope::new(&plan.suites[0].tests[0].frame);
            let judged = response(&plan, request(&plan), (&exchange, &Parsed::default()), &mut scope, &NoOne);
            let holds = judged.diagnostics.is_empty() && judged.expectations.iter().all(|one| one.weak.is_none());
            let nothing = Scope::default();
            let context = Context { plan: &plan, scope: &nothing, focus: Focus::Nothing, host: &NoOne };
            let headers = [("content-type", &b"application/json"[..])];
            let plainly = Plainly { status: 200, headers: &headers, body: value.as_bytes(), total: Duration::ZERO };
            let quickly = quick.hold(&plainly, &context);
            // What isn't there, and what is written in more than one way, may be left to the tree; it is never the other way round.
            let is_left = value == "{}" || value.contains("7.0");
            assert!(
                quickly == holds || (is_left && !quickly),
                "{matcher} of {value}: {quickly}, and by its tree {holds}"
            );
            held += usize::from(quickly);
        }
    }
    assert!(held > 140, "{held}");
}

#[test]
fn headers_are_judged_on_bytes_as_in_a_test() {
    for matcher in [
        "== 7",
        "> 6",
        "< 7",
        "!= \"x\"",
        "matches /7/",
        "is string",
        "is number",
        "is integer",
        "is blank",
        "has length 1",
        "in [\"7\", \"x\"]",
    ] {
        let plan = plan(&[format!("expect header Content-Type {matcher}")]);
        let quick = QuickChecks::of(&request(&plan).checks);
        let quick = quick.unwrap_or_else(|| panic!("`{matcher}` isn't judged on bytes"));
        for value in ["7", "8", "x", "", "7.0", "07", "1e400"] {
            let exchange = exchange(value, "");
            let mut scope = Scope::new(&plan.suites[0].tests[0].frame);
            let judged = response(&plan, request(&plan), (&exchange, &Parsed::default()), &mut scope, &NoOne);
            let holds = judged.diagnostics.is_empty() && judged.expectations.iter().all(|one| one.weak.is_none());
            let nothing = Scope::default();
            let context = Context { plan: &plan, scope: &nothing, focus: Focus::Nothing, host: &NoOne };
            let headers = [("content-type", value.as_bytes())];
            let plainly = Plainly { status: 200, headers: &headers, body: b"", total: Duration::ZERO };
            assert_eq!(quick.hold(&plainly, &context), holds, "{matcher} of {value:?}");
        }
    }
}

#[test]
fn what_needs_more_than_a_value_is_left_to_the_executor() {
    for expectation in ["$.v expires after 1d", "$.v == $.w", "$.v[*] each > 1", "$..v == 7", "$.v matches { a: 1 }"] {
        let plan = plan(&[format!("expect {expectation}")]);
        assert!(QuickChecks::of(&request(&plan).checks).is_none(), "{expectation}");
    }
}
