use super::{Ident, Matcher, Path, StrLit, Subject, TypeExpr};
use crate::source::Span;
pub use crate::value::{BinaryOp, UnaryOp};
use crate::value::{JsonPath, JsonPathError, Money, Rate};

#[derive(Clone, Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Null,
    Bool(bool),
    Number(crate::value::JsonNumber),
    Duration(std::time::Duration),
    /// Bytes.
    Size(u64),
    /// `95%` is 0.95.
    Percent(f64),
    Rate(Rate),
    Money(Money),
    String(Template),
    Regex(RegexLit),
    JsonPath(JsonPathLit),
    /// `hex "00ff"`
    Hex(StrLit),
    /// `file "users.csv"`
    File(StrLit),
    Name(Ident),
    /// `a.name`; a module's member looks the same until names are resolved.
    Field(Box<Expr>, Ident),
    Index(Box<Expr>, Box<Expr>),
    /// `callee(args)`: a function, or a flow, possibly of a module.
    Call {
        callee: Path,
        args: Vec<Arg>,
    },
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Object(Vec<ObjectEntry>),
    /// `1..10`, both ends included.
    Range(Box<Expr>, Box<Expr>),
    /// `text`, `hex`, `size`, `data`, `id`, `attempts` … used as a value where a frame or response is in scope.
    Subject(Box<Subject>),
    Error,
}

#[derive(Clone, Debug)]
pub struct Arg {
    pub span: Span,
    pub name: Option<Ident>,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct ObjectEntry {
    pub span: Span,
    /// The key, decoded; its span includes the quotes of a quoted one.
    pub key: ObjectKey,
    /// Absent for the short form `{ thread_id }`, which takes the value of the name.
    pub value: Option<Expr>,
}

#[derive(Clone, Debug)]
pub enum ObjectKey {
    Name(Ident),
    String(Template),
}

/// A string, a bare URL or a multi-line text: pieces of text and interpolated expressions. The span includes the quotes.
#[derive(Clone, Debug)]
pub struct Template {
    pub span: Span,
    pub parts: Vec<TemplatePart>,
    pub form: TemplateForm,
}

impl Template {
    /// The text of a template without interpolation.
    pub fn as_text(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text { text, .. } => Some(text.as_str()),
                TemplatePart::Expr(_) => None,
            })
            .collect()
    }
}

#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Decoded text (escapes, dedent), and the span of what was written for it.
    Text {
        text: String,
        span: Span,
    },
    Expr(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateForm {
    /// `"…"`
    Quoted,
    /// `'…'`
    Raw,
    /// `"""…"""`
    Multiline,
    /// `'''…'''`
    RawMultiline,
    /// A URL without quotes.
    Bare,
}

/// `/pattern/flags`; the span includes the slashes. `pattern` is as written, but for `\/`, which is as `/` would in a regex.
#[derive(Clone, Debug)]
pub struct RegexLit {
    pub span: Span,
    pub pattern: String,
    /// Where the pattern is, without its slashes.
    pub pattern_span: Span,
    pub flags: String,
}

/// A JSONPath as written. Names in scope may be keys, `$.users[name]`, and operands in filters, `$.users[?@.id == user.id]`.
#[derive(Clone, Debug)]
pub struct JsonPathLit {
    pub span: Span,
    pub text: String,
    /// What is wrong with it is reported where paths are checked.
    pub path: Result<JsonPath, JsonPathError>,
    /// The names in it, in their order; none where it doesn't parse.
    pub names: Vec<Expr>,
}

/// An operand and what must hold of it, joined by `and`, `or`, `not`: what selects a frame, or skips a test.
#[derive(Clone, Debug)]
pub struct Condition {
    pub span: Span,
    pub kind: ConditionKind,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "the large variant is the common one")]
pub enum ConditionKind {
    Test { subject: Subject, matcher: Matcher },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Error,
}

/// What `matches { … }` takes: a value in which more may be than is said.
#[derive(Clone, Debug)]
pub struct Partial {
    pub span: Span,
    pub kind: PartialKind,
}

#[derive(Clone, Debug)]
pub enum PartialKind {
    /// `any`
    Any,
    /// `any uuid`
    AnyOf(TypeExpr),
    Regex(RegexLit),
    /// `> 5`
    Compare(BinaryOp, Expr),
    Object(Vec<PartialEntry>),
    List(Vec<Partial>),
    /// Any other expression: the value must equal it.
    Value(Expr),
    Error,
}

#[derive(Clone, Debug)]
pub struct PartialEntry {
    pub span: Span,
    pub key: ObjectKey,
    /// Absent for the short form `{ thread_id }`.
    pub value: Option<Partial>,
}
