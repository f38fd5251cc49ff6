//! From a block of the plan to a pattern whose times and counts are numbers.

use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Scope, evaluate, show};
use crate::pattern::{Block, BlockId, Count, Gap, GapOp, Item, ItemId, Limit, Node, Order, Repeat};
use crate::plan;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp};
use crate::value::Value;

/// A pattern, with what its numbers stand for.
pub(super) struct Built {
    pub root: Block,
    pub items: Vec<plan::Item>,
    pub blocks: Vec<Span>,
}

pub(super) fn build(block: &plan::Block, context: &Context<'_>) -> Result<Built, Fault> {
    let mut builder = Builder { items: Vec::new(), blocks: Vec::new() };
    let root = builder.block(block, context)?;
    Ok(Built { root, items: builder.items, blocks: builder.blocks })
}

struct Builder {
    items: Vec<plan::Item>,
    blocks: Vec<Span>,
}

impl Builder {
    fn block(&mut self, block: &plan::Block, context: &Context<'_>) -> Result<Block, Fault> {
        let id = self.number(block.span);
        let mut nodes = Vec::new();
        for node in &block.nodes {
            self.node(node, context, &mut nodes)?;
        }
        let nevers = block.nevers.iter().map(|item| self.item_id(item)).collect();
        let gaps = block.gaps.iter().map(|bound| gap(bound, context)).collect::<Result<_, _>>()?;
        let order = match block.order {
            ast::Order::InOrder => Order::InOrder,
            ast::Order::Strictly => Order::Strictly,
            ast::Order::AnyOrder => Order::AnyOrder,
        };
        Ok(Block { id, order, within: limit(block.within.as_ref(), context)?, nodes, nevers, gaps })
    }

    fn node(&mut self, node: &plan::Node, context: &Context<'_>, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        match node {
            plan::Node::Item(item) => {
                let (count, within) = (count(&item.count, context)?, limit(item.within.as_ref(), context)?);
                nodes.push(Node::Item(Item { id: self.item_id(item), count, within }));
            }
            plan::Node::Block(block) => nodes.push(Node::Block(self.block(block, context)?)),
            plan::Node::Either { branches, .. } => {
                let branches = branches.iter().map(|branch| self.block(branch, context)).collect::<Result<_, _>>()?;
                nodes.push(Node::Either(branches));
            }
            plan::Node::Repeat { span, count: times, within, block } => {
                let id = self.number(*span);
                let (count, within) = (count(times, context)?, limit(within.as_ref(), context)?);
                nodes.push(Node::Repeat(Repeat { id, count, within, block: self.block(block, context)? }));
            }
            plan::Node::ForEach { slot, list, block, .. } => {
                for value in elements(list, context)? {
                    let mut scope: Scope = context.scope.clone();
                    scope.set(*slot, value.clone());
                    let inner = Context { scope: &scope, ..*context };
                    let from = self.items.len();
                    let copy = self.block(block, &inner)?;
                    // The copy's items see the value of their round.
                    for item in &mut self.items[from..] {
                        bind(item, *slot, &value);
                    }
                    nodes.push(Node::Block(copy));
                }
            }
        }
        Ok(())
    }

    fn number(&mut self, span: Span) -> BlockId {
        self.blocks.push(span);
        BlockId(self.blocks.len() as u32 - 1)
    }

    fn item_id(&mut self, item: &plan::Item) -> ItemId {
        self.items.push(item.clone());
        ItemId(self.items.len() as u32 - 1)
    }
}

/// Puts the value of a round into an item's name; its conditions read it through a capture that stands before them.
fn bind(item: &mut plan::Item, slot: plan::Slot, value: &Value) {
    let constant = plan::Expr { span: item.span, kind: plan::ExprKind::Const(value.clone()) };
    if let plan::What::Event(name) = &mut item.what {
        substitute(name, slot, &constant);
    }
    let subject = plan::Subject { span: item.span, kind: plan::SubjectKind::Expr(constant) };
    let capture = plan::Capture {
        span: item.span,
        name: "round".into(),
        slot,
        secret: false,
        collect: false,
        subject,
        regex: None,
    };
    item.entries.insert(0, plan::ItemEntry::Capture(capture));
}

