use super::super::cx::Cx;
use super::super::view::Answer;
use super::Memory;
use super::tests::{Before, KeptTest, moved_answers};
use crate::source::Span;
use crate::syntax::ast::{HookWhen, Suite, SuiteEntry, SuiteEntryKind};

/// What was found in the tests of one suite.
#[derive(Debug)]
pub(in super::super) struct KeptSuite {
    /// Where its name is.
    name: Span,
    /// What all of its tests begin with: where it says something of them, and its hooks before them.
    frame: Vec<Span>,
    /// What the walk of those asked.
    answers: Vec<Answer>,
    /// By their places.
    tests: Vec<KeptTest>,
    /// How many of them were not walked.
    pub again: usize,
}

/// A suite while it is walked: as the last check left it, if what its tests begin with is still the same, and as this one leaves it.
pub(in super::super) struct SuiteRecord<'p> {
    last: Option<&'p KeptSuite>,
    now: KeptSuite,
}

impl<'p> Cx<'p> {
    /// Begins to leave what is found in the tests of a suite to the next check. What is before them has been walked; `before` is how much had been
    /// asked then.
    pub fn begin_record(&mut self, suite: &'p Suite, before: usize) {
        let Some(memory) = self.index.memory else { return };
        let answers = self.index.answers_since(before);
        let Some(frame) = frame(self, suite) else { return };
        let known = memory.suites.get(&suite.name.span.source).map(Vec::as_slice).unwrap_or_default();
        let last = memory.origin(suite.name.span).and_then(|name| {
            let last = known.get(known.binary_search_by_key(&name, |suite| suite.name).ok()?)?;
            last.is_framed_by(memory, &frame, &answers).then_some(last)
        });
        let now = KeptSuite { name: suite.name.span, frame, answers, tests: Vec::new(), again: 0 };
        self.record = Some(SuiteRecord { last, now });
    }

    pub fn end_record(&mut self) {
        self.notes.kept.extend(self.record.take().map(|record| record.now));
    }

    /// What the last check found in a test, if that holds again; else it is walked.
    pub fn kept_or(&mut self, entry: &SuiteEntry, walk: impl FnOnce(&mut Self)) {
        let Some(mut record) = self.record.take() else { return walk(self) };
        let kept = match record.last.and_then(|last| last.again(self, entry)) {
            Some(kept) => {
                record.now.again += 1;
                Some(kept)
            }
            None => {
                let before = Before::of(self);
                walk(self);
                before.kept(self, entry)
            }
        };
        record.now.tests.extend(kept);
        self.record = Some(record);
    }
}

/// `None` where what is in it isn't known by its text alone.
fn frame(cx: &Cx<'_>, suite: &Suite) -> Option<Vec<Span>> {
    let entries = suite.entries.iter().filter(|entry| match &entry.kind {
        SuiteEntryKind::Meta(_) => true,
        SuiteEntryKind::Hook(hook) => matches!(hook.when, HookWhen::BeforeAll | HookWhen::BeforeEach),
        SuiteEntryKind::Test(_) | SuiteEntryKind::Error => false,
    });
    entries.map(|entry| (entry.is_plain && !reads_file(cx, entry.span)).then_some(entry.span)).collect()
}

/// Whether what is in a span may depend on what files hold.
pub(super) fn reads_file(cx: &Cx<'_>, span: Span) -> bool {
    cx.text(span).contains("file")
}

impl KeptSuite {
    fn is_framed_by(&self, memory: &Memory, frame: &[Span], answers: &[Answer]) -> bool {
        self.frame.len() == frame.len()
            && self.frame.iter().zip(frame).all(|(before, now)| memory.moved(*before) == Some(*now))
            && moved_answers(memory, &self.answers).is_some_and(|before| before == answers)
    }

    fn again(&self, cx: &mut Cx<'_>, entry: &SuiteEntry) -> Option<KeptTest> {
        let memory = cx.index.memory?;
        let origin = memory.origin(entry.span).filter(|_| entry.is_plain)?;
        let test = self.tests.get(self.tests.binary_search_by_key(&origin, |test| test.span).ok()?)?;
        test.again(cx, memory)
    }
}
