use super::super::cx::Cx;
use super::super::lints;
use super::super::scope::{Binding, Channel, ChannelState, Kind, Place, Scope};
use super::super::subject::mismatch_help;
use super::super::types::Ty;
use super::requests::{Purpose, Sent};
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::syntax::ast::{
    ChannelKind, ChannelPart, ChannelPartKind, ChannelStep, ChannelStepKind, Expr, ExprKind, FrameBody, FrameBodyKind,
    Ident, OpenChannel, RequestPart,
};

/// A channel that comes from elsewhere: nothing is known of it.
pub const GIVEN: Channel = Channel { kind: None, state: ChannelState::Unknown };

impl<'p> Cx<'p> {
    pub fn open(&mut self, scope: &mut Scope<'p>, open: &'p OpenChannel) {
        let purpose = match open.kind {
            ChannelKind::WebSocket => Purpose::WebSocket,
            ChannelKind::Sse | ChannelKind::Ndjson => Purpose::Stream,
        };
        let parts: Vec<&RequestPart> = open
            .parts
            .iter()
            .filter_map(|part| match &part.kind {
                ChannelPartKind::Request(part) => Some(part),
                _ => None,
            })
            .collect();
        let method = open.method.as_ref().map_or("GET", |method| method.text.as_str());
        let sent = Sent { purpose, method: Some(method), url: &open.url, parts: &parts };
        if let Some(method) = &open.method {
            lints::requests::known_method(self, method, false);
        }
        for part in &open.parts {
            self.channel_part(scope, open, part);
        }
        lints::channels::parts(self, open);
        let reopened = scope.get(&open.name.text).and_then(|binding| Some((binding.channel?, binding.span)));
        if let Some((Channel { state: ChannelState::Open, .. }, first)) = reopened
            && scope.loops == 0
        {
            self.report(
                Diagnostic::error(
                    &codes::CHANNEL_REOPENED,
                    open.name.span,
                    format!("`{}` is open already", open.name.text),
                )
                .with_related(first, "opened here")
                .with_help(format!(
                    "close it first (`close {}`), give this one another name, or write `reconnect {}`",
                    open.name.text, open.name.text
                )),
            );
        }
        self.sent(scope, sent);
        let state = lints::channels::state_after(self, scope, open);
        let channel = Channel { kind: Some(open.kind), state };
        let binding = Binding {
            span: open.name.span,
            kind: Kind::Channel,
            ty: Ty::Channel,
            constant: None,
            channel: Some(channel),
        };
        self.bind(scope, &open.name, binding);
        if matches!(state, ChannelState::Refused(_)) {
            // Its response is what the test is about.
            self.count_as_used(scope, &open.name.text);
        }
    }

    fn channel_part(&mut self, scope: &mut Scope<'p>, open: &'p OpenChannel, part: &'p ChannelPart) {
        match &part.kind {
            ChannelPartKind::Request(_) | ChannelPartKind::Error => {}
            ChannelPartKind::Subprotocol(names) => {
                for name in names {
                    let ty = self.expr(scope, name);
                    lints::channels::subprotocol(self, name, &ty);
                }
            }
            ChannelPartKind::EventsByPath(path) => {
                self.json_path(scope, path);
            }
            ChannelPartKind::EventsByRegex(regex) | ChannelPartKind::PayloadBy(regex) => {
                self.regex(regex);
            }
            ChannelPartKind::EventsIn { list, by } => {
                self.json_path(scope, list);
                self.json_path(scope, by);
            }
            ChannelPartKind::ConnectWithin(time) => {
                self.time(scope, time, "connect within");
            }
            ChannelPartKind::ReplyTo { item, with } => {
                let mut inner = scope.branch();
                self.item(&mut inner, item, None);
                self.frame_body(&mut inner, with);
                scope.merge([inner]);
                if open.kind != ChannelKind::WebSocket {
                    self.wrong_kind(part.span, "nothing can be sent on a stream, so nothing can be replied");
                }
            }
        }
    }

    pub fn wrong_kind(&mut self, span: crate::source::Span, message: &str) {
        self.report(
            Diagnostic::error(&codes::WRONG_CHANNEL_KIND, span, message)
                .with_help("open a `websocket` for this, or use what streams have: `ended`, `cut off`, `comment`"),
        );
    }

