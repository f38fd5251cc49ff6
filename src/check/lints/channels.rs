use std::collections::HashMap;

use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::{Channel, ChannelState, Scope};
use super::super::types::Ty;
use super::contradictions::StatusSet;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    ChannelKind, ChannelPartKind, ChannelStep, ChannelStepKind, Expr, ExprKind, OnChannel, OpenChannel,
    RequestPartKind, SubjectKind,
};
use crate::value::is_token;

/// What the opening of a channel says twice, or can't say.
pub fn parts(cx: &mut Cx<'_>, open: &OpenChannel) {
    let mut seen: HashMap<&'static str, Span> = HashMap::new();
    for part in &open.parts {
        let word = match &part.kind {
            ChannelPartKind::Subprotocol(_) => "`subprotocol`",
            ChannelPartKind::EventsByPath(_) | ChannelPartKind::EventsByRegex(_) | ChannelPartKind::EventsIn { .. } => {
                "`events`"
            }
            ChannelPartKind::PayloadBy(_) => "`payload`",
            ChannelPartKind::ConnectWithin(_) => "`connect within`",
            ChannelPartKind::Request(_) | ChannelPartKind::ReplyTo { .. } | ChannelPartKind::Error => continue,
        };
        if word == "`subprotocol`" && open.kind != ChannelKind::WebSocket {
            cx.wrong_kind(part.span, "only a WebSocket has subprotocols");
        }
        if let Some(first) = seen.insert(word, part.span) {
            let help = if word == "`subprotocol`" {
                "name them on one line: `subprotocol \"a\", \"b\"`"
            } else {
                "remove one of them"
            };
            cx.report(
                Diagnostic::error(&codes::DUPLICATE_PART, part.span, format!("this channel says {word} twice"))
                    .with_related(first, "said here first")
                    .with_help(help),
            );
        }
    }
}

/// A subprotocol's name is a token (RFC 6455, section 4.1).
pub fn subprotocol(cx: &mut Cx<'_>, name: &Expr, ty: &Ty) {
    if !ty.meets(&Ty::String) {
        let message = format!("a subprotocol is named by a string, and this is {}", ty.words());
        cx.report(Diagnostic::error(&codes::TYPE_MISMATCH, name.span, message).with_help("write its name in quotes"));
        return;
    }
    let ExprKind::String(template) = &name.kind else { return };
    let Some(text) = template.as_text() else { return };
    if !is_token(&text) {
        cx.report(
            Diagnostic::error(&codes::INVALID_HEADER, name.span, format!("\"{text}\" can't be a subprotocol"))
                .with_help("a subprotocol's name is made of letters, digits and `-._`; name several separated by commas: `subprotocol \"a\", \"b\"`"),
        );
    }
}

/// Whether a channel is open after its handshake was judged.
pub fn state_after<'p>(cx: &Cx<'p>, scope: &Scope<'p>, open: &OpenChannel) -> ChannelState {
    let opens = |set: &StatusSet| match open.kind {
        ChannelKind::WebSocket => set.contains(101),
        ChannelKind::Sse | ChannelKind::Ndjson => (200..300).any(|status| set.contains(status)),
    };
    for part in &open.parts {
        let ChannelPartKind::Request(part) = &part.kind else { continue };
        match &part.kind {
            RequestPartKind::ExpectFailure(failure) => return ChannelState::Refused(failure.span),
            RequestPartKind::Either(_) | RequestPartKind::Error => return ChannelState::Unknown,
            RequestPartKind::Expect(expect) if matches!(expect.subject.kind, SubjectKind::Status) => {
                match StatusSet::of(cx, scope, &expect.matcher) {
                    None => return ChannelState::Unknown,
                    Some(set) if !opens(&set) => return ChannelState::Refused(expect.span),
                    Some(_) => {}
                }
            }
            _ => {}
        }
    }
    ChannelState::Open
}

/// Whether a step can be done to a channel of this kind, in this state.
pub fn usable(cx: &mut Cx<'_>, step: &ChannelStep, channel: Channel) {
    let name = &step.channel.text;
    if let Some(ChannelKind::Sse | ChannelKind::Ndjson) = channel.kind {
        let message = match &step.kind {
            ChannelStepKind::Send(_) => "nothing can be sent on a stream: it only goes from the server to the client",
            ChannelStepKind::Ping { .. } => "only a WebSocket can be pinged",
            ChannelStepKind::Close { code: Some(_), .. } => "a stream has no close codes",
            _ => "",
        };
        if !message.is_empty() {
            cx.wrong_kind(step.span, message);
            return;
        }
    }
    let (message, related) = match channel.state {
        ChannelState::Closed(span) if !matches!(step.kind, ChannelStepKind::Reconnect) => {
            (format!("`{name}` is closed already"), (span, "closed here"))
        }
        ChannelState::Refused(span) => {
            (format!("`{name}` is never open: its handshake is to be refused"), (span, "expected here"))
        }
        _ => return,
    };
    cx.report(
        Diagnostic::error(&codes::CLOSED_CHANNEL, step.channel.span, message)
            .with_related(related.0, related.1)
            .with_help(format!("move this step up, open another channel, or `reconnect {name}`")),
    );
}

