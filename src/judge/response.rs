use super::readable::{looked_up, not_text};
use super::{ExpectationRecord, excerpt, failure};
use crate::diag::{Code, Diagnostic, Excerpt, Severity, codes};
use crate::eval::{Context, Fault, Focus, Found, Ground, Host, Parsed, Scope, Unread, find, locate};
use crate::event::{Exchange, Failure, FailureKind, Response, Weak};
use crate::matchers::{Kind, Mismatch, apply, weakness};
use crate::plan::{Capture, Check, Expectation, Plan, Request, Subject, SubjectKind};
use crate::source::Span;
use crate::value::{JsonFault, PathStep, Secret, Value, path_text};

/// What an exchange proved.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Every expectation that was evaluated.
    pub expectations: Vec<ExpectationRecord>,
    /// One for each that doesn't hold.
    pub diagnostics: Vec<Diagnostic>,
    /// There was no response, and one was expected: why.
    pub failure: Option<FailureKind>,
}

impl Judged {
    pub fn holds(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

/// Judges an exchange, whose body is read into `parsed`: every expectation is evaluated, every one that fails is reported, and what is captured is bound in the scope.
pub fn response(
    plan: &Plan,
    request: &Request,
    (exchange, parsed): (&Exchange, &Parsed),
    scope: &mut Scope,
    host: &dyn Host,
) -> Judged {
    let mut judged = Judged::default();
    match (&exchange.outcome, &request.expect_failure) {
        (Ok(response), None) => {
            let focus = Focus::Response { exchange, response, parsed };
            checks(&request.checks, plan, focus, scope, host, &mut judged);
        }
        // What was never sent is none of the failures that a spec can expect.
        (Err(failure), None) | (Err(failure @ Failure { kind: FailureKind::Unreal(_), .. }), Some(_)) => {
            judged.failure = Some(failure.kind);
            judged.diagnostics.push(failure::diagnostic(request, failure, &plan.environment));
        }
        (Ok(response), Some((kind, span))) => {
            record(plan, *span, false, &mut judged);
            let message = format!("the response was {}, expected a failure: {}", response.status, kind.word());
            let diagnostic = Diagnostic::error(&codes::NO_FAILURE, *span, message)
                .with_help("the server answered; expect its status instead, if that is right");
            judged.diagnostics.push(with_body(diagnostic, response, &parsed.json(response).cloned(), &[], None));
        }
        (Err(failure), Some((kind, span))) => {
            record(plan, *span, failure.kind == *kind, &mut judged);
            if failure.kind != *kind {
                let message = format!(
                    "the exchange failed by {} ({}), expected {}",
                    failure.kind.word(),
                    failure.message,
                    kind.word()
                );
                let help = match failure.kind.is_of_system() {
                    true => format!("`expect failure is {}` would be right for this", failure.kind.word()),
                    false => "nothing was sent, so that nothing is known of the server; look at what the interpolated values hold".to_owned(),
                };
                judged.diagnostics.push(Diagnostic::error(&codes::OTHER_FAILURE, *span, message).with_help(help));
            }
            let of_time = |check: &&Check| matches!(check, Check::Expect(expect) if matches!(expect.subject.kind, SubjectKind::Time | SubjectKind::Attempts));
            let timed: Vec<Check> = request.checks.iter().filter(of_time).cloned().collect();
            let nothing = Response {
                status: 0,
                version: "",
                url: exchange.url.clone(),
                headers: Vec::new(),
                body: Default::default(),
                wire_size: 0,
            };
            let parsed = Parsed::default();
            let focus = Focus::Response { exchange, response: &nothing, parsed: &parsed };
            checks(&timed, plan, focus, scope, host, &mut judged);
        }
    }
    judged
}

/// Of an expected failure.
fn record(plan: &Plan, span: Span, held: bool, judged: &mut Judged) {
    let text = plan.sources.text(span);
    let text = text.strip_prefix("expect").map_or(text, str::trim_start);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").into();
    judged.expectations.push(ExpectationRecord { span, text, held, weak: None });
}

fn checks(list: &[Check], plan: &Plan, focus: Focus<'_>, scope: &mut Scope, host: &dyn Host, judged: &mut Judged) {
    for check in list {
        if host.is_over() {
            return;
        }
        match check {
            Check::Expect(expect) => {
                let context = Context { plan, scope, focus, host };
                judge_one(expect, &context, judged);
            }
            Check::Capture(capture) => bind(capture, plan, focus, scope, host, judged),
            Check::Either { span, branches } => either(*span, branches, plan, focus, scope, host, judged),
        }
    }
}

fn judge_one(expect: &Expectation, context: &Context<'_>, judged: &mut Judged) {
    let found = expectation(expect, context);
    judged.expectations.push(ExpectationRecord {
        span: expect.span,
        text: expect.text.clone(),
        held: found.is_ok(),
        weak: found.as_ref().ok().copied().flatten(),
    });
    judged.diagnostics.extend(found.err().map(|diagnostic| *diagnostic));
}

/// Judges one expectation of a response, a frame or a value: `Ok` when it holds, with the reason why that proves little if there is one.
///
/// # Errors
/// It doesn't hold, or can't be evaluated.
pub fn expectation(expect: &Expectation, context: &Context<'_>) -> Result<Option<Weak>, Box<Diagnostic>> {
    let found = looked_up(expect, context).map_err(|fault| Box::new(with_focus(*fault, context, &[])))?;
    let found = hidden(&expect.subject, found);
    match apply(&expect.matcher, &found, context)? {
        Ok(()) => Ok(weakness(&expect.matcher, &found, context)),
        Err(mismatch) => Err(Box::new(explain(expect, &found, *mismatch, context))),
    }
}

/// Headers whose values are never shown, whatever is in them.
fn is_hidden(subject: &Subject) -> bool {
    let (SubjectKind::Header(name) | SubjectKind::Headers(name)) = &subject.kind else { return false };
    is_hidden_header(name)
}

pub(super) fn is_hidden_header(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie", "set-cookie"]
        .iter()
        .any(|hidden| name.eq_ignore_ascii_case(hidden))
}

/// What was found, as secrets where it is never shown: what it is compared with makes no difference.
fn hidden(subject: &Subject, found: Found) -> Found {
    if !is_hidden(subject) {
        return found;
    }
    let secret = |value: Value| Value::Secret(Secret::new(value.to_text()));
    Found { values: found.values.into_iter().map(secret).collect(), ..found }
}

fn explain(expect: &Expectation, found: &Found, mismatch: Mismatch, context: &Context<'_>) -> Diagnostic {
    let subject = context.plan.sources.text(expect.subject.span);
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let span = if mismatch.kind == Kind::Missing { expect.subject.span } else { expect.matcher.span };
    let code = code_of(&expect.subject.kind, mismatch.kind);
    let mut diagnostic = Diagnostic::new(Severity::Error, code, span, format!("`{subject}` {}", mismatch.text));
    diagnostic.help = mismatch.help.clone().or_else(|| missing_help(&expect.subject, found, context));
    let base = locate(&expect.subject, mismatch.node.unwrap_or_default(), context);
    let base = base.or_else(|| matches!(expect.subject.kind, SubjectKind::Body).then(Vec::new));
    let mut labels: Vec<(Vec<PathStep>, String)> = Vec::new();
    if let Some(base) = base {
        let below = |path: &[PathStep]| base.iter().chain(path).cloned().collect::<Vec<_>>();
        if mismatch.differences.is_empty() {
            labels.push((below(&mismatch.path), "this value".to_owned()));
        } else {
            labels.extend(mismatch.differences.iter().take(8).map(|one| (below(&one.path), label_of(&one.path, one))));
        }
    }
    with_focus(diagnostic, context, &labels)
}

fn label_of(path: &[PathStep], difference: &crate::matchers::Difference) -> String {
    match (&difference.expected, &difference.actual) {
        (Some(expected), Some(_)) => format!("expected {expected}"),
        (Some(expected), None) => {
            let name = path_text(path);
            format!("`{name}` is missing here, expected {expected}")
        }
        _ => "nothing was expected here".to_owned(),
    }
}

fn code_of(subject: &SubjectKind, kind: Kind) -> &'static Code {
    match kind {
        Kind::Missing => return &codes::MISSING,
        Kind::Type => return &codes::TYPE,
        Kind::Element => return &codes::ELEMENT,
        Kind::Schema => return &codes::SCHEMA,
        Kind::Unsuitable => return &codes::UNSUITABLE,
        Kind::Twice => return &codes::TWICE,
        Kind::LoneSurrogate => return &codes::LONE_SURROGATE,
        Kind::Value => {}
    }
    match subject {
        SubjectKind::Status => &codes::STATUS,
        SubjectKind::Time | SubjectKind::TimeToFirstByte => &codes::TIME,
        SubjectKind::Header(_) | SubjectKind::Headers(_) => &codes::HEADER,
        SubjectKind::Cookie { .. } => &codes::COOKIE,
        SubjectKind::Body | SubjectKind::Text | SubjectKind::Hex | SubjectKind::XPath(_) | SubjectKind::Css(_) => {
            &codes::BODY
        }
        SubjectKind::Certificate(_) => &codes::CERTIFICATE,
        SubjectKind::Size
        | SubjectKind::Attempts
        | SubjectKind::Url
        | SubjectKind::Redirects
        | SubjectKind::HttpVersion => &codes::EXCHANGE,
        SubjectKind::JsonPath(_) | SubjectKind::Expr(_) | SubjectKind::Data | SubjectKind::Id => &codes::VALUE,
    }
}

/// What is there instead of what is missing.
fn missing_help(subject: &Subject, found: &Found, context: &Context<'_>) -> Option<String> {
    if !found.values.is_empty() {
        return None;
    }
    match (&subject.kind, context.focus) {
        (SubjectKind::Header(name), Focus::Response { response, .. }) => {
            let names: Vec<&str> = response.headers.iter().map(|header| header.name.as_str()).collect();
            let near = crate::diag::closest(&name.to_ascii_lowercase(), names.iter().copied())?;
            Some(format!("the response has the header `{near}`"))
        }
        (SubjectKind::JsonPath(path), _) => {
            let path = crate::eval::bound(path, context).ok()?;
            let last = path.steps().checked_sub(1)?;
            let PathStep::Key(key) = path.step(last)? else { return None };
            let parent = path.beginning(last).select(context.focus.json()?).first().copied()?.as_object()?;
            let keys = || parent.keys();
            match crate::diag::closest(&key, keys()) {
                Some(near) => Some(format!("there is `{near}` beside it; was that meant?")),
                None if parent.is_empty() => None,
                None => Some(format!("what is there: {}", keys().take(12).collect::<Vec<_>>().join(", "))),
            }
        }
        _ => None,
    }
}

/// Shows what the response or the frame held, labelled.
fn with_focus(diagnostic: Diagnostic, context: &Context<'_>, labels: &[(Vec<PathStep>, String)]) -> Diagnostic {
    let fault = if *diagnostic.code == codes::NOT_JSON { context.focus.no_json() } else { None };
    match context.focus {
        Focus::Nothing => diagnostic,
        Focus::Response { response, parsed, .. } => {
            with_body(diagnostic, response, &parsed.json(response).cloned(), labels, fault)
        }
        Focus::Frame(frame) => {
            let name = format!("frame {}", frame.number);
            match &frame.payload.json {
                Some(json) => diagnostic.with_excerpt(excerpt::json_excerpt(name, json, labels)),
                None => {
                    let excerpt = no_json(name, &String::from_utf8_lossy(&frame.data), fault);
                    diagnostic.with_excerpt(excerpt)
                }
            }
        }
    }
}

fn with_body(
    diagnostic: Diagnostic,
    response: &Response,
    json: &Option<std::sync::Arc<crate::value::Json>>,
    labels: &[(Vec<PathStep>, String)],
    fault: Option<JsonFault>,
) -> Diagnostic {
    if response.body.is_empty() || *diagnostic.code == codes::TIME || *diagnostic.code == codes::HEADER {
        return diagnostic;
    }
    let name = format!("response body ({})", response.status);
    match json {
        Some(json) => diagnostic.with_excerpt(excerpt::json_excerpt(name, json, labels)),
        None => {
            let text = response.text().unwrap_or_else(|_| String::from_utf8_lossy(&response.body));
            let excerpt = no_json(name, &text, fault);
            diagnostic.with_excerpt(excerpt)
        }
    }
}

/// A text; where it should have been JSON, with the place at which it isn't.
fn no_json(name: String, text: &str, fault: Option<JsonFault>) -> Excerpt {
    match fault {
        Some(fault) => excerpt::fault_excerpt(name, text, &fault),
        None => excerpt::text_excerpt(name, text, None),
    }
}

/// What a capture finds.
///
/// # Errors
/// There is nothing, or the regex doesn't match it.
pub(crate) fn captured(capture: &Capture, context: &Context<'_>) -> Result<Value, Fault> {
    let missing = |message: String| Box::new(Diagnostic::error(&codes::CAPTURE_MISSING, capture.subject.span, message));
    let found = find(&capture.subject, context)?;
    if let Ground::None(baseless) = &found.ground {
        let mut diagnostic =
            missing(format!("there is nothing to capture as `{}`, since {}", capture.name, baseless.why));
        diagnostic.help.clone_from(&baseless.help);
        return Err(Box::new(with_focus(*diagnostic, context, &[])));
    }
    let Some(value) = found.value() else {
        let mut diagnostic = missing(format!("there is nothing to capture as `{}`", capture.name));
        diagnostic.help = missing_help(&capture.subject, &found, context);
        return Err(Box::new(with_focus(*diagnostic, context, &[])));
    };
    let value = match &capture.regex {
        None => value,
        Some(_) if let Some(fault) = not_text(&capture.subject, context) => return Err(fault),
        Some(pattern) => {
            let text = match searched(&found, &value) {
                Ok(text) => text,
                Err(Unsearched::Unread(unread)) => return Err(crate::eval::unreadable(&unread, capture.subject.span)),
                Err(Unsearched::Nothing(why)) => {
                    return Err(missing(format!("there is nothing to capture as `{}`, since {why}", capture.name)));
                }
            };
            match pattern.first_group(&text) {
                Some(group) => crate::eval::computed_from(&value, Value::from(group), context),
                None => {
                    let shown = match is_hidden(&capture.subject) {
                        true => "its value".to_owned(),
                        false => crate::eval::show(&Value::from(text.as_str())),
                    };
                    let message = format!(
                        "{shown} doesn't match {}, so there is nothing to capture as `{}`",
                        pattern.as_str(),
                        capture.name
                    );
                    return Err(missing(message));
                }
            }
        }
    };
    if !capture.secret {
        return Ok(value);
    }
    // Of an object or a list, each of its texts is one too.
    let secret = Value::Secret(Secret::new(value.to_text()));
    crate::eval::computed_from(&secret, value, context);
    Ok(secret)
}

/// Why there is no text to search.
enum Unsearched {
    Unread(Unread),
    Nothing(&'static str),
}

/// The text in which a capture's regex searches: of a list that of its first element, of bytes what they are in UTF-8.
fn searched(found: &Found, value: &Value) -> Result<String, Unsearched> {
    if let Some(text) = &found.text {
        return Ok(text.clone());
    }
    let first = value.count().map(|_| value.element(0));
    let value = match &first {
        Some(None) => return Err(Unsearched::Nothing("the list is empty")),
        Some(Some(first)) => first,
        None => value,
    };
    match value {
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Unsearched::Nothing("these bytes are no text in UTF-8")),
        },
        Value::Json(json) if matches!(**json, crate::value::Json::Unpaired(_)) => {
            Unread::of_json(json).map_or(Ok(value.to_text()), |unread| Err(Unsearched::Unread(unread)))
        }
        other => Ok(other.to_text()),
    }
}