fn substitute(expr: &mut plan::Expr, slot: plan::Slot, constant: &plan::Expr) {
    match &mut expr.kind {
        plan::ExprKind::Var(own) if *own == slot => *expr = constant.clone(),
        plan::ExprKind::Template(pieces) => {
            for piece in pieces {
                if let plan::Piece::Expr(inner) = piece {
                    substitute(inner, slot, constant);
                }
            }
        }
        plan::ExprKind::Field(of, _) => substitute(of, slot, constant),
        plan::ExprKind::Index(of, index) => {
            substitute(of, slot, constant);
            substitute(index, slot, constant);
        }
        plan::ExprKind::Binary(_, left, right) => {
            substitute(left, slot, constant);
            substitute(right, slot, constant);
        }
        plan::ExprKind::Call(_, args) => args.iter_mut().for_each(|arg| substitute(arg, slot, constant)),
        _ => {}
    }
}

pub(super) fn limit(limit: Option<&plan::Limit>, context: &Context<'_>) -> Result<Option<Limit>, Fault> {
    let Some(limit) = limit else { return Ok(None) };
    let at_least = match &limit.at_least {
        Some(expr) => duration(expr, context)?,
        None => std::time::Duration::ZERO,
    };
    Ok(Some(Limit { at_least, at_most: duration(&limit.at_most, context)? }))
}

pub(super) fn duration(expr: &plan::Expr, context: &Context<'_>) -> Result<std::time::Duration, Fault> {
    match evaluate(expr, context)? {
        Value::Duration(duration) => Ok(duration),
        other => Err(bad(
            expr,
            format!("{} ({}) isn't a duration", show(&other), other.kind()),
            "a duration has a unit: `500ms`, `5s`",
        )),
    }
}

pub(super) fn whole(expr: &plan::Expr, context: &Context<'_>) -> Result<u32, Fault> {
    let value = evaluate(expr, context)?;
    let number = value.as_json().and_then(serde_json::Value::as_u64).and_then(|number| u32::try_from(number).ok());
    number
        .ok_or_else(|| bad(expr, format!("{} isn't a whole number from 0", show(&value)), "give a number such as `3`"))
}

fn bad(expr: &plan::Expr, message: String, help: &str) -> Fault {
    Box::new(Diagnostic::error(&codes::BAD_VALUE, expr.span, message).with_help(help))
}

fn count(count: &plan::Count, context: &Context<'_>) -> Result<Count, Fault> {
    Ok(match count {
        plan::Count::Unstated => Count::UNSTATED,
        plan::Count::Optional => Count::OPTIONAL,
        plan::Count::Exactly(times) => Count::exactly(whole(times, context)?),
        plan::Count::AtLeast(times) => Count::at_least(whole(times, context)?),
        plan::Count::AtMost(times) => Count::at_most(whole(times, context)?),
        plan::Count::Between(from, to) => Count::between(whole(from, context)?, whole(to, context)?),
    })
}

fn gap(gap: &plan::Gap, context: &Context<'_>) -> Result<Gap, Fault> {
    let op = match gap.op {
        BinaryOp::LessEqual => GapOp::AtMost,
        BinaryOp::Greater => GapOp::More,
        BinaryOp::GreaterEqual => GapOp::AtLeast,
        _ => GapOp::Less,
    };
    Ok(Gap { op, limit: duration(&gap.limit, context)? })
}

fn elements(list: &plan::Expr, context: &Context<'_>) -> Result<Vec<Value>, Fault> {
    let value = evaluate(list, context)?;
    match &value {
        Value::List(values) => Ok(values.to_vec()),
        Value::Json(json) if json.is_array() => {
            Ok(json.as_array().into_iter().flatten().cloned().map(Value::from).collect())
        }
        _ => Err(bad(list, format!("{} isn't a list", show(&value)), "give a list such as `[\"a\", \"b\"]`")),
    }
}
