use super::{Doc, Expr, Ident, Load, Path, PlanDecl, Request, Stmt, StrLit, TypeExpr};
use crate::source::Span;

/// A top-level declaration. `span` covers it whole, `doc` aside.
#[derive(Clone, Debug)]
pub struct Item {
    pub span: Span,
    pub doc: Option<Doc>,
    /// Its tree follows from its text alone: nothing in it was wrong, or taken for what it isn't.
    pub is_plain: bool,
    pub kind: ItemKind,
}

#[derive(Clone, Debug)]
pub enum ItemKind {
    Import(Import),
    Environment(Environment),
    Suite(Suite),
    Shape(ShapeDecl),
    Flow(Flow),
    Credential(Credential),
    Load(Load),
    Plan(PlanDecl),
    Error,
}

/// `import std.http (healthy)`, `import "shared/login.e2e" as login`.
#[derive(Clone, Debug)]
pub struct Import {
    pub from: ImportFrom,
    /// The names in parentheses; empty when the module comes in whole.
    pub names: Vec<Ident>,
    pub alias: Option<Ident>,
}

#[derive(Clone, Debug)]
pub enum ImportFrom {
    /// `std.http`
    Module(Path),
    /// `"shared/login.e2e"`, relative to the importing file.
    File(StrLit),
}

#[derive(Clone, Debug)]
pub struct Environment {
    pub name: Ident,
    /// `environment demo default { … }`
    pub default: bool,
    pub entries: Vec<EnvEntry>,
}

#[derive(Clone, Debug)]
pub struct EnvEntry {
    pub span: Span,
    pub kind: EnvEntryKind,
}

#[derive(Clone, Debug)]
pub enum EnvEntryKind {
    Value {
        name: Ident,
        value: EnvValue,
    },
    RequireReal,
    /// `target demo`
    Target(Ident),
    Service(Service),
    Error,
}

#[derive(Clone, Debug)]
pub enum EnvValue {
    Expr(Expr),
    /// `secret("NAME")`, the name of an environment variable; `default:` is allowed as for variables.
    Secret {
        variable: StrLit,
        default: Option<Expr>,
    },
    /// `variable("NAME", default: "staging")`
    Variable {
        variable: StrLit,
        default: Option<Expr>,
    },
}

#[derive(Clone, Debug)]
pub struct Service {
    pub name: Ident,
    pub entries: Vec<ServiceEntry>,
}

#[derive(Clone, Debug)]
pub struct ServiceEntry {
    pub span: Span,
    pub kind: ServiceEntryKind,
}

#[derive(Clone, Debug)]
pub enum ServiceEntryKind {
    /// `probe GET URL [expect …]* [within D]`; the expectations are as parts of the request.
    Probe {
        request: Box<Request>,
        within: Option<Expr>,
    },
    /// `depends on a, b`; empty for `depends on nothing`.
    DependsOn(Vec<Ident>),
    Error,
}

#[derive(Clone, Debug)]
pub struct Suite {
    pub name: StrLit,
    pub entries: Vec<SuiteEntry>,
}

#[derive(Clone, Debug)]
pub struct SuiteEntry {
    pub span: Span,
    pub doc: Option<Doc>,
    /// As of an [`Item`].
    pub is_plain: bool,
    pub kind: SuiteEntryKind,
}

#[derive(Clone, Debug)]
pub enum SuiteEntryKind {
    Meta(MetaKind),
    Hook(Hook),
    Test(Test),
    Error,
}

/// What describes or bounds a suite or a test.
#[derive(Clone, Debug)]
pub enum MetaKind {
    /// `priority P1`
    Priority(Ident),
    /// Tags may hold `-`.
    Tags(Vec<Ident>),
    Owner(StrLit),
    AtRisk(AtRisk),
    Needs(Vec<Ident>),
    Timeout(Expr),
    Retries(Expr),
    RunsOn(Vec<Ident>),
    Locks(Vec<StrLit>),
    /// `tests side by side`
    SideBySide,
}

/// `at risk $120K MRR "core platform functionality"`
#[derive(Clone, Debug)]
pub struct AtRisk {
    pub amount: Expr,
    /// `MRR`, `ARR`, `day`, …
    pub per: Option<Ident>,
    pub what: Option<StrLit>,
}

#[derive(Clone, Debug)]
pub struct Hook {
    pub when: HookWhen,
    pub body: Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookWhen {
    BeforeAll,
    BeforeEach,
    AfterEach,
    AfterAll,
}

/// `test "…" [for each NAME in LIST] { … }`. Metas are among the statements, as [`super::StmtKind::Meta`].
#[derive(Clone, Debug)]
pub struct Test {
    pub name: StrLit,
    pub for_each: Option<ForEachHead>,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct ForEachHead {
    pub name: Ident,
    pub list: Expr,
    /// `or none`: an empty list is fine. Never of a test's.
    pub or_none: bool,
}

/// Statements between braces; the span includes the braces.
#[derive(Clone, Debug)]
pub struct Block {
    pub span: Span,
    pub stmts: Vec<Stmt>,
}

/// `shape Thread { id: uuid … }`
#[derive(Clone, Debug)]
pub struct ShapeDecl {
    pub name: Ident,
    pub fields: Vec<ShapeField>,
}

#[derive(Clone, Debug)]
pub struct ShapeField {
    pub span: Span,
    pub doc: Option<Doc>,
    /// The key; a quoted one is decoded.
    pub name: Ident,
    /// `name?:`
    pub optional: bool,
    pub ty: TypeExpr,
}

/// `flow NAME(PARAMS) [-> TYPE] { … }`
#[derive(Clone, Debug)]
pub struct Flow {
    pub name: Ident,
    pub params: Vec<Param>,
    pub result: Option<TypeExpr>,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct Param {
    pub span: Span,
    pub name: Ident,
    pub ty: Option<TypeExpr>,
    pub default: Option<Expr>,
}

/// `credential NAME = FLOW(…) [refresh before D]`
#[derive(Clone, Debug)]
pub struct Credential {
    pub name: Ident,
    /// A call expression.
    pub call: Expr,
    pub refresh_before: Option<Expr>,
}
