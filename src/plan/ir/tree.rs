use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Expr, Load, ReleasePlan, Request, Step, Words};
use crate::diag::Diagnostic;
use crate::source::{Sources, Span};
use crate::value::{Money, Shape, Value};

/// Everything that a run needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    pub sources: Sources,
    pub environment: Environment,
    /// What `Type::Shape` refers to.
    pub shapes: Vec<Shape>,
    pub flows: Vec<Flow>,
    pub credentials: Vec<Credential>,
    pub suites: Vec<Suite>,
    /// The plan that was asked for.
    pub release: Option<ReleasePlan>,
    /// The loads among the files that were asked for.
    pub loads: Vec<Arc<Load>>,
    /// Those that no phase runs.
    pub idle_loads: Vec<Arc<Load>>,
}

/// The environment chosen for the run, its values known.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Absent when the specs declare none.
    pub name: Option<String>,
    pub values: BTreeMap<String, Value>,
    pub require_real: bool,
    /// Where it says so.
    pub real_span: Option<Span>,
    /// What is to be said of it before the run, and forbids nothing.
    pub warnings: Vec<Diagnostic>,
    /// `target demo`: the embedded demo system serves the run.
    pub demo: bool,
    pub services: Vec<Service>,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub name: String,
    pub span: Span,
    pub probe: Option<Arc<Request>>,
    /// Within which time it must be up; 10 s unless it is said.
    pub within: Duration,
    /// Where it is: the URL of its probe, or without one the environment's value of its name.
    pub url: Option<String>,
    /// Names of other services.
    pub depends_on: Vec<String>,
}

/// The index of a name's value in the frame of its test or flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowId(pub usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CredentialId(pub usize);

/// How many calls of flows may be inside of each other.
pub const DEEPEST_CALLS: usize = 64;

#[derive(Clone, Debug)]
pub struct Flow {
    /// As it is called by diagnostics: `login.as_user` where its module is known by that name, else `as_user`.
    pub name: String,
    pub span: Span,
    /// Parameters take the first slots, in order.
    pub params: Vec<FlowParam>,
    /// The result is a secret.
    pub secret: bool,
    pub frame: SlotNames,
    pub body: Vec<Step>,
}

#[derive(Clone, Debug)]
pub struct FlowParam {
    pub name: String,
    pub default: Option<Expr>,
    pub secret: bool,
}

/// The names of a frame's slots, for diagnostics. Those of a suite's hooks come first, and are shared by its tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SlotNames {
    pub shared: Arc<[String]>,
    pub own: Arc<[String]>,
}

impl SlotNames {
    pub fn len(&self) -> usize {
        self.shared.len() + self.own.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn name(&self, slot: Slot) -> Option<&str> {
        let at = slot.0 as usize;
        self.shared.get(at).or_else(|| self.own.get(at.checked_sub(self.shared.len())?)).map(String::as_str)
    }
}

#[derive(Clone, Debug)]
pub struct Credential {
    pub name: String,
    pub span: Span,
    pub flow: FlowId,
    /// In the order of the flow's parameters; an absent one takes its default.
    pub args: Vec<Option<Expr>>,
    pub refresh_before: Option<Expr>,
}

/// A suite. Its hooks and tests share one layout of slots: what `before all` binds takes the first ones and is copied into every test.
#[derive(Clone, Debug)]
pub struct Suite {
    pub name: String,
    /// The file as it is shown.
    pub file: String,
    pub span: Span,
    pub doc: Option<String>,
    pub meta: Meta,
    pub locks: Vec<String>,
    /// Tests run at the same time as each other.
    pub side_by_side: bool,
    /// Limits the suite to these environments; empty for all.
    pub runs_on: Vec<String>,
    /// How many slots `before all` binds: those are shared by all tests of the suite.
    pub shared_slots: u32,
    pub frame: SlotNames,
    pub before_all: Vec<Step>,
    pub before_each: Vec<Step>,
    pub after_each: Vec<Step>,
    pub after_all: Vec<Step>,
    pub tests: Vec<Test>,
}

/// What describes or bounds a test: its own, completed by its suite's.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// `P0` to `P4`
    pub priority: Option<String>,
    pub tags: Words,
    pub owner: Option<String>,
    pub at_risk: Option<AtRisk>,
    /// Services.
    pub needs: Words,
    /// The limit of one test, its hooks included.
    pub timeout: Option<(Duration, Span)>,
    /// How many times a failed test is run again.
    pub retries: Option<u32>,
}

impl Meta {
    /// What a suite's tests begin with.
    #[must_use]
    pub fn inherited(&self) -> Self {
        Self { tags: self.tags.inherit(), needs: self.needs.inherit(), ..self.clone() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AtRisk {
    pub money: Money,
    /// `MRR`, `ARR`, `day`
    pub per: Option<String>,
    pub what: Option<String>,
}

/// One test to run; a parametrised one is here once for each case.
#[derive(Clone, Debug)]
pub struct Test {
    /// `specs/threads.e2e::Threads API::a thread can be created`, with ` [2]` for the second case. Unique in the plan.
    pub id: String,
    /// With the case's label: `unknown threads are refused [status: 404]`.
    pub name: String,
    /// The name in the spec.
    pub span: Span,
    /// The whole test in the spec.
    pub full_span: Span,
    pub doc: Option<String>,
    pub meta: Meta,
    pub case: Option<Case>,
    /// The test's own slots come after those of its suite's hooks.
    pub frame: SlotNames,
    pub body: Vec<Step>,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub slot: Slot,
    /// Evaluated when the test starts: a literal list's element may call `uuid()`.
    pub value: Expr,
    pub label: String,
}
