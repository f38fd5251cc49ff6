use super::super::ast::{
    ChannelExpect, ChannelExpectKind, ChannelKind, ChannelPart, ChannelPartKind, ChannelStep, ChannelStepKind,
    ChannelView, EventItem, Expr, OnChannel, OpenChannel, PatternBlock, TimeLimit,
};
use super::super::build::{Build, PatternHead};
use super::super::grammar::{Kids, Node, Rule, seek, take};
use super::super::parser::Parser;
use super::super::split::{Body, Piece, Segment, Separators};
use super::super::words::Context;

/// What the head of `expect on CH` says; a block may complete it.
#[expect(clippy::large_enum_variant, reason = "it lives for as long as one head is looked at")]
enum Head {
    Block(PatternHead),
    Item(EventItem),
    Never { item: EventItem, time: Option<(Expr, bool)> },
    Every { trigger: EventItem, response: Option<(EventItem, Option<Expr>)> },
    Silence { time: Expr, or_closed: bool },
    Closed { code: Option<Expr>, reason: Option<Expr>, within: Option<TimeLimit> },
    Ended { within: Option<TimeLimit> },
    CutOff { within: Option<TimeLimit> },
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
        let rule = match Context::Channel.rule(word) {
            Some(rule @ (Rule::subprotocol | Rule::events | Rule::payload | Rule::connect_within)) => rule,
            Some(Rule::reply_to) => {
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
            Head::Block(head) => {
                self.no_more_segments(piece, 1);
                let Some(body) = first.body else {
                    self.missing_block(first);
                    return None;
                };
                let block = self.pattern_block(first, body, head);
                Some(ChannelExpectKind::Block { on, block })
            }
            Head::Item(mut item) => {
                self.complete_item(piece, 0, &mut item);
                self.no_more_segments(piece, 2);
                Some(ChannelExpectKind::Item { on, item })
            }
            Head::Never { mut item, time } => {
                let tail = self.never_tail(piece, &mut item);
                let Some((time, or_closed)) = time.or(tail) else {
                    self.incomplete(first, "`for` and a duration");
                    return None;
                };
                Some(ChannelExpectKind::Never { on, item, time, or_closed })
            }
            Head::Every { trigger, response } => self.every(piece, on, trigger, response),
            Head::Silence { time, or_closed } => {
                self.blockless(first, ChannelExpectKind::Silence { on, time, or_closed })
            }
            Head::Closed { code, reason, within } => {
                self.blockless(first, ChannelExpectKind::Closed { on, code, reason, within })
            }
            Head::Ended { within } => self.blockless(first, ChannelExpectKind::Ended { on, within }),
            Head::CutOff { within } => self.blockless(first, ChannelExpectKind::CutOff { on, within }),
        }
    }

    /// What is said whole in its head.
    fn blockless(&mut self, first: &Segment, kind: ChannelExpectKind) -> Option<ChannelExpectKind> {
        if let Some(body) = first.body {
            self.unexpected_block(first, body);
        }
        Some(kind)
    }

    /// `never ITEM { … } for D`: the duration behind the block.
    fn never_tail(&mut self, piece: &Piece, item: &mut EventItem) -> Option<(Expr, bool)> {
        let first = piece.segments.first()?;
        if let Some(body) = first.body {
            self.add_item_body(item, body);
        }
        self.no_more_segments(piece, 2);
        let tail = piece.segments.get(1)?;
        self.head(tail, Rule::never_tail, |build, kids| (build.expr(kids), take(kids, Rule::k_or_closed).is_some()))
    }

