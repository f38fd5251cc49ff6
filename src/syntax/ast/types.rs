use super::{Expr, Path, ShapeField};
use crate::source::Span;

#[derive(Clone, Debug)]
pub struct TypeExpr {
    pub span: Span,
    pub kind: TypeExprKind,
}

#[derive(Clone, Debug)]
pub enum TypeExprKind {
    /// `string`, `Thread`, `agents.Event`, `null`, and `secret` or `channel` in flows' signatures
    Named(Path),
    /// `[T]`
    List(Box<TypeExpr>),
    /// `{ a: string, b?: number }`
    Object(Vec<ShapeField>),
    /// `T or null`, `"a" or "b"`
    Or(Vec<TypeExpr>),
    /// A literal that the value must equal.
    Literal(Box<Expr>),
    Error,
}
