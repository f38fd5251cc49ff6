use super::{Block, BlockId, Count, Gap, Item, ItemId, Limit, Node, Order, Repeat};

/// The most nodes that a pattern may have, loops over lists unrolled.
pub const MAX_NODES: usize = 10_000;

/// A pattern laid out flat: its nodes in the order of the pattern, every node before what it holds.
///
/// A thread of the machine is one register for each node, so that two threads are compared and copied like arrays.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) nodes: Box<[Op]>,
    /// Items and repetitions whose stated upper count is kept.
    pub(super) kept: Box<[Ix]>,
    /// Blocks that have nevers, outer ones first.
    pub(super) guarded: Box<[Ix]>,
    /// Strict blocks, outer ones first.
    pub(super) strict: Box<[Ix]>,
    /// Blocks of nothing but nevers that no end of the log satisfies.
    pub(super) needs_open: Box<[Ix]>,
}

/// A pattern that is larger than [`MAX_NODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// The place of a node in its program.
pub(super) type Ix = usize;

pub(super) const ROOT: Ix = 0;

#[derive(Clone, Debug)]
pub(super) struct Op {
    pub kind: Kind,
    pub within: Option<Limit>,
    pub parent: Option<Ix>,
    /// Which child of its parent it is.
    pub place: usize,
    /// Behind its last descendant.
    pub end: Ix,
    /// It may be left as it begins: nothing in it has to take a frame or to wait.
    pub nullable: bool,
    /// It can't end before it has taken a frame.
    pub needs_frame: bool,
    /// The time of the last consumed frame matters to what comes.
    pub keeps_last: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Item { id: ItemId, count: Count },
    Block { id: BlockId, order: Order, or_closed: bool, children: Box<[Ix]>, nevers: Box<[ItemId]>, gaps: Box<[Gap]> },
    Either { branches: Box<[Ix]> },
    Repeat { id: BlockId, count: Count, least: u32, body: Ix, firsts: Box<[Ix]> },
}

impl Program {
    /// # Errors
    /// The pattern has more than [`MAX_NODES`] nodes.
    pub fn compile(pattern: &Block) -> Result<Program, TooLarge> {
        let mut compiler = Compiler { nodes: Vec::new() };
        compiler.block(pattern, None, 0)?;
        let nodes = compiler.nodes;
        let all = |test: &dyn Fn(&Op) -> bool| (0..nodes.len()).filter(|ix| test(&nodes[*ix])).collect();
        let kept = all(&|op| match &op.kind {
            Kind::Item { count, .. } | Kind::Repeat { count, .. } => count.keeps_max,
            _ => false,
        });
        let guarded = all(&|op| matches!(&op.kind, Kind::Block { nevers, .. } if !nevers.is_empty()));
        let strict = all(&|op| matches!(&op.kind, Kind::Block { order, .. } if order.is_strict()));
        let needs_open = all(&|op| match &op.kind {
            Kind::Block { children, nevers, or_closed, .. } => children.is_empty() && !nevers.is_empty() && !or_closed,
            _ => false,
        });
        Ok(Program { nodes: nodes.into(), kept, guarded, strict, needs_open })
    }

    /// The outermost block holds nothing that a frame could be taken by, so that it only waits.
    pub fn only_guards(&self) -> bool {
        matches!(&self.nodes[ROOT].kind, Kind::Block { children, nevers, .. } if children.is_empty() && !nevers.is_empty())
    }

    /// How long the outermost block may last, if it says so.
    pub fn within(&self) -> Option<Limit> {
        self.nodes[ROOT].within
    }

    /// Whether a frame that comes after a match could break the outermost block: by a `never`, a stated upper count, or `strictly`.
    pub fn can_break_later(&self) -> bool {
        let kept = self.kept.iter().any(|ix| self.nodes[*ix].parent == Some(ROOT));
        kept || self.guarded.first() == Some(&ROOT) || self.strict.first() == Some(&ROOT)
    }
}

struct Compiler {
    nodes: Vec<Op>,
}

impl Compiler {
    fn block(&mut self, block: &Block, parent: Option<Ix>, place: usize) -> Result<Ix, TooLarge> {
        let kind = Kind::Block {
            id: block.id,
            order: block.order,
            or_closed: block.or_closed,
            children: Box::default(),
            nevers: block.nevers.clone().into(),
            gaps: block.gaps.clone().into(),
        };
        let ix = self.push(kind, block.within, parent, place)?;
        let mut list = Vec::with_capacity(block.nodes.len());
        for (place, node) in block.nodes.iter().enumerate() {
            list.push(self.node(node, ix, place)?);
        }
        let lower_bound = has_lower_bound(block.within);
        let op = NodeFacts {
            nullable: !lower_bound
                && list.iter().all(|child| self.nodes[*child].nullable)
                && (!list.is_empty() || block.nevers.is_empty()),
            needs_frame: list.iter().any(|child| self.nodes[*child].needs_frame),
            keeps_last: lower_bound || !block.gaps.is_empty(),
        };
        if let Kind::Block { children, .. } = &mut self.nodes[ix].kind {
            *children = list.into();
        }
        Ok(self.finish(ix, op))
    }

