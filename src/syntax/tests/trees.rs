//! What the tree says of what was written.

use std::time::Duration;

use super::shown;
use crate::source::SourceId;
use crate::syntax::ast::*;
use crate::syntax::parse;
use crate::syntax::words::{Plain, WithOperand};

/// The statements of a test that holds `body`.
fn stmts(body: &str) -> Vec<Stmt> {
    let text = format!("suite \"s\" {{ test \"t\" {{\n{body}\n}} }}");
    let parsed = parse(SourceId(0), &text);
    assert!(parsed.diagnostics.is_empty(), "{}", shown(&text, &parsed.diagnostics));
    let ItemKind::Suite(suite) = parsed.file.items.into_iter().next().unwrap().kind else { panic!("no suite") };
    let SuiteEntryKind::Test(test) = suite.entries.into_iter().next().unwrap().kind else { panic!("no test") };
    test.body.stmts
}

fn value(text: &str) -> Expr {
    let StmtKind::Let { value, .. } = stmts(&format!("let x = {text}")).remove(0).kind else { panic!("no let") };
    value
}

/// An expression with all its groups in parentheses.
fn grouped(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Number(number) => number.to_string(),
        ExprKind::Field(base, name) => format!("{}.{}", grouped(base), name.text),
        ExprKind::Index(base, index) => format!("{}[{}]", grouped(base), grouped(index)),
        ExprKind::Call { callee, args } => {
            let path: Vec<&str> = callee.segments.iter().map(|segment| segment.text.as_str()).collect();
            let args: Vec<String> = args
                .iter()
                .map(|arg| {
                    arg.name
                        .as_ref()
                        .map_or_else(|| grouped(&arg.value), |name| format!("{}: {}", name.text, grouped(&arg.value)))
                })
                .collect();
            format!("{}({})", path.join("."), args.join(", "))
        }
        ExprKind::Unary(op, value) => format!("({} {})", if *op == UnaryOp::Not { "not" } else { "-" }, grouped(value)),
        ExprKind::Binary(op, _, left, right) => format!("({} {op:?} {})", grouped(left), grouped(right)),
        ExprKind::Range(from, to) => format!("({} .. {})", grouped(from), grouped(to)),
        ExprKind::List(items) => format!("[{}]", items.iter().map(grouped).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_the_language_says() {
    for (text, expected) in [
        ("a + b * c - d / e", "((a Add (b Multiply c)) Subtract (d Divide e))"),
        ("a - b - c", "((a Subtract b) Subtract c)"),
        ("a / b * c", "((a Divide b) Multiply c)"),
        ("(a + b) * c", "((a Add b) Multiply c)"),
        ("a or b and c or d", "((a Or (b And c)) Or d)"),
        ("not a == b and not c", "((not (a Equal b)) And (not c))"),
        ("-a.b + - - c", "((- a.b) Add (- (- c)))"),
        ("a + 1 >= b * 2", "((a Add 1) GreaterEqual (b Multiply 2))"),
        ("1..n + 1", "(1 .. (n Add 1))"),
        ("a.b.c[d][1].e", "a.b.c[d][1].e"),
        ("login.as_user(a).id", "login.as_user(a).id"),
        ("f(a: b, c: [d, e])", "f(a: b, c: [d, e])"),
    ] {
        assert_eq!(grouped(&value(text)), expected, "{text}");
    }
}

#[test]
fn quantities_are_judged_by_their_units() {
    let duration = |text: &str| match value(text).kind {
        ExprKind::Duration(duration) => duration,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(duration("250ms"), Duration::from_millis(250));
    assert_eq!(duration("1m30s"), Duration::from_secs(90));
    assert_eq!(duration("1.5h"), Duration::from_secs(5400));
    assert_eq!(duration("2d"), Duration::from_secs(172_800));
    assert_eq!(duration("0.1us"), Duration::from_nanos(100));
    assert!(matches!(value("10KB").kind, ExprKind::Size(10_000)));
    assert!(matches!(value("1.5MiB").kind, ExprKind::Size(1_572_864)));
    assert!(matches!(value("95%").kind, ExprKind::Percent(share) if (share - 0.95).abs() < 1e-12));
    assert!(matches!(value("120/m").kind, ExprKind::Rate(rate) if (rate.per_second - 2.0).abs() < 1e-12));
    assert!(matches!(value("$1.5M").kind, ExprKind::Money(money) if (money.amount - 1.5e6).abs() < 1e-6));
    assert!(matches!(value("1_000").kind, ExprKind::Number(number) if number.as_u64() == Some(1000)));
    assert!(
        matches!(value("18446744073709551615").kind, ExprKind::Number(number) if number.as_u64() == Some(u64::MAX))
    );
    assert!(matches!(value("1e3").kind, ExprKind::Number(number) if number.as_f64() == Some(1000.0)));
}

fn template(text: &str) -> Template {
    match value(text).kind {
        ExprKind::String(template) => template,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn strings_are_decoded() {
    for (text, expected) in [
        (r#""a\n\t\"\\\{ \u{e9}\u00e9\ud83d\ude00\/""#, "a\n\t\"\\{ éé😀/"),
        (r#"'a\n{{b}}'"#, "a\\n{{b}}"),
        (r#""\{{a}}""#, "{{a}}"),
        ("\"\"\"\n    first\n      second\n\n    third\n    \"\"\"", "first\n  second\n\nthird"),
        ("\"\"\"\r\n    first\r\n    second\r\n    \"\"\"", "first\nsecond"),
        ("'''\n    \\d \"x\"\n    '''", "\\d \"x\""),
        ("\"\"\"one line\"\"\"", "one line"),
        ("\"\"\"\n\"\"\"", ""),
        ("\"\"", ""),
    ] {
        assert_eq!(template(text).as_text().as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn interpolations_are_expressions_at_their_place() {
    let source = "let x = \"é {{a.b}}-{{join(list, \", \")}}\"";
    let text = format!("suite \"s\" {{ test \"t\" {{\n{source}\n}} }}");
    let found = template("\"é {{a.b}}-{{join(list, \", \")}}\"");
    let parts: Vec<String> = found
        .parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text { span, .. } => text[span.start as usize..span.end as usize].to_owned(),
            TemplatePart::Expr(expr) => format!("<{}>", &text[expr.span.start as usize..expr.span.end as usize]),
        })
        .collect();
    assert_eq!(parts, ["é ", "<a.b>", "-", "<join(list, \", \")>"]);
}

/// The names in a path, as they are in its text.
fn path(text: &str) -> Vec<String> {
    let written = format!("let x = {text}");
    let ExprKind::JsonPath(path) = value(text).kind else { panic!("{text}") };
    assert_eq!(path.text, text);
    let offset =
        |span: crate::source::Span| (span.start - path.span.start) as usize..(span.end - path.span.start) as usize;
    path.names.iter().map(|name| written["let x = ".len()..][offset(name.span)].to_owned()).collect()
}

#[test]
fn names_may_be_in_jsonpaths() {
    assert_eq!(path("$.users[name].age"), ["name"]);
    assert_eq!(path("$[ name ][0]"), ["name"]);
    assert_eq!(path("$.a[?@.b == case.id && length(@.c) > least]"), ["case.id", "least"]);
    assert_eq!(path("$[?search(@.a, word) || @.b == true]"), ["word"]);
    assert_eq!(path("$..a[?@.b > 1 && @['c d'] == \"]\"].*"), Vec::<String>::new());
    assert_eq!(path("$"), Vec::<String>::new());
    assert_eq!(path("$.größe"), Vec::<String>::new());
}

/// Of a response.
fn expectation(text: &str) -> Expect {
    let StmtKind::Request(mut request) = stmts(&format!("GET http://a/ {{ expect {text} }}")).remove(0).kind else {
        panic!("{text}")
    };
    match request.parts.remove(0).kind {
        RequestPartKind::Expect(expect) => expect,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_subject_of_something_else_is_a_name() {
    let is_name = |expect: &Expect| matches!(&expect.subject.kind, SubjectKind::Expr(expr) if matches!(expr.kind, ExprKind::Name(_)));
    for (text, of_response) in [
        ("status", true),
        ("time", true),
        ("body", true),
        ("size", true),
        ("id", false),
        ("data", false),
        ("text", false),
    ] {
        let StmtKind::Expect(expect) = stmts(&format!("expect {text} == 1")).remove(0).kind else { panic!("{text}") };
        assert!(is_name(&expect), "{text}");
        assert_eq!(is_name(&expectation(&format!("{text} == 1"))), !of_response, "{text}");
    }
}

#[test]
fn subjects_and_matchers_are_distinguished() {
    assert!(matches!(
        expectation("status 201"),
        Expect {
            subject: Subject { kind: SubjectKind::Status, .. },
            matcher: Matcher { kind: MatcherKind::Bare(_), .. },
            ..
        }
    ));
    assert!(
        matches!(expectation("header Location contains \"x\"").subject.kind, SubjectKind::Header(name) if name.text == "Location")
    );
    assert!(
        matches!(expectation("cookie sid.http_only == true").subject.kind, SubjectKind::Cookie { name, attribute: Some(attribute) } if name.text == "sid" && attribute.text == "http_only")
    );
    assert!(matches!(expectation("time to first byte < 1s").subject.kind, SubjectKind::TimeToFirstByte));
    assert!(matches!(expectation("$.a == 1").subject.kind, SubjectKind::JsonPath(_)));
    assert!(matches!(expectation("$.a + $.b == 1").subject.kind, SubjectKind::Expr(_)));
    assert!(matches!(expectation("data.name == 1").subject.kind, SubjectKind::Expr(_)));
    assert!(
        matches!(expectation("certificate expires after 14d"), Expect { subject: Subject { kind: SubjectKind::Certificate(name), .. }, matcher: Matcher { kind: MatcherKind::With(WithOperand::ExpiresAfter, _), .. }, .. } if name.text == "expires")
    );
    assert!(
        matches!(expectation("$.a is not empty").matcher.kind, MatcherKind::Not(inner) if matches!(inner.kind, MatcherKind::Plain(Plain::Empty)))
    );
    assert!(matches!(
        expectation("$.a is sorted by $.b descending").matcher.kind,
        MatcherKind::IsSorted { by: Some(_), descending: true }
    ));
    assert!(
        matches!(expectation("$.a each not in [1]").matcher.kind, MatcherKind::Each(inner) if matches!(&inner.kind, MatcherKind::Not(inner) if matches!(inner.kind, MatcherKind::With(WithOperand::In, _))))
    );
    assert!(
        matches!(expectation("$.a matches /a\\/[/]b/im").matcher.kind, MatcherKind::MatchesRegex(regex) if regex.pattern == "a/[/]b" && regex.flags == "im")
    );
    let MatcherKind::MatchesPartial(partial) =
        expectation("$.a matches { a: any, b: > 5, \"c\": [/x/, { d }] }").matcher.kind
    else {
        panic!()
    };
    let PartialKind::Object(entries) = partial.kind else { panic!() };
    assert!(matches!(entries[0].value.as_ref().unwrap().kind, PartialKind::Any));
    assert!(matches!(entries[1].value.as_ref().unwrap().kind, PartialKind::Compare(BinaryOp::Greater, _)));
    assert!(matches!(&entries[2].value.as_ref().unwrap().kind, PartialKind::List(items) if items.len() == 2));
}

#[test]
fn conditions_join_and_group() {
    let StmtKind::SkipWhen { condition, because } =
        stmts("skip when a == 1 and not (b is string or null or c contains \"x\") or d exists because \"why\"")
            .remove(0)
            .kind
    else {
        panic!()
    };
    assert_eq!(because.unwrap().value, "why");
    let ConditionKind::Or(alternatives) = condition.kind else { panic!() };
    let ConditionKind::And(both) = &alternatives[0].kind else { panic!() };
    let ConditionKind::Not(inner) = &both[1].kind else { panic!() };
    let ConditionKind::Or(inner) = &inner.kind else { panic!("{inner:?}") };
    assert_eq!(inner.len(), 2);
    assert!(
        matches!(&inner[0].kind, ConditionKind::Test { matcher: Matcher { kind: MatcherKind::Is(TypeExpr { kind: TypeExprKind::Or(types), .. }), .. }, .. } if types.len() == 2)
    );
    assert!(matches!(
        alternatives[1].kind,
        ConditionKind::Test { matcher: Matcher { kind: MatcherKind::Plain(Plain::Exists), .. }, .. }
    ));
}

#[test]
fn items_keep_their_blocks_and_what_follows_them() {
    let StmtKind::ChannelExpect(expect) = stmts("expect on c every event \"a\" { capture id = $.id } leads to event \"b\" { $.id == id; text contains \"x\" } within 5s").remove(0).kind else { panic!() };
    let ChannelExpectKind::Every { trigger, response, .. } = expect.kind else { panic!() };
    assert!(matches!(trigger.body[0].kind, ItemEntryKind::Capture(_)));
    assert!(response.within.is_some());
    assert!(matches!(
        &response.body[1].kind,
        ItemEntryKind::Condition(Condition {
            kind: ConditionKind::Test { subject: Subject { kind: SubjectKind::Text, .. }, .. },
            ..
        })
    ));
    let StmtKind::ChannelExpect(expect) = stmts("expect on c where $.a == 1 since m in any order within 1s to 5s { event \"x\" 2 to 3 times; frame text \"2\" once }").remove(0).kind else { panic!() };
    let ChannelExpectKind::Block { on, block } = expect.kind else { panic!() };
    assert!(on.filter.is_some() && on.since.is_some());
    assert_eq!(block.order, Order::AnyOrder);
    assert!(block.within.unwrap().at_least.is_some());
    assert!(matches!(
        &block.items[0].kind,
        PatternItemKind::Event(EventItem { count: Some(Count { kind: CountKind::Between(..), .. }), .. })
    ));
    assert!(matches!(
        &block.items[1].kind,
        PatternItemKind::Event(EventItem { what: FrameKindPattern::Text(Some(_)), count: Some(_), .. })
    ));
}

#[test]
fn doc_comments_belong_to_what_is_below_them() {
    let text = "# plain\n## One\n##  two\nsuite \"s\" {\n  ## Hook.\n  before all { wait 1s }\n  ## Test.\n  test \"t\" { wait 1s } ## stray\n}\n\n## Away.\n\nshape A {\n  ## Field.\n  id: uuid\n}\n";
    let parsed = parse(SourceId(0), text);
    let stray: Vec<&str> =
        parsed.diagnostics.iter().map(|d| &text[d.span.start as usize..d.span.end as usize]).collect();
    assert_eq!(stray, ["## stray", "## Away."]);
    assert_eq!(parsed.file.comments.len(), 8);
    assert_eq!(parsed.file.items[0].doc.as_ref().unwrap().text, "One\n two");
    let ItemKind::Suite(suite) = &parsed.file.items[0].kind else { panic!() };
    let docs: Vec<&str> = suite.entries.iter().map(|entry| entry.doc.as_ref().unwrap().text.as_str()).collect();
    assert_eq!(docs, ["Hook.", "Test."]);
    let ItemKind::Shape(shape) = &parsed.file.items[1].kind else { panic!() };
    assert_eq!(shape.fields[0].doc.as_ref().unwrap().text, "Field.");
    assert!(parsed.file.items[1].doc.is_none());
}

#[test]
fn line_ends_tabs_and_a_byte_order_mark_change_nothing() {
    for (name, text) in super::FIXTURES {
        let other = format!("\u{feff}{}", text.replace('\n', "\r\n").replace("  ", "\t"));
        let parsed = parse(SourceId(0), &other);
        assert!(parsed.diagnostics.is_empty(), "{name}: {}", shown(&other, &parsed.diagnostics));
        assert_eq!(parsed.file.items.len(), parse(SourceId(0), text).file.items.len());
        assert!(
            parsed
                .file
                .comments
                .iter()
                .all(|comment| !other[comment.span.start as usize..comment.span.end as usize].ends_with('\r'))
        );
    }
}

#[test]
fn a_broken_statement_leaves_its_siblings_whole() {
    let text = "suite \"s\" {\n  test \"t\" {\n    let a = 1\n    let b = = 2\n    GET http://a {\n      expect status == == 2\n      expect $.a exists\n    }\n    let c = 3\n  }\n}\n";
    let parsed = parse(SourceId(0), text);
    assert_eq!(parsed.diagnostics.len(), 2);
    let ItemKind::Suite(suite) = &parsed.file.items[0].kind else { panic!() };
    let SuiteEntryKind::Test(test) = &suite.entries[0].kind else { panic!() };
    let kinds: Vec<bool> = test.body.stmts.iter().map(|stmt| matches!(stmt.kind, StmtKind::Error)).collect();
    assert_eq!(kinds, [false, true, false, false]);
    let StmtKind::Request(request) = &test.body.stmts[2].kind else { panic!() };
    assert!(matches!(request.parts[0].kind, RequestPartKind::Error));
    assert!(matches!(request.parts[1].kind, RequestPartKind::Expect(_)));
}

#[test]
fn a_misspelt_keyword_is_taken_for_the_right_one() {
    let text = "suite \"s\" {\n  tset \"t\" {\n    GET http://a { expct status 200 }\n  }\n}\n";
    let parsed = parse(SourceId(0), text);
    assert_eq!(parsed.diagnostics.len(), 2);
    let ItemKind::Suite(suite) = &parsed.file.items[0].kind else { panic!() };
    let SuiteEntryKind::Test(test) = &suite.entries[0].kind else { panic!() };
    let StmtKind::Request(request) = &test.body.stmts[0].kind else { panic!() };
    let RequestPartKind::Expect(expect) = &request.parts[0].kind else { panic!() };
    let MatcherKind::Bare(value) = &expect.matcher.kind else { panic!() };
    assert_eq!(&text[value.span.start as usize..value.span.end as usize], "200");
    assert_eq!(&text[expect.span.start as usize..expect.span.end as usize], "expct status 200");
}

#[test]
fn bare_urls_end_where_the_language_says() {
    for (text, url, parts) in [
        ("GET http://a/b#c?x='y' { expect status 200 }", "http://a/b#c?x='y'", 1),
        ("GET {{env.api}}/x; wait 1s", "{{env.api}}/x", 0),
        ("GET {{ env.api }}/{{f(\"a b\")}}/x", "{{ env.api }}/{{f(\"a b\")}}/x", 0),
        ("GET \"http://a/{}\" { expect status 200 }", "\"http://a/{}\"", 1),
    ] {
        let StmtKind::Request(request) = stmts(text).remove(0).kind else { panic!("{text}") };
        let file = format!("suite \"s\" {{ test \"t\" {{\n{text}\n}} }}");
        assert_eq!(&file[request.url.span.start as usize..request.url.span.end as usize], url);
        assert_eq!(request.parts.len(), parts);
    }
}

/// What a threshold says, but for its limit.
fn threshold(text: &str) -> Threshold {
    let text = format!("load \"l\" {{ threshold {text} }}");
    let parsed = parse(SourceId(0), &text);
    assert!(parsed.diagnostics.is_empty(), "{}", shown(&text, &parsed.diagnostics));
    let Some(ItemKind::Load(load)) = parsed.file.items.into_iter().next().map(|item| item.kind) else {
        panic!("no load")
    };
    match load.entries.into_iter().next().map(|entry| entry.kind) {
        Some(LoadEntryKind::Threshold(threshold)) => threshold,
        other => panic!("{other:?}"),
    }
}

#[test]
fn measures_say_what_they_are_of() {
    let text = |name: &Template| name.as_text().unwrap();
    for (written, expected) in [
        ("p95(time) < 1s", "p95 time"),
        ("p95(time of \"buy\") < 1s", "p95 time of buy"),
        ("max(time to first byte) < 1s", "max first byte"),
        ("max(time to first byte of \"buy\") < 1s", "max first byte of buy"),
        ("p95(connect chat) < 1s", "p95 connect chat"),
        ("p95(time to event \"done\") < 1s", "p95 event done"),
        ("p95(gap of event \"token\") < 1s", "p95 gap token"),
        ("error rate < 1%", "error rate"),
        ("error rate of \"buy\" < 1%", "error rate of buy"),
        ("errors < 1", "errors"),
        ("errors of too  many  redirects < 1", "errors of too many redirects"),
        ("errors of too  large < 1", "errors of too large"),
        ("errors of 5xx < 1", "errors of 5xx"),
        ("throughput of \"buy\" > 1/s", "throughput of buy"),
        ("iterations > 1", "iterations"),
        ("dropped arrivals == 0", "dropped"),
        ("success > 99%", "success"),
        ("success of \"buy\" > 99%", "success of buy"),
        ("success of connect chat > 99%", "success of connect chat"),
        ("failures of never == 0", "failures of never"),
    ] {
        let of = |of: &Option<Template>| of.as_ref().map_or_else(String::new, |of| format!(" of {}", text(of)));
        let shown = match &threshold(written).measure.kind {
            MeasureKind::Statistic { statistic, of: measured } => match measured {
                MeasureOf::Time => format!("{} time", statistic.text),
                MeasureOf::TimeOf(name) => format!("{} time of {}", statistic.text, text(name)),
                MeasureOf::TimeToFirstByte(name) => format!("{} first byte{}", statistic.text, of(name)),
                MeasureOf::Connect(name) => format!("{} connect {}", statistic.text, name.text),
                MeasureOf::TimeToEvent(name) => format!("{} event {}", statistic.text, name.value),
                MeasureOf::EventGap(name) => format!("{} gap {}", statistic.text, name.value),
            },
            MeasureKind::ErrorRate(name) => format!("error rate{}", of(name)),
            MeasureKind::Errors(None) => "errors".to_owned(),
            MeasureKind::Errors(Some(kind)) => format!("errors of {}", kind.text),
            MeasureKind::Throughput(name) => format!("throughput{}", of(name)),
            MeasureKind::Iterations => "iterations".to_owned(),
            MeasureKind::DroppedArrivals => "dropped".to_owned(),
            MeasureKind::Success(None) => "success".to_owned(),
            MeasureKind::Success(Some(SuccessOf::Named(name))) => format!("success of {}", text(name)),
            MeasureKind::Success(Some(SuccessOf::Connect(name))) => format!("success of connect {}", name.text),
            MeasureKind::FailuresOf(name) => format!("failures of {}", name.text),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{written}");
    }
}

#[test]
fn thresholds_have_their_window_and_their_abort_in_either_order() {
    for (written, window, abort, after) in [
        ("errors < 1", false, false, false),
        ("errors < 1 abort", false, true, false),
        ("errors < 1 over last 10s", true, false, false),
        ("errors < 1 over last 10s abort after 5s", true, true, true),
        ("errors < 1 abort after 5s over last 10s", true, true, true),
        ("errors < 1 abort over last 10s", true, true, false),
    ] {
        let found = threshold(written);
        let said = (found.over_last.is_some(), found.abort, found.abort_after.is_some());
        assert_eq!(said, (window, abort, after), "{written}");
    }
}
