use super::shift::{Shift, all, parts};
use crate::syntax::ast::{
    ChannelExpect, ChannelExpectKind, ChannelPart, ChannelPartKind, ChannelStep, ChannelStepKind, ChannelView, Count,
    CountKind, EventItem, FrameBody, FrameKindPattern, ItemEntry, ItemEntryKind, OnChannel, OpenChannel, PatternBlock,
    PatternItem, PatternItemKind, TimeLimit,
};

parts! {
    ChannelExpect { span, kind }
    ChannelPart { span, kind }
    ChannelStep { span, channel, kind }
    ChannelView { span, on, block }
    Count { span, kind }
    EventItem { span, what, count, within, settle, body }
    FrameBody { span, value - kind }
    ItemEntry { span, kind }
    OnChannel { span, channel, filter, since }
    OpenChannel { span, name, method, url, parts - kind }
    PatternBlock { span, within, settle, or_closed, items - order }
    PatternItem { span, kind }
    TimeLimit { span, at_least, at_most }
}

impl Shift for ChannelPartKind {
    fn shift(&mut self, by: u32) {
        match self {
            ChannelPartKind::Request(part) => part.shift(by),
            ChannelPartKind::Subprotocol(names) => names.shift(by),
            ChannelPartKind::EventsByPath(path) => path.shift(by),
            ChannelPartKind::EventsByRegex(regex) | ChannelPartKind::PayloadBy(regex) => regex.shift(by),
            ChannelPartKind::EventsIn { list, by: name } => all!(by: list, name),
            ChannelPartKind::ConnectWithin(time) => time.shift(by),
            ChannelPartKind::ReplyTo { item, with } => all!(by: item, with),
            ChannelPartKind::Error => {}
        }
    }
}

impl Shift for ChannelStepKind {
    fn shift(&mut self, by: u32) {
        match self {
            ChannelStepKind::Send(frame) => frame.shift(by),
            ChannelStepKind::Close { code, reason } => all!(by: code, reason),
            ChannelStepKind::Ping { pong_within } => pong_within.shift(by),
            ChannelStepKind::Drop | ChannelStepKind::Reconnect => {}
        }
    }
}

impl Shift for ChannelExpectKind {
    fn shift(&mut self, by: u32) {
        match self {
            ChannelExpectKind::Block { on, block } => all!(by: on, block),
            ChannelExpectKind::Item { on, item } => all!(by: on, item),
            ChannelExpectKind::Never { on, item, time, or_closed: _ } => all!(by: on, item, time),
            ChannelExpectKind::Silence { on, time, or_closed: _ } => all!(by: on, time),
            ChannelExpectKind::Closed { on, code, reason, within } => all!(by: on, code, reason, within),
            ChannelExpectKind::Ended { on, within } | ChannelExpectKind::CutOff { on, within } => all!(by: on, within),
            ChannelExpectKind::Every { on, trigger, response, taken_for } => all!(by: on, trigger, response, taken_for),
            ChannelExpectKind::Together { within, settle, views } => all!(by: within, settle, views),
            ChannelExpectKind::Error => {}
        }
    }
}

impl Shift for PatternItemKind {
    fn shift(&mut self, by: u32) {
        match self {
            PatternItemKind::Event(item) | PatternItemKind::Never(item) => item.shift(by),
            PatternItemKind::Gap { op: _, limit } => limit.shift(by),
            PatternItemKind::Block(block) => block.shift(by),
            PatternItemKind::Either(branches) => branches.shift(by),
            PatternItemKind::Repeat { count, within, items } => all!(by: count, within, items),
            PatternItemKind::ForEach { head, items } => all!(by: head, items),
            PatternItemKind::Error => {}
        }
    }
}

impl Shift for FrameKindPattern {
    fn shift(&mut self, by: u32) {
        match self {
            FrameKindPattern::Event(name) => name.shift(by),
            FrameKindPattern::Text(matcher) | FrameKindPattern::Binary(matcher) => matcher.shift(by),
            FrameKindPattern::Frame | FrameKindPattern::Comment => {}
        }
    }
}

impl Shift for CountKind {
    fn shift(&mut self, by: u32) {
        match self {
            CountKind::Exactly(count) | CountKind::AtLeast(count) | CountKind::AtMost(count) => count.shift(by),
            CountKind::Between(least, most) => all!(by: least, most),
            CountKind::Optional => {}
        }
    }
}

impl Shift for ItemEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            ItemEntryKind::Condition(condition) => condition.shift(by),
            ItemEntryKind::Expect(expect) => expect.shift(by),
            ItemEntryKind::Capture(capture) => capture.shift(by),
            ItemEntryKind::Error => {}
        }
    }
}
