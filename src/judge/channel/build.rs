use std::sync::Arc;

use super::fit::Asked;
use super::limits;
use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Scope, evaluate, show};
use crate::pattern::{self, BlockId, ItemId, MAX_NODES, Program};
use crate::plan::{Block, Count, ExprKind, Item, Node, Slot, What};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Value;

/// A block of the plan as a pattern, with what its parts stand for.
pub(super) struct Built {
    pub program: Arc<Program>,
    pub items: Arc<[Asked]>,
    pub blocks: Arc<[Source]>,
}

/// Where a block or a repetition is in the spec.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub span: Span,
    pub within: Option<Span>,
    pub gaps: Vec<Span>,
    /// The items inside, nested ones included: from the first to before the last.
    pub items: std::ops::Range<u32>,
}

/// # Errors
/// A time, a count or a list without a sensible value, or a pattern that is too large with its loops unrolled.
pub(super) fn build(block: &Block, context: &Context<'_>) -> Result<Built, Fault> {
    let mut builder = Builder { context, items: Vec::new(), blocks: Vec::new(), loops: Vec::new(), nodes: 0 };
    let pattern = builder.block(block)?;
    let program = Program::compile(&pattern).map_err(|_| too_large(block.span))?;
    Ok(Built { program: Arc::new(program), items: builder.items.into(), blocks: builder.blocks.into() })
}

/// One item outside of a pattern.
pub(super) fn single(item: &Item, context: &Context<'_>) -> Result<Asked, Fault> {
    Ok(Asked::new(Arc::new(item.clone()), Vec::new(), limits::count(&item.count, context)?))
}

struct Builder<'a> {
    context: &'a Context<'a>,
    items: Vec<Asked>,
    blocks: Vec<Source>,
    loops: Vec<(Slot, Value)>,
    nodes: usize,
}