    fn node(&mut self, node: &Node, parent: Ix, place: usize) -> Result<Ix, TooLarge> {
        match node {
            Node::Item(item) => self.item(*item, parent, place),
            Node::Block(block) => self.block(block, Some(parent), place),
            Node::Either(branches) => self.either(branches, parent, place),
            Node::Repeat(repeat) => self.repeat(repeat, parent, place),
        }
    }

    fn item(&mut self, item: Item, parent: Ix, place: usize) -> Result<Ix, TooLarge> {
        let ix = self.push(Kind::Item { id: item.id, count: item.count }, item.within, Some(parent), place)?;
        let empty = item.count.min == 0;
        Ok(self.finish(ix, NodeFacts { nullable: empty, needs_frame: !empty, keeps_last: false }))
    }

    fn either(&mut self, blocks: &[Block], parent: Ix, place: usize) -> Result<Ix, TooLarge> {
        let ix = self.push(Kind::Either { branches: Box::default() }, None, Some(parent), place)?;
        let mut list = Vec::with_capacity(blocks.len());
        for (place, block) in blocks.iter().enumerate() {
            list.push(self.block(block, Some(ix), place)?);
        }
        let facts = NodeFacts {
            nullable: list.is_empty() || list.iter().any(|branch| self.nodes[*branch].nullable),
            needs_frame: !list.is_empty() && list.iter().all(|branch| self.nodes[*branch].needs_frame),
            keeps_last: false,
        };
        if let Kind::Either { branches } = &mut self.nodes[ix].kind {
            *branches = list.into();
        }
        Ok(self.finish(ix, facts))
    }

    fn repeat(&mut self, repeat: &Repeat, parent: Ix, place: usize) -> Result<Ix, TooLarge> {
        let count = repeat.count;
        let kind = Kind::Repeat { id: repeat.id, count, least: count.min, body: 0, firsts: Box::default() };
        let ix = self.push(kind, repeat.within, Some(parent), place)?;
        let block = self.block(&repeat.block, Some(ix), 0)?;
        let mut items = Vec::new();
        self.firsts(block, &mut items);
        // Rounds that may be empty needn't be gone through to reach the minimum.
        let rounds = if self.nodes[block].nullable { 0 } else { count.min };
        let facts = NodeFacts {
            nullable: count.max == Some(0) || (rounds == 0 && !has_lower_bound(repeat.within)),
            needs_frame: rounds > 0 && self.nodes[block].needs_frame,
            keeps_last: true,
        };
        if let Kind::Repeat { least, body, firsts, .. } = &mut self.nodes[ix].kind {
            (*least, *body, *firsts) = (rounds, block, items.into());
        }
        Ok(self.finish(ix, facts))
    }

    /// The items that can take the first frame of a node.
    fn firsts(&self, ix: Ix, into: &mut Vec<Ix>) {
        match &self.nodes[ix].kind {
            Kind::Item { .. } => into.push(ix),
            Kind::Either { branches: children } => {
                children.iter().for_each(|child| self.firsts(*child, into));
            }
            Kind::Block { order, children, .. } if order.is_any() => {
                children.iter().for_each(|child| self.firsts(*child, into));
            }
            Kind::Block { children, .. } => {
                for child in children {
                    self.firsts(*child, into);
                    if !self.nodes[*child].nullable {
                        return;
                    }
                }
            }
            Kind::Repeat { body, .. } => self.firsts(*body, into),
        }
    }

    fn push(&mut self, kind: Kind, within: Option<Limit>, parent: Option<Ix>, place: usize) -> Result<Ix, TooLarge> {
        if self.nodes.len() >= MAX_NODES {
            return Err(TooLarge);
        }
        let op = Op { kind, within, parent, place, end: 0, nullable: false, needs_frame: false, keeps_last: false };
        self.nodes.push(op);
        Ok(self.nodes.len() - 1)
    }

    fn finish(&mut self, ix: Ix, facts: NodeFacts) -> Ix {
        let end = self.nodes.len();
        let op = &mut self.nodes[ix];
        op.end = end;
        (op.nullable, op.needs_frame, op.keeps_last) = (facts.nullable, facts.needs_frame, facts.keeps_last);
        ix
    }
}

struct NodeFacts {
    nullable: bool,
    needs_frame: bool,
    keeps_last: bool,
}

fn has_lower_bound(within: Option<Limit>) -> bool {
    within.is_some_and(|limit| !limit.at_least.is_zero())
}
