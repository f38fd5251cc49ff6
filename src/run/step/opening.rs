//! What a response has to be to open a channel, and what the spec wants of it.

use crate::diag::{Diagnostic, codes};
use crate::event::{Exchange, Header};
use crate::plan::OpenChannel;
use crate::syntax::ast::ChannelKind;
use crate::world::handshake;

/// What is wrong with a response that would open a WebSocket by its status.
pub fn broken_handshake(open: &OpenChannel, exchange: &Exchange) -> Option<String> {
    let response = exchange.outcome.as_ref().ok().filter(|_| open.kind == ChannelKind::WebSocket)?;
    handshake::verify(&exchange.request_headers, response).err()
}

pub fn headers_of(exchange: &Exchange) -> Vec<Header> {
    exchange.outcome.as_ref().map_or(Vec::new(), |response| response.headers.clone())
}

pub fn protocol(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::WebSocket => "websocket",
        ChannelKind::Sse => "sse",
        ChannelKind::Ndjson => "ndjson",
    }
}

/// Whether the spec says which status it expects, so that a refusal is its to judge.
pub fn expects_other_status(open: &OpenChannel) -> bool {
    fn asks(checks: &[crate::plan::Check]) -> bool {
        checks.iter().any(|check| match check {
            crate::plan::Check::Expect(expect) => matches!(expect.subject.kind, crate::plan::SubjectKind::Status),
            crate::plan::Check::Either { branches, .. } => branches.iter().any(|branch| asks(branch)),
            crate::plan::Check::Capture(_) => false,
        })
    }
    asks(&open.request.checks)
}

/// Whether the spec wants the channel refused: an expectation of a response that opens none, or of none at all.
pub fn wants_refusal(open: &OpenChannel) -> bool {
    use crate::plan::{Check, ExprKind, MatcherKind, SubjectKind};
    use crate::syntax::ast::BinaryOp;
    use crate::syntax::words::WithOperand;
    fn refuses(value: &crate::plan::Expr) -> bool {
        match &value.kind {
            ExprKind::Const(value) => {
                value.as_json().and_then(crate::value::Json::as_u64).is_some_and(|status| status >= 300)
            }
            ExprKind::List(values) => values.iter().all(refuses),
            ExprKind::Range(from, _) => refuses(from),
            _ => false,
        }
    }
    fn asks(checks: &[Check]) -> bool {
        checks.iter().any(|check| match check {
            Check::Expect(expect) if matches!(expect.subject.kind, SubjectKind::Status) => match &expect.matcher.kind {
                MatcherKind::Compare(BinaryOp::Equal | BinaryOp::GreaterEqual, status)
                | MatcherKind::With(WithOperand::In, status) => refuses(status),
                _ => false,
            },
            Check::Either { branches, .. } => branches.iter().all(|branch| asks(branch)),
            Check::Expect(_) | Check::Capture(_) => false,
        })
    }
    open.request.expect_failure.is_some() || asks(&open.request.checks)
}

/// A response of another type isn't an event stream, whatever its body holds (WHATWG HTML, section 9.2.3).
pub fn no_event_stream(open: &OpenChannel, exchange: &Exchange) -> Option<Diagnostic> {
    let response = exchange.outcome.as_ref().ok().filter(|_| open.kind == ChannelKind::Sse)?;
    let found = response.header("content-type").unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("text/event-stream") {
        return None;
    }
    let found = if found.is_empty() { "no Content-Type".to_owned() } else { format!("the Content-Type `{found}`") };
    let message =
        format!("the channel `{}` wasn't opened: the response has {found}, expected `text/event-stream`", open.name);
    let help =
        "a browser reads no events from it either; lines of JSON are read by `ndjson`, a whole response by a request";
    Some(Diagnostic::error(&codes::NOT_A_STREAM, open.request.url.span, message).with_help(help))
}
