use super::Build;
use super::conditions::About;
use super::expectations::comparison_op;
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, ChannelPartKind, ChannelStepKind, Count, CountKind, EventItem, Expr, ExprKind, ForEachHead, FrameBody,
    FrameBodyKind, FrameKindPattern, OnChannel, Order, TimeLimit,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};

/// What is before the items of a pattern's block.
#[derive(Debug)]
pub struct PatternHead {
    pub order: Order,
    pub within: Option<TimeLimit>,
    pub settle: Option<Expr>,
    pub or_closed: Option<Span>,
}

impl Default for PatternHead {
    fn default() -> Self {
        Self { order: Order::InOrder, within: None, settle: None, or_closed: None }
    }
}

impl Build<'_> {
    /// `for each NAME in LIST [or none]`
    pub fn for_each(&mut self, kids: &mut Kids<'_>) -> Option<ForEachHead> {
        let mut inner = seek(kids, Rule::for_each)?.into_inner();
        let (name, list) = (self.declared(&mut inner), self.expr(&mut inner));
        Some(ForEachHead { name, list, or_none: take(kids, Rule::or_none).is_some() })
    }

    pub fn channel_part(&mut self, rule: Rule, kids: &mut Kids<'_>) -> ChannelPartKind {
        match rule {
            Rule::subprotocol => {
                let nodes: Vec<Node<'_>> = kids.filter(|node| node.as_rule() == Rule::operand).collect();
                ChannelPartKind::Subprotocol(nodes.into_iter().map(|node| self.operand(node)).collect())
            }
            Rule::events => self.events(kids),
            Rule::payload => match seek(kids, Rule::regex) {
                Some(node) => ChannelPartKind::PayloadBy(self.regex(&node)),
                None => ChannelPartKind::Error,
            },
            Rule::connect_within => ChannelPartKind::ConnectWithin(self.expr(kids)),
            _ => ChannelPartKind::Error,
        }
    }

    fn events(&mut self, kids: &mut Kids<'_>) -> ChannelPartKind {
        let mut paths = Vec::new();
        for node in kids {
            match node.as_rule() {
                Rule::regex => return ChannelPartKind::EventsByRegex(self.regex(&node)),
                Rule::jsonpath => paths.push(self.jsonpath(&node)),
                _ => {}
            }
        }
        match (paths.pop(), paths.pop()) {
            (Some(by), Some(list)) => ChannelPartKind::EventsIn { list, by },
            (Some(by), None) => ChannelPartKind::EventsByPath(by),
            _ => ChannelPartKind::Error,
        }
    }

    /// `json …`, `text …`
    pub fn frame_body(&mut self, kids: &mut Kids<'_>) -> Option<FrameBody> {
        let node = seek(kids, Rule::frame_body)?;
        let span = self.span(&node);
        let mut inner = node.into_inner();
        let kind = match inner.next()?.as_rule() {
            Rule::k_json => FrameBodyKind::Json,
            Rule::k_binary => FrameBodyKind::Binary,
            Rule::k_hex_body => FrameBodyKind::Hex,
            Rule::k_base64 => FrameBodyKind::Base64,
            _ => FrameBodyKind::Text,
        };
        Some(FrameBody { span, kind, value: self.expr(&mut inner) })
    }

    pub fn close(&mut self, kids: &mut Kids<'_>) -> ChannelStepKind {
        let code = take(kids, Rule::k_with).map(|_| self.expr(kids));
        take(kids, Rule::k_reason);
        let reason = take(kids, Rule::string).map(|node| self.primary(node));
        ChannelStepKind::Close { code, reason }
    }

    /// `on CH [where C] [since M]`
    pub fn on_channel(&mut self, kids: &mut Kids<'_>) -> Option<OnChannel> {
        let node = seek(kids, Rule::on_channel)?;
        let span = self.span(&node);
        let mut inner = node.into_inner();
        let channel = self.name(&mut inner);
        let mut on = OnChannel { span, channel, filter: None, since: None };
        while let Some(keyword) = inner.next() {
            let Some(value) = inner.next() else { break };
            match keyword.as_rule() {
                Rule::k_where => on.filter = Some(self.condition(value, About::Frames)),
                _ => on.since = Some(self.ident(&value)),
            }
        }
        Some(on)
    }

    /// An order and limits, of a node that is a `pattern_head`.
    pub fn pattern_head(&mut self, kids: &mut Kids<'_>) -> PatternHead {
        let mut head = PatternHead::default();
        for child in seek(kids, Rule::pattern_head).into_iter().flat_map(Node::into_inner) {
            match child.as_rule() {
                Rule::k_in_order_strictly => head.order = Order::Strictly,
                Rule::k_in_any_order => head.order = Order::AnyOrder,
                Rule::k_in_any_order_strictly => head.order = Order::AnyOrderStrictly,
                Rule::time_limit => head.within = Some(self.time_limit(child)),
                Rule::settle => head.settle = Some(self.settle(child)),
                Rule::k_or_closed => head.or_closed = Some(self.span(&child)),
                _ => {}
            }
        }
        head
    }

    pub fn settle(&mut self, node: Node<'_>) -> Expr {
        let mut kids = node.into_inner();
        take(&mut kids, Rule::k_settle);
        self.expr(&mut kids)
    }

    pub fn time_limit(&mut self, node: Node<'_>) -> TimeLimit {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let first = self.expr(&mut kids);
        match take(&mut kids, Rule::k_to) {
            Some(_) => TimeLimit { span, at_least: Some(first), at_most: self.expr(&mut kids) },
            None => TimeLimit { span, at_least: None, at_most: first },
        }
    }

    /// An optional `within D` or `within A to B`.
    pub fn optional_limit(&mut self, kids: &mut Kids<'_>) -> Option<TimeLimit> {
        take(kids, Rule::time_limit).map(|node| self.time_limit(node))
    }

    /// An optional `within D` that bounds nothing from below.
    pub fn within(&mut self, kids: &mut Kids<'_>) -> Option<Expr> {
        take(kids, Rule::k_within).map(|_| self.expr(kids))
    }

    /// The next `event …`, `frame …` or `comment`; its block is added by the caller.
    pub fn event_item(&mut self, kids: &mut Kids<'_>) -> Option<EventItem> {
        let node = seek(kids, Rule::event_item)?;
        let span = self.span(&node);
        let mut inner = node.into_inner();
        let what = match inner.next() {
            Some(what) => self.event_what(what),
            None => FrameKindPattern::Frame,
        };
        let mut item = EventItem { span, what, count: None, within: None, settle: None, body: Vec::new() };
        self.item_bounds(&mut inner, &mut item);
        Some(item)
    }

    /// Adds the counts and limits that come next to an item.
    pub fn item_bounds(&mut self, kids: &mut Kids<'_>, item: &mut EventItem) {
        for bound in seek(kids, Rule::item_bounds).into_iter().flat_map(Node::into_inner) {
            item.span = item.span.to(self.span(&bound));
            match bound.as_rule() {
                Rule::count => item.count = Some(self.count(bound)),
                Rule::settle => item.settle = Some(self.settle(bound)),
                _ => item.within = Some(self.time_limit(bound)),
            }
        }
    }

    fn event_what(&mut self, node: Node<'_>) -> FrameKindPattern {
        let mut kids = node.into_inner();
        let Some(keyword) = kids.next() else { return FrameKindPattern::Frame };
        let has_matcher = kids.peek().is_some();
        match keyword.as_rule() {
            Rule::k_event => FrameKindPattern::Event(self.expr(&mut kids)),
            Rule::k_frame_text => FrameKindPattern::Text(has_matcher.then(|| self.next_matcher(&mut kids))),
            Rule::k_frame_binary => FrameKindPattern::Binary(has_matcher.then(|| self.next_matcher(&mut kids))),
            Rule::k_comment => FrameKindPattern::Comment,
            _ => FrameKindPattern::Frame,
        }
    }

    pub fn count(&mut self, node: Node<'_>) -> Count {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let Some(first) = kids.next() else { return Count { span, kind: CountKind::Optional } };
        let kind = match first.as_rule() {
            Rule::k_optional => CountKind::Optional,
            Rule::k_at_least => CountKind::AtLeast(self.times(&mut kids)),
            Rule::k_at_most => CountKind::AtMost(self.times(&mut kids)),
            _ => {
                let low = self.count_value(first);
                match take(&mut kids, Rule::k_to) {
                    Some(_) => CountKind::Between(low, self.expr(&mut kids)),
                    None => CountKind::Exactly(low),
                }
            }
        };
        Count { span, kind }
    }

    /// `once` is 1, `twice` is 2.
    pub fn count_value(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let number = |count: u8| Expr { span, kind: ExprKind::Number(count.into()) };
        match node.as_rule() {
            Rule::k_once => number(1),
            Rule::k_twice => number(2),
            _ => self.expr_of(node),
        }
    }

    /// A sign of comparison and the limit behind it.
    pub fn limit(&mut self, kids: &mut Kids<'_>) -> (BinaryOp, Expr) {
        let op = kids.find_map(|node| comparison_op(node.as_rule())).unwrap_or(BinaryOp::Less);
        (op, self.expr(kids))
    }
}
