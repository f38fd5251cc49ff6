use std::collections::HashMap;

use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::{Limit, Scope};
use super::super::walk::{Purpose, Sent};
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, MultipartField, Request, RequestPart, RequestPartKind, SubjectKind};
use crate::syntax::words::{is_method, methods};
use crate::value::{NO_METHOD, is_token};

/// Methods that may be sent twice with the effect of once (RFC 9110, section 9.2.2).
const IDEMPOTENT: [&str; 7] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "QUERY"];

pub fn method(cx: &mut Cx<'_>, request: &Request, name: &Ident) {
    // `request PURGE URL` says that the method is meant.
    let explicit = cx.text(request.span).starts_with("request");
    known_method(cx, name, explicit);
}

pub fn known_method(cx: &mut Cx<'_>, method: &Ident, explicit: bool) {
    if is_method(&method.text) {
        return;
    }
    let near = closest(&method.text, methods());
    if explicit && near.is_none() {
        return;
    }
    let help = match near {
        Some(near) => Correction::replace(method.span, near).did_you_mean(),
        None => "methods are GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS and the like".into(),
    };
    cx.report(
        Diagnostic::error(&codes::UNKNOWN_METHOD, method.span, format!("`{}` is no method", method.text))
            .with_help(help),
    );
}

/// A method that is given by a value, as far as it is known.
pub fn given_method(cx: &mut Cx<'_>, scope: &Scope<'_>, value: &Expr) {
    let Some(known) = constant::of(value, Some(scope)) else { return };
    let Some(text) = known.text().filter(|text| !is_method(text)) else { return };
    let near = closest(text, methods());
    let is_literal = matches!(value.kind, ExprKind::String(_));
    let help = match near.filter(|_| is_literal) {
        Some(near) => Correction::replace(value.span, near).did_you_mean(),
        None if is_token(text) => return,
        None => NO_METHOD.into(),
    };
    cx.report(Diagnostic::error(&codes::UNKNOWN_METHOD, value.span, format!("`{text}` is no method")).with_help(help));
}

/// What is twice in one request, and what doesn't fit together.
pub fn parts(cx: &mut Cx<'_>, sent: Sent<'_, '_>) {
    let mut seen: HashMap<&'static str, Span> = HashMap::new();
    let mut body: Option<Span> = None;
    for part in sent.parts {
        if is_body(&part.kind) {
            if let Some(first) = body.replace(part.span) {
                cx.report(
                    Diagnostic::error(&codes::BODY_TWICE, part.span, "this request has two bodies")
                        .with_related(first, "the first one")
                        .with_help("keep one of them; several parts are sent as `multipart { … }`"),
                );
            } else {
                unusual_body(cx, sent, part.span);
            }
        } else if let Some(word) = once(&part.kind)
            && let Some(first) = seen.insert(word, part.span)
        {
            cx.report(
                Diagnostic::error(&codes::DUPLICATE_PART, part.span, format!("this request says {word} twice"))
                    .with_related(first, "said here first")
                    .with_help("remove one of them"),
            );
        }
        retry(cx, sent, part);
    }
}

fn is_body(kind: &RequestPartKind) -> bool {
    matches!(
        kind,
        RequestPartKind::Json(_)
            | RequestPartKind::Body(_)
            | RequestPartKind::Form(_)
            | RequestPartKind::Multipart(_)
            | RequestPartKind::Graphql { .. }
    )
}

/// What a request says at most once, in words for a message.
fn once(kind: &RequestPartKind) -> Option<&'static str> {
    Some(match kind {
        RequestPartKind::Timeout(_) => "`timeout`",
        RequestPartKind::Retry(_) => "`retry`",
        RequestPartKind::FollowRedirects(_) => "`follow redirects`",
        RequestPartKind::HttpVersion { .. } => "`http`",
        RequestPartKind::NoCookies => "`no cookies`",
        RequestPartKind::AcceptInvalidCertificate => "`accept invalid certificate`",
        RequestPartKind::Compressed => "`compressed`",
        RequestPartKind::ExpectFailure(_) => "`expect failure`",
        RequestPartKind::Bearer { .. } | RequestPartKind::Basic { .. } | RequestPartKind::Digest { .. } => {
            "its credentials"
        }
        _ => return None,
    })
}

