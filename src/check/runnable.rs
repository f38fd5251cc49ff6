use std::collections::HashSet;

use crate::syntax::ast::{File, ItemKind, LoadEntryKind, MetaKind, StmtKind, SuiteEntryKind, Test};

/// The names by which phases of plans choose what they run.
#[derive(Debug, Default)]
pub(super) struct Runnable {
    pub suites: HashSet<String>,
    pub loads: HashSet<String>,
    pub tags: HashSet<String>,
    pub priorities: HashSet<String>,
}

impl Runnable {
    pub fn of(file: &File) -> Self {
        let mut runnable = Runnable::default();
        for item in &file.items {
            match &item.kind {
                ItemKind::Suite(suite) => {
                    runnable.suites.insert(suite.name.value.clone());
                    for entry in &suite.entries {
                        match &entry.kind {
                            SuiteEntryKind::Meta(meta) => runnable.add_meta(meta),
                            SuiteEntryKind::Test(test) => runnable.add_test(test),
                            SuiteEntryKind::Hook(_) | SuiteEntryKind::Error => {}
                        }
                    }
                }
                ItemKind::Load(load) => {
                    runnable.loads.insert(load.name.value.clone());
                    for entry in &load.entries {
                        if let LoadEntryKind::Meta(meta) = &entry.kind {
                            runnable.add_meta(meta);
                        }
                    }
                }
                _ => {}
            }
        }
        runnable
    }

    pub fn absorb(&mut self, other: Runnable) {
        self.suites.extend(other.suites);
        self.loads.extend(other.loads);
        self.tags.extend(other.tags);
        self.priorities.extend(other.priorities);
    }

    fn add_test(&mut self, test: &Test) {
        for stmt in &test.body.stmts {
            if let StmtKind::Meta(meta) = &stmt.kind {
                self.add_meta(meta);
            }
        }
    }

    fn add_meta(&mut self, meta: &MetaKind) {
        match meta {
            MetaKind::Tags(tags) => self.tags.extend(tags.iter().map(|tag| tag.text.clone())),
            MetaKind::Priority(priority) => {
                self.priorities.insert(priority.text.clone());
            }
            _ => {}
        }
    }
}
