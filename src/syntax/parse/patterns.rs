use super::super::ast::{EventItem, ItemEntry, ItemEntryKind, Order, PatternBlock, PatternItem, PatternItemKind};
use super::super::build::About;
use super::super::grammar::{Rule, seek, take};
use super::super::parser::Parser;
use super::super::scan::Tok;
use super::super::split::{Body, Piece, Segment, Separators};
use super::super::words::Context;
use crate::diag::{Diagnostic, codes};
use crate::syntax::words::Of;

impl Parser<'_> {
    /// The items of a channel's pattern.
    pub fn pattern_items(&mut self, body: Body) -> Vec<PatternItem> {
        let pieces = self.pieces(body, Separators::Lines);
        pieces.iter().map(|piece| self.pattern_item(piece)).collect()
    }

    fn pattern_item(&mut self, piece: &Piece) -> PatternItem {
        let span = self.piece_span(piece);
        let kind = self.pattern_item_kind(piece).unwrap_or(PatternItemKind::Error);
        PatternItem { span, kind }
    }

    fn pattern_item_kind(&mut self, piece: &Piece) -> Option<PatternItemKind> {
        let first = *piece.segments.first()?;
        match Context::Pattern.rule(self.nth_word(&first, 0)) {
            Some(Rule::item) => self.event(piece, Rule::item).map(PatternItemKind::Event),
            Some(Rule::never) => self.event(piece, Rule::never).map(PatternItemKind::Never),
            Some(Rule::gap) => self.simple(piece, Rule::gap, |build, kids| {
                let (op, limit) = build.limit(kids);
                PatternItemKind::Gap { op, limit }
            }),
            Some(Rule::nested) => self.nested(piece).map(PatternItemKind::Block),
            Some(Rule::either) => self.either_items(piece),
            Some(Rule::repeat_items) => self.repeat_items(piece),
            Some(Rule::for_each_stmt) => self.for_each_items(piece),
            _ if self.unknown(piece, Context::Pattern) => self.pattern_item_kind(piece),
            _ => None,
        }
    }

    fn event(&mut self, piece: &Piece, rule: Rule) -> Option<EventItem> {
        let first = *piece.segments.first()?;
        self.check_brace(piece);
        let item = self.head(&first, rule, |build, kids| build.event_item(kids));
        let Some(mut item) = item.flatten() else {
            if let Some(body) = first.body {
                self.item_entries(body);
            }
            return None;
        };
        self.complete_item(piece, 0, &mut item);
        self.no_more_segments(piece, 2);
        Some(item)
    }

    fn nested(&mut self, piece: &Piece) -> Option<PatternBlock> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::nested, |build, kids| build.pattern_head(kids));
        Some(self.pattern_block(&segment, body?, head.unwrap_or_default()))
    }

    fn either_items(&mut self, piece: &Piece) -> Option<PatternItemKind> {
        let bodies = self.branches(piece);
        let blocks = bodies.into_iter().map(|body| self.plain_block(body)).collect();
        Some(PatternItemKind::Either(blocks))
    }

    fn plain_block(&mut self, body: Body) -> PatternBlock {
        let span = self.body_span(body);
        let (settle, or_closed) = (None, None);
        PatternBlock { span, order: Order::InOrder, within: None, settle, or_closed, items: self.pattern_items(body) }
    }

    fn repeat_items(&mut self, piece: &Piece) -> Option<PatternItemKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::repeat_items, |build, kids| {
            let count = seek(kids, Rule::count).map(|node| build.count(node))?;
            let within = take(kids, Rule::time_limit).map(|node| build.time_limit(node));
            Some((count, within))
        });
        let items = self.plain_block(body?);
        let (count, within) = head??;
        Some(PatternItemKind::Repeat { count, within, items })
    }

    fn for_each_items(&mut self, piece: &Piece) -> Option<PatternItemKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::for_each_stmt, |build, kids| build.for_each(kids));
        let items = self.plain_block(body?);
        Some(PatternItemKind::ForEach { head: head??, items })
    }

    /// What is in the block of an event.
    pub fn item_entries(&mut self, body: Body) -> Vec<ItemEntry> {
        let pieces = self.pieces(body, Separators::Lines);
        pieces.iter().map(|piece| self.item_entry(piece)).collect()
    }

    fn item_entry(&mut self, piece: &Piece) -> ItemEntry {
        let span = self.piece_span(piece);
        let first = piece.segments.first().copied();
        let kind = match first.map(|first| (first, Context::Item.rule(self.nth_word(&first, 0)))) {
            Some((_, Some(Rule::expect))) => self.expect(piece, Some(Of::Frames)).map(ItemEntryKind::Expect),
            Some((_, Some(Rule::capture))) => self.simple(piece, Rule::capture, |build, kids| {
                ItemEntryKind::Capture(build.capture(kids, Some(Of::Frames)))
            }),
            Some((first, _)) if self.begins_condition(&first) => self.condition(piece),
            _ => {
                self.unknown(piece, Context::Item);
                None
            }
        };
        ItemEntry { span, kind: kind.unwrap_or(ItemEntryKind::Error) }
    }

    /// A condition begins with a JSONPath, a literal, a name or a group.
    fn begins_condition(&self, segment: &Segment) -> bool {
        let Some(token) = self.token(segment.from) else { return false };
        match token.kind {
            Tok::Word => true,
            Tok::Number | Tok::Text => true,
            Tok::Symbol => matches!(token.byte, b'$' | b'-'),
            Tok::Open => token.byte == b'(',
            _ => false,
        }
    }

    fn condition(&mut self, piece: &Piece) -> Option<ItemEntryKind> {
        self.simple(piece, Rule::condition, |build, kids| {
            kids.next().map(|node| ItemEntryKind::Condition(build.condition(node, About::Frames)))
        })?
    }

    /// The head lacks something that must come before its block or its end.
    pub fn incomplete(&mut self, segment: &Segment, missing: &str) {
        if self.is_flagged(segment) {
            return;
        }
        let end = self.end_of_head(segment);
        self.report(
            Diagnostic::error(&codes::UNEXPECTED, end, format!("expected {missing} after this"))
                .with_help(format!("add {missing}")),
        );
    }
}
