//! The tree of a path. Chains of operators are lists, so that only brackets make it deep.

use super::Kind;

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Or(Vec<Expr>),
    And(Vec<Expr>),
    /// Operators of one precedence, from left to right.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
    Negate(Box<Expr>),
    Union(Vec<Expr>),
    Text(String),
    Number(f64),
    Call(Function, Vec<Expr>),
    Path(Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A location path (section 2), or a filter expression with what follows it (section 3.3).
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub start: Start,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) enum Start {
    Root,
    Context,
    /// The predicates count in document order.
    Filter(Box<Expr>, Vec<Expr>),
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub axis: Axis,
    pub test: NodeTest,
    pub predicates: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Parent,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
    Attribute,
    Itself,
}

impl Axis {
    pub const NAMES: [&str; 12] = [
        "child",
        "descendant",
        "descendant-or-self",
        "parent",
        "ancestor",
        "ancestor-or-self",
        "following-sibling",
        "preceding-sibling",
        "following",
        "preceding",
        "attribute",
        "self",
    ];

    pub fn of(name: &str) -> Option<Axis> {
        Some(match name {
            "child" => Axis::Child,
            "descendant" => Axis::Descendant,
            "descendant-or-self" => Axis::DescendantOrSelf,
            "parent" => Axis::Parent,
            "ancestor" => Axis::Ancestor,
            "ancestor-or-self" => Axis::AncestorOrSelf,
            "following-sibling" => Axis::FollowingSibling,
            "preceding-sibling" => Axis::PrecedingSibling,
            "following" => Axis::Following,
            "preceding" => Axis::Preceding,
            "attribute" => Axis::Attribute,
            "self" => Axis::Itself,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
pub(super) enum NodeTest {
    /// As written, with its prefix.
    Name(String),
    /// `p:*`; the colon is kept.
    Prefix(String),
    Any,
    Text,
    Comment,
    Instruction(Option<String>),
    Node,
}

macro_rules! functions {
    ($($variant:ident $name:literal $least:literal $most:literal $kind:ident)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            pub const NAMES: &[&str] = &[$($name),*];

            pub fn of(name: &str) -> Option<Function> {
                match name {
                    $($name => Some(Function::$variant),)*
                    _ => None,
                }
            }

            /// The fewest and the most arguments that it takes.
            pub fn arity(self) -> (usize, usize) {
                match self { $(Function::$variant => ($least, $most)),* }
            }

            pub fn kind(self) -> Kind {
                match self { $(Function::$variant => Kind::$kind),* }
            }
        }
    };
}

// Section 4, without `id()`, `lang()` and `namespace-uri()`.
functions! {
    Last "last" 0 0 Number
    Position "position" 0 0 Number
    Count "count" 1 1 Number
    LocalName "local-name" 0 1 Text
    Name "name" 0 1 Text
    String "string" 0 1 Text
    Concat "concat" 2 256 Text
    StartsWith "starts-with" 2 2 Bool
    Contains "contains" 2 2 Bool
    SubstringBefore "substring-before" 2 2 Text
    SubstringAfter "substring-after" 2 2 Text
    Substring "substring" 2 3 Text
    StringLength "string-length" 0 1 Number
    NormalizeSpace "normalize-space" 0 1 Text
    Translate "translate" 3 3 Text
    Boolean "boolean" 1 1 Bool
    Not "not" 1 1 Bool
    True "true" 0 0 Bool
    False "false" 0 0 Bool
    Number "number" 0 1 Number
    Sum "sum" 1 1 Number
    Floor "floor" 1 1 Number
    Ceiling "ceiling" 1 1 Number
    Round "round" 1 1 Number
}

impl Function {
    /// Whether its argument, where it has one, is a node set.
    pub fn takes_nodes(self) -> bool {
        matches!(self, Function::Count | Function::Sum | Function::Name | Function::LocalName)
    }
}

impl Expr {
    /// The type of its result: known beforehand, since there are no variables.
    pub fn kind(&self) -> Kind {
        match self {
            Expr::Or(_) | Expr::And(_) => Kind::Bool,
            Expr::Chain(first, rest) => rest.first().map_or_else(|| first.kind(), |(operator, _)| operator.kind()),
            Expr::Negate(_) | Expr::Number(_) => Kind::Number,
            Expr::Union(_) | Expr::Path(_) => Kind::Nodes,
            Expr::Text(_) => Kind::Text,
            Expr::Call(function, _) => function.kind(),
        }
    }
}

impl Operator {
    fn kind(self) -> Kind {
        match self {
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulo => {
                Kind::Number
            }
            _ => Kind::Bool,
        }
    }
}
