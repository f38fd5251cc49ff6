use super::super::constant;
use super::super::cx::Cx;
use super::super::lints;
use super::super::scope::{Binding, Channel, Kind, Limit, Place, Scope};
use super::super::types::Ty;
use super::suites::push_limit;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::syntax::ast::{
    ChannelExpect, ChannelExpectKind, ChannelKind, Count, CountKind, EventItem, Expr, FrameKindPattern, ItemEntry,
    ItemEntryKind, Matcher, MatcherKind, OnChannel, PatternBlock, PatternItem, PatternItemKind, TimeLimit,
};
use crate::syntax::words::Fits;

impl<'p> Cx<'p> {
    pub fn channel_expect(&mut self, scope: &mut Scope<'p>, expect: &'p ChannelExpect) {
        self.facts.exchanges = true;
        self.facts.expects = true;
        match &expect.kind {
            ChannelExpectKind::Block { on, block } => {
                let channel = self.on_channel(scope, on);
                self.watched(scope, block, channel);
                let within = known_limit(scope, block.within.as_ref().map(|within| &within.at_most));
                self.settle(scope, block.settle.as_ref(), within);
                lints::settling::blocks(self, block.settle.as_ref(), within, &[block]);
            }
            ChannelExpectKind::Item { on, item } => {
                let channel = self.on_channel(scope, on);
                self.item_parts(scope, item, channel);
                let within = known_limit(scope, item.within.as_ref().map(|within| &within.at_most));
                self.settle(scope, item.settle.as_ref(), within);
                lints::settling::item(self, item, within);
            }
            ChannelExpectKind::Never { on, item, time, .. } => {
                let channel = self.on_channel(scope, on);
                self.never_item(scope, item, channel);
                self.time(scope, time, "for");
            }
            ChannelExpectKind::Silence { on, time, .. } => {
                self.on_channel(scope, on);
                self.time(scope, time, "silence for");
            }
            ChannelExpectKind::Closed { on, code, reason, within } => {
                let channel = self.on_channel(scope, on);
                lints::channels::closing(self, expect.span, channel, ChannelKind::WebSocket);
                if let Some(code) = code {
                    let ty = self.expr(scope, code);
                    lints::channels::close_code(self, scope, code, &ty, false);
                }
                if let Some(reason) = reason {
                    self.text_value(scope, reason);
                }
                self.end_time(scope, within.as_ref());
            }
            ChannelExpectKind::Ended { on, within } | ChannelExpectKind::CutOff { on, within } => {
                let channel = self.on_channel(scope, on);
                lints::channels::closing(self, expect.span, channel, ChannelKind::Sse);
                self.end_time(scope, within.as_ref());
            }
            ChannelExpectKind::Every { on, trigger, response, taken_for } => {
                let channel = self.on_channel(scope, on);
                self.item(scope, trigger, channel);
                self.item_parts(scope, response, channel);
                if let Some(time) = taken_for {
                    self.time(scope, time, "for");
                }
                self.settle(scope, response.settle.as_ref(), None);
                lints::settling::every(self, response, taken_for.as_ref());
            }
            ChannelExpectKind::Together { within, settle, views } => {
                let limits = scope.limits.len();
                if let Some(within) = within
                    && self.time(scope, within, "within").is_some()
                {
                    push_limit(scope, within, "the `within` of this `expect`");
                }
                for view in views {
                    let channel = self.on_channel(scope, &view.on);
                    self.watched(scope, &view.block, channel);
                    lints::settling::misplaced(self, view.block.settle.as_ref());
                }
                scope.limits.truncate(limits);
                let within = known_limit(scope, within.as_ref());
                self.settle(scope, settle.as_ref(), within);
                let blocks: Vec<&PatternBlock> = views.iter().map(|view| &view.block).collect();
                lints::settling::blocks(self, settle.as_ref(), within, &blocks);
                lints::patterns::no_views(self, expect, views);
            }
            ChannelExpectKind::Error => self.facts.broken = true,
        }
    }

    /// The time of `closed`, `ended` and `cut off`.
    fn end_time(&mut self, scope: &mut Scope<'p>, within: Option<&'p TimeLimit>) {
        if let Some(within) = within {
            self.time_limit(scope, within, "the `within` of this `expect`");
        }
    }

    /// `settle D`, which may be no time at all; `within` is what it must fit into.
    fn settle(&mut self, scope: &mut Scope<'p>, settle: Option<&'p Expr>, within: Option<Limit>) {
        let Some(settle) = settle else { return };
        let ty = self.expr(scope, settle);
        if !lints::settling::is_zero(scope, settle) {
            let limits = scope.limits.len();
            scope.limits.extend(within);
            lints::waits::time(self, scope, settle, &ty, "settle");
            scope.limits.truncate(limits);
        }
    }