    fn every(
        &mut self,
        piece: &Piece,
        on: OnChannel,
        mut trigger: EventItem,
        response: Option<(EventItem, Option<Expr>)>,
    ) -> Option<ChannelExpectKind> {
        let first = *piece.segments.first()?;
        if let Some((mut response, mut taken_for)) = response {
            self.complete_response(piece, 0, &mut response, &mut taken_for);
            self.no_more_segments(piece, 2);
            return Some(ChannelExpectKind::Every { on, trigger, response, taken_for });
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
            leads_to_what(build, leads_to)
        });
        let (mut response, mut taken_for) = response??;
        self.complete_response(piece, 1, &mut response, &mut taken_for);
        self.no_more_segments(piece, 3);
        Some(ChannelExpectKind::Every { on, trigger, response, taken_for })
    }

    /// The block of a response, and what may follow it.
    fn complete_response(&mut self, piece: &Piece, at: usize, item: &mut EventItem, taken_for: &mut Option<Expr>) {
        let Some(body) = piece.segments.get(at).and_then(|segment| segment.body) else { return };
        self.add_item_body(item, body);
        let Some(tail) = piece.segments.get(at + 1) else { return };
        if tail.body.is_some() {
            return self.no_more_segments(piece, at + 1);
        }
        self.head(tail, Rule::response_tail, |build, kids| {
            build.item_bounds(kids, item);
            if let Some(node) = take(kids, Rule::taken_for) {
                *taken_for = Some(window(build, node));
            }
        });
    }

    fn together(&mut self, piece: &Piece) -> Option<ChannelExpectKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::expect_together, |build, kids| {
            take(kids, Rule::k_expect);
            (build.within(kids), take(kids, Rule::settle).map(|node| build.settle(node)))
        });
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let views = pieces.iter().filter_map(|piece| self.view(piece)).collect();
        let (within, settle) = head?;
        Some(ChannelExpectKind::Together { within, settle, views })
    }

    fn view(&mut self, piece: &Piece) -> Option<ChannelView> {
        let first = *piece.segments.first()?;
        if Context::Together.rule(self.nth_word(&first, 0)) != Some(Rule::view) {
            self.unknown(piece, Context::Together);
            return None;
        }
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::view, |build, kids| {
            let on = build.on_channel(kids)?;
            Some((on, build.pattern_head(kids)))
        });
        let body = body?;
        let Some((on, head)) = head.flatten() else {
            self.pattern_items(body);
            return None;
        };
        let block = self.pattern_block(&segment, body, head);
        Some(ChannelView { span: self.piece_span(piece), on, block })
    }

    /// A block of items whose head has been parsed.
    pub fn pattern_block(&mut self, segment: &Segment, body: Body, head: PatternHead) -> PatternBlock {
        let span = self.head_span(segment).to(self.body_span(body));
        let PatternHead { order, within, settle, or_closed } = head;
        PatternBlock { span, order, within, settle, or_closed, items: self.pattern_items(body) }
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
                Some(node) => Some(leads_to_what(build, node)?),
                None => None,
            };
            Head::Every { trigger, response }
        }
        Rule::never_item => {
            let item = build.event_item(&mut kids)?;
            let time = take(&mut kids, Rule::k_for).map(|_| build.expr(&mut kids));
            let or_closed = take(&mut kids, Rule::k_or_closed).is_some();
            Head::Never { item, time: time.map(|time| (time, or_closed)) }
        }
        Rule::silence => {
            let time = build.expr(&mut kids);
            Head::Silence { time, or_closed: take(&mut kids, Rule::k_or_closed).is_some() }
        }
        Rule::closed => {
            take(&mut kids, Rule::k_closed);
            let code = take(&mut kids, Rule::k_with).map(|_| build.expr(&mut kids));
            let reason = take(&mut kids, Rule::k_reason).map(|_| build.expr(&mut kids));
            Head::Closed { code, reason, within: build.optional_limit(&mut kids) }
        }
        Rule::ended => {
            take(&mut kids, Rule::k_ended);
            Head::Ended { within: build.optional_limit(&mut kids) }
        }
        _ => {
            take(&mut kids, Rule::k_cut_off);
            Head::CutOff { within: build.optional_limit(&mut kids) }
        }
    })
}

/// What is behind `leads to`, and how long triggers are taken.
fn leads_to_what(build: &mut Build<'_>, node: Node<'_>) -> Option<(EventItem, Option<Expr>)> {
    let mut kids = node.into_inner();
    let item = build.event_item(&mut kids)?;
    let taken_for = take(&mut kids, Rule::taken_for).map(|node| window(build, node));
    Some((item, taken_for))
}

fn window(build: &mut Build<'_>, node: Node<'_>) -> Expr {
    let mut kids = node.into_inner();
    take(&mut kids, Rule::k_for);
    build.expr(&mut kids)
}

fn head_of_block(build: &mut Build<'_>, node: Node<'_>) -> Option<Head> {
    let mut alone = Kids::single(node);
    if alone.peek()?.as_rule() == Rule::event_item {
        return Some(Head::Item(build.event_item(&mut alone)?));
    }
    Some(Head::Block(build.pattern_head(&mut alone)))
}
