//! Each mistake gets one diagnostic: its code, the exact place, and a help that fixes it.

use super::{diagnostics, shown};
use crate::diag::fix;
use crate::source::Sources;

/// Where a snippet is.
#[derive(Clone, Copy)]
enum In {
    File,
    Suite,
    Test,
    Request,
    Pattern,
    Environment,
    Plan,
    Load,
    Stages,
    Arrivals,
}

fn wrapped(place: In, snippet: &str) -> String {
    let (before, after) = match place {
        In::File => ("", ""),
        In::Suite => ("suite \"s\" {\n  ", "\n}\n"),
        In::Test => ("suite \"s\" {\n  test \"t\" {\n    ", "\n  }\n}\n"),
        In::Request => ("suite \"s\" {\n  test \"t\" {\n    GET http://a {\n      ", "\n    }\n  }\n}\n"),
        In::Pattern => ("suite \"s\" {\n  test \"t\" {\n    expect on c in order {\n      ", "\n    }\n  }\n}\n"),
        In::Environment => ("environment e {\n  ", "\n}\n"),
        In::Load => ("load \"l\" {\n  ", "\n}\n"),
        In::Stages => ("load \"l\" {\n  stages {\n    ", "\n  }\n}\n"),
        In::Arrivals => ("load \"l\" {\n  arrivals {\n    ", "\n  }\n}\n"),
        In::Plan => ("plan p {\n  phase \"a\" { run everything not run }\n  ", "\n}\n"),
    };
    format!("{before}{snippet}{after}")
}