/// Whether frames can be expected on a channel.
pub fn watchable(cx: &mut Cx<'_>, on: &OnChannel, channel: Channel) {
    let ChannelState::Refused(span) = channel.state else { return };
    let message = format!("`{}` is never open: its handshake is to be refused", on.channel.text);
    cx.report(
        Diagnostic::error(&codes::CLOSED_CHANNEL, on.channel.span, message)
            .with_related(span, "expected here")
            .with_help("look at the server's response in the channel's own block: `expect status 401`"),
    );
}

/// `closed` is a WebSocket's end, `ended` and `cut off` a stream's.
pub fn closing(cx: &mut Cx<'_>, span: Span, channel: Option<Channel>, of: ChannelKind) {
    let Some(kind) = channel.and_then(|channel| channel.kind) else { return };
    let is_websocket = kind == ChannelKind::WebSocket;
    if is_websocket == (of == ChannelKind::WebSocket) {
        return;
    }
    let (message, help) = if is_websocket {
        (
            "a WebSocket is `closed`; only streams end or are cut off",
            "write `expect on CHANNEL closed with 1000 within 2s`; 1006 is a connection that was lost",
        )
    } else {
        (
            "a stream isn't closed by a code: it is `ended` (complete) or `cut off`",
            "write `expect on CHANNEL ended within 2s`",
        )
    };
    cx.report(Diagnostic::error(&codes::WRONG_CHANNEL_KIND, span, message).with_help(help));
}

pub fn comment(cx: &mut Cx<'_>, span: Span, channel: Option<Channel>) {
    let Some(kind) = channel.and_then(|channel| channel.kind) else { return };
    if kind != ChannelKind::Sse {
        cx.report(
            Diagnostic::error(&codes::WRONG_CHANNEL_KIND, span, "only event streams (`sse`) have comments")
                .with_help("name what is awaited: `event \"x\"`, `frame text`, `frame binary`"),
        );
    }
}

/// Codes that a WebSocket can be closed with (RFC 6455, section 7.4), and what can be seen of an end without one.
pub fn close_code<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, code: &'p Expr, ty: &Ty, sending: bool) {
    if !ty.meets(&Ty::Number) {
        let message = format!("a close code is a number, and this is {}", ty.words());
        let normal = Correction::replace(code.span, "1000").between("with ", "").write();
        cx.report(Diagnostic::error(&codes::BAD_CLOSE_CODE, code.span, message).with_help(normal));
        return;
    }
    let Some(value) = constant::of(code, Some(scope)) else { return };
    let sendable = |code: i64| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let (message, help) = match value.as_whole() {
        Some(code) if sendable(code) || (!sending && matches!(code, 1005 | 1006)) => return,
        Some(code @ (1005 | 1006 | 1015)) => {
            let help = if code == 1006 {
                "to lose the connection without a close, write `drop CHANNEL`"
            } else if !sending {
                "a handshake of TLS that fails opens no channel: `expect failure is tls`, where the channel is opened"
            } else {
                "leave the code out, or use 1000"
            };
            (format!("{code} is never sent: it only stands for a close without a code or a lost connection"), help)
        }
        _ => (
            format!("{} is no close code of a WebSocket", cx.text(code.span)),
            "codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999 (RFC 6455, section 7.4); 1000 is a normal close",
        ),
    };
    cx.report(Diagnostic::error(&codes::BAD_CLOSE_CODE, code.span, message).with_help(help));
}

/// A reason has room for 123 bytes (RFC 6455, section 5.5).
pub fn close_reason(cx: &mut Cx<'_>, reason: &Expr) {
    const LONGEST: usize = 123;
    let ExprKind::String(template) = &reason.kind else { return };
    if template.as_text().is_some_and(|text| text.len() > LONGEST) {
        cx.report(
            Diagnostic::error(&codes::BAD_CLOSE_CODE, reason.span, "a close frame has room for a reason of 123 bytes")
                .with_help("make it shorter"),
        );
    }
}
