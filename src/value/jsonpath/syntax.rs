//! What a JSONPath says.

use super::super::Json;
use super::iregexp::IRegexp;

#[derive(Clone, Debug)]
pub(super) struct Query {
    /// From the root (`$`), not from the current node (`@`).
    pub absolute: bool,
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub descendant: bool,
    pub selectors: Vec<Selector>,
    /// Where it ends in the text.
    pub end: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
    Filter(Logical),
    /// The value of a name is the key or the index.
    Slot(usize),
}

#[derive(Clone, Debug)]
pub(super) enum Logical {
    Or(Vec<Logical>),
    And(Vec<Logical>),
    Not(Box<Logical>),
    /// Whether a query finds anything.
    Exists(Query),
    Compare(Op, Operand, Operand),
    Matches {
        text: Operand,
        pattern: Operand,
        compiled: Option<IRegexp>,
        whole: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// What is worth one value, or nothing.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Json),
    Slot(usize),
    /// A singular query.
    Query(Query),
    Length(Box<Operand>),
    Count(Query),
    Value(Query),
}

impl Query {
    pub fn is_singular(&self) -> bool {
        self.segments.iter().all(Segment::is_singular)
    }
}

impl Segment {
    pub fn is_singular(&self) -> bool {
        let one = |selector: &Selector| matches!(selector, Selector::Name(_) | Selector::Index(_) | Selector::Slot(_));
        !self.descendant && self.selectors.len() == 1 && self.selectors.iter().all(one)
    }
}