fn bind(capture: &Capture, plan: &Plan, focus: Focus<'_>, scope: &mut Scope, host: &dyn Host, judged: &mut Judged) {
    let value = captured(capture, &Context { plan, scope, focus, host });
    match value {
        Ok(value) if capture.collect => scope.collect(capture.slot, value),
        Ok(value) => scope.set(capture.slot, value),
        Err(fault) => judged.diagnostics.push(*fault),
    }
}

fn either(
    span: Span,
    branches: &[Vec<Check>],
    plan: &Plan,
    focus: Focus<'_>,
    scope: &mut Scope,
    host: &dyn Host,
    judged: &mut Judged,
) {
    let mut tried = Vec::new();
    for branch in branches {
        let mut inner = Judged::default();
        let mut own = scope.branch();
        checks(branch, plan, focus, &mut own, host, &mut inner);
        if inner.holds() {
            scope.merge(&own);
            judged.expectations.extend(inner.expectations);
            return;
        }
        tried.push(inner);
    }
    judged.expectations.push(ExpectationRecord { span, text: "either …".into(), held: false, weak: None });
    let mut diagnostic =
        Diagnostic::error(&codes::NO_BRANCH, span.slice(0, "either".len()), "no branch of this `either` holds");
    for (index, inner) in tried.iter().enumerate() {
        for failed in &inner.diagnostics {
            diagnostic = diagnostic.with_related(failed.span, format!("branch {}: {}", index + 1, failed.message));
        }
    }
    let mut excerpts: Vec<_> =
        tried.into_iter().flat_map(|inner| inner.diagnostics).flat_map(|one| one.excerpts).collect();
    excerpts.truncate(1);
    diagnostic.excerpts = excerpts;
    judged.diagnostics.push(diagnostic);
}
