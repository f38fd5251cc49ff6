mod again;
mod constants;
mod operators;
mod outlines;

use std::path::PathBuf;

use crate::diag::Diagnostic;
use crate::eval::{self, Context, Focus, Host};
use crate::judge;
use crate::plan::{self, CredentialId, Environment, StepKind};
use crate::project::{Files, Options, Project, load};
use crate::value::{SecretSink, Value};

/// The steps before what is tried.
pub const NAMES: &str = "    let n = 3\n    let text = \"abc\"\n    let obj = { limit: 2s, n: n, s: text, l: [1s, 2, $5] }\n    let list = [1, 2, 3]\n";

/// A spec whose only test gives a value a name, and expects something.
pub fn spec(value: &str, expectation: &str) -> String {
    format!(
        "suite \"S\" {{\n  test \"t\" {{\n{NAMES}    let v = {value}\n    expect {expectation}\n    GET https://api.example.com/?q={{{{v}}}} {{ expect status 200 }}\n  }}\n}}\n"
    )
}

pub fn project(text: &str) -> Project {
    let files = Files::memory([(PathBuf::from("/p/spec.e2e"), text.as_bytes().to_vec())]);
    load(&files, &Options { working_directory: Some(PathBuf::from("/p")), ..Options::default() })
}

/// What a run finds of the steps that need no server: what the last name is worth, and whether the last expectation holds.
pub struct Found {
    pub value: Option<Value>,
    pub holds: bool,
}

/// Takes the steps as a run does, up to the request.
pub fn run(project: &Project) -> Option<Found> {
    let plan = plan::compile(project, Environment::default(), None).ok()?;
    let test = plan.suites.first()?.tests.first()?;
    let mut scope = eval::Scope::new(&test.frame);
    let mut found = Found { value: None, holds: false };
    for step in &test.body {
        let context = Context { plan: &plan, scope: &scope, focus: Focus::Nothing, host: &NoOne };
        match &step.kind {
            StepKind::Let { slot, value } => {
                found.value = eval::evaluate(value, &context).ok();
                if let Some(value) = &found.value {
                    scope.set(*slot, value.clone());
                }
            }
            StepKind::Expect(expect) => found.holds = judge::expectation(expect, &context).is_ok(),
            _ => break,
        }
    }
    Some(found)
}

/// What `check` says, apart from the syntax.
pub fn said(project: &Project) -> Vec<Diagnostic> {
    super::diagnose(project)
}

pub struct NoOne;

impl Host for NoOne {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        0
    }

    fn credential(&self, _id: CredentialId) -> Option<Value> {
        None
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        None
    }
}
