use super::super::ast::{
    ChannelExpect, ChannelExpectKind, ChannelKind, ChannelPart, ChannelPartKind, ChannelStep, ChannelStepKind,
    ChannelView, EventItem, Expr, ExprKind, OnChannel, OpenChannel, Order, PatternBlock, TimeLimit,
};
use super::super::build::Build;
use super::super::grammar::{Kids, Node, Rule, seek, take};
use super::super::parser::Parser;
use super::super::split::{Body, Piece, Segment, Separators};
use super::Context;

/// What the head of `expect on CH` says; a block may complete it.
#[expect(clippy::large_enum_variant, reason = "it lives for as long as one head is looked at")]
enum Head {
    Block { order: Order, within: Option<TimeLimit> },
    Item(EventItem),
    Never { item: EventItem, time: Option<Expr> },
    Every { trigger: EventItem, response: Option<EventItem> },
    Done(fn(OnChannel, Option<Expr>, Option<Expr>, Option<Expr>) -> ChannelExpectKind, [Option<Expr>; 3]),
}

impl Parser<'_> {
    pub fn open_channel(&mut self, piece: &Piece) -> Option<OpenChannel> {
        let (segment, body) = self.head_and_optional_body(piece)?;
        let (kind, rule) = match self.nth_word(&segment, 0) {
            "websocket" => (ChannelKind::WebSocket, Rule::websocket),
            "sse" => (ChannelKind::Sse, Rule::stream),
            _ => (ChannelKind::Ndjson, Rule::stream),
        };
        let head = self.head(&segment, rule, |build, kids| {
            let name = build.declared(kids);
            let method = take(kids, Rule::method).map(|node| build.ident(&node));
            (name, method, build.url(kids))
        });
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let parts = pieces.iter().map(|piece| self.channel_part(piece)).collect();
        let (name, method, url) = head?;
        Some(OpenChannel { span: self.piece_span(piece), kind, name, method, url, parts })
    }

    fn channel_part(&mut self, piece: &Piece) -> ChannelPart {
        let span = self.piece_span(piece);
        let word = piece.segments.first().map_or("", |first| self.nth_word(first, 0));
        let rule = match word {
            "subprotocol" => Rule::subprotocol,
            "events" => Rule::events,
            "payload" => Rule::payload,
            "connect" => Rule::connect_within,
            "reply" => {
                let kind = self.reply_to(piece).unwrap_or(ChannelPartKind::Error);
                return ChannelPart { span, kind };
            }
            _ => {
                let part = self.request_part(piece, Context::Channel);
                return ChannelPart { span, kind: ChannelPartKind::Request(part) };
            }
        };
        let kind = self.simple(piece, rule, |build, kids| build.channel_part(rule, kids));
        ChannelPart { span, kind: kind.unwrap_or(ChannelPartKind::Error) }
    }

    fn reply_to(&mut self, piece: &Piece) -> Option<ChannelPartKind> {
        let first = *piece.segments.first()?;
        let (item, with) = self.head(&first, Rule::reply_to, |build, kids| {
            let item = build.event_item(kids);
            (item, build.frame_body(kids))
        })?;
        let mut item = item?;
        if let Some(body) = first.body {
            self.add_item_body(&mut item, body);
        }
        self.no_more_segments(piece, 2);
        let with = match (with, piece.segments.get(1)) {
            (Some(with), None) => with,
            (None, Some(second)) => self.head(second, Rule::reply_with, |build, kids| build.frame_body(kids))??,
            _ => {
                self.incomplete(&first, "`with` and what to answer");
                return None;
            }
        };
        Some(ChannelPartKind::ReplyTo { item, with })
    }

    pub fn channel_step(&mut self, piece: &Piece, word: &str) -> Option<ChannelStep> {
        let span = self.piece_span(piece);
        let rule = match word {
            "send" => Rule::send,
            "close" => Rule::close,
            "drop" => Rule::drop,
            "reconnect" => Rule::reconnect,
            _ => Rule::ping,
        };
        self.simple(piece, rule, |build, kids| {
            let channel = build.name(kids);
            let kind = match rule {
                Rule::send => ChannelStepKind::Send(build.frame_body(kids)?),
                Rule::close => build.close(kids),
                Rule::drop => ChannelStepKind::Drop,
                Rule::reconnect => ChannelStepKind::Reconnect,
                _ => ChannelStepKind::Ping {
                    pong_within: take(kids, Rule::k_expect_pong_within).map(|_| build.expr(kids)),
                },
            };
            Some(ChannelStep { span, channel, kind })
        })?
    }

    /// `expect on CH …` and `expect within D { on … }`
    pub fn channel_expect(&mut self, piece: &Piece) -> Option<ChannelExpect> {
        let span = self.piece_span(piece);
        let first = *piece.segments.first()?;
        let kind = match self.nth_word(&first, 1) {
            "on" => self.expect_on(piece, &first),
            _ => self.together(piece),
        };
        Some(ChannelExpect { span, kind: kind.unwrap_or(ChannelExpectKind::Error) })
    }

    fn expect_on(&mut self, piece: &Piece, first: &Segment) -> Option<ChannelExpectKind> {
        self.check_brace(piece);
        let parsed = self.head(first, Rule::expect_on, |build, kids| {
            let on = build.on_channel(kids)?;
            Some((on, head_of(build, kids.next()?)?))
        });
        let Some((on, head)) = parsed.flatten() else {
            // The head is broken; its block still has its own diagnostics.
            if let Some(body) = first.body {
                self.pattern_items(body);
            }
            return None;
        };
        match head {
            Head::Block { order, within } => {
                self.no_more_segments(piece, 1);
                let Some(body) = first.body else {
                    self.missing_block(first);
                    return None;
                };
                let block = self.pattern_block(first, body, order, within);
                Some(ChannelExpectKind::Block { on, block })
            }
            Head::Item(mut item) => {
                self.complete_item(piece, 0, &mut item);
                self.no_more_segments(piece, 2);
                Some(ChannelExpectKind::Item { on, item })
            }
            Head::Never { mut item, time } => {
                let tail = self.never_tail(piece, &mut item);
                let Some(time) = time.or(tail) else {
                    self.incomplete(first, "`for` and a duration");
                    return None;
                };
                Some(ChannelExpectKind::Never { on, item, time })
            }
            Head::Every { trigger, response } => self.every(piece, on, trigger, response),
            Head::Done(make, [a, b, c]) => {
                if let Some(body) = first.body {
                    self.unexpected_block(first, body);
                }
                Some(make(on, a, b, c))
            }
        }
    }

    /// `never ITEM { … } for D`: the duration behind the block.
    fn never_tail(&mut self, piece: &Piece, item: &mut EventItem) -> Option<Expr> {
        let first = piece.segments.first()?;
        if let Some(body) = first.body {
            self.add_item_body(item, body);
        }
        self.no_more_segments(piece, 2);
        let tail = piece.segments.get(1)?;
        self.head(tail, Rule::never_tail, |build, kids| build.expr(kids))
    }

    fn every(
        &mut self,
        piece: &Piece,
        on: OnChannel,
        mut trigger: EventItem,
        response: Option<EventItem>,
    ) -> Option<ChannelExpectKind> {
        let first = *piece.segments.first()?;
        if let Some(mut response) = response {
            self.complete_item(piece, 0, &mut response);
            self.no_more_segments(piece, 2);
            return Some(ChannelExpectKind::Every { on, trigger, response });
        }
        if let Some(body) = first.body {
            self.add_item_body(&mut trigger, body);
        }
        let Some(second) = piece.segments.get(1) else {
            self.incomplete(&first, "`leads to` and what must follow");
            return None;
        };
        let response = self.head(second, Rule::leads_to_tail, |build, kids| {
            let leads_to = seek(kids, Rule::leads_to)?;
            build.event_item(&mut leads_to.into_inner())
        });
        let mut response = response??;
        self.complete_item(piece, 1, &mut response);
        self.no_more_segments(piece, 3);
        Some(ChannelExpectKind::Every { on, trigger, response })
    }

    fn together(&mut self, piece: &Piece) -> Option<ChannelExpectKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let within = self.head(&segment, Rule::expect_together, |build, kids| {
            take(kids, Rule::k_expect);
            build.within(kids)
        });
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let views = pieces.iter().filter_map(|piece| self.view(piece)).collect();
        Some(ChannelExpectKind::Together { within: within?, views })
    }

    fn view(&mut self, piece: &Piece) -> Option<ChannelView> {
        let first = *piece.segments.first()?;
        if self.nth_word(&first, 0) != "on" {
            self.unknown(piece, Context::Together);
            return None;
        }
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::view, |build, kids| {
            let on = build.on_channel(kids)?;
            Some((on, build.pattern_head(kids)))
        });
        let body = body?;
        let Some((on, (order, within))) = head.flatten() else {
            self.pattern_items(body);
            return None;
        };
        let block = self.pattern_block(&segment, body, order, within);
        Some(ChannelView { span: self.piece_span(piece), on, block })
    }

    /// A block of items whose head has been parsed.
    pub fn pattern_block(
        &mut self,
        head: &Segment,
        body: Body,
        order: Order,
        within: Option<TimeLimit>,
    ) -> PatternBlock {
        let span = self.head_span(head).to(self.body_span(body));
        PatternBlock { span, order, within, items: self.pattern_items(body) }
    }

    /// The block of the item in segment `at`, and the count or limit that may follow it.
    pub fn complete_item(&mut self, piece: &Piece, at: usize, item: &mut EventItem) {
        let Some(body) = piece.segments.get(at).and_then(|segment| segment.body) else { return };
        self.add_item_body(item, body);
        let Some(tail) = piece.segments.get(at + 1) else { return };
        if tail.body.is_some() {
            return self.no_more_segments(piece, at + 1);
        }
        self.head(tail, Rule::item_tail, |build, kids| build.item_bounds(kids, item));
    }

    pub fn add_item_body(&mut self, item: &mut EventItem, body: Body) {
        item.body = self.item_entries(body);
        item.span = item.span.to(self.body_span(body));
    }
}

