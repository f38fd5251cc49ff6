use std::sync::Arc;

use super::{CredentialId, Matcher, Slot, Subject};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::Value;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Uuid,
    Now,
    RandomInt,
    Json,
    Jwt,
    Base64,
    Base64Decode,
    UrlEncode,
    Sha256,
    HmacSha256,
    Join,
    Split,
    Length,
    Lower,
    Upper,
    Trim,
}

impl Function {
    pub const ALL: [Function; 16] = [
        Function::Uuid,
        Function::Now,
        Function::RandomInt,
        Function::Json,
        Function::Jwt,
        Function::Base64,
        Function::Base64Decode,
        Function::UrlEncode,
        Function::Sha256,
        Function::HmacSha256,
        Function::Join,
        Function::Split,
        Function::Length,
        Function::Lower,
        Function::Upper,
        Function::Trim,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Function::Uuid => "uuid",
            Function::Now => "now",
            Function::RandomInt => "random_int",
            Function::Json => "json",
            Function::Jwt => "jwt",
            Function::Base64 => "base64",
            Function::Base64Decode => "base64_decode",
            Function::UrlEncode => "url_encode",
            Function::Sha256 => "sha256",
            Function::HmacSha256 => "hmac_sha256",
            Function::Join => "join",
            Function::Split => "split",
            Function::Length => "length",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Trim => "trim",
        }
    }

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        match self {
            Function::Uuid | Function::Now => 0,
            Function::RandomInt | Function::HmacSha256 | Function::Join | Function::Split => 2,
            _ => 1,
        }
    }

    pub fn named(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.name() == name)
    }
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