    fn on_channel(&mut self, scope: &mut Scope<'p>, on: &'p OnChannel) -> Option<Channel> {
        let channel = self.channel(scope, &on.channel);
        if let Some(channel) = channel {
            lints::channels::watchable(self, on, channel);
        }
        if let Some(mark) = &on.since {
            self.since(scope, mark);
        }
        if let Some(filter) = &on.filter {
            self.in_frame(scope, |cx, scope| {
                cx.condition(scope, filter);
                lints::vacuous::condition(cx, scope, filter);
            });
        }
        channel
    }

    fn since(&mut self, scope: &mut Scope<'p>, mark: &'p crate::syntax::ast::Ident) {
        if let Some(binding) = scope.get(&mark.text) {
            let kind = binding.kind;
            self.use_name(scope, mark);
            if kind != Kind::Mark && kind != Kind::Param {
                let message = format!("`{}` is a {}, not a mark", mark.text, kind.words());
                self.report(
                    Diagnostic::error(&codes::UNKNOWN_MARK, mark.span, message)
                        .with_help("set a mark before: `mark NAME`"),
                );
            }
            return;
        }
        if self.may_be_declared(&mark.text) {
            return;
        }
        let help = match closest(&mark.text, scope.of_kind(Kind::Mark)) {
            Some(near) => Correction::replace(mark.span, near).did_you_mean(),
            None => format!("set it where the time begins: `mark {}`", mark.text).into(),
        };
        let message = format!("no mark is called `{}` here", mark.text);
        self.report(Diagnostic::error(&codes::UNKNOWN_MARK, mark.span, message).with_help(help));
    }