    fn frame_body(&mut self, scope: &mut Scope<'p>, body: &'p FrameBody) {
        let place = std::mem::replace(&mut scope.place, Place::Sent);
        let ty = self.expr(scope, &body.value);
        scope.place = place;
        let literal = match &body.value.kind {
            ExprKind::String(template) => template.as_text(),
            _ => None,
        };
        match body.kind {
            FrameBodyKind::Json => {}
            FrameBodyKind::Text => {
                if matches!(ty, Ty::Object(_) | Ty::List(_)) {
                    let message = format!("`text` sends a text, and this is {}", ty.words());
                    self.report(
                        Diagnostic::error(&codes::TYPE_MISMATCH, body.value.span, message)
                            .with_help("send it as `json`"),
                    );
                }
            }
            FrameBodyKind::Binary => {
                if ty.is_known() && !ty.is_text() {
                    let message = format!("`binary` sends bytes, and this is {}", ty.words());
                    self.report(
                        Diagnostic::error(&codes::TYPE_MISMATCH, body.value.span, message)
                            .with_help("write bytes as `hex \"00ff\"`, or take them from a file"),
                    );
                }
            }
            FrameBodyKind::Hex => {
                if let Some(text) = literal {
                    self.hex(&text, body.value.span);
                }
            }
            FrameBodyKind::Base64 => {
                if let Some(text) = literal {
                    self.base64(&text, body.value.span);
                }
            }
        }
    }

    /// The channel that a step or expectation names. `None` when there is none, which has been reported.
    pub fn channel(&mut self, scope: &mut Scope<'p>, name: &'p Ident) -> Option<Channel> {
        if let Some(binding) = scope.get(&name.text) {
            let (channel, ty, kind) = (binding.channel, binding.ty.clone(), binding.kind);
            self.use_name(scope, name);
            if channel.is_some() {
                return channel;
            }
            // What a flow gave, or an object of several, may well hold a channel.
            if ty == Ty::Unknown {
                return Some(GIVEN);
            }
            let message = format!("`{}` is a {}, not a channel", name.text, kind.words());
            self.report(
                Diagnostic::error(&codes::UNKNOWN_CHANNEL, name.span, message)
                    .with_help("open a channel first: `websocket NAME URL { … }`"),
            );
            return None;
        }
        if self.may_be_declared(&name.text) {
            return None;
        }
        let help = match closest(&name.text, scope.channels()) {
            Some(near) => Correction::replace(name.span, near).did_you_mean(),
            None => format!("open it before this step: `websocket {} {{{{env.ws}}}}`", name.text).into(),
        };
        let message = format!("no channel called `{}` is open here", name.text);
        self.report(Diagnostic::error(&codes::UNKNOWN_CHANNEL, name.span, message).with_help(help));
        None
    }

    pub fn channel_step(&mut self, scope: &mut Scope<'p>, step: &'p ChannelStep) {
        self.facts.exchanges = true;
        let channel = self.channel(scope, &step.channel);
        if let Some(channel) = channel {
            lints::channels::usable(self, step, channel);
        }
        let after = match &step.kind {
            ChannelStepKind::Send(body) => {
                self.frame_body(scope, body);
                None
            }
            ChannelStepKind::Close { code, reason } => {
                self.close(scope, code.as_ref(), reason.as_ref());
                Some(ChannelState::Closed(step.span))
            }
            ChannelStepKind::Drop => Some(ChannelState::Closed(step.span)),
            ChannelStepKind::Reconnect => Some(ChannelState::Open),
            ChannelStepKind::Ping { pong_within } => {
                if let Some(time) = pong_within {
                    self.time(scope, time, "within");
                    self.facts.expects = true;
                }
                None
            }
        };
        if let Some(state) = after
            && let Some(channel) = scope.channel_mut(&step.channel.text)
        {
            channel.state = state;
        }
    }

    fn close(&mut self, scope: &mut Scope<'p>, code: Option<&'p Expr>, reason: Option<&'p Expr>) {
        if let Some(code) = code {
            let ty = self.expr(scope, code);
            lints::channels::close_code(self, scope, code, &ty, true);
        }
        if let Some(reason) = reason {
            self.expr(scope, reason);
            lints::channels::close_reason(self, reason);
        }
    }

    pub fn text_value(&mut self, scope: &mut Scope<'p>, value: &'p Expr) {
        let ty = self.expr(scope, value);
        if !ty.meets(&Ty::String) {
            let message = format!("a text is needed here, and this is {}", ty.words());
            self.report(Diagnostic::error(&codes::TYPE_MISMATCH, value.span, message).with_help(mismatch_help(
                &Ty::String,
                &ty,
                self.text(value.span),
                value.span,
            )));
        }
    }
}