#[test]
fn each_mistake_has_its_diagnostic() {
    let mut wrong = Vec::new();
    for (place, snippet, code, at, help) in CASES {
        let text = wrapped(*place, snippet);
        let found = diagnostics(&text);
        let right = found.len() == 1
            && found[0].code.name == format!("e2e::syntax::{code}")
            && &text[found[0].span.start as usize..found[0].span.end as usize] == *at
            && found[0].help.as_deref().is_some_and(|text| text.contains(help));
        if !right {
            wrong.push(format!(
                "`{snippet}`: {code} at `{at}` with `{help}` was expected, but there was\n{}",
                shown(&text, &found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is safe leaves nothing that is wrong with a snippet that has one mistake, and writes what the help shows.
#[test]
fn a_safe_fix_leaves_no_mistake() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (place, snippet, ..) in CASES {
        let text = wrapped(*place, snippet);
        let mut sources = Sources::new();
        let id = sources.add("spec.e2e", text.as_str());
        let file = sources.get(id).unwrap();
        for one in diagnostics(&text) {
            let Some(fix) = &one.fix else { continue };
            let applied = fix::apply(file, [fix]);
            let left = diagnostics(&applied.text);
            let help = one.help.unwrap_or_default();
            seen += usize::from(fix.is_safe());
            if applied.made != 1 || fix.is_safe() && !left.is_empty() {
                wrong.push(format!("`{snippet}` ({help}):\n{}\n{}", applied.text, shown(&applied.text, &left)));
            }
            let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let written =
                help.split_once("write `").and_then(|(_, rest)| rest.split_once('`')).map(|(text, _)| line(text));
            if written.is_some_and(|written| !line(&applied.text).contains(&written)) {
                wrong.push(format!("`{snippet}`: {help}, and not\n{}", applied.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 60, "only {seen} safe fixes");
}

/// The place, the snippet, the code, the text that the span covers, and a part of the help.
const CASES: &[(In, &str, &str, &str, &str)] = &[
    // Words
    (In::Request, "expct status 200", "misspelt_keyword", "expct", "`expect status 200`"),
    (In::Request, "expect $.a contians \"x\"", "misspelt_keyword", "contians", "expect $.a contains \"x\""),
    (In::Request, "expect $.a strats with \"x\"", "misspelt_keyword", "strats with", "expect $.a starts with \"x\""),
    (In::Request, "retry 3 tmes", "misspelt_keyword", "tmes", "retry 3 times"),
    (In::Pattern, "event \"x\" witin 5s", "misspelt_keyword", "witin", "event \"x\" within 5s"),
    (In::Pattern, "event \"x\" at lest 3 times", "misspelt_keyword", "at lest", "at least 3 times"),
    (
        In::Plan,
        "abort when every websockets fail",
        "misspelt_keyword",
        "every websockets fail",
        "`abort when every websocket fails`",
    ),
    (In::Suite, "at risk 120K MRR", "unknown_unit", "K", "`$120K`"),
    (In::Plan, "gate succes > 90%", "misspelt_keyword", "succes", "`gate success > 90%`"),
    (In::Plan, "gate success rate > 90%", "misspelt_keyword", "success rate", "`gate success > 90%`"),
    (In::Plan, "gate pass rate > 90%", "misspelt_keyword", "pass rate", "`gate success > 90%`"),
    (In::Plan, "gate eror rate < 1%", "misspelt_keyword", "eror rate", "`gate error rate < 1%`"),
    (In::Plan, "gate p95 < 2s", "misspelt_keyword", "p95", "`gate p95(time) < 2s`"),
    (In::Suite, "tset \"x\" { wait 1s }", "misspelt_keyword", "tset", "`test \"x\"`"),
    (
        In::Test,
        "websoket chat {{env.ws}}?x=1 { expect status 101 }",
        "misspelt_keyword",
        "websoket",
        "`websocket chat {{env.ws}}?x=1`",
    ),
    (In::Request, "eiter { expect status 200 } or { expect status 404 }", "misspelt_keyword", "eiter", "`either"),
    (In::File, "sute \"x\" {\n  priority P1\n}", "misspelt_keyword", "sute", "`suite \"x\"`"),
    (In::File, "service x {\n}", "misplaced_statement", "service", "it belongs in an environment"),
    (In::File, "GET http://a { expect status 200 }", "misplaced_statement", "GET", "put it into a test"),
    (In::File, "test \"x\" { wait 1s }", "misplaced_statement", "test", "put it into a suite"),
    (In::Test, "header X: 1", "misplaced_statement", "header", "the block of a request"),
    (In::Test, "return 5", "misplaced_statement", "return", "only flows return"),
    (In::Suite, "wait 5s", "misplaced_statement", "wait", "put it into a test"),
    (In::File, "frobnicate the server", "unknown_statement", "frobnicate", "`import`, `environment`, `suite`"),
    (In::Test, "if status == 200 { wait 1s }", "control_flow", "if", "one test for each case"),
    (In::Test, "while true { wait 1s }", "control_flow", "while", "eventually within 30s"),
    (In::Test, "sleep 5s", "foreign_statement", "sleep", "`wait 2s`"),
    (In::Test, "wait for 5s", "foreign_statement", "for", "`wait 5s`"),
    (In::Request, "assert status == 200", "foreign_statement", "assert", "`expect SUBJECT MATCHER`"),
    (In::Suite, "Given a user", "foreign_statement", "Given", "before each"),
    (In::Request, "then status 200", "foreign_statement", "then", "`expect status 200`"),
    (In::Request, "[Asserts]", "foreign_statement", "[", "`expect …`"),
    (In::Suite, "- name: x", "foreign_statement", "-", "without the dash"),
    (In::File, "describe \"x\" {\n}", "foreign_statement", "describe", "suite"),
    (In::Request, "status 200", "missing_expect", "status", "`expect status 200`"),
    (In::Request, "HTTP 200", "missing_expect", "HTTP", "`expect status 200`"),
    (In::Request, "$.id exists", "missing_expect", "$", "`expect $.id exists`"),
    (
        In::Request,
        "Content-Type: application/json",
        "header_line",
        "Content",
        "`header Content-Type: \"application/json\"`",
    ),
    (In::Request, "Authorization: Bearer {{token}}", "header_line", "Authorization", "`bearer token`"),
    (In::Test, "get http://a { expect status 200 }", "method_spelling", "get", "`GET http://a"),
    (In::Test, "GTE http://a { expect status 200 }", "method_spelling", "GTE", "`GET`"),
    (In::Test, "PURGE http://a { expect status 200 }", "method_spelling", "PURGE", "`request PURGE http://a"),
    (In::Test, "x = 5", "missing_let", "x", "`let x = 5`"),
    (In::Test, "login.logout(token)", "missing_call", "login", "`call login.logout(token)`"),
    // Operators and matchers
    (In::Request, "expect status = 200", "single_equals", "=", "`expect status == 200`"),
    (In::Request, "expect $.a === 5", "foreign_operator", "===", "`expect $.a == 5`"),
    (In::Test, "let a = b && c", "foreign_operator", "&&", "`let a = b and c`"),
    (In::Test, "let a = b || c", "foreign_operator", "||", "`let a = b or c`"),
    (In::Test, "let a = !b", "foreign_operator", "!", "`let a = not b`"),
    (In::Request, "expect status 200 or 201", "value_alternatives", "or 201", "`expect status in [200, 201]`"),
    (In::Request, "expect status == 200, 201", "value_alternatives", ", 201", "`expect status in [200, 201]`"),
    (In::Request, "expect status 200 and time < 2s", "joined_expectations", "and", "`expect time < 2s`"),
    (In::Request, "expect status 200 and expect time < 2s", "joined_expectations", "and", "`expect time < 2s`"),
    (In::Request, "expect $.a is equal to 5", "foreign_matcher", "is equal to", "`expect $.a == 5`"),
    (In::Request, "expect $.a is a string", "foreign_matcher", "is a", "`expect $.a is string`"),
    (In::Request, "expect $.a is in [1, 2]", "foreign_matcher", "is in", "`expect $.a in [1, 2]`"),
    (In::Request, "expect $.a includes \"x\"", "foreign_matcher", "includes", "`expect $.a contains \"x\"`"),
    (In::Request, "expect $.a greater than 5", "foreign_matcher", "greater than", "`expect $.a > 5`"),
    (In::Request, "expect $.a 5", "missing_matcher", "5", "`expect $.a == 5`"),
    (In::Request, "expect $.a", "missing_matcher", "$.a", "`expect $.a == …`"),
    (In::Request, "expect $.content-type == \"x\"", "dashed_key", "-type", "$[\"content-type\"]"),
    (In::Request, "expect status", "missing_matcher", "status", "`expect status == …`"),
    (In::Request, "expect status ==", "missing_value", "==", "`expect status == …`"),
    (In::Test, "let x =", "missing_value", "=", "`let x = …`"),
    (In::Test, "let x = a contains \"b\"", "matcher_in_value", "contains \"b\"", "takes `==`"),
    (In::Test, "skip when env.ci", "missing_matcher", "env.ci", "`== true`"),
    (In::Test, "let x = 5(1)", "call_of_a_value", "5", "login.as_user"),
    (In::Test, "call logout", "call_of_a_value", "logout", "call login.logout()"),
    // Counts and units
    (In::Pattern, "event \"x\" at least 3 at most 5", "combined_counts", "at least 3 at most 5", "`3 to 5 times`"),
    (
        In::Pattern,
        "event \"x\" at least 3 times at most 5 times",
        "combined_counts",
        "at least 3 times at most 5",
        "`3 to 5 times`",
    ),
    (In::Pattern, "event \"x\" exactly 3 times", "count_spelling", "exactly", "`3 times`"),
    (In::Request, "timeout 5 s", "detached_unit", "5 s", "`5s`"),
    (In::Test, "wait 10 seconds", "detached_unit", "10 seconds", "`10s`"),
    (In::Test, "wait 10sec", "unknown_unit", "sec", "`10s`"),
    (In::Test, "wait 5x", "unknown_unit", "x", "`5 times`"),
    (In::Request, "expect status 5xx", "unknown_unit", "xx", "`in 500..599`"),
    (In::Suite, "at risk $5Q", "unknown_unit", "Q", "`K`"),
    (In::Test, "let x = 1e1000000000000000000", "number_out_of_range", "1e1000000000000000000", "string"),
    // Signs
    (In::Request, "timeout: 5s", "stray_sign", ":", "`timeout 5s`"),
    (In::Suite, "priority = P1", "stray_sign", "=", "`priority P1`"),
    (In::Request, "header Accept = \"x\"", "missing_colon", "=", "`header Accept: \"x\"`"),
    (In::Request, "header Accept \"x\"", "missing_colon", "\"x\"", "`header Accept: \"x\"`"),
    (In::Request, "json { a = 1 }", "missing_colon", "=", "`json { a: 1 }`"),
    (In::Request, "json { a: 1 b: 2 }", "missing_comma", "b", "`json { a: 1, b: 2 }`"),
    (In::Test, "let x = [1 2]", "missing_comma", "2", "`let x = [1, 2]`"),
    (In::Test, "let x: 5", "missing_equals", ":", "`let x = 5`"),
    (In::Environment, "api: \"https://a\"", "missing_equals", ":", "`api = \"https://a\"`"),
    (In::Request, "expect status 200,\n      expect $.a == 1", "trailing_comma", ",", "remove the comma"),
    (In::Request, "expect status 200 foo", "trailing", "foo", "new line"),
    (In::Test, "// a comment", "slash_comment", "//", "`# a comment`"),
    (In::Test, "let x = “a”", "smart_quotes", "“", "\"a\""),
    (In::Test, "let x = `a`", "backtick_string", "`", "\"a\""),
    (In::Test, "let x =\u{a0}5", "invisible_character", "\u{a0}", "plain space"),
    // Names
    (In::Suite, "test it works { wait 1s }", "unquoted_name", "it works", "`test \"it works\"`"),
    (In::Suite, "test { wait 1s }", "missing_name", "test", "`test \"users can log in\"`"),
    (In::File, "suite {\n}", "missing_name", "suite", "`suite \"users can log in\"`"),
    (
        In::File,
        "import { login } from \"a.e2e\"",
        "foreign_statement",
        "{ login } from \"a.e2e\"",
        "`import \"a.e2e\" (login)`",
    ),
    (
        In::File,
        "import login, out from 'a.e2e'",
        "foreign_statement",
        "login, out from 'a.e2e'",
        "`import \"a.e2e\" (login, out)`",
    ),
    (
        In::File,
        "import * as auth from \"a.e2e\"",
        "foreign_statement",
        "* as auth from \"a.e2e\"",
        "`import \"a.e2e\" as auth`",
    ),
    (In::File, "import \"a.e2e\" { login }", "unexpected", "{ login }", "`import \"a.e2e\" (login)`"),
    (In::File, "flow \"login\"() { wait 1s }", "invalid_name", "\"login\"", "`flow login()`"),
    (In::Test, "let in = 5", "keyword_as_name", "in", "`the_in`"),
    (In::Test, "let thread-id = 5", "invalid_name", "thread-id", "`thread_id`"),
    (In::Test, "let 2nd = 5", "invalid_name", "2nd", "`n2nd`"),
    (In::Test, "let größe = 5", "invalid_name", "größe", "`gr__e`"),
    (In::Test, "let threadId = 5", "name_style", "threadId", "`thread_id`"),
    (In::File, "shape created_thread { id: uuid }", "name_style", "created_thread", "`CreatedThread`"),
    // Strings and interpolation
    (In::Test, "let x = \"a", "unclosed_string", "\"", "close the string"),
    (In::Request, "expect body matches /abc", "unclosed_regex", "/", "between slashes"),
    (In::Test, "let x = \"a\\qb\"", "unknown_escape", "\\q", "`\\\\`"),
    (In::Test, "let x = \"a {{b\"", "unclosed_interpolation", "{{", "`{{b}}`"),
    (In::Test, "let x = \"a {{}}\"", "empty_interpolation", "", "`{{name}}`"),
    (In::Test, "let x = \"a {{1 +}}\"", "unexpected", "1 +", "an expression"),
    (In::Test, "let x = \"a ${b}\"", "dollar_interpolation", "${b}", "`{{b}}`"),
    (In::Test, "GET http://a/{id} { expect status 200 }", "unclosed_interpolation", "{", "`{{id}}`"),
    (
        In::Request,
        "json { id: {{thread_id}} }",
        "interpolation_outside_string",
        "{{thread_id}}",
        "`json { id: thread_id }`",
    ),
    (
        In::Request,
        "expect $.name {{env.api}}",
        "interpolation_outside_string",
        "{{env.api}}",
        "`expect $.name == env.api`",
    ),
    (In::Request, "expect status {{code}}", "interpolation_outside_string", "{{code}}", "`expect status code`"),
    (In::Request, "bearer ${{token}}", "interpolation_outside_string", "${{token}}", "`bearer token`"),
    (In::Request, "bearer {{token}}", "interpolation_outside_string", "{{token}}", "`bearer token`"),
    (In::Request, "bearer $token", "dollar_name", "$token", "`token`"),
    (In::Request, "bearer ${token}", "dollar_name", "${token}", "`token`"),
    (In::Suite, "test \"a {{b}}\" { wait 1s }", "interpolation_not_allowed", "b", "write the text out"),
    (In::Request, "expect not $.a exists", "foreign_matcher", "not", "`expect $.a not exists`"),
    (In::Request, "expect $.a has length > 3", "foreign_matcher", ">", "`expect length($.a) > 3`"),
    (In::Test, "websocket {{env.ws}} { expect status 101 }", "missing_name", "{", "`websocket chat {{env.ws}}`"),
    (In::Suite, "test \"x\" for c in [1] { wait 1s }", "misspelt_keyword", "for", "for each c in [1]`"),
    (In::Test, "let x = \"{{a b}}\"", "unexpected", "b", "an expression"),
    // Types
    (In::File, "shape A { name: string? }", "type_spelling", "?", "`name: string or null`"),
    (In::File, "shape A { tags: string[] }", "type_spelling", "[]", "`tags: [string]`"),
    (In::File, "shape A { a: \"x\" | \"y\" }", "type_spelling", "|", "`a: \"x\" or \"y\"`"),
    (In::File, "shape A { id uuid }", "missing_colon", "uuid", "`id: uuid`"),
    // Loads
    (In::Load, "vus: 50", "foreign_statement", "vus: 50", "`users 50 hold 30s`"),
    (In::Load, "threads 50", "foreign_statement", "threads 50", "`users 50 hold 30s`"),
    (In::Load, "50 users for 1m", "foreign_statement", "50 users for 1m", "`users 50 hold 1m`"),
    (In::Load, "users: 50", "stray_sign", ":", "`users 50`"),
    (In::Load, "users 50 for 30s", "foreign_statement", "users 50 for 30s", "`users 50 hold 30s`"),
    (In::Load, "users 50 over 10s", "foreign_statement", "users 50 over 10s", "`users 50 ramp 10s hold 30s`"),
    (
        In::Load,
        "rampUsers(50) during 10s",
        "foreign_statement",
        "rampUsers(50) during 10s",
        "`users 50 ramp 10s hold 30s`",
    ),
    (In::Load, "duration 30s", "foreign_statement", "duration 30s", "`users 50 ramp 10s hold 30s`"),
    (In::Load, "rps 200", "foreign_statement", "rps 200", "`rate 200/s for 30s`"),
    (In::Load, "200/s for 30s", "foreign_statement", "200/s for 30s", "`rate 200/s for 30s`"),
    (In::Load, "rate 200 rps for 30s", "foreign_statement", "rate 200 rps for 30s", "`rate 200/s for 30s`"),
    (In::Load, "rate 200/s during 30s", "foreign_statement", "rate 200/s during 30s", "`rate 200/s for 30s`"),
    (
        In::Load,
        "arrivals 50/s for 1m {
  }",
        "foreign_statement",
        "arrivals 50/s for 1m",
        "`rate 50/s for 1m`",
    ),
    (
        In::Load,
        "stages: [{ duration: \"10s\", target: 50 }]",
        "foreign_statement",
        ": [{ duration: \"10s\", target: 50 }]",
        "`stages { ramp to 50 users over 10s",
    ),
    (
        In::Load,
        "thresholds {
  }",
        "foreign_statement",
        "thresholds",
        "line of its own",
    ),
    (In::Load, "iterations 100", "foreign_statement", "iterations 100", "`threshold iterations > 1000`"),
    (In::Load, "executor \"ramping-vus\"", "foreign_statement", "executor \"ramping-vus\"", "closed model"),
    (In::Load, "sleep 1s", "foreign_statement", "sleep 1s", "`think 1s`"),
    (In::Load, "think between 1s and 3s", "foreign_statement", "think between 1s and 3s", "`think 1s to 3s`"),
    (In::Load, "gracefulStop: 5s", "foreign_statement", "gracefulStop: 5s", "`stop within 5s`"),
    (In::Load, "stop after 5s", "foreign_statement", "stop after 5s", "`stop within 5s`"),
    (In::Load, "before each { wait 1s }", "foreign_statement", "before each", "`before each user`"),
    (In::Load, "before all { wait 1s }", "foreign_statement", "before all", "`before each user`"),
    (In::Load, "GET http://a { expect status 200 }", "misplaced_statement", "GET", "scenario"),
    (In::Load, "expect time < 1s", "misplaced_statement", "expect", "`threshold`"),
    (In::Load, "hold 30s", "foreign_statement", "hold 30s", "`users 50 ramp 10s hold 30s`"),
    (In::Load, "target demo", "foreign_statement", "target demo", "`stages {"),
    (In::Test, "think 1s", "misplaced_statement", "think", "`wait 2s`"),
    (
        In::Stages,
        "ramp up to 50 users in 10s",
        "foreign_statement",
        "ramp up to 50 users in 10s",
        "`ramp to 50 users over 10s`",
    ),
    (In::Stages, "ramp to 50 over 10s", "foreign_statement", "ramp to 50 over 10s", "`ramp to 50 users over 10s`"),
    (
        In::Stages,
        "ramp from 0 to 50 users over 10s",
        "foreign_statement",
        "ramp from 0 to 50 users over 10s",
        "`ramp to 50 users over 10s`",
    ),
    (In::Stages, "ramp to 50 users over 10 s", "detached_unit", "10 s", "`10s`"),
    (In::Stages, "hold for 30s", "foreign_statement", "hold for 30s", "`hold 30s`"),
    (In::Stages, "hold 50 users for 30s", "foreign_statement", "hold 50 users for 30s", "`hold 30s`"),
    (In::Stages, "50 users over 10s", "foreign_statement", "50 users over 10s", "`ramp to 50 users over 10s`"),
    (In::Stages, "50/s for 1m", "foreign_statement", "50/s for 1m", "`arrivals { 50/s for 1m }`"),
    (In::Stages, "duration 10s", "foreign_statement", "duration 10s", "`hold 30s`"),
    (
        In::Stages,
        "{ duration: \"10s\", target: 50 }",
        "foreign_statement",
        "{ duration: \"10s\", target: 50 }",
        "`ramp to 50 users over 10s`",
    ),
    (In::Load, "scenario buy it weight 3 { wait 1s }", "unquoted_name", "buy it", "`scenario \"buy it\"`"),
    (In::Load, "scenario wieght 3 { wait 1s }", "misspelt_keyword", "wieght", "`scenario weight 3`"),
    (In::Load, "threshold errors of timeot < 3 in the last 5s", "misspelt_keyword", "in the last", "over last 5s`"),
    (In::Load, "threshold error rate of buy < 1%", "unquoted_text", "buy", "\"buy\""),
    (In::Load, "arrivals: { 50/s for 1m }", "foreign_statement", ": { 50/s for 1m }", "`arrivals { 50/s for 1m"),
    (In::Load, "data file \"a.csv\" nxt as row", "misspelt_keyword", "nxt", "next as row`"),
    (In::Suite, "before each user { wait 1s }", "foreign_statement", "before each user", "`before each`"),
    (In::Load, "ramp to 50 users over 10s", "foreign_statement", "ramp to 50 users over 10s", "`stages {"),
    (In::Stages, "ramp down over 10s", "foreign_statement", "ramp down over 10s", "`ramp to 0 users over 10s`"),
    (In::Stages, "1m", "foreign_statement", "1m", "`hold 1m`"),
    (
        In::Load,
        "arrivals up to 100 users { 50/s for 1m }",
        "foreign_statement",
        "arrivals up to 100 users",
        "`arrivals using at most 100 users`",
    ),
    (
        In::Load,
        "threshold http_req_duration: [\"p(95)<500\"]",
        "misspelt_keyword",
        "http_req_duration",
        "`threshold p95(time) < 800ms`",
    ),
    (In::Load, "threshold p95(gap \"a\") < 1s", "misspelt_keyword", "\"a\"", "p95(gap of event \"a\")"),
    (In::Load, "threshold p95(time to event done) < 1s", "unquoted_text", "done", "event \"done\""),
    (In::Load, "threshold errors < 3 abort on fail", "foreign_statement", "on fail", "`threshold errors < 3 abort`"),
    (In::Load, "stop 10s", "foreign_statement", "stop 10s", "`stop within 10s`"),
    (In::Stages, "rmap to 50 users over 10s", "misspelt_keyword", "rmap", "`ramp to 50 users over 10s`"),
    (In::Stages, "ramp to 50 usres over 10s", "misspelt_keyword", "usres", "`ramp to 50 users over 10s`"),
    (In::Arrivals, "rate 50/s for 1m", "foreign_statement", "rate 50/s for 1m", "`50/s for 1m`"),
    (In::Arrivals, "50/s over 1m", "foreign_statement", "50/s over 1m", "`50/s for 1m`"),
    (In::Arrivals, "hold 1m", "foreign_statement", "hold 1m", "`200/s for 30s`"),
    (In::Arrivals, "ramp up to 200/s in 2m", "foreign_statement", "ramp up to 200/s in 2m", "`ramp to 200/s over 2m`"),
    (
        In::Arrivals,
        "ramp to 50 users over 10s",
        "foreign_statement",
        "ramp to 50 users over 10s",
        "`ramp to 50/s over 10s`",
    ),
    (In::Load, "threshold p(95) < 800ms", "misspelt_keyword", "p(95)", "`threshold p95(time) < 800ms`"),
    (
        In::Load,
        "threshold http_req_duration p(99) < 800ms",
        "misspelt_keyword",
        "http_req_duration p(99)",
        "`threshold p99(time) < 800ms`",
    ),
    (In::Load, "threshold p(99.9) < 800ms", "misspelt_keyword", "p(99.9)", "`threshold p99.9(time) < 800ms`"),
    (In::Load, "threshold p99.9 < 800ms", "misspelt_keyword", "p99.9", "`threshold p99.9(time) < 800ms`"),
    (In::Load, "threshold p(95) < 800", "misspelt_keyword", "p(95)", "`threshold p95(time) < 800ms`"),
    (In::Load, "threshold rps > 100", "misspelt_keyword", "rps", "`threshold throughput > 100/s`"),
    (In::Load, "threshold http_req_failed<0.07", "misspelt_keyword", "http_req_failed", "`threshold error rate < 7%`"),
    (In::Load, "threshold latency below 800", "misspelt_keyword", "latency", "`threshold p95(time) < 800ms`"),
    (In::Load, "threshold throughput > 100rps", "unknown_unit", "rps", "`100/s`"),
    (In::Load, "threshold p95(time) under 800ms", "foreign_operator", "under", "`threshold p95(time) < 800ms`"),
    (
        In::Load,
        "threshold error rate is less than or equal to 1%",
        "foreign_operator",
        "is less than or equal to",
        "`threshold error rate <= 1%`",
    ),
    (In::Load, "threshold errors over 5", "foreign_operator", "over", "`threshold errors > 5`"),
    (In::Load, "threshold p95(time) < 1s and error rate < 1%", "unexpected", "and", "`threshold error rate < 1%`"),
    (
        In::Load,
        "threshold success of connect \"chat\" > 99%",
        "invalid_name",
        "\"chat\"",
        "`threshold success of connect chat > 99%`",
    ),
    (In::Load, "threshold latency < 800ms", "misspelt_keyword", "latency", "`threshold p95(time) < 800ms`"),
    (In::Load, "threshold dropped == 0", "misspelt_keyword", "dropped", "`threshold dropped arrivals == 0`"),
    (
        In::Load,
        "threshold p95(gap of \"token\") < 1s",
        "misspelt_keyword",
        "\"token\"",
        "`threshold p95(gap of event \"token\") < 1s`",
    ),
    (
        In::Load,
        "threshold p95(time to \"done\") < 1s",
        "misspelt_keyword",
        "\"done\"",
        "`threshold p95(time to event \"done\") < 1s`",
    ),
    (
        In::Load,
        "threshold error rate < 1% over 10s",
        "misspelt_keyword",
        "over",
        "`threshold error rate < 1% over last 10s`",
    ),
    (In::Load, "threshold p95(time of buy) < 1s", "unquoted_text", "buy", "\"buy\""),
    // Structure
    (In::Suite, "before each let x = 5", "missing_block", "let", "`before each { let x = 5 }`"),
    (In::Test, "for x in [1] { wait 1s }", "misspelt_keyword", "for", "`for each x in [1]`"),
    (In::Test, "skip if env.ci == \"x\"", "misspelt_keyword", "skip if", "`skip when env.ci == \"x\"`"),
    (In::Test, "let x = if a then b", "control_flow", "if", "one test for each case"),
    (In::Suite, "needs backend auth", "missing_comma", "auth", "`needs backend, auth`"),
    (In::Environment, "api \"https://a\"", "missing_equals", "\"https://a\"", "`api = \"https://a\"`"),
    (In::Request, "expect $.a[*] each string", "missing_matcher", "string", "`expect $.a[*] each is string`"),
    (In::Request, "capture id from $.id", "missing_equals", "from", "`capture id = $.id`"),
    (In::Test, "let x = a b", "trailing", "b", "new line"),
    (In::Test, "GET { expect status 200 }", "missing_url", "GET", "`GET {{env.api}}/path`"),
    (In::Suite, "test \"x\"", "missing_block", "\"x\"", "{ … }"),
    (In::Suite, "test \"x\"\n  {\n    wait 1s\n  }", "brace_below", "{", "line above"),
    (In::Suite, "before { wait 1s }", "unexpected", "before", "before each { … }"),
    (In::Test, "parallel { wait 1s } wait 2s", "trailing", "wait 2s", "new line"),
    (In::Test, "wait 1s }", "unopened_bracket", "}", "remove it"),
    (In::Test, "let x = [1, 2)", "mismatched_bracket", ")", "`]`"),
    (In::Test, "let x = [1, 2", "unclosed_bracket", "[", "add `]`"),
    (In::Pattern, "## note\n      event \"x\"", "stray_doc_comment", "## note", "`#`"),
];
