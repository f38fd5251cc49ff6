use super::body::Body;
use crate::plan::{Block, Gap, Item, ItemEntry, Limit, Node, What};
use crate::syntax::ast;

impl Body<'_, '_> {
    pub fn pattern_block(&mut self, block: &ast::PatternBlock) -> Option<Block> {
        let mut lowered = Block {
            span: block.span,
            order: block.order,
            within: self.limit(block.within.as_ref()),
            or_closed: block.or_closed.is_some(),
            nodes: Vec::new(),
            nevers: Vec::new(),
            gaps: Vec::new(),
        };
        for item in &block.items {
            self.pattern_item(item, &mut lowered)?;
        }
        Some(lowered)
    }

    /// `expect on CH event "x" within D { … }` is an `in order` block of one item, whose limit is the block's.
    pub fn single_item_block(&mut self, item: &ast::EventItem) -> Option<Block> {
        let mut lowered = self.item(item)?;
        Some(Block {
            span: item.span,
            order: ast::Order::InOrder,
            within: lowered.within.take(),
            or_closed: false,
            nodes: vec![Node::Item(lowered)],
            nevers: Vec::new(),
            gaps: Vec::new(),
        })
    }

    fn pattern_item(&mut self, item: &ast::PatternItem, block: &mut Block) -> Option<()> {
        match &item.kind {
            ast::PatternItemKind::Event(event) => block.nodes.push(Node::Item(self.item(event)?)),
            ast::PatternItemKind::Never(event) => block.nevers.push(self.item(event)?),
            ast::PatternItemKind::Gap { op, limit } => {
                block.gaps.push(Gap { span: item.span, op: *op, limit: self.expr(limit) });
            }
            ast::PatternItemKind::Block(inner) => block.nodes.push(Node::Block(self.pattern_block(inner)?)),
            ast::PatternItemKind::Either(branches) => {
                let branches = branches.iter().map(|branch| self.pattern_block(branch)).collect::<Option<_>>()?;
                block.nodes.push(Node::Either { span: item.span, branches });
            }
            ast::PatternItemKind::Repeat { count, within, items } => {
                let count = self.count(Some(count));
                let within = self.limit(within.as_ref());
                block.nodes.push(Node::Repeat { span: item.span, count, within, block: self.pattern_block(items)? });
            }
            ast::PatternItemKind::ForEach { head, items } => {
                let list = self.expr(&head.list);
                let slot = self.names.bind(&head.name.text);
                let (or_none, inner) = (head.or_none, self.pattern_block(items)?);
                block.nodes.push(Node::ForEach { span: item.span, slot, list, or_none, block: inner });
            }
            ast::PatternItemKind::Error => return None,
        }
        Some(())
    }

    pub fn item(&mut self, item: &ast::EventItem) -> Option<Item> {
        let what = match &item.what {
            ast::FrameKindPattern::Event(name) => What::Event(self.expr(name)),
            ast::FrameKindPattern::Frame => What::Frame,
            ast::FrameKindPattern::Text(matcher) => What::Text(self.optional_matcher(matcher.as_ref())?),
            ast::FrameKindPattern::Binary(matcher) => What::Binary(self.optional_matcher(matcher.as_ref())?),
            ast::FrameKindPattern::Comment => What::Comment,
        };
        let head = match &item.what {
            ast::FrameKindPattern::Event(name) => {
                item.span.to(name.span).slice(0, (name.span.end - item.span.start) as usize)
            }
            ast::FrameKindPattern::Text(Some(matcher)) | ast::FrameKindPattern::Binary(Some(matcher)) => {
                item.span.slice(0, (matcher.span.end.saturating_sub(item.span.start)) as usize)
            }
            ast::FrameKindPattern::Frame => item.span.slice(0, "frame".len()),
            ast::FrameKindPattern::Text(None) => item.span.slice(0, "frame text".len()),
            ast::FrameKindPattern::Binary(None) => item.span.slice(0, "frame binary".len()),
            ast::FrameKindPattern::Comment => item.span.slice(0, "comment".len()),
        };
        Some(Item {
            span: item.span,
            head,
            what,
            count: self.count(item.count.as_ref()),
            within: self.limit(item.within.as_ref()),
            entries: item.body.iter().map(|entry| self.item_entry(entry)).collect::<Option<_>>()?,
        })
    }

    fn optional_matcher(&mut self, matcher: Option<&ast::Matcher>) -> Option<Option<crate::plan::Matcher>> {
        match matcher {
            Some(matcher) => self.matcher(matcher).map(Some),
            None => Some(None),
        }
    }

    fn item_entry(&mut self, entry: &ast::ItemEntry) -> Option<ItemEntry> {
        match &entry.kind {
            ast::ItemEntryKind::Condition(condition) => self.condition(condition).map(ItemEntry::Condition),
            ast::ItemEntryKind::Expect(expect) => self.expectation(expect).map(ItemEntry::Expect),
            ast::ItemEntryKind::Capture(capture) => self.capture(capture).map(ItemEntry::Capture),
            ast::ItemEntryKind::Error => None,
        }
    }

    pub fn limit(&mut self, limit: Option<&ast::TimeLimit>) -> Option<Limit> {
        let limit = limit?;
        Some(Limit {
            span: limit.span,
            at_least: self.optional(limit.at_least.as_ref()),
            at_most: self.expr(&limit.at_most),
        })
    }
}
