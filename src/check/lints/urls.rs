use super::super::cx::Cx;
use super::super::index::EnvValue;
use super::super::walk::{Purpose, Sent};
use crate::diag::{Correction, Diagnostic, Help, codes};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Template, TemplatePart};
use crate::value::{UrlPlace, UrlWriter};

/// The scheme of a URL, as far as it is known, and what else can't be requested.
pub fn check(cx: &mut Cx<'_>, sent: Sent<'_, '_>) {
    let url = sent.url;
    match url.parts.first() {
        None => {
            if !cx.index.is_broken(url.span) {
                report(
                    cx,
                    url.span,
                    "this URL is empty".to_owned(),
                    "write where to send it: `GET {{env.api}}/health`",
                );
            }
        }
        Some(TemplatePart::Text { text, span }) => literal(cx, sent, text, *span),
        Some(TemplatePart::Expr(expr)) => of_env(cx, sent, expr),
    }
    query_values(cx, url);
    super::environments::unreal_url(cx, url);
}

/// `?q={{url_encode(q)}}`: a query's value is encoded anyway.
fn query_values(cx: &mut Cx<'_>, url: &Template) {
    let mut writer = UrlWriter::default();
    for part in &url.parts {
        match part {
            TemplatePart::Text { text, .. } => writer.text(text),
            TemplatePart::Expr(expr) => {
                if writer.place() == UrlPlace::QueryValue {
                    encoded_twice(cx, expr);
                }
                // What it is worth isn't known; any word keeps the place of what follows.
                let _ = writer.value("x");
            }
        }
    }
}

/// A value that is encoded when it is sent, and is `url_encode(…)`: it itself, or those in an object or a list of values.
pub fn encoded_twice(cx: &mut Cx<'_>, value: &Expr) {
    match &value.kind {
        ExprKind::Call { callee, args } if matches!(callee.segments.as_slice(), [name] if name.text == "url_encode") => {
            let argument = args.first().map(|arg| cx.text(arg.value.span).to_owned()).unwrap_or_default();
            cx.report(
                Diagnostic::warning(
                    &codes::ENCODED_TWICE,
                    value.span,
                    "this value is encoded when it is sent, so that it would be encoded twice",
                )
                .with_help(Correction::replace(value.span, argument).safe().write()),
            );
        }
        ExprKind::Object(entries) => {
            entries.iter().filter_map(|entry| entry.value.as_ref()).for_each(|value| encoded_twice(cx, value));
        }
        ExprKind::List(items) => items.iter().for_each(|item| encoded_twice(cx, item)),
        _ => {}
    }
}

fn report(cx: &mut Cx<'_>, span: Span, message: String, help: impl Into<Help>) {
    cx.report(Diagnostic::error(&codes::INVALID_URL, span, message).with_help(help));
}

fn literal(cx: &mut Cx<'_>, sent: Sent<'_, '_>, text: &str, span: Span) {
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| !scheme.is_empty()) else {
        let is_whole = sent.url.parts.len() == 1;
        if is_whole || text.contains(['/', '.', ':']) {
            let help = without_scheme(cx, sent.purpose, text, span);
            report(cx, sent.url.span, "this URL has no scheme".to_owned(), help);
        }
        return;
    };
    if !fits(sent.purpose, scheme) {
        let place = span.slice(0, scheme.len());
        wrong_scheme(cx, sent.purpose, scheme, place, |scheme| Some(Correction::replace(place, scheme)));
        return;
    }
    if sent.url.parts.len() > 1 {
        if rest.starts_with(['/', '?', '#']) {
            report(cx, sent.url.span, "this URL names no host".to_owned(), "write the host behind `://`");
        }
        return;
    }
    if text.chars().any(char::is_whitespace) {
        report(cx, sent.url.span, "this URL holds white space".to_owned(), "encode it: a space is `%20`");
        return;
    }
    if let Err(error) = url::Url::parse(text) {
        report(
            cx,
            sent.url.span,
            format!("this isn't a URL: {error}"),
            "a URL looks like `https://api.example.com/threads?limit=10`",
        );
    } else if rest.is_empty() || rest.starts_with('/') {
        report(cx, sent.url.span, "this URL names no host".to_owned(), "write the host behind `://`");
    }
}