impl Builder<'_> {
    fn block(&mut self, block: &Block) -> Result<pattern::Block, Fault> {
        let id = self.source(Source {
            span: block.span,
            within: block.within.as_ref().map(|limit| limit.span),
            gaps: block.gaps.iter().map(|gap| gap.span).collect(),
            items: 0..0,
        });
        let first = self.items.len() as u32;
        let within = self.with_loops(|context| limits::optional_limit(block.within.as_ref(), context))?;
        let gaps = self.with_loops(|context| block.gaps.iter().map(|gap| limits::gap(gap, context)).collect())?;
        let mut nodes = Vec::with_capacity(block.nodes.len());
        for node in &block.nodes {
            self.node(node, block.order, &mut nodes)?;
        }
        if let Some(source) = self.blocks.get_mut(id.0 as usize) {
            source.items = first..self.items.len() as u32;
        }
        let nevers = block.nevers.iter().map(|item| self.item(item)).collect::<Result<_, _>>()?;
        let (order, or_closed) = (order(block.order), block.or_closed);
        Ok(pattern::Block { id, order, within, or_closed, nodes, nevers, gaps })
    }

    /// `around`: the order of the block that it is in.
    fn node(&mut self, node: &Node, around: ast::Order, into: &mut Vec<pattern::Node>) -> Result<(), Fault> {
        match node {
            Node::Item(item) => {
                let within = self.with_loops(|context| limits::optional_limit(item.within.as_ref(), context))?;
                let count = self.with_loops(|context| limits::count(&item.count, context))?;
                into.push(pattern::Node::Item(pattern::Item { id: self.item(item)?, count, within }));
            }
            Node::Block(block) => into.push(pattern::Node::Block(self.block(block)?)),
            Node::Either { branches, .. } => {
                let branches = branches.iter().map(|branch| self.block(branch)).collect::<Result<_, _>>()?;
                into.push(pattern::Node::Either(branches));
            }
            Node::Repeat { count: Count::Exactly(times), .. }
                if self.with_loops(|context| limits::whole(times, context))? == 0 =>
            {
                return Err(crate::matchers::no_repetition(times.span, "repeat 0 to COUNT times"));
            }
            Node::Repeat { span, count, within, block } => {
                let source = Source {
                    span: *span,
                    within: within.as_ref().map(|limit| limit.span),
                    gaps: Vec::new(),
                    items: 0..0,
                };
                let id = self.source(source);
                let count = self.with_loops(|context| limits::count(count, context))?;
                let within = self.with_loops(|context| limits::optional_limit(within.as_ref(), context))?;
                let block = self.block(block)?;
                into.push(pattern::Node::Repeat(pattern::Repeat { id, count, within, block }));
            }
            Node::ForEach { slot, list, or_none, block, .. } => {
                let values = self.with_loops(|context| list_of(evaluate(list, context)?, list.span))?;
                if values.is_empty() && !or_none {
                    return Err(crate::matchers::no_element(list.span));
                }
                for value in values {
                    self.loops.push((*slot, value));
                    let copy = self.copy(block, around, into);
                    self.loops.pop();
                    copy?;
                }
            }
        }
        Ok(())
    }

    /// One round of a loop. What is merely unrolled is where its loop does, so that the block around it keeps its counts;
    /// several parts among others in any order keep an order of their own.
    fn copy(&mut self, block: &Block, around: ast::Order, into: &mut Vec<pattern::Node>) -> Result<(), Fault> {
        let is_plain = block.nevers.is_empty() && block.gaps.is_empty() && block.within.is_none();
        if is_plain && (block.nodes.len() == 1 || !order(around).is_any()) {
            return block.nodes.iter().try_for_each(|node| self.node(node, around, into));
        }
        into.push(pattern::Node::Block(self.block(block)?));
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Result<ItemId, Fault> {
        self.grow(item.span)?;
        let count = self.with_loops(|context| limits::count(&item.count, context))?;
        let mut item = item.clone();
        // A name that is known now needn't be looked up for every frame.
        if let What::Event(name) = &mut item.what
            && self.is_known(&name.kind)
        {
            name.kind = ExprKind::Const(self.with_loops(|context| evaluate(name, context))?);
        }
        self.items.push(Asked::new(Arc::new(item), self.loops.clone(), count));
        Ok(ItemId(self.items.len() as u32 - 1))
    }

    fn source(&mut self, source: Source) -> BlockId {
        self.blocks.push(source);
        BlockId(self.blocks.len() as u32 - 1)
    }

    fn grow(&mut self, span: Span) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err(too_large(span)) } else { Ok(()) }
    }

    /// Whether a name can't be another one when the frame comes, as it could if it were captured on the way.
    fn is_known(&self, kind: &ExprKind) -> bool {
        match kind {
            ExprKind::Env(_) => true,
            ExprKind::Var(slot) => self.loops.iter().any(|(looped, _)| looped == slot),
            _ => false,
        }
    }

    fn with_loops<T>(&self, evaluate: impl FnOnce(&Context<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.loops.is_empty() {
            return evaluate(self.context);
        }
        let mut scope = Scope::clone(self.context.scope);
        self.loops.iter().for_each(|(slot, value)| scope.set(*slot, value.clone()));
        evaluate(&Context { scope: &scope, ..*self.context })
    }
}

fn order(order: ast::Order) -> pattern::Order {
    match order {
        ast::Order::InOrder => pattern::Order::InOrder,
        ast::Order::Strictly => pattern::Order::Strictly,
        ast::Order::AnyOrder => pattern::Order::AnyOrder,
        ast::Order::AnyOrderStrictly => pattern::Order::AnyOrderStrictly,
    }
}

fn list_of(value: Value, span: Span) -> Result<Vec<Value>, Fault> {
    if let Some(items) = value.elements() {
        return Ok(items);
    }
    let message = format!("{} isn't a list, so there is nothing to go through", show(&value));
    Err(Box::new(Diagnostic::error(&codes::BAD_VALUE, span, message).with_help("a list is written `[\"a\", \"b\"]`")))
}

fn too_large(span: Span) -> Fault {
    let message = format!("this pattern has more than {MAX_NODES} items when its loops are unrolled");
    Box::new(
        Diagnostic::error(&codes::PATTERN_TOO_LARGE, span, message)
            .with_help("expect less at once, or use `repeat` where the items are alike"),
    )
}