fn head_of(build: &mut Build<'_>, node: Node<'_>) -> Option<Head> {
    let rule = node.as_rule();
    if rule == Rule::event_item || rule == Rule::pattern_head {
        return head_of_block(build, node);
    }
    let mut kids = node.into_inner();
    Some(match rule {
        Rule::every_item => {
            let trigger = build.event_item(&mut kids)?;
            let response = match take(&mut kids, Rule::leads_to) {
                Some(node) => Some(build.event_item(&mut node.into_inner())?),
                None => None,
            };
            Head::Every { trigger, response }
        }
        Rule::never_item => {
            let item = build.event_item(&mut kids)?;
            Head::Never { item, time: take(&mut kids, Rule::k_for).map(|_| build.expr(&mut kids)) }
        }
        Rule::silence => Head::Done(silence, [Some(build.expr(&mut kids)), None, None]),
        Rule::closed => closed_head(build, &mut kids),
        Rule::ended => {
            take(&mut kids, Rule::k_ended);
            Head::Done(
                |on, within, _, _| ChannelExpectKind::Ended { on, within },
                [build.within(&mut kids), None, None],
            )
        }
        _ => {
            take(&mut kids, Rule::k_cut_off);
            Head::Done(
                |on, within, _, _| ChannelExpectKind::CutOff { on, within },
                [build.within(&mut kids), None, None],
            )
        }
    })
}

fn head_of_block(build: &mut Build<'_>, node: Node<'_>) -> Option<Head> {
    let mut alone = pest::iterators::Pairs::single(node);
    if alone.peek()?.as_rule() == Rule::event_item {
        return Some(Head::Item(build.event_item(&mut alone)?));
    }
    let (order, within) = build.pattern_head(&mut alone);
    Some(Head::Block { order, within })
}

fn silence(on: OnChannel, time: Option<Expr>, _: Option<Expr>, _: Option<Expr>) -> ChannelExpectKind {
    match time {
        Some(time) => ChannelExpectKind::Silence { on, time },
        None => ChannelExpectKind::Silence { time: Expr { span: on.span, kind: ExprKind::Error }, on },
    }
}

fn closed_head(build: &mut Build<'_>, kids: &mut Kids<'_>) -> Head {
    take(kids, Rule::k_closed);
    let code = take(kids, Rule::k_with).map(|_| build.expr(kids));
    let reason = take(kids, Rule::k_reason).map(|_| build.expr(kids));
    let within = build.within(kids);
    Head::Done(
        |on, code, reason, within| ChannelExpectKind::Closed { on, code, reason, within },
        [code, reason, within],
    )
}
