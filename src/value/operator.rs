//! The operators of expressions: which kinds of values they take, what they give, and how it is calculated. `check` reads the types here, and
//! whatever calculates calls the functions here, so that neither knows an operation that the other doesn't.

use std::cmp::Ordering;

use super::{Kind, Value, compare, equal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Minus,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl UnaryOp {
    pub fn sign(self) -> &'static str {
        match self {
            UnaryOp::Minus => "-",
            UnaryOp::Not => "not",
        }
    }

    /// The kind that it gives of a kind; `None` where it can't be used.
    pub fn result(self, of: Kind) -> Option<Kind> {
        match self {
            UnaryOp::Not => (of == Kind::Bool).then_some(Kind::Bool),
            UnaryOp::Minus => matches!(of, Kind::Number | Kind::Percent | Kind::Money).then_some(of),
        }
    }

    /// `None` where [`UnaryOp::result`] is.
    pub fn apply(self, value: &Value) -> Option<Value> {
        self.result(Kind::of(value))?;
        match self {
            UnaryOp::Not => Some(Value::from(!value.as_bool()?)),
            UnaryOp::Minus => value.negated(),
        }
    }
}

impl BinaryOp {
    pub const ALL: [BinaryOp; 12] = [
        BinaryOp::Or,
        BinaryOp::And,
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
    ];

    pub fn sign(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }

    /// `and` and `or` are decided by the left side alone where it is this.
    pub fn decided_by(self) -> Option<bool> {
        match self {
            BinaryOp::And => Some(false),
            BinaryOp::Or => Some(true),
            _ => None,
        }
    }

    /// `<`, `<=`, `>` and `>=`.
    pub fn is_order(self) -> bool {
        matches!(self, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
    }

    /// `+`, `-`, `*` and `/`.
    pub fn is_arithmetic(self) -> bool {
        matches!(self, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide)
    }

    /// Whether an order of two values is the one that a comparison asks for.
    pub fn fits(self, order: Ordering) -> bool {
        match self {
            BinaryOp::Less => order.is_lt(),
            BinaryOp::LessEqual => order.is_le(),
            BinaryOp::Greater => order.is_gt(),
            BinaryOp::GreaterEqual => order.is_ge(),
            BinaryOp::Equal => order.is_eq(),
            BinaryOp::NotEqual => order.is_ne(),
            _ => false,
        }
    }

    /// The kind that it gives of two kinds; `None` where it can't be used. `==` and `!=` can always be asked.
    pub fn result(self, left: Kind, right: Kind) -> Option<Kind> {
        match self {
            BinaryOp::Equal | BinaryOp::NotEqual => Some(Kind::Bool),
            BinaryOp::Or | BinaryOp::And => (left == Kind::Bool && right == Kind::Bool).then_some(Kind::Bool),
            _ if self.is_order() => are_ordered(left, right).then_some(Kind::Bool),
            _ => self.row(left, right).map(|row| row.3),
        }
    }

    /// What it gives of two values. `None` where [`BinaryOp::result`] is, and where the result is out of range or has no value.
    pub fn apply(self, left: &Value, right: &Value) -> Option<Value> {
        match self {
            BinaryOp::Equal => Some(Value::from(equal(left, right))),
            BinaryOp::NotEqual => Some(Value::from(!equal(left, right))),
            BinaryOp::And => Some(Value::from(left.as_bool()? && right.as_bool()?)),
            BinaryOp::Or => Some(Value::from(left.as_bool()? || right.as_bool()?)),
            _ if self.is_order() => compare(left, right).map(|order| Value::from(self.fits(order))),
            _ => (self.row(Kind::of(left), Kind::of(right))?.4)(left, right),
        }
    }

    fn row(self, left: Kind, right: Kind) -> Option<&'static Row> {
        ARITHMETIC.iter().find(|row| row.0 == self && row.1 == left && row.2 == right)
    }
}

