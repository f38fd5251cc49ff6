use std::sync::Arc;

use super::body::Body;
use crate::plan::{
    ChannelExpectation, ChannelExpectationKind, Count, EventNaming, FrameBody, KeepAlive, Method, OnChannel,
    OpenChannel, Slot, StepKind, View,
};
use crate::syntax::ast;

impl Body<'_, '_> {
    pub fn open(&mut self, open: &ast::OpenChannel) -> Option<OpenChannel> {
        let method = open.method.as_ref().map_or("GET", |method| method.text.as_str());
        let parts = open.parts.iter().filter_map(|part| match &part.kind {
            ast::ChannelPartKind::Request(part) => Some(part),
            _ => None,
        });
        let request = self.request_of(open.span, Method::Named(Arc::from(method)), &open.url, parts);
        let mut lowered = OpenChannel {
            span: open.span,
            kind: open.kind,
            name: Arc::from(open.name.text.as_str()),
            slot: self.names.bind(&open.name.text),
            request,
            subprotocols: Vec::new(),
            events: EventNaming::Default,
            payload_by: None,
            connect_within: None,
            replies: Vec::new(),
        };
        for part in &open.parts {
            self.channel_part(part, &mut lowered)?;
        }
        Some(lowered)
    }

    fn channel_part(&mut self, part: &ast::ChannelPart, open: &mut OpenChannel) -> Option<()> {
        match &part.kind {
            ast::ChannelPartKind::Request(_) | ast::ChannelPartKind::Error => {}
            ast::ChannelPartKind::Subprotocol(names) => {
                open.subprotocols.extend(names.iter().map(|name| self.expr(name)).collect::<Vec<_>>());
            }
            ast::ChannelPartKind::EventsByPath(path) => open.events = EventNaming::Path(self.path(path)?),
            ast::ChannelPartKind::EventsByRegex(regex) => open.events = EventNaming::Regex(self.regex(regex)?),
            ast::ChannelPartKind::EventsIn { list, by } => {
                open.events = EventNaming::Batch { list: self.path(list)?, by: self.path(by)? };
            }
            ast::ChannelPartKind::PayloadBy(regex) => open.payload_by = Some(self.regex(regex)?),
            ast::ChannelPartKind::ConnectWithin(time) => open.connect_within = Some(self.expr(time)),
            ast::ChannelPartKind::ReplyTo { item, with } => {
                let keep_alive = KeepAlive { item: self.item(item)?, with: self.frame_body(with) };
                open.replies.push(keep_alive);
            }
        }
        Some(())
    }

    fn frame_body(&mut self, body: &ast::FrameBody) -> FrameBody {
        FrameBody { span: body.span, kind: body.kind, value: self.expr(&body.value) }
    }

    pub fn channel_step(&mut self, step: &ast::ChannelStep) -> Option<StepKind> {
        let channel = self.channel(&step.channel)?;
        Some(match &step.kind {
            ast::ChannelStepKind::Send(body) => StepKind::Send { channel, body: self.frame_body(body) },
            ast::ChannelStepKind::Close { code, reason } => {
                let code = self.optional(code.as_ref());
                StepKind::Close { channel, code, reason: self.optional(reason.as_ref()) }
            }
            ast::ChannelStepKind::Drop => StepKind::Drop { channel },
            ast::ChannelStepKind::Reconnect => StepKind::Reconnect { channel },
            ast::ChannelStepKind::Ping { pong_within } => {
                StepKind::Ping { channel, pong_within: self.optional(pong_within.as_ref()) }
            }
        })
    }

    fn channel(&mut self, name: &ast::Ident) -> Option<Slot> {
        let slot = self.names.get(&name.text);
        if slot.is_none() {
            self.unresolved(name.span, format!("no channel is called `{}` here", name.text));
        }
        slot
    }

    pub fn channel_expectation(&mut self, expect: &ast::ChannelExpect) -> Option<ChannelExpectation> {
        use ast::ChannelExpectKind as Ast;
        let kind = match &expect.kind {
            Ast::Block { on, block } => {
                let view = View { on: self.on_channel(on)?, block: self.pattern_block(block)? };
                let settle = self.optional(block.settle.as_ref());
                ChannelExpectationKind::Views { within: None, settle, views: vec![view] }
            }
            Ast::Item { on, item } => {
                let on = self.on_channel(on)?;
                let view = View { on, block: self.single_item_block(item)? };
                let settle = self.optional(item.settle.as_ref());
                ChannelExpectationKind::Views { within: None, settle, views: vec![view] }
            }
            Ast::Never { on, item, time, or_closed } => ChannelExpectationKind::Never {
                on: self.on_channel(on)?,
                item: Box::new(self.item(item)?),
                time: self.expr(time),
                or_closed: *or_closed,
            },
            Ast::Silence { on, time, or_closed } => ChannelExpectationKind::Silence {
                on: self.on_channel(on)?,
                time: self.expr(time),
                or_closed: *or_closed,
            },
            Ast::Closed { on, code, reason, within } => ChannelExpectationKind::Closed {
                on: self.on_channel(on)?,
                code: self.optional(code.as_ref()),
                reason: self.optional(reason.as_ref()),
                within: self.limit(within.as_ref()),
            },
            Ast::Ended { on, within } => {
                ChannelExpectationKind::Ended { on: self.on_channel(on)?, within: self.limit(within.as_ref()) }
            }
            Ast::CutOff { on, within } => {
                ChannelExpectationKind::CutOff { on: self.on_channel(on)?, within: self.limit(within.as_ref()) }
            }
            Ast::Every { on, trigger, response, taken_for } => ChannelExpectationKind::Every {
                on: self.on_channel(on)?,
                trigger: Box::new(self.item(trigger)?),
                response: Box::new(self.item(response)?),
                taken_for: self.optional(taken_for.as_ref()),
                settle: self.optional(response.settle.as_ref()),
            },
            Ast::Together { within, settle, views } => {
                let within = self.optional(within.as_ref());
                let settle = self.optional(settle.as_ref());
                let views = views
                    .iter()
                    .map(|view| Some(View { on: self.on_channel(&view.on)?, block: self.pattern_block(&view.block)? }));
                ChannelExpectationKind::Views { within, settle, views: views.collect::<Option<_>>()? }
            }
            Ast::Error => return None,
        };
        Some(ChannelExpectation { span: expect.span, kind })
    }

    fn on_channel(&mut self, on: &ast::OnChannel) -> Option<OnChannel> {
        let filter = match &on.filter {
            Some(filter) => Some(self.condition(filter)?),
            None => None,
        };
        let since = match &on.since {
            Some(mark) => {
                let slot = self.names.get(&mark.text);
                if slot.is_none() {
                    self.unresolved(mark.span, format!("no mark is called `{}` here", mark.text));
                }
                Some(slot?)
            }
            None => None,
        };
        Some(OnChannel {
            span: on.span,
            channel: self.channel(&on.channel)?,
            name: Arc::from(on.channel.text.as_str()),
            filter,
            since,
        })
    }

    pub fn count(&mut self, count: Option<&ast::Count>) -> Count {
        match count.map(|count| &count.kind) {
            None => Count::Unstated,
            Some(ast::CountKind::Exactly(times)) => Count::Exactly(self.expr(times)),
            Some(ast::CountKind::AtLeast(times)) => Count::AtLeast(self.expr(times)),
            Some(ast::CountKind::AtMost(times)) => Count::AtMost(self.expr(times)),
            Some(ast::CountKind::Between(from, to)) => Count::Between(self.expr(from), self.expr(to)),
            Some(ast::CountKind::Optional) => Count::Optional,
        }
    }
}