fn without_scheme(cx: &Cx<'_>, purpose: Purpose, text: &str, span: Span) -> Help {
    let scheme = if purpose == Purpose::WebSocket { "wss" } else { "https" };
    if !text.starts_with('/') {
        return Correction::insert_before(span, format!("{scheme}://")).between("", text).write();
    }
    let wanted = if purpose == Purpose::WebSocket { "ws" } else { "api" };
    if cx.index.with_value(wanted).is_none() {
        return format!("put the system's address before it: `{{{{env.NAME}}}}{text}`").into();
    }
    Correction::insert_before(span, format!("{{{{env.{wanted}}}}}"))
        .between("", text)
        .help(|url| format!("put the system's address before it: `{url}`"))
}

/// What is reached by URLs of a scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SchemeKind {
    Http,
    WebSocket,
    Other,
}

pub fn kind(scheme: &str) -> SchemeKind {
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    match () {
        () if is("http") || is("https") => SchemeKind::Http,
        () if is("ws") || is("wss") => SchemeKind::WebSocket,
        () => SchemeKind::Other,
    }
}

fn fits(purpose: Purpose, scheme: &str) -> bool {
    match purpose {
        Purpose::WebSocket => kind(scheme) == SchemeKind::WebSocket,
        _ => kind(scheme) == SchemeKind::Http,
    }
}

/// `instead` gives the correction to another scheme, where the scheme is written at the place.
fn wrong_scheme(
    cx: &mut Cx<'_>,
    purpose: Purpose,
    scheme: &str,
    span: Span,
    instead: impl Fn(&str) -> Option<Correction>,
) {
    let write = |scheme: &str, sentence: &dyn Fn(&str) -> String| match instead(scheme) {
        Some(correction) => correction.between("", "://").help(sentence),
        None => sentence(&format!("{scheme}://")).into(),
    };
    let (message, help) = match (purpose, scheme) {
        (Purpose::WebSocket, "http" | "https") => (
            format!("a WebSocket is opened at `ws://` or `wss://`, not at `{scheme}://`"),
            write(if scheme == "https" { "wss" } else { "ws" }, &|scheme| format!("write `{scheme}`")),
        ),
        (Purpose::WebSocket, _) => {
            let help = write("wss", &|scheme| format!("write `{scheme}` or `ws://`"));
            (format!("a WebSocket can't be opened at `{scheme}://`"), help)
        }
        (_, "ws" | "wss") => (
            format!("a request goes to `http://` or `https://`, not to `{scheme}://`"),
            "open it as a channel: `websocket NAME URL { … }`".into(),
        ),
        _ => {
            let help = write("https", &|scheme| format!("write `{scheme}` or `http://`"));
            (format!("nothing can be requested from `{scheme}://`"), help)
        }
    };
    report(cx, span, message, help);
}

/// A URL that begins with a value of the environment: that value's scheme, where every environment says it.
fn of_env(cx: &mut Cx<'_>, sent: Sent<'_, '_>, expr: &Expr) {
    let ExprKind::Field(of, field) = &expr.kind else { return };
    if !matches!(&of.kind, ExprKind::Name(name) if name.text == "env") {
        return;
    }
    let schemes = cx.index.schemes(&field.text);
    let Some(wrong) = schemes.iter().find(|scheme| !fits(sent.purpose, scheme)) else { return };
    if schemes.iter().any(|scheme| fits(sent.purpose, scheme)) {
        return;
    }
    wrong_scheme(cx, sent.purpose, wrong, expr.span, |_| None);
}

/// The scheme of the URL that a value of the environment is.
pub fn scheme_of<'p>(name: &str, value: &EnvValue<'p>) -> Option<&'p str> {
    match value {
        EnvValue::Demo(_) => match name {
            "ws" => Some("ws"),
            "api" | "auth" | "app" | "control" => Some("http"),
            _ => None,
        },
        EnvValue::Declared(ast::EnvValue::Expr(Expr { kind: ExprKind::String(template), .. })) => {
            match template.parts.first()? {
                TemplatePart::Text { text, .. } => text.split_once("://").map(|(scheme, _)| scheme),
                TemplatePart::Expr(_) => None,
            }
        }
        EnvValue::Declared(_) => None,
    }
}