    fn in_frame(&mut self, scope: &mut Scope<'p>, check: impl FnOnce(&mut Self, &mut Scope<'p>)) {
        let place = std::mem::replace(&mut scope.place, Place::Frame);
        check(self, scope);
        scope.place = place;
    }

    /// The block of one channel.
    fn watched(&mut self, scope: &mut Scope<'p>, block: &'p PatternBlock, channel: Option<Channel>) {
        lints::patterns::block(self, block);
        lints::weak::block(self, block);
        self.pattern(scope, block, channel);
    }

    fn inner(&mut self, scope: &mut Scope<'p>, block: &'p PatternBlock, channel: Option<Channel>) {
        lints::settling::misplaced(self, block.settle.as_ref());
        self.pattern(scope, block, channel);
    }

    fn pattern(&mut self, scope: &mut Scope<'p>, block: &'p PatternBlock, channel: Option<Channel>) {
        let limits = scope.limits.len();
        if let Some(within) = &block.within {
            let limit = self.time_limit(scope, within, "the `within` of the block");
            scope.limits.extend(limit);
        }
        lints::patterns::order(self, block);
        lints::settling::or_closed(self, block);
        for item in &block.items {
            self.pattern_item(scope, item, channel);
        }
        lints::patterns::gaps(self, scope, block, limits);
        scope.limits.truncate(limits);
    }

    /// `within D`, `within A to B`: the limit that it sets for what is inside.
    fn time_limit(&mut self, scope: &mut Scope<'p>, limit: &'p TimeLimit, what: &'static str) -> Option<Limit> {
        let least = limit.at_least.as_ref().and_then(|least| self.time(scope, least, "within"));
        let most = self.time(scope, &limit.at_most, "within");
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            self.report(
                Diagnostic::error(&codes::EMPTY_RANGE, limit.span, "this time ends before it begins")
                    .with_help("write the shorter time first: `within 1s to 5s`"),
            );
        }
        Some(Limit { seconds: most?, span: limit.at_most.span, what })
    }

    fn pattern_item(&mut self, scope: &mut Scope<'p>, item: &'p PatternItem, channel: Option<Channel>) {
        match &item.kind {
            PatternItemKind::Event(event) => self.item(scope, event, channel),
            PatternItemKind::Never(event) => self.never_item(scope, event, channel),
            PatternItemKind::Gap { limit, .. } => {
                self.time(scope, limit, "gap");
            }
            PatternItemKind::Block(block) => self.inner(scope, block, channel),
            PatternItemKind::Either(branches) => {
                let mut inner = Vec::with_capacity(branches.len());
                for branch in branches {
                    let mut names = scope.branch();
                    self.pattern(&mut names, branch, channel);
                    inner.push(names);
                }
                scope.merge(inner);
                lints::patterns::branches(self, branches);
            }
            PatternItemKind::Repeat { count, within, items } => {
                self.count_of(scope, count, "this group");
                let limits = scope.limits.len();
                if let Some(within) = within {
                    let limit = self.time_limit(scope, within, "the `within` of the repetition");
                    scope.limits.extend(limit);
                }
                scope.loops += 1;
                self.pattern(scope, items, channel);
                scope.loops -= 1;
                scope.limits.truncate(limits);
            }
            PatternItemKind::ForEach { head, items } => {
                let before = self.before();
                let element = self.loop_list(scope, &head.list, "the group");
                self.rows(&head.list, before, "the group");
                let binding =
                    Binding { span: head.name.span, kind: Kind::Loop, ty: element, constant: None, channel: None };
                self.bind(scope, &head.name, binding);
                self.pattern(scope, items, channel);
            }
            PatternItemKind::Error => self.facts.broken = true,
        }
    }

    fn never_item(&mut self, scope: &mut Scope<'p>, item: &'p EventItem, channel: Option<Channel>) {
        self.item(scope, item, channel);
        lints::patterns::never(self, item);
        for entry in &item.body {
            if let ItemEntryKind::Capture(capture) = &entry.kind {
                self.count_as_used(scope, &capture.name.text);
            }
        }
    }

    pub fn item(&mut self, scope: &mut Scope<'p>, item: &'p EventItem, channel: Option<Channel>) {
        lints::settling::misplaced(self, item.settle.as_ref());
        self.item_parts(scope, item, channel);
    }

    fn item_parts(&mut self, scope: &mut Scope<'p>, item: &'p EventItem, channel: Option<Channel>) {
        match &item.what {
            FrameKindPattern::Event(name) => {
                let ty = self.expr(scope, name);
                if !ty.meets(&Ty::String) {
                    let message = format!("an event is named by a string, and this is {}", ty.words());
                    self.report(
                        Diagnostic::error(&codes::TYPE_MISMATCH, name.span, message)
                            .with_help("write its name in quotes: `event \"done\"`"),
                    );
                }
            }
            FrameKindPattern::Text(Some(matcher)) => self.frame_matcher(scope, item, matcher, &Ty::Unknown),
            FrameKindPattern::Binary(Some(matcher)) => self.frame_matcher(scope, item, matcher, &Ty::Bytes),
            FrameKindPattern::Comment => lints::channels::comment(self, item.span, channel),
            FrameKindPattern::Frame | FrameKindPattern::Text(None) | FrameKindPattern::Binary(None) => {}
        }
        if let Some(count) = &item.count {
            self.count_of(scope, count, "this item");
        }
        if let Some(within) = &item.within {
            self.time_limit(scope, within, "the item's `within`");
        }
        self.in_frame(scope, |cx, scope| {
            for entry in &item.body {
                cx.item_entry(scope, entry);
            }
        });
    }

    fn frame_matcher(&mut self, scope: &mut Scope<'p>, _item: &'p EventItem, matcher: &'p Matcher, ty: &Ty) {
        self.in_frame(scope, |cx, scope| match &matcher.kind {
            MatcherKind::MatchesRegex(regex) => {
                cx.regex(regex);
            }
            MatcherKind::MatchesPartial(partial) => cx.partial(scope, partial),
            kind => {
                for value in kind.operands() {
                    let of = cx.expr(scope, value);
                    if kind.fits() == Some(Fits::Equal) && *ty != Ty::Bytes && of.is_known() && !of.is_text() {
                        cx.text_value(scope, value);
                    }
                }
            }
        });
    }

    fn item_entry(&mut self, scope: &mut Scope<'p>, entry: &'p ItemEntry) {
        match &entry.kind {
            ItemEntryKind::Condition(condition) => {
                self.condition(scope, condition);
                lints::vacuous::condition(self, scope, condition);
            }
            ItemEntryKind::Expect(expect) => self.expectation(scope, expect),
            ItemEntryKind::Capture(capture) => self.capture(scope, capture),
            ItemEntryKind::Error => self.facts.broken = true,
        }
    }

    fn count_of(&mut self, scope: &mut Scope<'p>, count: &'p Count, what: &str) {
        match &count.kind {
            CountKind::Exactly(times) => {
                self.count(scope, times, 1, what);
            }
            CountKind::AtLeast(times) => {
                if self.count(scope, times, 0, what) == Some(0) {
                    self.report(
                        Diagnostic::warning(&codes::ALWAYS_HOLDS, count.span, "`at least 0 times` can't fail")
                            .with_help(
                                Correction::replace(count.span, "at least once")
                                    .help(|count| format!("write `{count}`, or `optional` where it need not come")),
                            ),
                    );
                }
            }
            CountKind::AtMost(times) => {
                self.count(scope, times, 1, what);
            }
            CountKind::Between(from, to) => {
                let (from, to) = (self.count(scope, from, 0, what), self.count(scope, to, 1, what));
                if let (Some(from), Some(to)) = (from, to)
                    && from > to
                {
                    self.report(
                        Diagnostic::error(
                            &codes::BAD_COUNT,
                            count.span,
                            format!("there is no count from {from} to {to}"),
                        )
                        .with_help(format!("write the smaller one first: `{to} to {from} times`")),
                    );
                }
            }
            CountKind::Optional => {}
        }
    }
}

/// The `within` of an expectation, where it is known.
fn known_limit<'p>(scope: &Scope<'p>, within: Option<&'p Expr>) -> Option<Limit> {
    let within = within?;
    let seconds = constant::of(within, Some(scope))?.seconds()?;
    Some(Limit { seconds, span: within.span, what: "the `within` before it" })
}
