use std::collections::HashMap;

use super::super::cx::Cx;
use super::super::types::Ty;
use super::super::walk::Sent;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, HeaderName, RequestPartKind, TemplatePart};
use crate::value::{TOKEN, is_token};

/// The name of a header or cookie.
pub fn name(cx: &mut Cx<'_>, name: &HeaderName, what: &str) {
    if is_token(&name.text) {
        return;
    }
    let message = match name.text.chars().find(|c| !c.is_ascii_alphanumeric() && !TOKEN.contains(*c)) {
        None => format!("the name of this {what} is empty"),
        Some(' ') => format!("a {what}'s name can't hold a space"),
        Some(c) if c.is_control() => format!("a {what}'s name can't hold a control character"),
        Some(c) => format!("a {what}'s name can't hold `{c}`"),
    };
    cx.report(
        Diagnostic::error(&codes::INVALID_HEADER, name.span, message)
            .with_help("names are made of letters, digits and `-`: `X-Request-Id` (RFC 9110, section 5.6.2)"),
    );
}

pub fn sent(cx: &mut Cx<'_>, header: &HeaderName, value: &Expr, ty: &Ty) {
    name(cx, header, "header");
    super::secrets::header(cx, &header.text, value);
    text(cx, value, ty, "header");
}

pub fn cookie(cx: &mut Cx<'_>, cookie: &HeaderName, value: &Expr, ty: &Ty) {
    name(cx, cookie, "cookie");
    if !text(cx, value, ty, "cookie") {
        return;
    }
    // RFC 6265, section 4.1.1
    if let Some((found, span)) = character(value, |c| matches!(c, ';' | ',' | '"' | '\\' | ' ') || !c.is_ascii()) {
        cx.report(
            Diagnostic::error(&codes::INVALID_HEADER, span, format!("a cookie's value can't hold `{found}`"))
                .with_help("encode it: `{{url_encode(value)}}`"),
        );
    }
}

/// Whether a value can be in a header (RFC 9110, section 5.5); reports it otherwise.
fn text(cx: &mut Cx<'_>, value: &Expr, ty: &Ty, what: &str) -> bool {
    if matches!(ty, Ty::List(_) | Ty::Object(_) | Ty::Null) {
        let message = format!("a {what} is text, and this is {}", ty.words());
        cx.report(
            Diagnostic::error(&codes::INVALID_HEADER, value.span, message)
                .with_help("write the text that is to be sent; JSON is made by `json(value)`"),
        );
        return false;
    }
    if let Some((found, span)) = character(value, |c| c.is_control() && c != '\t') {
        let which = if matches!(found, '\n' | '\r') { "a line end" } else { "a control character" };
        cx.report(
            Diagnostic::error(&codes::INVALID_HEADER, span, format!("a {what}'s value can't hold {which}"))
                .with_help("remove it, or encode the value: `{{base64(value)}}`"),
        );
        return false;
    }
    true
}

/// The first character of a literal that is refused, and where the text around it is.
fn character(value: &Expr, refused: impl Fn(char) -> bool) -> Option<(char, Span)> {
    let ExprKind::String(template) = &value.kind else { return None };
    template.parts.iter().find_map(|part| match part {
        TemplatePart::Text { text, .. } => text.chars().find(|c| refused(*c)).map(|c| (c, template.span)),
        TemplatePart::Expr(_) => None,
    })
}

/// Headers that are set twice in one request.
pub fn duplicates(cx: &mut Cx<'_>, sent: Sent<'_, '_>) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    let credentials = sent.parts.iter().find(|part| {
        matches!(
            part.kind,
            RequestPartKind::Bearer { .. } | RequestPartKind::Basic { .. } | RequestPartKind::Digest { .. }
        )
    });
    for part in sent.parts {
        let RequestPartKind::Header { name, .. } = &part.kind else { continue };
        let key = name.text.to_ascii_lowercase();
        if let (Some(other), "authorization") = (credentials, key.as_str()) {
            cx.report(
                Diagnostic::error(&codes::DUPLICATE_PART, name.span, "this request gives its credentials twice")
                    .with_related(other.span, "given here too")
                    .with_help("remove one of them"),
            );
        }
        if let Some(first) = seen.insert(key, name.span) {
            cx.report(
                Diagnostic::warning(
                    &codes::DUPLICATE_HEADER,
                    name.span,
                    format!("the header `{}` is set twice", name.text),
                )
                .with_related(first, "set here first")
                .with_help("remove one of them; several values of one header are joined by commas"),
            );
        }
    }
}
