use super::super::cx::{BodyFacts, Cx};
use super::super::resolution::{Definition, NamesBefore, Reference};
use super::super::view::{Answer, Question};
use super::Memory;
use super::suites::reads_file;
use crate::diag::{Diagnostic, Severity};
use crate::source::Span;
use crate::syntax::ast::SuiteEntry;

/// What was found in one test.
#[derive(Clone, Debug)]
pub(super) struct KeptTest {
    pub span: Span,
    answers: Vec<Answer>,
    diagnostics: Vec<Diagnostic>,
    /// Its environments are those of its suite.
    facts: BodyFacts,
    /// What it uses that is defined elsewhere: one place for each.
    uses: Vec<Reference>,
    counted: Vec<Span>,
    /// Whether it had been said, before the test and after it, that there is no environment. It is said once.
    reported: [bool; 2],
}

/// How far a walk had come before a test.
pub(super) struct Before {
    answers: usize,
    diagnostics: usize,
    given: usize,
    bodies: usize,
    names: NamesBefore,
    reported: bool,
}

impl Before {
    pub fn of(cx: &Cx<'_>) -> Self {
        Self {
            answers: cx.index.answered(),
            diagnostics: cx.notes.diagnostics.kept().len(),
            given: cx.notes.diagnostics.len(),
            bodies: cx.notes.bodies.len(),
            names: cx.notes.names.before(),
            reported: cx.no_environment_reported,
        }
    }

    /// What the walk of a test has found since; nothing where that may not hold again, whatever stays the same.
    pub fn kept(self, cx: &mut Cx<'_>, entry: &SuiteEntry) -> Option<KeptTest> {
        let answers = cx.index.answers_since(self.answers);
        let diagnostics = cx.notes.diagnostics.kept().get(self.diagnostics..)?.to_vec();
        let is_whole = cx.notes.diagnostics.len() - self.given == diagnostics.len() && !cx.is_full();
        if !entry.is_plain || !is_whole || reads_file(cx, entry.span) {
            return None;
        }
        let [facts] = cx.notes.bodies.get(self.bodies..)? else { return None };
        let facts = BodyFacts { runs_on: None, ..facts.clone() };
        let (uses, counted) = cx.notes.names.uses_since(self.names, entry.span);
        let reported = [self.reported, cx.no_environment_reported];
        Some(KeptTest { span: entry.span, answers, diagnostics, facts, uses, counted, reported })
    }
}

impl KeptTest {
    /// Notes the same again, if it still holds.
    pub fn again(&self, cx: &mut Cx<'_>, memory: &Memory) -> Option<KeptTest> {
        let errors = self.diagnostics.iter().filter(|one| one.is_error()).count();
        let room = cx.notes.diagnostics.room(cx.module.source, Severity::Error);
        let [before, after] = self.reported;
        // Where the last error would be noted, the walk would end.
        if before != cx.no_environment_reported || errors >= room {
            return None;
        }
        let moved = self.moved(memory)?;
        let asked = cx.index.answered();
        let holds = moved.answers.iter().all(|one| cx.index.ask(&one.question) == one.is_yes);
        cx.index.answers_since(asked);
        if !holds {
            return None;
        }
        cx.no_environment_reported = after;
        moved.diagnostics.iter().for_each(|one| cx.notes.diagnostics.push(one.clone()));
        let runs_on = cx.runs_on_shared();
        cx.notes.bodies.push(BodyFacts { runs_on, ..moved.facts.clone() });
        moved.uses.iter().for_each(|one| cx.notes.names.use_again(*one));
        moved.counted.iter().for_each(|place| cx.notes.names.count(*place));
        Some(moved)
    }

    fn moved(&self, memory: &Memory) -> Option<Self> {
        let to = |span| memory.moved(span);
        let Self { span, answers, diagnostics, facts, uses, counted, reported } = self;
        Some(Self {
            span: to(*span)?,
            answers: moved_answers(memory, answers)?,
            diagnostics: diagnostics.iter().map(|one| one.moved(to)).collect::<Option<_>>()?,
            facts: moved_facts(memory, facts)?,
            uses: uses.iter().map(|one| moved_reference(memory, one)).collect::<Option<_>>()?,
            counted: counted.iter().map(|place| to(*place)).collect::<Option<_>>()?,
            reported: *reported,
        })
    }
}

pub(super) fn moved_answers(memory: &Memory, answers: &[Answer]) -> Option<Vec<Answer>> {
    let moved = |one: &Answer| {
        let question = match &one.question {
            Question::IsBroken(span) => Question::IsBroken(memory.moved(*span)?),
            Question::HasError(span) => Question::HasError(memory.moved(*span)?),
            named @ (Question::AnyMentions(_) | Question::Mentions(..)) => named.clone(),
        };
        Some(Answer { question, is_yes: one.is_yes })
    };
    answers.iter().map(moved).collect()
}

fn moved_facts(memory: &Memory, facts: &BodyFacts) -> Option<BodyFacts> {
    let BodyFacts { of, span, expects, exchanges, calls, env, runs_on, broken } = facts;
    Some(BodyFacts {
        of: *of,
        span: memory.moved(*span)?,
        expects: *expects,
        exchanges: *exchanges,
        calls: calls.iter().map(|(decl, place)| Some((*decl, memory.moved(*place)?))).collect::<Option<_>>()?,
        env: env.iter().map(|(name, place)| Some((name.clone(), memory.moved(*place)?))).collect::<Option<_>>()?,
        runs_on: runs_on.clone(),
        broken: *broken,
    })
}

fn moved_reference(memory: &Memory, one: &Reference) -> Option<Reference> {
    let definition = Definition { span: memory.moved(one.definition.span)?, ..one.definition };
    Some(Reference { span: memory.moved(one.span)?, definition, ..*one })
}
