use std::time::Duration;

/// An item of a pattern (or a `never`): the caller that makes the pattern numbers them, and [`Fit`](super::Fit) knows what they ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// A block or a repetition, numbered by the caller that makes the pattern, so that a failure can say which one it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

/// A block of a pattern; the outermost one is the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub id: BlockId,
    pub order: Order,
    pub within: Option<Limit>,
    /// Of a block of nothing but nevers: a complete end of the log ends its wait well, instead of proving nothing.
    pub or_closed: bool,
    pub nodes: Vec<Node>,
    /// No frame may fit one of these while the block lasts.
    pub nevers: Vec<ItemId>,
    pub gaps: Vec<Gap>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    InOrder,
    /// In order, and a frame that no item takes fails the block.
    Strictly,
    AnyOrder,
    /// In any order, and a frame that no item takes fails the block.
    AnyOrderStrictly,
}

impl Order {
    /// All parts begin with the block.
    pub const fn is_any(self) -> bool {
        matches!(self, Order::AnyOrder | Order::AnyOrderStrictly)
    }

    pub const fn is_strict(self) -> bool {
        matches!(self, Order::Strictly | Order::AnyOrderStrictly)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Item(Item),
    Block(Block),
    /// Alternatives; the first frame that one of their items takes chooses.
    Either(Vec<Block>),
    Repeat(Repeat),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub count: Count,
    pub within: Option<Limit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    pub id: BlockId,
    pub count: Count,
    pub within: Option<Limit>,
    pub block: Block,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub min: u32,
    /// Without one there is no upper bound.
    pub max: Option<u32>,
    /// The upper bound was stated: what comes beyond it fails the block instead of being passed over.
    pub keeps_max: bool,
}

impl Count {
    /// Nothing was said: one is consumed, further ones are passed over.
    pub const UNSTATED: Count = Count { min: 1, max: Some(1), keeps_max: false };
    /// None or one is consumed, further ones are passed over.
    pub const OPTIONAL: Count = Count { min: 0, max: Some(1), keeps_max: false };

    pub const fn exactly(times: u32) -> Count {
        Count { min: times, max: Some(times), keeps_max: true }
    }

    pub const fn at_least(times: u32) -> Count {
        Count { min: times, max: None, keeps_max: false }
    }

    pub const fn at_most(times: u32) -> Count {
        Count { min: 0, max: Some(times), keeps_max: true }
    }

    pub const fn between(least: u32, most: u32) -> Count {
        Count { min: least, max: Some(most), keeps_max: true }
    }

    /// Whether `taken` is all that it can take.
    pub(super) fn is_full(self, taken: u32) -> bool {
        self.max.is_some_and(|max| taken >= max)
    }
}

/// `within A to B`; both ends belong to it. Without a lower bound `at_least` is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub at_least: Duration,
    pub at_most: Duration,
}

impl Limit {
    pub const fn within(at_most: Duration) -> Limit {
        Limit { at_least: Duration::ZERO, at_most }
    }
}

/// A bound on the time between two frames that items of the block consume one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub op: GapOp,
    pub limit: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapOp {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Gap {
    pub(super) fn holds(self, between: Duration) -> bool {
        match self.op {
            GapOp::Less => between < self.limit,
            GapOp::AtMost => between <= self.limit,
            GapOp::More => between > self.limit,
            GapOp::AtLeast => between >= self.limit,
        }
    }

    /// The longest time that still holds, for an upper bound. (Instants are whole nanoseconds.)
    pub(super) fn longest(self) -> Option<Duration> {
        match self.op {
            GapOp::Less => Some(self.limit.saturating_sub(Duration::from_nanos(1))),
            GapOp::AtMost => Some(self.limit),
            GapOp::More | GapOp::AtLeast => None,
        }
    }
}