fn unusual_body(cx: &mut Cx<'_>, sent: Sent<'_, '_>, span: Span) {
    if sent.purpose == Purpose::WebSocket {
        cx.report(
            Diagnostic::error(&codes::WRONG_CHANNEL_KIND, span, "the handshake of a WebSocket has no body")
                .with_help("send it as a frame: `send CHANNEL json { … }`"),
        );
        return;
    }
    let Some(method) = sent.method else { return };
    if !matches!(method, "GET" | "HEAD" | "TRACE") {
        return;
    }
    cx.report(
        Diagnostic::warning(&codes::BODY_WITH_GET, span, format!("servers don't read the body of a {method} request"))
            .with_help("send it with POST, or put the values into the URL: `query NAME: VALUE`"),
    );
}

fn retry(cx: &mut Cx<'_>, sent: Sent<'_, '_>, part: &RequestPart) {
    let RequestPartKind::Retry(retry) = &part.kind else { return };
    let Some(method) = sent.method else { return };
    let has_key = sent.parts.iter().any(|part| match &part.kind {
        RequestPartKind::Header { name, .. } => name.text.eq_ignore_ascii_case("idempotency-key"),
        _ => false,
    });
    if retry.unsafe_allowed || has_key || IDEMPOTENT.contains(&method) {
        return;
    }
    let text = cx.text(part.span);
    let (keyword, rest) = text.split_at_checked("retry".len()).unwrap_or((text, ""));
    let allowed = Correction::insert_after(part.span.slice(0, keyword.len()), " unsafe").between(keyword, rest);
    cx.report(
        Diagnostic::warning(
            &codes::UNSAFE_RETRY,
            part.span,
            format!("a {method} that is sent again may act twice: what was lost may have been the response alone"),
        )
        .with_help(allowed.help(|retry| format!("write `{retry}` if that does no harm, or send an `Idempotency-Key`"))),
    );
}

/// The deadline that a request sets for what is expected of its response.
pub fn timeout(scope: &Scope<'_>, sent: Sent<'_, '_>) -> Option<Limit> {
    sent.parts.iter().find_map(|part| match &part.kind {
        RequestPartKind::Timeout(time) => {
            let seconds = constant::of(time, Some(scope))?.seconds().filter(|seconds| *seconds > 0.0)?;
            Some(Limit { seconds, span: time.span, what: "the request's timeout" })
        }
        _ => None,
    })
}

/// Beside an expected failure there is no response: only the time can be looked at.
pub fn failure(cx: &mut Cx<'_>, sent: Sent<'_, '_>) {
    let Some(failure) = sent.parts.iter().find(|part| matches!(part.kind, RequestPartKind::ExpectFailure(_))) else {
        return;
    };
    for part in sent.parts {
        let mixed = match &part.kind {
            RequestPartKind::Expect(expect) => !matches!(expect.subject.kind, SubjectKind::Time),
            RequestPartKind::Either(_) | RequestPartKind::Capture(_) => true,
            _ => false,
        };
        if mixed {
            cx.report(
                Diagnostic::error(
                    &codes::FAILURE_MIXED,
                    part.span,
                    "a request that is to fail has no response to look at",
                )
                .with_related(failure.span, "it is expected to fail")
                .with_help("remove one of the two; beside an expected failure only `time` can be expected"),
            );
        }
    }
}

pub fn http_version(cx: &mut Cx<'_>, text: &str, span: Span) {
    let version = |version: &str| Correction::replace(span, version).between("http ", "").safe().write();
    let help = match text {
        "1.1" | "2" => return,
        "2.0" => version("2"),
        "1" | "1.0" => version("1.1"),
        _ => "use `http 1.1` or `http 2`, or leave it out to let client and server agree".into(),
    };
    cx.report(
        Diagnostic::error(&codes::UNKNOWN_HTTP_VERSION, span, format!("HTTP {text} isn't supported")).with_help(help),
    );
}

pub fn multipart(cx: &mut Cx<'_>, fields: &[MultipartField]) {
    for field in fields {
        let Some(content_type) = &field.content_type else { continue };
        let (kind, rest) = content_type.value.split_once('/').unwrap_or_default();
        let subtype = rest.split(';').next().unwrap_or_default().trim();
        if !is_token(kind) || !is_token(subtype) {
            cx.report(
                Diagnostic::error(
                    &codes::INVALID_HEADER,
                    content_type.span,
                    format!("\"{}\" is no media type", content_type.value),
                )
                .with_help("a media type looks like \"application/pdf\" or \"text/plain; charset=utf-8\""),
            );
        }
    }
}

/// Something that is sent, in an alternative of what is expected.
pub fn sent_in_branch(cx: &mut Cx<'_>, part: &RequestPart) {
    cx.report(
        Diagnostic::error(&codes::MISPLACED, part.span, "an alternative holds only what is expected and captured")
            .with_help("move it out of the `either`, into the request's block"),
    );
}