/// Kinds between which `<` can be asked; each of them equals what it is worth.
const ORDERED: [(Kind, Kind); 11] = [
    (Kind::Number, Kind::Number),
    (Kind::String, Kind::String),
    (Kind::Duration, Kind::Duration),
    (Kind::Size, Kind::Size),
    (Kind::Percent, Kind::Percent),
    (Kind::Rate, Kind::Rate),
    (Kind::Money, Kind::Money),
    (Kind::Size, Kind::Number),
    (Kind::Number, Kind::Size),
    (Kind::Percent, Kind::Number),
    (Kind::Number, Kind::Percent),
];

/// Other pairs of kinds of which one value may equal one of the other.
const ALIKE: [(Kind, Kind); 4] = [
    (Kind::Secret, Kind::String),
    (Kind::String, Kind::Secret),
    (Kind::Bytes, Kind::String),
    (Kind::String, Kind::Bytes),
];

/// Whether values of two kinds have an order. (Amounts of two currencies have none.)
pub fn are_ordered(left: Kind, right: Kind) -> bool {
    ORDERED.contains(&(left, right))
}

/// Whether a value of one kind may equal one of another.
pub fn may_be_equal(left: Kind, right: Kind) -> bool {
    left == right || are_ordered(left, right) || ALIKE.contains(&(left, right))
}

type Row = (BinaryOp, Kind, Kind, Kind, fn(&Value, &Value) -> Option<Value>);

use BinaryOp::{Add, Divide, Multiply, Subtract};
use Kind::{Duration, List, Money, Number, Percent, Rate, Secret, Size, String};

const ARITHMETIC: [Row; 43] = [
    (Add, Number, Number, Number, Value::plus),
    (Subtract, Number, Number, Number, Value::minus),
    (Multiply, Number, Number, Number, Value::scaled),
    (Divide, Number, Number, Number, Value::ratio),
    (Add, String, String, String, Value::joined_text),
    (Add, String, Secret, Secret, Value::joined_secret),
    (Add, Secret, String, Secret, Value::joined_secret),
    (Add, Secret, Secret, Secret, Value::joined_secret),
    (Add, List, List, List, Value::joined_list),
    (Add, Duration, Duration, Duration, Value::plus),
    (Subtract, Duration, Duration, Duration, Value::minus),
    (Multiply, Duration, Number, Duration, Value::scaled),
    (Multiply, Number, Duration, Duration, Value::scaling),
    (Divide, Duration, Number, Duration, Value::shared),
    (Divide, Duration, Duration, Number, Value::ratio),
    (Add, Size, Size, Size, Value::plus),
    (Add, Size, Number, Size, Value::plus),
    (Add, Number, Size, Size, Value::onto),
    (Subtract, Size, Size, Size, Value::minus),
    (Subtract, Size, Number, Size, Value::minus),
    (Subtract, Number, Size, Size, Value::less_of),
    (Multiply, Size, Number, Size, Value::scaled),
    (Multiply, Number, Size, Size, Value::scaling),
    (Divide, Size, Number, Size, Value::shared),
    (Divide, Size, Size, Number, Value::ratio),
    (Add, Percent, Percent, Percent, Value::plus),
    (Subtract, Percent, Percent, Percent, Value::minus),
    (Multiply, Percent, Number, Percent, Value::scaled),
    (Multiply, Number, Percent, Percent, Value::scaling),
    (Divide, Percent, Number, Percent, Value::shared),
    (Divide, Percent, Percent, Number, Value::ratio),
    (Add, Rate, Rate, Rate, Value::plus),
    (Subtract, Rate, Rate, Rate, Value::minus),
    (Multiply, Rate, Number, Rate, Value::scaled),
    (Multiply, Number, Rate, Rate, Value::scaling),
    (Divide, Rate, Number, Rate, Value::shared),
    (Divide, Rate, Rate, Number, Value::ratio),
    (Add, Money, Money, Money, Value::plus),
    (Subtract, Money, Money, Money, Value::minus),
    (Multiply, Money, Number, Money, Value::scaled),
    (Multiply, Number, Money, Money, Value::scaling),
    (Divide, Money, Number, Money, Value::shared),
    (Divide, Money, Money, Number, Value::ratio),
];
