use std::sync::Arc;

use super::{CredentialId, Matcher, Slot, Subject};
use crate::source::Span;
pub use crate::value::Function;
use crate::value::{BinaryOp, Form, Tree, UnaryOp, Value};

#[derive(Clone, Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Const(Value),
    Var(Slot),
    /// `env.NAME`
    Env(Arc<str>),
    /// The executor sees to it that the credential has been obtained before the step that reads it.
    Credential(CredentialId),
    Template(Vec<Piece>),
    Field(Box<Expr>, Arc<str>),
    Index(Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    /// Both ends included.
    Range(Box<Expr>, Box<Expr>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
    /// A JSONPath, `text`, `status`, … of the response or frame that is looked at.
    Subject(Box<Subject>),
    /// A file's content, read when the plan was made.
    File(Arc<FileContent>),
}

/// A piece of a string.
#[derive(Clone, Debug)]
pub enum Piece {
    Text(Arc<str>),
    Expr(Expr),
}

/// A file below the project's root. Where a list or an object is wanted, a `.json` or `.csv` file is read as one.
#[derive(Clone, Debug)]
pub struct FileContent {
    /// As written.
    pub name: String,
    pub bytes: Arc<[u8]>,
    /// Its value when it is JSON (`.json`), or CSV with a header line (`.csv`: a list of objects of strings).
    pub parsed: Option<Value>,
}

/// Conditions joined by `and`, `or` and `not`.
#[derive(Clone, Debug)]
pub struct Condition {
    pub span: Span,
    pub kind: ConditionKind,
}

#[derive(Clone, Debug)]
pub enum ConditionKind {
    Test(Subject, Matcher),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

impl Tree for Expr {
    fn form(&self) -> Form<'_, Self> {
        match &self.kind {
            ExprKind::Const(value) => Form::Value(value.clone()),
            ExprKind::Template(pieces) => Form::Template(pieces.iter().map(Piece::form).collect()),
            ExprKind::Field(of, name) => Form::Field(of, name),
            ExprKind::Index(of, index) => Form::Index(of, index),
            ExprKind::List(items) => Form::List(items),
            ExprKind::Object(entries) => {
                Form::Object(entries.iter().map(|(key, value)| (key.pieces(), value.piece())).collect())
            }
            ExprKind::Range(from, to) => Form::Range(from, to),
            ExprKind::Unary(op, of) => Form::Unary(*op, of),
            ExprKind::Binary(op, left, right) => Form::Binary(*op, left, right),
            ExprKind::Call(function, args) => Form::Call(*function, args.iter().collect()),
            ExprKind::Var(_)
            | ExprKind::Env(_)
            | ExprKind::Credential(_)
            | ExprKind::Subject(_)
            | ExprKind::File(_) => Form::Outside,
        }
    }
}

impl Expr {
    fn piece(&self) -> crate::value::Piece<'_, Expr> {
        crate::value::Piece::Expr(self)
    }

    /// The key of an object's entry.
    fn pieces(&self) -> Vec<crate::value::Piece<'_, Expr>> {
        match &self.kind {
            ExprKind::Const(value) if let Some(name) = value.as_str() => vec![crate::value::Piece::Text(name)],
            _ => vec![self.piece()],
        }
    }
}

impl Piece {
    fn form(&self) -> crate::value::Piece<'_, Expr> {
        match self {
            Piece::Text(text) => crate::value::Piece::Text(text),
            Piece::Expr(expr) => expr.piece(),
        }
    }
}

impl FileContent {
    /// A file as a value: what it is read as, else its text, else its bytes.
    pub fn value(&self) -> Value {
        let text = || std::str::from_utf8(&self.bytes).ok().map(Value::from);
        self.parsed.clone().or_else(text).unwrap_or_else(|| Value::Bytes(self.bytes.clone()))
    }
}
