//! What a check leaves to the next one of the same project: what was found in each test. It holds again as long as nothing that the walk of a test can see
//! has changed.
//!
//! - What files declare outside of suites and loads, what imports bring in, and which files there are: the [`Ground`]. Where it has changed, everything is
//!   walked again.
//! - What a test's suite says of all of its tests, and does before each: a [`KeptSuite`] is found again by that.
//! - The test itself, whole lines of which are where they were, or have moved.
//! - What of the project doesn't parse: the walk notes what it asks of that, and is asked the same again.
//! - Files that aren't specs. Only what says `file` reads one, and is always walked.

mod ground;
mod suites;
mod tests;

pub(super) use suites::{KeptSuite, SuiteRecord};

use std::collections::HashMap;

use super::regexes::Regexes;
use crate::project::Project;
use crate::source::{Change, SourceId, Span};
use ground::Ground;

/// What the last check found, for the next one: an editor's, after each change. What a check with a cache finds is what one without finds; what isn't in
/// the project any more is dropped.
#[derive(Debug, Default)]
pub struct Cache {
    last: Option<(Ground, HashMap<SourceId, Vec<KeptSuite>>)>,
    /// They are what they are, whatever else changes.
    regexes: Regexes,
}

/// What the last check left that may hold again, and how the texts have changed that it is about.
#[derive(Debug, Default)]
pub(super) struct Memory {
    suites: HashMap<SourceId, Vec<KeptSuite>>,
    changes: HashMap<SourceId, Change>,
}

impl Cache {
    pub(super) fn take(&mut self, project: &Project) -> (Memory, Regexes) {
        let regexes = std::mem::take(&mut self.regexes);
        let regexes = if regexes.is_full() { Regexes::default() } else { regexes };
        let memory = self.last.take().and_then(|(ground, suites)| {
            let changes = ground.changes(&Ground::of(project))?;
            Some(Memory { suites, changes })
        });
        (memory.unwrap_or_default(), regexes)
    }

    /// How many tests weren't walked in the last check.
    pub fn again(&self) -> usize {
        self.last.iter().flat_map(|(_, suites)| suites.values().flatten()).map(|suite| suite.again).sum()
    }

    /// Keeps what was found in the modules of a project, in their order, and nothing else.
    pub(super) fn replace(&mut self, project: &Project, kept: Vec<Vec<KeptSuite>>, regexes: Regexes) {
        let suites = project.modules.iter().map(|module| module.source).zip(kept).collect();
        self.last = Some((Ground::of(project), suites));
        self.regexes = regexes;
    }
}

impl Memory {
    /// Where that is now which a span of the last check covered; `None` where it has changed.
    fn moved(&self, span: Span) -> Option<Span> {
        self.changes.get(&span.source).map_or(Some(span), |change| change.moved(span))
    }

    /// Where that was which a span covers now.
    fn origin(&self, span: Span) -> Option<Span> {
        self.changes.get(&span.source).map_or(Some(span), |change| change.origin(span))
    }
}
