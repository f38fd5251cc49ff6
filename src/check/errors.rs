use crate::source::Span;
use crate::syntax::ast::{
    ArrivalStageKind, Block, File, ItemKind, LoadEntryKind, StmtKind, SuiteEntryKind, UserStageKind,
};

/// The spans of the statements that don't parse: what they name counts as used and as declared.
pub(super) fn collect(file: &File, spans: &mut Vec<Span>) {
    for item in &file.items {
        match &item.kind {
            ItemKind::Suite(suite) => {
                for entry in &suite.entries {
                    match &entry.kind {
                        SuiteEntryKind::Hook(hook) => block(&hook.body, spans),
                        SuiteEntryKind::Test(test) => block(&test.body, spans),
                        SuiteEntryKind::Error => spans.push(entry.span),
                        SuiteEntryKind::Meta(_) => {}
                    }
                }
            }
            ItemKind::Flow(flow) => block(&flow.body, spans),
            ItemKind::Load(load) => {
                for entry in &load.entries {
                    match &entry.kind {
                        LoadEntryKind::Scenario { body, .. } => block(body, spans),
                        LoadEntryKind::Hook(hook) => block(&hook.body, spans),
                        LoadEntryKind::Stages(stages) => {
                            let broken = stages.iter().filter(|one| matches!(one.kind, UserStageKind::Error));
                            spans.extend(broken.map(|one| one.span));
                        }
                        LoadEntryKind::Arrivals(arrivals) => {
                            let broken = arrivals.stages.iter();
                            let broken = broken.filter(|one| matches!(one.kind, ArrivalStageKind::Error));
                            spans.extend(broken.map(|one| one.span));
                        }
                        LoadEntryKind::Error => spans.push(entry.span),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn block(body: &Block, spans: &mut Vec<Span>) {
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Error => spans.push(stmt.span),
            StmtKind::Parallel(body)
            | StmtKind::ParallelForEach { body, .. }
            | StmtKind::ForEach { body, .. }
            | StmtKind::Repeat { body, .. }
            | StmtKind::Eventually { body, .. }
            | StmtKind::Within { body, .. } => block(body, spans),
            _ => {}
        }
    }
}
